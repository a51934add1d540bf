"""``docsvc archive``: fixity, export, renewal, the database from the archive."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from archive import bag
from archive.stores import LocalFolder
from docsvc import logs, settings
from docsvc.bootstrap import Services, open_services
from docsvc.cli.output import JsonOption, Lang, LangOption, Output
from docsvc.migrations import upgrade
from docsvc.recovery import Renewal
from docsvc.recovery import rebuild as rebuild_database

app = typer.Typer(no_args_is_help=True, help="Kho lưu trữ: kiểm tra, xuất, gia hạn, dựng lại.")


@app.command()
def audit(*, as_json: JsonOption = False, lang: LangOption = Lang.VI) -> int:
    """Kiểm tra tính toàn vẹn của mọi gói lưu trữ."""
    output, services = _open(as_json=as_json, lang=lang)
    bad = checked = 0
    try:
        for object_id in services.root.object_ids():
            checked += 1
            for finding in services.root.audit(object_id):
                bad += finding.severity == "error"
                row = {"object": object_id, "code": finding.code, "path": finding.path}
                output.line(row) if as_json else output.say(
                    f"{object_id} {finding.path}: {output.sentence(finding.reason)}"
                )
    finally:
        services.close()
    summary = {"objects": checked, "errors": bad}
    output.line(summary) if as_json else output.table(
        list(summary), [list(map(str, summary.values()))]
    )
    return 1 if bad else 0


@app.command()
def export(
    target: Annotated[Path, typer.Argument(help="thư mục nhận các gói BagIt")],
    *,
    as_json: JsonOption = False,
    lang: LangOption = Lang.VI,
) -> int:
    """Xuất mỗi văn bản thành một gói BagIt."""
    output, services = _open(as_json=as_json, lang=lang)
    store = LocalFolder(target)
    try:
        for object_id in services.root.object_ids():
            name = object_id.replace(":", "_")
            files = services.root.read(object_id)
            info = {"External-Identifier": object_id}
            bag.write(store, name, files, info=info, at=services.clock.now())
            output.line({"object": object_id, "bag": name}) if as_json else output.say(name)
    finally:
        services.close()
    return 0


@app.command()
def renew(
    *,
    within_days: Annotated[
        int, typer.Option(help="gia hạn những dấu thời gian hết hạn trong số ngày này")
    ] = 365,
    as_json: JsonOption = False,
    lang: LangOption = Lang.VI,
) -> int:
    """Đóng dấu thời gian mới cho văn bản có dấu thời gian sắp hết hạn."""
    output, services = _open(as_json=as_json, lang=lang)
    renewal = Renewal(services=services, augmenter=services.augmenter)
    try:
        renewed = renewal.run(before=services.clock.now() + timedelta(days=within_days))
    finally:
        services.close()
    output.document(renewed) if as_json else output.say("\n".join(renewed) or "0")
    return 0


@app.command()
def rebuild(*, as_json: JsonOption = False, lang: LangOption = Lang.VI) -> int:
    """Dựng lại cơ sở dữ liệu từ kho lưu trữ; văn bản đã có thì giữ nguyên."""
    output, services = _open(as_json=as_json, lang=lang)
    upgrade(services.engine)
    try:
        counts = rebuild_database(services)
    finally:
        services.close()
    output.document(counts) if as_json else output.table(
        list(counts), [list(map(str, counts.values()))]
    )
    return 1 if counts["failed"] else 0


def _open(*, as_json: bool, lang: Lang) -> tuple[Output, Services]:
    logs.configure("warning")
    return Output(as_json=as_json, lang=lang), open_services(settings.load())
