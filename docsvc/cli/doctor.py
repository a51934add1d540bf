"""``docsvc doctor``: what works and what does not, on one screen."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from docsvc import logs, settings
from docsvc.bootstrap import open_services
from docsvc.cli import tokens
from docsvc.cli.output import JsonOption, Lang, LangOption, Output


def doctor(
    label: Annotated[
        str | None, typer.Argument(help="nhãn của một thiết bị ký; dùng cùng --token")
    ] = None,
    *,
    token: Annotated[
        bool, typer.Option("--token", help="xem thiết bị ký và chứng thư số, không cần mã PIN")
    ] = False,
    module: Annotated[
        list[Path] | None,
        typer.Option(help="thêm thư viện PKCS#11 chưa có trong cấu hình; dùng cùng --token"),
    ] = None,
    as_json: JsonOption = False,
    lang: LangOption = Lang.VI,
) -> int:
    """Tự kiểm tra: cơ sở dữ liệu, kho tệp, kho lưu trữ, thiết bị ký, dấu thời gian."""
    logs.configure("error")
    output = Output(as_json=as_json, lang=lang)
    if token:
        return tokens.show(output, settings.load(), label=label, modules=tuple(module or ()))
    if label or module:
        raise typer.BadParameter(str(label or module), param_hint="--token")
    services = open_services(settings.load())
    try:
        findings = services.diagnose()
    finally:
        services.close()
    if as_json:
        output.document(findings)
    else:
        rows = [
            ["✓" if f["ok"] else "✗", str(f["name"]), output.sentence(str(f["detail"]), f["facts"])]
            for f in findings
        ]
        output.table(["", "", ""], rows)
    return 0 if all(f["ok"] for f in findings) else 1
