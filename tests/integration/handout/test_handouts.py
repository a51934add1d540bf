"""Files handed out, signed by a foreign tool, and taken back: on a real service."""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, update
from support import foreign, road_end
from support.desk import CLERK, LEADER
from support.pdfsig import said_by_pdfsig

from docsvc.audit.tables import AuditEntry
from docsvc.documents.errors import NotWaitingError
from docsvc.documents.tables import BlobClaim
from docsvc.errors import CodedError
from docsvc.organisations.tables import Officer
from docsvc.steps.sign.handout import (
    HandOutExhaustedError,
    HandOutExpiredError,
    HandOutStaleError,
    HandOutUnknownError,
)
from docsvc.steps.sign.plans import AdministratorError, NotThisPersonError
from docsvc.steps.sign.tables import HandOut
from docsvc.workflow import State, Step

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from support.demo import DemoInstance
    from support.desk import Desk
    from support.road import Road

    from docsvc.steps.sign.handout import HandOuts

SEAL = "docsvc.organisation"


def test_document_signed_elsewhere_twice_is_published(
    desk: Desk, town: Road, handouts: HandOuts, tmp_path: Path
) -> None:
    document_id = desk.delivered()

    first = handouts.hand_out(document_id, account=LEADER)
    assert (first.step, first.field) == (Step.SIGN_LEADER, "docsvc.leader")
    assert first.number_text is None
    given = handouts.file(first.token)
    assert hashlib.sha256(given).hexdigest() == first.sha256
    assert handouts.file(first.token) == given
    handouts.take_back(first.token, desk.signed(first))
    assert desk.take_steps(document_id) is State.REGISTERED

    second = handouts.hand_out(document_id, account=CLERK)
    assert (second.step, second.field) == (Step.SIGN_ORGANISATION, SEAL)
    assert second.number_text is not None
    assert second.issued_on is not None
    handouts.take_back(second.token, desk.signed(second))
    assert desk.take_steps(document_id) is State.PUBLISHED

    final = road_end.final_file(town, document_id)
    road_end.require_whole(town.services.check(final))
    (tmp_path / "final.pdf").write_bytes(final)
    said = said_by_pdfsig(tmp_path / "final.pdf")
    # It does not look into document timestamps.
    assert said.count("Signature is Valid") == 2
    assert said.count("Signature #") == 3


def test_signature_in_a_field_of_the_tools_own_is_taken_where_settings_allow_it(
    desk: Desk, town: Road, handouts: HandOuts
) -> None:
    document_id = desk.delivered(until=Step.SIGN_ORGANISATION)
    handed = handouts.hand_out(document_id, account=CLERK)
    returned = desk.signed(handed, field="Signature1", new=True)

    with pytest.raises(CodedError) as caught:
        replace(handouts, new_fields=False).take_back(handed.token, returned)
    assert caught.value.code == "verification.extension-other-field"
    assert desk.state_of(document_id) is State.REGISTERED
    handouts.take_back(handed.token, returned)

    assert desk.take_steps(document_id) is State.PUBLISHED
    with town.services.transactions() as tx:
        row = tx.get(HandOut, (document_id, Step.SIGN_ORGANISATION))
    assert row is not None
    assert row.field == "Signature1"


@pytest.mark.skipif(
    not all(map(shutil.which, ("certutil", "pk12util", "pdfsig"))), reason="no libnss3-tools"
)
def test_file_that_nothing_can_be_added_to_is_refused_while_it_can_be_signed_anew(
    desk: Desk, handouts: HandOuts, tmp_path: Path
) -> None:
    """Poppler reuses an object's number that it never freed: the timestamp could not follow."""
    document_id = desk.delivered(until=Step.SIGN_ORGANISATION)
    handed = handouts.hand_out(document_id, account=CLERK)
    holder = foreign.holder_of(desk.demo.pki, handed.certificates)
    returned = foreign.sign_with_poppler(
        handouts.file(handed.token), desk.demo.pki, holder, tmp_path
    )

    with pytest.raises(CodedError) as caught:
        handouts.take_back(handed.token, returned)

    assert caught.value.code == "sign.handout-unfit"
    assert desk.state_of(document_id) is State.REGISTERED
    handouts.take_back(handed.token, desk.signed(handed))
    assert desk.take_steps(document_id) is State.PUBLISHED


def test_server_seals_after_a_leader_who_signed_in_another_field(
    desk: Desk, town: Road, handouts: HandOuts
) -> None:
    document_id = desk.delivered()
    handed = handouts.hand_out(document_id, account=LEADER)
    handouts.take_back(handed.token, desk.signed(handed, field="Signature1", new=True))
    desk.take_steps(document_id)

    town.services.confirm(document_id, Step.SIGN_ORGANISATION, account=CLERK)

    assert desk.take_steps(document_id) is State.PUBLISHED


def test_whatever_is_refused_changes_nothing_and_is_recorded(
    desk: Desk, town: Road, demo_instance: DemoInstance, handouts: HandOuts
) -> None:
    document_id = desk.delivered()
    handed = handouts.hand_out(document_id, account=LEADER)
    given = handouts.file(handed.token)
    good = desk.signed(handed)
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
            handouts.take_back(handed.token, data)
        assert caught.value.code == f"verification.extension-{reason}"

    assert desk.state_of(document_id) is State.CONFIRMED
    with town.services.transactions() as tx:
        assert tx.scalar(select(func.count()).select_from(BlobClaim)) == 0
        acts = Counter(
            tx.scalars(select(AuditEntry.act).where(AuditEntry.subject == str(document_id)))
        )
    assert (acts["handout.make"], acts["handout.take"], acts["handout.refuse"]) == (1, 1, 5)
    handouts.take_back(handed.token, good)
    assert desk.take_steps(document_id) is State.REGISTERED


def test_file_comes_back_once(desk: Desk, handouts: HandOuts) -> None:
    document_id = desk.delivered()
    handed = handouts.hand_out(document_id, account=LEADER)
    returned = desk.signed(handed)
    handouts.take_back(handed.token, returned)

    for again in (
        lambda: handouts.take_back(handed.token, returned),
        lambda: handouts.file(handed.token),
        lambda: handouts.find(handed.token),
    ):
        with pytest.raises(HandOutUnknownError):
            again()


def test_new_hand_out_voids_the_old(desk: Desk, handouts: HandOuts) -> None:
    document_id = desk.delivered()
    old = handouts.hand_out(document_id, account=LEADER)
    returned = desk.signed(old)
    new = handouts.hand_out(document_id, account=LEADER)

    with pytest.raises(HandOutUnknownError):
        handouts.take_back(old.token, returned)

    # The file is the same: only the link is another one.
    handouts.take_back(new.token, returned)
    assert desk.take_steps(document_id) is State.REGISTERED


def test_token_of_somewhere_else_opens_nothing(handouts: HandOuts) -> None:
    with pytest.raises(HandOutUnknownError):
        handouts.find("guessed")


def test_token_and_its_holder_are_not_shown(desk: Desk, town: Road, handouts: HandOuts) -> None:
    handed = handouts.hand_out(desk.delivered(), account=LEADER)

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


def test_hand_out_runs_out(desk: Desk, town: Road, handouts: HandOuts) -> None:
    document_id = desk.delivered()
    handed = handouts.hand_out(document_id, account=LEADER)
    returned = desk.signed(handed)
    later = Later(town.services.clock.now(), timedelta(minutes=31))
    late = replace(handouts, stores=replace(handouts.stores, clock=later))

    with pytest.raises(HandOutExpiredError):
        late.take_back(handed.token, returned)

    assert desk.state_of(document_id) is State.CONFIRMED


def test_hand_out_is_stale_once_somebody_has_signed_otherwise(
    desk: Desk, town: Road, handouts: HandOuts
) -> None:
    document_id = desk.delivered()
    handed = handouts.hand_out(document_id, account=LEADER)
    returned = desk.signed(handed)
    town.services.confirm(document_id, Step.SIGN_LEADER, account=LEADER)

    with pytest.raises(HandOutStaleError):
        handouts.take_back(handed.token, returned)
    with pytest.raises(HandOutStaleError):
        handouts.file(handed.token)


def test_ten_unfit_files_end_a_hand_out(desk: Desk, handouts: HandOuts) -> None:
    handed = handouts.hand_out(desk.delivered(), account=LEADER)
    for _ in range(10):
        with pytest.raises(CodedError):
            handouts.take_back(handed.token, b"%PDF-1.7 something else")

    with pytest.raises(HandOutExhaustedError):
        handouts.take_back(handed.token, b"%PDF-1.7 something else")


def test_document_that_waits_for_no_signature_is_not_handed_out(
    desk: Desk, handouts: HandOuts
) -> None:
    with pytest.raises(NotWaitingError):
        handouts.hand_out(desk.delivered(until=Step.CONFIRM), account=CLERK)


def test_file_that_comes_out_otherwise_is_not_handed_out(
    desk: Desk, town: Road, handouts: HandOuts
) -> None:
    """A newer version of a library may write other bytes: what was signed would not fit."""
    handed = handouts.hand_out(desk.delivered(), account=LEADER)
    with town.services.transactions() as tx:
        row = tx.get(HandOut, (handed.document_id, handed.step))
        assert row is not None
        row.sha256 = "0" * 64

    with pytest.raises(HandOutStaleError):
        handouts.file(handed.token)


@pytest.mark.parametrize(
    ("owner", "asks", "error"),
    [("somebody-else", LEADER, NotThisPersonError), (None, "quantri", AdministratorError)],
)
def test_file_is_handed_out_to_whom_a_signature_of_the_service_would_be_made_for(
    desk: Desk,
    town: Road,
    handouts: HandOuts,
    owner: str | None,
    asks: str,
    error: type[Exception],
) -> None:
    document_id = desk.delivered()
    named = Officer.full_name == "Nguyễn Văn An"
    with town.services.transactions() as tx:
        tx.execute(update(Officer).where(named).values(account=owner))
    try:
        with pytest.raises(error):
            handouts.hand_out(document_id, account=asks)
    finally:
        with town.services.transactions() as tx:
            tx.execute(update(Officer).where(named).values(account=None))
    assert handouts.hand_out(document_id, account=LEADER)
