"""``docsvc``: the commands and how they end."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import typer
from typer.exceptions import TyperException

from docsvc.cli.output import WRONG_USE, Lang, Output
from docsvc.errors import DocsvcError

# Word → where its function is. A command brings its modules along when it is called and no sooner:
# the whole of the service takes many times as long to load as one verification.
_COMMANDS = {
    "verify": "files:verify",
    "inspect": "files:inspect",
    "classify": "files:classify",
    "sign": "sign:sign",
    "ingest": "ingest:ingest",
    "stats": "stats:stats",
    "serve": "serve:serve",
    "worker": "serve:worker",
    "agent": "agent:agent",
    "demo": "demo:demo",
    "doctor": "doctor:doctor",
}
_GROUPS = {
    "archive": "archive:app",
    "db": "database:app",
    "devices": "devices:app",
    "trust": "trusted_lists:app",
}


def assemble(word: str = "") -> typer.Typer:
    """Put the command line together: the command of a word alone, all of them for any other."""
    app = typer.Typer(
        name="docsvc",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="Ký số, cấp số, đóng dấu, kiểm tra, lưu trữ và thống kê văn bản hành chính.",
    )
    # A command line of one command would do without its word.
    app.callback()(lambda: None)
    known = word in _COMMANDS or word in _GROUPS
    for name, place in _COMMANDS.items():
        if name == word or not known:
            app.command(name)(_found(place))
    for name, place in _GROUPS.items():
        if name == word or not known:
            app.add_typer(_found(place), name=name)
    return app


def _found(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(f"docsvc.cli.{module}"), name)


def main() -> None:
    """Run the command line; an error with a code is a sentence, never a stack trace."""
    try:
        code = assemble(*sys.argv[1:2])(standalone_mode=False)
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
