"""``docsvc doctor``: what works and what does not, on one screen."""

from __future__ import annotations

from docsvc import logs, settings
from docsvc.bootstrap import open_services
from docsvc.cli.output import JsonOption, Lang, LangOption, Output


def doctor(*, as_json: JsonOption = False, lang: LangOption = Lang.VI) -> int:
    """Tự kiểm tra: cơ sở dữ liệu, kho tệp, kho lưu trữ, thiết bị ký, dấu thời gian."""
    logs.configure("error")
    output = Output(as_json=as_json, lang=lang)
    services = open_services(settings.load())
    try:
        findings = services.diagnose()
    finally:
        services.close()
    if as_json:
        output.document(findings)
    else:
        rows = [
            ["✓" if f["ok"] else "✗", str(f["name"]), output.sentence(str(f["detail"]))]
            for f in findings
        ]
        output.table(["", "", ""], rows)
    return 0 if all(f["ok"] for f in findings) else 1
