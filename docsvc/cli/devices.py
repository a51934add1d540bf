"""``docsvc devices``: the inventory of signing devices; lists, what runs out, whose they are."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from docsvc import logs, settings
from docsvc.cli.output import JsonOption, Lang, LangOption, Output
from docsvc.cli.trust import actor
from docsvc.clock import VIETNAM, SystemClock
from docsvc.db.engine import open_engine
from docsvc.db.transactions import Tx, transactions_of
from docsvc.errors import CodedError
from docsvc.organisations.inventory import certificates, queries, rules, service, sheets
from docsvc.organisations.inventory.queries import DeviceRecord
from docsvc.organisations.inventory.rules import Owner
from docsvc.organisations.inventory.service import Ending, Imported
from docsvc.organisations.rules import Device
from verification.masking import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

_UNREADABLE = "ingest.unreadable-path"

app = typer.Typer(no_args_is_help=True, help="Thiết bị ký: nhập danh sách, hạn dùng, báo cáo.")

UnitOption = Annotated[str | None, typer.Option("--unit", help="mã đơn vị; mặc định: tất cả")]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Session:
    tx: Tx
    output: Output
    today: date


@app.command("import")
def import_(
    path: Annotated[Path, typer.Argument(help="danh sách thiết bị, XLSX hoặc CSV")],
    *,
    as_json: JsonOption = False,
    lang: LangOption = Lang.VI,
) -> int:
    """Nhập danh sách thiết bị ký; có một dòng sai thì không ghi dòng nào."""
    data = _read(path, sheets.MAX_BYTES)
    with _session(as_json=as_json, lang=lang) as session:
        done = service.import_list(
            session.tx, data, units=None, at=SystemClock().now(), actor=actor()
        )
    if as_json:
        session.output.document(_imported_facts(done))
    elif done.accepted:
        words = _WORDS[lang]
        session.output.say(
            f"✓ {words['added']}: {done.added}, {words['changed']}: {done.changed}, "
            f"{words['unchanged']}: {done.unchanged}"
        )
    else:
        session.output.table(
            _FAULT_HEADS[lang], [_fault_row(session.output, f) for f in done.faults]
        )
    return 0 if done.accepted else 1


@app.command("add")
def add(  # noqa: PLR0913  # what is to be known of a device
    path: Annotated[
        Path,
        typer.Argument(help="tệp chứng thư số (PEM hoặc DER), chứng thư của người giữ đứng đầu"),
    ],
    *,
    unit: Annotated[str, typer.Option(help="mã đơn vị")],
    officer: Annotated[
        int | None, typer.Option(help="số của người ký; bỏ trống: chứng thư của cơ quan")
    ] = None,
    kind: Annotated[
        Device, typer.Option(help="usb-token | sim-pki | hsm | remote")
    ] = Device.USB_TOKEN,
    serial: Annotated[str, typer.Option(help="số sê-ri; mặc định: số của chứng thư")] = "",
    token: Annotated[str | None, typer.Option(help="nhãn thiết bị gắn vào máy chủ")] = None,
    key_id: Annotated[str | None, typer.Option(help="CKA_ID, hệ 16")] = None,
    issued_on: Annotated[str | None, typer.Option(help="ngày cấp, YYYY-MM-DD")] = None,
    as_json: JsonOption = False,
    lang: LangOption = Lang.VI,
) -> int:
    """Thêm một thiết bị ký bằng chính chứng thư số của nó."""
    entry = certificates.entry_of(
        _read(path, certificates.MAX_BYTES),
        unit=unit,
        officer=officer,
        device=kind,
        token=token,
        key_id=key_id,
        issued_on=_day(issued_on, "--issued-on"),
    )
    with _session(as_json=as_json, lang=lang) as session:
        number = service.add_with_certificate(
            session.tx, entry, serial=serial, at=SystemClock().now(), actor=actor()
        )
    facts = {"device": number, "unit": unit}
    session.output.line(facts) if as_json else session.output.say(f"✓ {number}")
    return 0


@app.command("list")
def list_(
    *, unit: UnitOption = None, as_json: JsonOption = False, lang: LangOption = Lang.VI
) -> int:
    """Liệt kê thiết bị ký: người giữ, loại, số sê-ri, hạn dùng, tình trạng."""
    with _session(as_json=as_json, lang=lang) as session:
        found = queries.devices(session.tx, on=session.today, units=_units(unit))
    _show(session.output, found)
    return 0


@app.command("expiring")
def expiring(
    *,
    days: Annotated[int, typer.Option(min=0, max=3650, help="trong bao nhiêu ngày tới")] = max(
        rules.NOTICES
    ),
    unit: UnitOption = None,
    as_json: JsonOption = False,
    lang: LangOption = Lang.VI,
) -> int:
    """Liệt kê thiết bị sắp hết hạn, gần nhất trước; kết thúc bằng 1 nếu có thiết bị còn 7 ngày."""
    with _session(as_json=as_json, lang=lang) as session:
        found = queries.expiring(session.tx, on=session.today, within_days=days, units=_units(unit))
    _show(session.output, found)
    return 1 if any(one.notice == min(rules.NOTICES) for one in found) else 0


@app.command("report")
def report(
    *,
    issued_from: Annotated[
        str | None, typer.Option(help="chỉ tính thiết bị cấp từ ngày, YYYY-MM-DD")
    ] = None,
    as_json: JsonOption = False,
    lang: LangOption = Lang.VI,
) -> int:
    """Đếm thiết bị ký theo nhóm người giữ, như “57 = 11 + 17 + 6 + 23”."""
    since = _day(issued_from, "--issued-from")
    with _session(as_json=as_json, lang=lang) as session:
        made = queries.report(session.tx, on=session.today, issued_from=since)
    if as_json:
        session.output.document(_report_facts(made))
    else:
        rows = [
            [session.output.sentence(f"devices.group.{group}"), str(number)]
            for group, number in made.groups.items()
        ]
        session.output.table(["", str(made.total)], rows, made.sum_text)
    return 0


@app.command("end")
def end(
    number: Annotated[int, typer.Argument(help="số của thiết bị trong danh mục")],
    *,
    on: Annotated[str, typer.Option(help="từ ngày, YYYY-MM-DD")],
    revoked: Annotated[
        bool, typer.Option("--revoked", help="nơi cấp đã thu hồi; không nêu: mất hoặc trả lại")
    ] = False,
    as_json: JsonOption = False,
    lang: LangOption = Lang.VI,
) -> int:
    """Báo mất hoặc thu hồi một thiết bị; từ ngày đó không ký được bằng chứng thư của nó."""
    day = _day(on, "--on")
    if day is None:
        raise typer.BadParameter(on, param_hint="--on")
    with _session(as_json=as_json, lang=lang) as session:
        ending = Ending(number=number, on=day, revoked=revoked)
        service.end(session.tx, ending, units=None, at=SystemClock().now(), actor=actor())
    facts = {"device": number, "on": day.isoformat(), "revoked": revoked}
    session.output.line(facts) if as_json else session.output.say(f"✓ {number}: {day:%d/%m/%Y}")
    return 0


@contextlib.contextmanager
def _session(*, as_json: bool, lang: Lang) -> Iterator[_Session]:
    logs.configure("error")
    engine = open_engine(settings.load().database)
    today = SystemClock().now().astimezone(VIETNAM).date()
    try:
        with transactions_of(engine)() as tx:
            yield _Session(tx=tx, output=Output(as_json=as_json, lang=lang), today=today)
    finally:
        engine.dispose()


def _read(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(limit + 1)
    except OSError as e:
        raise CodedError(_UNREADABLE, problem=e.strerror or "") from e


def _units(unit: str | None) -> frozenset[str] | None:
    return None if unit is None else frozenset({unit})


def _day(text: str | None, option: str) -> date | None:
    try:
        return rules.day_in(text) if text else None
    except ValueError as e:
        raise typer.BadParameter(str(text), param_hint=option) from e


def _imported_facts(done: Imported) -> dict[str, Any]:
    """Return what became of a list, as JSON takes it."""
    return {
        "accepted": done.accepted,
        "rows": done.rows,
        "added": done.added,
        "changed": done.changed,
        "unchanged": done.unchanged,
        "faults": [
            {"row": one.row, "column": one.column, "code": one.code, "value": one.value}
            for one in done.faults
        ],
    }


def _report_facts(made: queries.HolderReport) -> dict[str, Any]:
    """Return the count of devices, as JSON takes it."""
    return {
        "on": made.on.isoformat(),
        "issued_from": made.issued_from.isoformat() if made.issued_from else None,
        "total": made.total,
        "groups": {str(group): number for group, number in made.groups.items()},
        "sum": made.sum_text,
    }


def _fault_row(output: Output, one: rules.Fault) -> list[str]:
    column = output.sentence(f"devices.column.{one.column}") if one.column else "–"
    said = output.sentence(one.code, {"value": shown(one.value), "column": column})
    return [str(one.row or "–"), column, said]


def _show(output: Output, found: tuple[DeviceRecord, ...]) -> None:
    if output.as_json:
        output.document([_facts(one) for one in found])
        return
    output.table(_HEADS[output.lang], [_row(output, one) for one in found])


def _row(output: Output, one: DeviceRecord) -> list[str]:
    return [
        str(one.number or "–"),
        one.unit,
        shown(one.holder),
        output.sentence(f"devices.owner.{one.owner}"),
        output.sentence(f"statistics.device.{one.kind}"),
        shown(one.serial),
        f"{one.life.valid_to:%d/%m/%Y}" if one.life.valid_to else "–",
        output.sentence(f"devices.state.{one.state}"),
    ]


def _facts(one: DeviceRecord) -> dict[str, Any]:
    days = {
        "valid_from": one.life.valid_from,
        "valid_to": one.life.valid_to,
        "issued_on": one.issued_on,
        "lost_on": one.life.lost_on,
        "revoked_on": one.life.revoked_on,
    }
    return {
        "device": one.number,
        "unit": one.unit,
        "holder": shown(one.holder),
        "owner": Owner(one.owner),
        "officer": one.officer,
        "kind": one.kind,
        "serial": one.serial,
        "certificate": one.fingerprint,
        "state": one.state,
        "notice_days": one.notice,
    } | {name: day.isoformat() if day else None for name, day in days.items()}


_WORDS = {
    Lang.VI: {"added": "thêm", "changed": "cập nhật", "unchanged": "không đổi"},
    Lang.EN: {"added": "added", "changed": "changed", "unchanged": "unchanged"},
}
_FAULT_HEADS = {Lang.VI: ["dòng", "cột", "lỗi"], Lang.EN: ["row", "column", "fault"]}
_HEADS = {
    Lang.VI: ["số", "đơn vị", "người giữ", "của", "loại", "sê-ri", "hết hạn", "tình trạng"],
    Lang.EN: ["no.", "unit", "holder", "owner", "kind", "serial", "expires", "state"],
}
