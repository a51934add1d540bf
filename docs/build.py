"""Write the reference from the code: errors, settings, commands.

``python docs/build.py`` writes the pages; ``--check`` says which are stale and ends with 1.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import typer.main

from docsvc.catalog import messages
from docsvc.catalog.source import read_table, table_names
from docsvc.cli.files import Exit
from docsvc.cli.main import assemble
from docsvc.settings import TABLES, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import BaseModel

REFERENCE = Path(__file__).parent / "reference"
_ROOTS = ("signing", "verification", "archive", "docsvc")
_WRITTEN = "<!-- Written by docs/build.py from the code; edit the code. -->\n"


def modules() -> Iterator[str]:
    """Name every module of the project that can be imported by itself."""
    for root in _ROOTS:
        package = importlib.import_module(root)
        for found in pkgutil.walk_packages(package.__path__, f"{root}."):
            # Alembic loads these two itself, with its context around them.
            if not found.name.startswith(("docsvc.migrations.versions", "docsvc.migrations.env")):
                yield found.name


def errors() -> list[type[Exception]]:
    """Return every error class that sets a code of its own, by code."""
    for name in modules():
        importlib.import_module(name)
    ours = {kind for kind in _below(Exception) if kind.__module__.split(".")[0] in _ROOTS}
    coded = [kind for kind in ours if isinstance(vars(kind).get("code"), str)]
    return sorted(coded, key=lambda kind: (vars(kind)["code"], kind.__qualname__))


def errors_page() -> str:
    """Return the page of all codes."""
    lines = [
        _WRITTEN,
        "# Codes\n",
        "Codes are stable: programs may compare them. The sentences are those of the catalogue;",
        "words in braces are facts. *retry*: trying again later may help, and a step of the road",
        "does so by itself.\n",
        "## Errors\n",
        "| code | HTTP | retry | what happened, what to do |",
        "| --- | --- | --- | --- |",
    ]
    known = {str(vars(kind)["code"]): kind for kind in errors()}
    for code, kind in known.items():
        retry = "yes" if getattr(kind, "retryable", False) else ""
        lines.append(f"| `{code}` | {messages.status(code) or ''} | {retry} | {_said(code)} |")
    lines += [
        "\n## Reasons and labels\n",
        "Found about a file, an archive object or a document; none of them is raised.\n",
        "| code | what it says |",
        "| --- | --- |",
    ]
    lines += [f"| `{code}` | {_said(code)} |" for code in sorted(messages.codes() - set(known))]
    return "\n".join(lines) + "\n"


def settings_page() -> str:
    """Return the page of all settings."""
    lines = [
        _WRITTEN,
        "# Settings\n",
        "Read once, from the TOML file that `DOCSVC_CONFIG` names (else `docsvc.toml` in the",
        "working folder), then from the variables `DOCSVC_*`, which win. An unknown key is",
        "refused.\n",
        *_fields(Settings, variables=True),
    ]
    for name, kind in TABLES.items():
        lines += [f"\n## `[[{name}]]`\n", f"{kind.__doc__}\n", *_fields(kind, variables=False)]
    return "\n".join(lines) + "\n"


def commands_page() -> str:
    """Return the page of all commands."""
    lines = [
        _WRITTEN,
        "# Commands\n",
        "`--json` prints one JSON document, or a line of JSON a result; `--lang vi|en` chooses",
        "the language of what people read.\n",
        "Exit codes: 0 done; 1 an error with a code, or a finding; 64 wrong use; 130 interrupted.",
        "`verify` ends with:\n",
        *(f"- {code.value}: {_EXITS[code]}" for code in Exit),
        "- 64: wrong use\n",
        "What `verify --json` prints is described in [verify-schema.md](verify-schema.md).\n",
    ]
    for name, command in _commands(typer.main.get_command(assemble()), "docsvc"):
        lines += _command(name, command)
    return "\n".join(lines) + "\n"


_EXITS = {
    Exit.PASSED: "every file is TOTAL-PASSED",
    Exit.FAILED: "at least one file is TOTAL-FAILED",
    Exit.INDETERMINATE: "none failed, at least one is INDETERMINATE",
    Exit.UNSIGNED: "none of these, at least one file bears no signature",
    Exit.UNREADABLE: "at least one file cannot be read as a PDF, and none of the above",
    Exit.NOT_REPLAYED: "the evidence is refused, or gives another verdict (`--replay`)",
}


def pages() -> dict[Path, str]:
    """Return every page that is written, by its place."""
    return {
        REFERENCE / "errors.md": errors_page(),
        REFERENCE / "settings.md": settings_page(),
        REFERENCE / "cli.md": commands_page(),
    }


def main(arguments: list[str]) -> int:
    """Write the pages, or say which are stale."""
    stale = [
        (path, text)
        for path, text in pages().items()
        if not path.is_file() or path.read_text("utf-8") != text
    ]
    for path, text in stale:
        if "--check" in arguments:
            sys.stderr.write(f"stale: {path.name}; run python docs/build.py\n")
        else:
            path.write_text(text, "utf-8")
    return 1 if stale and "--check" in arguments else 0


def _below(kind: type) -> Iterator[type]:
    children: list[type] = kind.__subclasses__()
    for child in children:
        yield child
        yield from _below(child)


def _said(code: str) -> str:
    entry, parts = _wordings()[code], []
    for lang in messages.Lang:
        said = (entry[lang], entry.get(f"action_{lang}", ""))
        parts.append(" ".join(_cell(str(part)) for part in said if part))
    return "<br>".join(parts)


@cache
def _wordings() -> dict[str, Mapping[str, object]]:
    """Return the raw sentences, with their braces."""
    tables = [read_table(name) for name in table_names("messages_")]
    return {code: cast("Mapping[str, object]", entry) for t in tables for code, entry in t.items()}


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def _fields(record: type[BaseModel], *, variables: bool) -> list[str]:
    lines = ["| key | kind | default | meaning |", "| --- | --- | --- | --- |"]
    for name, field in record.model_fields.items():
        default = "required" if field.is_required() else f"`{field.default!s}`"
        key = f"`{name}`"
        if variables and name not in TABLES:
            key += f"<br>`DOCSVC_{name.upper()}`"
        meaning = _cell((field.description or "").replace("``", "`"))
        lines.append(f"| {key} | {_kind(field.annotation)} | {default} | {meaning} |")
    return lines


def _kind(annotation: Any) -> str:
    name = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    return _cell(name.replace("typing.", "").replace("docsvc.settings.", ""))


def _commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    children: dict[str, Any] = getattr(command, "commands", {})
    for word, child in children.items():
        if hasattr(child, "commands"):
            yield from _commands(child, f"{name} {word}")
        else:
            yield f"{name} {word}", child


def _command(name: str, command: Any) -> list[str]:
    lines = [f"## `{name}`\n", f"{_cell(command.help or '')}\n"]
    if command.params:
        lines += [
            "| argument or option | required | default | meaning |",
            "| --- | --- | --- | --- |",
        ]
    for each in command.params:
        words = (each.metavar or each.name.upper()) if not each.opts[0].startswith("-") else ""
        shown = words or ", ".join([*each.opts, *each.secondary_opts])
        required = "yes" if each.required else ""
        default = "" if each.default in (None, False, True) else f"`{each.default!s}`"
        lines.append(f"| `{shown}` | {required} | {default} | {_cell(each.help or '')} |")
    return [*lines, ""]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
