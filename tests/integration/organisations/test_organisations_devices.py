"""Lists of devices on a real database: whole or not at all, and what they add up to."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from openpyxl import Workbook
from support.certificates import certificate

import docsvc.audit.tables
import docsvc.documents.tables
import docsvc.organisations.tables  # noqa: F401  # their tables are made
from docsvc.catalog import messages
from docsvc.db.base import Base
from docsvc.db.engine import open_engine
from docsvc.db.transactions import transactions_of
from docsvc.organisations import queries as organisations
from docsvc.organisations import service as bodies
from docsvc.organisations.errors import DeviceEndedError, DeviceTakenError, DeviceUnknownError
from docsvc.organisations.inventory import queries, service
from docsvc.organisations.inventory.rules import Column, Owner, State
from docsvc.organisations.inventory.service import Ending, Imported
from docsvc.organisations.rules import Device, HolderGroup
from docsvc.organisations.service import CertificateEntry, OfficerEntry, UnitEntry
from verification.model import Role

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from docsvc.db.transactions import Tx

AT = datetime(2026, 1, 5, 2, tzinfo=UTC)
DAY = date(2026, 1, 5)
HEAD = ["Mã đơn vị", "Người giữ", "Loại thuê bao", "Loại thiết bị", "Số sê-ri", "Hiệu lực đến",
        "Ngày cấp"]  # fmt: skip


def body(code: str, symbol: str) -> UnitEntry:
    return UnitEntry(
        code=code, name=f"Đơn vị {code}", short_name=code, symbol=symbol, tier="commune",
        kind="state", number_form="state", place="Bảo Yên", seal_mm=36,
    )  # fmt: skip


UNITS = (body("H99.01", "UBND"), body("H99.02", "HĐND"), body("H99.03", "PNV"))
CHAIR = OfficerEntry(
    key="chair", unit="H99.01", full_name="Nguyễn Văn An", title="Chủ tịch", authority="TM."
)


@pytest.fixture
def tx(tmp_path: Path) -> Iterator[Tx]:
    engine = open_engine(f"sqlite:///{tmp_path}/docsvc.db")
    Base.metadata.create_all(engine)
    with transactions_of(engine)() as opened:
        yield opened
    engine.dispose()


@pytest.fixture
def chair(tx: Tx) -> int:
    return bodies.load(tx, UNITS, [CHAIR], at=AT, actor="test")["chair"]


def row(serial: str, **more: object) -> list[object]:
    known: dict[str, object] = {
        "unit": "H99.01", "holder": "Đơn vị H99.01", "owner": "Tổ chức", "kind": "USB token",
        "serial": serial, "last": date(2028, 1, 1), "issued": date(2025, 12, 1),
    }  # fmt: skip
    return list((known | more).values())


def xlsx(*rows: list[object]) -> bytes:
    book, file = Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    for one in (["DANH SÁCH"], HEAD, *rows):
        sheet.append(one)
    book.save(file)
    return file.getvalue()


def entered(tx: Tx, *rows: list[object], units: set[str] | None = None) -> Imported:
    return service.import_list(tx, xlsx(*rows), units=units, at=AT, actor="test")


def bao_yen() -> list[list[object]]:
    """The 57 devices that a district handed out in 2021: 11 + 17 + 6 + 23."""
    groups = (
        (11, "H99.01", "Tổ chức"), (17, "H99.02", "Tổ chức"), (6, "H99.03", "Tổ chức"),
        (23, "H99.03", "Cá nhân"),
    )  # fmt: skip
    return [
        row(f"{unit}-{owner}-{number}", unit=unit, owner=owner, holder=f"Người {number}")
        for count, unit, owner in groups
        for number in range(count)
    ]


@pytest.mark.usefixtures("chair")
def test_the_57_devices_of_a_district_add_up(tx: Tx) -> None:
    assert entered(tx, *bao_yen()).added == 57
    report = queries.report(tx, on=DAY)
    assert report.sum_text == "57 = 11 + 17 + 6 + 23"
    assert report.groups[HolderGroup.INDIVIDUAL] == 23
    assert queries.report(tx, on=DAY, issued_from=date(2025, 12, 2)).sum_text == "0"
    assert queries.report(tx, on=date(2025, 11, 30)).total == 0
    assert queries.report(tx, on=DAY, units={"H99.03"}).sum_text == "29 = 6 + 23"


@pytest.mark.usefixtures("chair")
def test_the_same_list_again_changes_nothing_and_a_newer_one_what_it_says(tx: Tx) -> None:
    entered(tx, row("1"), row("2"))
    assert entered(tx, row("1"), row("2")).unchanged == 2
    again = entered(tx, row("1", last=date(2029, 1, 1)), row("2", last=None, issued=None))
    assert (again.changed, again.unchanged) == (1, 1)
    first, second = queries.devices(tx, on=DAY)
    assert first.life.valid_to == date(2029, 1, 1)
    assert second.life.valid_to == date(2028, 1, 1)


@pytest.mark.usefixtures("chair")
def test_with_one_wrong_row_nothing_is_entered(tx: Tx) -> None:
    found = entered(
        tx, row("1"), row("2", unit="H00"), row("3", kind="bút"), row("4", unit="H99.02"),
        units={"H99.01"},
    )  # fmt: skip
    assert not found.accepted
    assert [(one.row, one.column, one.code) for one in found.faults] == [
        (4, Column.UNIT, "devices.unit-unknown"),
        (5, Column.KIND, "devices.kind-unknown"),
        (6, Column.UNIT, "devices.unit-not-yours"),
    ]
    assert found.rows == 4
    assert queries.devices(tx, on=DAY) == ()
    for fault in found.faults:
        for lang in messages.Lang:
            assert messages.sentence(fault.code, lang, value=fault.value, column="c")
            assert messages.action(fault.code, lang)


@pytest.mark.usefixtures("chair")
def test_a_device_does_not_change_hands_by_a_list(tx: Tx) -> None:
    entered(tx, row("1"))
    (fault,) = entered(tx, row("1", holder="Ai khác")).faults
    assert (fault.row, fault.code) == (3, "devices.serial-taken")


def test_a_personal_device_is_its_officers(tx: Tx, chair: int) -> None:
    entered(
        tx, row("1", owner="cá nhân", holder="Nguyễn Văn An"), row("2", owner="cá nhân", holder="B")
    )
    assert {one.holder: one.officer for one in queries.devices(tx, on=DAY)} == {
        "Nguyễn Văn An": chair,
        "B": None,
    }


def test_a_certificate_brings_its_device(tx: Tx, chair: int) -> None:
    entered(tx, row("SN-7", owner="cá nhân", holder="Nguyễn Văn An", last=None))
    entry = CertificateEntry(
        der=certificate("An"), role=Role.LEADER, unit="H99.01", officer=chair, token="t"
    )
    number = service.add_with_certificate(tx, entry, serial="SN-7", at=AT, actor="test")
    again = service.add_with_certificate(tx, entry, serial="SN-7", at=AT, actor="test")
    assert number == again
    (device,) = queries.devices(tx, on=DAY)
    assert (device.number, device.officer) == (number, chair)
    assert device.life.valid_to is not None
    assert device.fingerprint is not None
    assert organisations.certificate(tx, device.fingerprint) is not None


@pytest.mark.usefixtures("chair")
def test_a_certificate_alone_is_a_device_too(tx: Tx) -> None:
    entry = CertificateEntry(der=certificate("UBND"), role=Role.ORGANISATION, unit="H99.01")
    bodies.add_certificate(tx, entry, at=AT, actor="test")
    (alone,) = queries.devices(tx, on=DAY)
    assert (alone.number, alone.owner, alone.holder) == (None, Owner.ORGANISATION, "Đơn vị H99.01")
    assert queries.report(tx, on=DAY).sum_text == "1 = 1"
    number = service.add_with_certificate(tx, entry, serial="", at=AT, actor="test")
    (entered_now,) = queries.devices(tx, on=DAY)
    assert (entered_now.number, entered_now.serial) == (number, alone.serial)


def test_a_certificate_of_somebody_elses_device_is_refused(tx: Tx, chair: int) -> None:
    entered(tx, row("SN-7"))
    entry = CertificateEntry(der=certificate("An"), role=Role.LEADER, unit="H99.01", officer=chair)
    with pytest.raises(DeviceTakenError):
        service.add_with_certificate(tx, entry, serial="SN-7", at=AT, actor="test")


def test_a_lost_device_is_not_signed_with(tx: Tx, chair: int) -> None:
    entry = CertificateEntry(der=certificate("An"), role=Role.LEADER, unit="H99.01", officer=chair)
    number = service.add_with_certificate(tx, entry, serial="1", at=AT, actor="test")
    assert organisations.leader_certificates(tx, "H99.01", DAY)
    lost = Ending(number=number, on=DAY, revoked=False)
    for _ in range(2):
        service.end(tx, lost, units=None, at=AT, actor="test")
    assert organisations.leader_certificates(tx, "H99.01", DAY) == ()
    assert queries.devices(tx, on=DAY)[0].state is State.LOST
    assert queries.report(tx, on=DAY).total == 0
    with pytest.raises(DeviceEndedError):
        service.end(
            tx, Ending(number=number, on=DAY + timedelta(1), revoked=False), units=None, at=AT,
            actor="test",
        )  # fmt: skip


@pytest.mark.usefixtures("chair")
def test_a_revoked_device_says_so_and_strangers_devices_are_not_touched(tx: Tx) -> None:
    entered(tx, row("1"))
    number = queries.devices(tx, on=DAY)[0].number or 0
    ending = Ending(number=number, on=DAY, revoked=True)
    with pytest.raises(DeviceUnknownError):
        service.end(tx, ending, units={"H99.02"}, at=AT, actor="test")
    with pytest.raises(DeviceUnknownError):
        service.end(tx, Ending(number=99, on=DAY, revoked=True), units=None, at=AT, actor="test")
    service.end(tx, ending, units={"H99.01"}, at=AT, actor="test")
    assert queries.devices(tx, on=DAY)[0].state is State.REVOKED


@pytest.mark.usefixtures("chair")
def test_the_calendar_shows_what_runs_out_next_first(tx: Tx) -> None:
    entered(
        tx,
        row("far", last=DAY + timedelta(91)),
        row("month", last=DAY + timedelta(30)),
        row("week", last=DAY + timedelta(5), kind="SIM PKI"),
        row("over", last=DAY - timedelta(1), kind="HSM"),
        row("endless", last=None),
    )
    found = queries.expiring(tx, on=DAY)
    assert [(one.serial, one.notice) for one in found] == [("week", 7), ("month", 30)]
    assert found[0].kind is Device.SIM_PKI
    assert [one.serial for one in queries.expiring(tx, on=DAY, within_days=7)] == ["week"]
