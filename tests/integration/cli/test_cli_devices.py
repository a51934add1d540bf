"""``docsvc devices``: the inventory on the command line."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from support.certificates import certificate

import docsvc.documents.tables  # noqa: F401  # the actor of the audit log needs its tables
from docsvc.db.engine import open_engine
from docsvc.db.transactions import transactions_of
from docsvc.migrations import upgrade
from docsvc.organisations import service
from docsvc.organisations.service import OfficerEntry, UnitEntry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HEAD = "Mã đơn vị;Người giữ;Loại thuê bao;Loại thiết bị;Số sê-ri;Hiệu lực đến\n"
UNIT = "H99.12.05"


@pytest.fixture
def office(docsvc: Callable[..., Any], tmp_path: Path) -> Callable[..., Any]:
    """Return a runner of commands on a database with one body and its chair, number 1."""
    config = tmp_path / "docsvc.toml"
    config.write_text(f'data_dir = "{tmp_path}"\n')
    engine = open_engine(f"sqlite:///{tmp_path}/docsvc.sqlite")
    upgrade(engine)
    unit = UnitEntry(
        code=UNIT, name="UBND xã Suối Trúc", short_name="UBND", symbol="UBND", tier="commune",
        kind="state", number_form="state", place="Suối Trúc", seal_mm=36,
    )  # fmt: skip
    chair = OfficerEntry(
        key="chair", unit=UNIT, full_name="Nguyễn Văn An", title="Chủ tịch", authority="TM."
    )
    with transactions_of(engine)() as tx:
        service.load(tx, [unit], [chair], at=datetime(2026, 1, 1, tzinfo=UTC), actor="test")
    engine.dispose()

    def run(*arguments: str | Path) -> Any:
        return docsvc("devices", *arguments, config=config)

    return run


def listed(tmp_path: Path, *rows: str) -> Path:
    file = tmp_path / "list.csv"
    file.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8-sig")
    return file


def row(serial: str, days: int = 400, kind: str = "USB token", owner: str = "Tổ chức") -> str:
    last = datetime.now(UTC) + timedelta(days=days)  # noqa: TID251  # the command's own clock
    return f"{UNIT};UBND xã;{owner};{kind};{serial};{last:%d/%m/%Y}"


def test_a_list_is_entered_and_shown(office: Callable[..., Any], tmp_path: Path) -> None:
    done = office("import", listed(tmp_path, row("1"), row("2", owner="cá nhân")), "--json")
    assert (done.code, done.document["added"]) == (0, 2)
    again = office("import", listed(tmp_path, row("1")))
    assert "không đổi: 1" in again.out
    shown = office("list", "--json").document
    assert [one["serial"] for one in shown] == ["1", "2"]
    assert office("list", "--unit", "H99", "--json").document == []
    assert "USB token" in office("list", "--lang", "en").out
    counted = office("report", "--json").document
    assert (counted["sum"], counted["groups"]["individual"]) == ("2 = 1 + 1", 1)
    assert "2 = 1 + 1" in office("report").out
    assert office("report", "--issued-from", "2020-01-01", "--json").document["total"] == 0


def test_a_list_with_a_wrong_row_is_refused_in_words(
    office: Callable[..., Any], tmp_path: Path
) -> None:
    file = listed(tmp_path, row("1"), row("2", kind="bút"))
    done = office("import", file)
    assert done.code == 1
    assert "“bút” không phải loại thiết bị đã biết" in done.out
    told = office("import", file, "--json")
    assert (told.code, told.document["accepted"]) == (1, False)
    assert told.document["faults"] == [
        {"row": 3, "column": "kind", "code": "devices.kind-unknown", "value": "bút"}
    ]
    assert office("list", "--json").document == []


def test_a_list_without_headings_is_refused_as_a_whole(
    office: Callable[..., Any], tmp_path: Path
) -> None:
    file = tmp_path / "list.csv"
    file.write_text("a,b\n")
    assert "dòng tiêu đề" in office("import", file).out


@pytest.mark.parametrize("command", [("import",), ("add", "--unit", UNIT)])
def test_a_file_that_is_not_there_is_a_sentence(
    office: Callable[..., Any], tmp_path: Path, command: tuple[str, ...]
) -> None:
    assert office(command[0], tmp_path / "missing", *command[1:]).code == 1


def test_what_runs_out_is_shown_the_next_first(office: Callable[..., Any], tmp_path: Path) -> None:
    office("import", listed(tmp_path, row("far", 200), row("month", 30)))
    soon = office("expiring", "--json")
    assert (soon.code, [one["serial"] for one in soon.document]) == (0, ["month"])
    office("import", listed(tmp_path, row("week", 3)))
    assert office("expiring").code == 1
    assert len(office("expiring", "--days", "300", "--json").document) == 3


def test_a_certificate_brings_its_device_and_a_lost_one_ends(
    office: Callable[..., Any], tmp_path: Path
) -> None:
    file = tmp_path / "chair.pem"
    root = certificate("CA")
    file.write_text(ssl.DER_cert_to_PEM_cert(certificate("An")) + ssl.DER_cert_to_PEM_cert(root))
    done = office("add", file, "--unit", UNIT, "--officer", "1", "--issued-on", "2026-01-02")
    assert done.code == 0
    (device,) = office("list", "--json").document
    assert (device["holder"], device["issued_on"]) == ("Nguyễn Văn An", "2026-01-02")
    ended = office("end", str(device["device"]), "--on", "2026-02-01", "--json")
    assert ended.lines == [{"device": device["device"], "on": "2026-02-01", "revoked": False}]
    (device,) = office("list", "--json").document
    assert device["state"] == "lost"
    assert office("end", "99", "--on", "2026-02-01").code == 1
    assert "✓" in office("end", str(device["device"]), "--on", "2026-03-01", "--revoked").out


def test_a_seal_is_added_by_its_der(office: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "seal.cer"
    file.write_bytes(certificate("UBND"))
    added = office("add", file, "--unit", UNIT, "--kind", "hsm", "--serial", "H-1", "--json")
    assert added.lines[0]["unit"] == UNIT
    file.write_bytes(b"no certificate")
    assert office("add", file, "--unit", UNIT).code == 1


@pytest.mark.parametrize("day", ["", "tomorrow"])
def test_a_day_that_is_none_is_wrong_use(office: Callable[..., Any], day: str) -> None:
    assert office("end", "1", "--on", day).code == 64
