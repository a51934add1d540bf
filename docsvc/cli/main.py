"""``docsvc``: the commands and how they end."""

from __future__ import annotations

import sys

import typer
from typer.exceptions import TyperException

from docsvc.cli import (
    archive,
    database,
    demo,
    doctor,
    files,
    ingest,
    serve,
    sign,
    stats,
    trust,
    trusted_lists,
)
from docsvc.cli.output import WRONG_USE, Lang, Output
from docsvc.errors import DocsvcError

app = typer.Typer(
    name="docsvc",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Ký số, cấp số, đóng dấu, kiểm tra, lưu trữ và thống kê văn bản hành chính.",
)
app.command("verify")(files.verify)
app.command("inspect")(files.inspect)
app.command("classify")(files.classify)
app.command("sign")(sign.sign)
app.command("ingest")(ingest.ingest)
app.command("stats")(stats.stats)
app.command("serve")(serve.serve)
app.command("worker")(serve.worker)
app.command("demo")(demo.demo)
app.command("doctor")(doctor.doctor)
app.add_typer(archive.app, name="archive")
app.add_typer(database.app, name="db")
trust.app.command("import-eu")(trusted_lists.import_eu)
app.add_typer(trust.app, name="trust")


def main() -> None:
    """Run the command line; an error with a code is a sentence, never a stack trace."""
    try:
        code = app(standalone_mode=False)
    except typer.Abort:
        sys.exit(130)
    except TyperException as e:
        sys.stderr.write(f"docsvc: {e}\n")
        sys.exit(WRONG_USE)
    except DocsvcError as e:
        Output(as_json="--json" in sys.argv, lang=_lang()).failure(e.code, e.facts)
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


def _lang() -> Lang:
    """Return the language that was asked for, when the arguments are no longer at hand."""
    words = sys.argv
    english = "--lang=en" in words or ("--lang" in words and "en" in words)
    return Lang.EN if english else Lang.VI
