"""What a command prints: JSON lines for programs, tables and sentences for people."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from docsvc.catalog import messages

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Lang(StrEnum):
    """The languages people can choose."""

    VI = "vi"
    EN = "en"


# EX_USAGE of sysexits.h, as the contract says.
WRONG_USE = 64

# Made once: a folder has thousands of lines.
_LINES = json.JSONEncoder(ensure_ascii=False, default=str)

JsonOption = Annotated[bool, typer.Option("--json", help="one JSON document, or JSON lines")]
LangOption = Annotated[Lang, typer.Option("--lang", help="vi | en")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """Where results go, and in which language and form."""

    as_json: bool
    lang: Lang

    def line(self, value: Mapping[str, Any], *, more: bool = False) -> None:
        """Print one result as a line of JSON; it may stay with us for a moment if more follow."""
        sys.stdout.write(_LINES.encode(value) + "\n")
        if not more:
            self.show()

    def show(self) -> None:
        """Let whoever reads along have what there is."""
        sys.stdout.flush()

    def document(self, value: object) -> None:
        """Print the result as one JSON document."""
        sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1, default=str) + "\n")

    def say(self, text: str) -> None:
        """Print a line for people, whole: a digest that is broken in two cannot be compared."""
        Console(highlight=False, markup=False).print(text, soft_wrap=True)

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> None:
        """Print a table for people."""
        table = Table(*head, title=title or None)
        for row in rows:
            table.add_row(*row)
        # A pipe has no width of its own; a table that is cut is worse than a wide one.
        console = Console(highlight=False, markup=False)
        if not console.is_terminal:
            console = Console(highlight=False, markup=False, width=160)
        console.print(table)

    def sentence(self, code: str, facts: Mapping[str, object] | None = None) -> str:
        """Return the sentence of a code; the code itself if the catalogue lacks it."""
        try:
            return messages.sentence(code, self.lang, **(facts or {}))
        except KeyError:
            return code

    def failure(self, code: str, facts: Mapping[str, object]) -> None:
        """Print an error: what happened and what to do."""
        if self.as_json:
            self.line({"error": code, "facts": dict(facts)})
            return
        self.warn(code, facts)

    def warn(self, code: str, facts: Mapping[str, object]) -> None:
        """Tell people what is amiss and what to do, on standard error."""
        console = Console(stderr=True, highlight=False, markup=False)
        console.print(self.sentence(code, facts))
        try:
            console.print(messages.action(code, self.lang, **facts))
        except KeyError:
            return
