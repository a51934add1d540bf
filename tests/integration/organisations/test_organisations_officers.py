"""Officers and mandates, given and ended one by one, on a real database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

import docsvc.documents.tables  # noqa: F401  # its tables are made
from docsvc.audit.tables import AuditEntry
from docsvc.db.base import Base
from docsvc.db.engine import open_engine
from docsvc.db.transactions import transactions_of
from docsvc.organisations import officers, queries
from docsvc.organisations import service as bodies
from docsvc.organisations.errors import (
    MandateKindError,
    MandateReversedError,
    MandateUnknownError,
    OfficerNameError,
    OfficerUnknownError,
    RedelegationError,
    UnitUnknownError,
)
from docsvc.organisations.mandates import Standing, require_mandate
from docsvc.organisations.officers import NewMandate
from docsvc.organisations.service import UnitEntry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from docsvc.db.transactions import Tx

AT = datetime(2026, 1, 5, 2, tzinfo=UTC)
DAY = date(2026, 1, 5)
UNIT = "H99.01"
HEAD = NewMandate(
    unit=UNIT, full_name="Nguyễn Văn An", title="Chủ tịch", authority="TM.",
    valid_from=date(2025, 1, 1), valid_to=date(2026, 12, 31), account="an",
)  # fmt: skip


@pytest.fixture
def tx(tmp_path: Path) -> Iterator[Tx]:
    engine = open_engine(f"sqlite:///{tmp_path}/docsvc.db")
    Base.metadata.create_all(engine)
    with transactions_of(engine)() as opened:
        unit = UnitEntry(
            code=UNIT, name="UBND xã", short_name="UBND xã", symbol="UBND", tier="commune",
            kind="state", number_form="state", place="Bảo Yên", seal_mm=36,
        )  # fmt: skip
        bodies.load(opened, [unit], [], at=AT, actor="test")
        yield opened
    engine.dispose()


def give(tx: Tx, new: NewMandate) -> int:
    return officers.give(tx, new, at=AT, actor="admin")


def test_a_head_and_a_delegate_sign_as_they_may(tx: Tx) -> None:
    give(tx, HEAD)
    (head,) = queries.mandates(tx, UNIT)
    delegated = NewMandate(
        unit=UNIT, full_name="Trần Thị Bình", title="Trưởng phòng", authority="TUQ.",
        valid_from=DAY, valid_to=date(2026, 1, 20), basis="12/GUQ-UBND",
        delegated_by=head.officer, kinds=frozenset({"giay-moi", "thong-bao"}),
    )  # fmt: skip
    give(tx, delegated)
    first, second = officers.mandates(tx, on=DAY, units={UNIT})
    assert (first.full_name, first.standing) == ("Nguyễn Văn An", Standing.IN_FORCE)
    assert (second.mandate.basis, second.standing) == ("12/GUQ-UBND", Standing.ENDING)
    known = queries.mandates(tx, UNIT)
    asked = {"officer": second.mandate.officer, "unit": UNIT, "authority": "TUQ."}
    assert require_mandate(known, on=DAY, kind="giay-moi", **asked)  # type: ignore[arg-type]
    with pytest.raises(MandateKindError):
        require_mandate(known, on=DAY, kind="quyet-dinh", **asked)  # type: ignore[arg-type]
    with pytest.raises(RedelegationError):
        give(tx, replace(delegated, full_name="C", delegated_by=second.mandate.officer))


def test_the_log_says_who_gave_what_but_no_name(tx: Tx) -> None:
    give(tx, HEAD)
    entry = tx.scalars(select(AuditEntry).where(AuditEntry.act == "mandate.give")).one()
    assert entry.actor == "admin"
    assert "Nguyễn" not in str(entry.facts)


def test_an_officer_may_have_several_mandates(tx: Tx) -> None:
    give(tx, HEAD)
    officer = queries.mandates(tx, UNIT)[0].officer
    give(tx, replace(HEAD, officer=officer, full_name="", authority="Q."))
    assert [one.officer for one in queries.mandates(tx, UNIT)] == [officer, officer]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"unit": "H00"}, UnitUnknownError),
        ({"full_name": ""}, OfficerNameError),
        ({"full_name": " An"}, OfficerNameError),
        ({"title": "a\nb"}, OfficerNameError),
        ({"basis": "a" * 201}, OfficerNameError),
        ({"basis": "a\0"}, OfficerNameError),
        ({"kinds": frozenset({"tho"})}, MandateKindError),
        ({"officer": 99}, OfficerUnknownError),
        ({"delegated_by": 99}, OfficerUnknownError),
        ({"valid_to": date(2024, 1, 1)}, MandateReversedError),
    ],
)
def test_what_can_not_be_kept_is_refused(
    tx: Tx, changes: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        give(tx, replace(HEAD, **changes))  # type: ignore[arg-type]  # a test's changes


def test_a_mandate_ends_early_but_is_not_made_longer(tx: Tx) -> None:
    number = give(tx, HEAD)

    def end(day: date, units: set[str]) -> None:
        officers.end(tx, number, last_day=day, units=units, at=AT, actor="admin")

    with pytest.raises(MandateUnknownError):
        end(DAY, {"H99.02"})
    for day in (date(2024, 12, 31), date(2027, 1, 1)):
        with pytest.raises(MandateReversedError):
            end(day, {UNIT})
    end(DAY, {UNIT})
    (record,) = officers.mandates(tx, on=date(2026, 1, 6), units={UNIT})
    assert record.standing is Standing.OVER
