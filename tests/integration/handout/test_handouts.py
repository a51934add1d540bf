"""Files handed out, signed by a foreign tool, and taken back: on a real service."""

from __future__ import annotations

import hashlib
import subprocess
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select
from support import foreign, road

from docsvc.audit.tables import AuditEntry
from docsvc.documents import service as documents
from docsvc.documents.errors import NotWaitingError
from docsvc.documents.tables import BlobClaim
from docsvc.errors import CodedError
from docsvc.steps.receive.service import Offer
from docsvc.steps.sign.handout import (
    HandOutExhaustedError,
    HandOutExpiredError,
    HandOutStaleError,
    HandOutUnknownError,
)
from docsvc.steps.sign.tables import HandOut
from docsvc.worker import Runner
from docsvc.workflow import State, Step

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    from support.demo import DemoInstance
    from support.road import Road

    from docsvc.steps.sign.handout import HandedOut, HandOuts

LEADER, CLERK = "lanhdao", "vanthu"
SEAL = "docsvc.organisation"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, demo_instance: DemoInstance) -> Iterator[Road]:
    with road.opened(
        tmp_path_factory.mktemp("handouts") / "var",
        demo_instance,
        server_side_personal_keys=False,
    ) as opened:
        yield opened


@pytest.fixture
def desk(town: Road) -> HandOuts:
    return town.services.handouts


def take_steps(town: Road, document_id: UUID) -> State:
    """Take the steps of a road until it waits or has ended."""
    runner = Runner(town.services)
    while runner.take(document_id).step is not None:
        pass
    with town.services.transactions() as tx:
        return documents.get(tx, document_id).state


def delivered(town: Road, *, until: Step = Step.SIGN_LEADER) -> UUID:
    """Take a new letter down the road up to the step that a person has to take."""
    allow = () if until is Step.CONFIRM else (Step.CONFIRM,)
    offer = Offer(
        unit_code=road.UNIT,
        file_name="letter.pdf",
        source="test",
        actor="test",
        declared_not_secret=True,
        allow=allow,
    )
    letter = road.letter(next(town.numbers))
    document_id = town.services.accept(letter, offer).document_id
    take_steps(town, document_id)
    if until is Step.SIGN_ORGANISATION:
        signed_elsewhere(town, document_id, LEADER)
        take_steps(town, document_id)
    return document_id


def signed(town: Road, demo: DemoInstance, handed: HandedOut, **more: object) -> bytes:
    """Fetch and sign as a foreign tool does."""
    pdf = town.services.handouts.file(handed.token)
    holder = foreign.holder_of(demo.pki, handed.certificates)
    return foreign.sign(pdf, demo.pki, holder, **{"field": handed.field, **more})  # type: ignore[arg-type]


_DEMO: list[DemoInstance] = []


@pytest.fixture(autouse=True)
def _known(demo_instance: DemoInstance) -> None:
    _DEMO[:] = [demo_instance]


def signed_elsewhere(town: Road, document_id: UUID, account: str) -> None:
    desk = town.services.handouts
    handed = desk.hand_out(document_id, account=account)
    desk.take_back(handed.token, signed(town, _DEMO[0], handed))


def state_of(town: Road, document_id: UUID) -> State:
    with town.services.transactions() as tx:
        return documents.get(tx, document_id).state


def test_document_signed_elsewhere_twice_is_published(
    town: Road, demo_instance: DemoInstance, desk: HandOuts, tmp_path: Path
) -> None:
    document_id = delivered(town)

    first = desk.hand_out(document_id, account=LEADER)
    assert (first.step, first.field) == (Step.SIGN_LEADER, "docsvc.leader")
    assert first.number_text is None
    given = desk.file(first.token)
    assert hashlib.sha256(given).hexdigest() == first.sha256
    assert desk.file(first.token) == given
    desk.take_back(first.token, signed(town, demo_instance, first))
    assert take_steps(town, document_id) is State.REGISTERED

    second = desk.hand_out(document_id, account=CLERK)
    assert (second.step, second.field) == (Step.SIGN_ORGANISATION, SEAL)
    assert second.number_text is not None
    assert second.issued_on is not None
    desk.take_back(second.token, signed(town, demo_instance, second))
    assert take_steps(town, document_id) is State.PUBLISHED

    final = road.final_file(town, document_id)
    road.require_whole(town.services.check(final))
    (tmp_path / "final.pdf").write_bytes(final)
    said = subprocess.run(
        ["pdfsig", "-nocert", tmp_path / "final.pdf"], capture_output=True, text=True, check=False
    ).stdout
    # It does not look into document timestamps.
    assert said.count("Signature is Valid") == 2
    assert said.count("Signature #") == 3


def test_signature_in_a_field_of_the_tools_own_is_taken_where_settings_allow_it(
    town: Road, demo_instance: DemoInstance, desk: HandOuts
) -> None:
    document_id = delivered(town, until=Step.SIGN_ORGANISATION)
    handed = desk.hand_out(document_id, account=CLERK)
    returned = signed(town, demo_instance, handed, field="Signature1", new=True)

    with pytest.raises(CodedError) as caught:
        replace(desk, new_fields=False).take_back(handed.token, returned)
    assert caught.value.code == "verification.extension-other-field"
    assert state_of(town, document_id) is State.REGISTERED
    desk.take_back(handed.token, returned)

    assert take_steps(town, document_id) is State.PUBLISHED
    with town.services.transactions() as tx:
        row = tx.get(HandOut, (document_id, Step.SIGN_ORGANISATION))
    assert row is not None
    assert row.field == "Signature1"


def test_server_seals_after_a_leader_who_signed_in_another_field(
    town: Road, demo_instance: DemoInstance, desk: HandOuts
) -> None:
    document_id = delivered(town)
    handed = desk.hand_out(document_id, account=LEADER)
    desk.take_back(handed.token, signed(town, demo_instance, handed, field="Signature1", new=True))
    take_steps(town, document_id)

    town.services.confirm(document_id, Step.SIGN_ORGANISATION, account=CLERK)

    assert take_steps(town, document_id) is State.PUBLISHED


def test_whatever_is_refused_changes_nothing_and_is_recorded(
    town: Road, demo_instance: DemoInstance, desk: HandOuts
) -> None:
    document_id = delivered(town)
    handed = desk.hand_out(document_id, account=LEADER)
    given = desk.file(handed.token)
    good = signed(town, demo_instance, handed)
    stranger = next(
        name
        for name in demo_instance.pki.issuer_of
        if name != foreign.holder_of(demo_instance.pki, handed.certificates)
    )
    refused = {
        "no-signature": given,
        "not-our-bytes": b"%PDF-1.7" + good,
        "not-whole-file": good + b"\n% more\n",
        "other-certificate": foreign.sign(
            given, demo_instance.pki, stranger, field="docsvc.leader"
        ),
        "more-than-one-signature": foreign.sign(good, demo_instance.pki, stranger, field=SEAL),
    }

    for reason, data in refused.items():
        with pytest.raises(CodedError) as caught:
            desk.take_back(handed.token, data)
        assert caught.value.code == f"verification.extension-{reason}"

    assert state_of(town, document_id) is State.CONFIRMED
    with town.services.transactions() as tx:
        assert tx.scalar(select(func.count()).select_from(BlobClaim)) == 0
        acts = Counter(
            tx.scalars(select(AuditEntry.act).where(AuditEntry.subject == str(document_id)))
        )
    assert (acts["handout.make"], acts["handout.take"], acts["handout.refuse"]) == (1, 1, 5)
    desk.take_back(handed.token, good)
    assert take_steps(town, document_id) is State.REGISTERED


def test_file_comes_back_once(town: Road, demo_instance: DemoInstance, desk: HandOuts) -> None:
    document_id = delivered(town)
    handed = desk.hand_out(document_id, account=LEADER)
    returned = signed(town, demo_instance, handed)
    desk.take_back(handed.token, returned)

    for again in (
        lambda: desk.take_back(handed.token, returned),
        lambda: desk.file(handed.token),
        lambda: desk.find(handed.token),
    ):
        with pytest.raises(HandOutUnknownError):
            again()


def test_new_hand_out_voids_the_old(
    town: Road, demo_instance: DemoInstance, desk: HandOuts
) -> None:
    document_id = delivered(town)
    old = desk.hand_out(document_id, account=LEADER)
    returned = signed(town, demo_instance, old)
    new = desk.hand_out(document_id, account=LEADER)

    with pytest.raises(HandOutUnknownError):
        desk.take_back(old.token, returned)

    # The file is the same: only the link is another one.
    desk.take_back(new.token, returned)
    assert take_steps(town, document_id) is State.REGISTERED


def test_token_of_somewhere_else_opens_nothing(desk: HandOuts) -> None:
    with pytest.raises(HandOutUnknownError):
        desk.find("guessed")


def test_token_and_its_holder_are_not_shown(town: Road, desk: HandOuts) -> None:
    handed = desk.hand_out(delivered(town), account=LEADER)

    assert handed.token not in repr(handed)
    with town.services.transactions() as tx:
        row = tx.get(HandOut, (handed.document_id, handed.step))
    assert row is not None
    assert row.token_digest == hashlib.sha256(handed.token.encode()).hexdigest()


class Later:
    """A clock that runs ahead."""

    def __init__(self, now: datetime, by: timedelta) -> None:
        self._at = now + by

    def now(self) -> datetime:
        return self._at


def test_hand_out_runs_out(town: Road, demo_instance: DemoInstance, desk: HandOuts) -> None:
    document_id = delivered(town)
    handed = desk.hand_out(document_id, account=LEADER)
    returned = signed(town, demo_instance, handed)
    later = Later(town.services.clock.now(), timedelta(minutes=31))
    late = replace(desk, stores=replace(desk.stores, clock=later))

    with pytest.raises(HandOutExpiredError):
        late.take_back(handed.token, returned)

    assert state_of(town, document_id) is State.CONFIRMED


def test_hand_out_is_stale_once_somebody_has_signed_otherwise(
    town: Road, demo_instance: DemoInstance, desk: HandOuts
) -> None:
    document_id = delivered(town)
    handed = desk.hand_out(document_id, account=LEADER)
    returned = signed(town, demo_instance, handed)
    town.services.confirm(document_id, Step.SIGN_LEADER, account=LEADER)

    with pytest.raises(HandOutStaleError):
        desk.take_back(handed.token, returned)
    with pytest.raises(HandOutStaleError):
        desk.file(handed.token)


def test_ten_unfit_files_end_a_hand_out(town: Road, desk: HandOuts) -> None:
    handed = desk.hand_out(delivered(town), account=LEADER)
    for _ in range(10):
        with pytest.raises(CodedError):
            desk.take_back(handed.token, b"%PDF-1.7 something else")

    with pytest.raises(HandOutExhaustedError):
        desk.take_back(handed.token, b"%PDF-1.7 something else")


def test_document_that_waits_for_no_signature_is_not_handed_out(town: Road, desk: HandOuts) -> None:
    with pytest.raises(NotWaitingError):
        desk.hand_out(delivered(town, until=Step.CONFIRM), account=CLERK)


def test_file_that_comes_out_otherwise_is_not_handed_out(town: Road, desk: HandOuts) -> None:
    """A newer version of a library may write other bytes: what was signed would not fit."""
    handed = desk.hand_out(delivered(town), account=LEADER)
    with town.services.transactions() as tx:
        row = tx.get(HandOut, (handed.document_id, handed.step))
        assert row is not None
        row.sha256 = "0" * 64

    with pytest.raises(HandOutStaleError):
        desk.file(handed.token)
