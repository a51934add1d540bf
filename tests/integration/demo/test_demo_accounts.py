"""Officers of the demonstration sign with accounts of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support import road
from support.waiting import confirmed

from docsvc.access import queries as access
from docsvc.access.rules import Role
from docsvc.demo import instance as demonstration
from docsvc.organisations import queries as organisations
from docsvc.workflow import Step
from verification.model import Role as SignatureRole

if TYPE_CHECKING:
    from pathlib import Path

    from support.demo import DemoInstance


def test_each_officer_has_an_account_and_nobody_is_warned(
    tmp_path: Path, demo_instance: DemoInstance
) -> None:
    with road.opened(tmp_path / "town", demo_instance) as town:
        instance = demonstration.prepare(town.folder, port=demo_instance.pki.port)
        for _ in range(2):
            demonstration.give_accounts(town.services, instance)
        with town.services.transactions() as tx:
            held = [
                one
                for unit in instance.bodies.units
                for one in organisations.certificates_of(tx, unit.code, SignatureRole.LEADER)
            ]
            logins = {one.account for one in held}
            deputy = access.memberships(tx, "deputy-h99-12-05")
        assert None not in logins
        assert len(logins) == len(held) == len(instance.bodies.officers)
        assert [(one.role, one.unit_code) for one in deputy] == [(Role.LEADER, road.UNIT)]
        document_id = confirmed(town, agreed=False)
        mine = town.services.preflight.look(document_id, Step.SIGN_LEADER, account="lanhdao")
        codes = [one.code for one in mine.points]
        assert not {"sign.officer-without-account", "sign.not-this-person"} & set(codes)
        other = town.services.preflight.look(
            document_id, Step.SIGN_LEADER, account="deputy-h99-12-05"
        )
        assert other.points[0].code == "sign.not-this-person"
