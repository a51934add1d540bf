"""Where the vocabulary comes from: TOML tables beside this package, or a body's own file."""

import tomllib
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import cast

Table = Mapping[str, object]

_DATA = resources.files("docsvc.catalog") / "data"


def read_table(name: str, *, own: Path | None = None) -> Table:
    """Read a table of this package, or the file that a body puts in its place.

    Args:
        name: file name without its suffix, as in ``kinds``.
        own: TOML file of the same shape; nothing of ours is mixed into it.
    """
    text = own.read_text("utf-8") if own else (_DATA / f"{name}.toml").read_text("utf-8")
    return tomllib.loads(text)


def table_names(prefix: str) -> tuple[str, ...]:
    """Name the tables that begin with ``prefix``, sorted."""
    names = (entry.name.removesuffix(".toml") for entry in _DATA.iterdir())
    return tuple(sorted(name for name in names if name.startswith(prefix)))


def entries(table: Table, key: str) -> Iterator[Mapping[str, str]]:
    """Walk an array of tables, every value as text (numbers are written in decimal)."""
    for entry in cast("list[dict[str, object]]", table[key]):
        yield {name: _text(value) for name, value in entry.items()}


def words(table: Table, section: str, key: str) -> tuple[str, ...]:
    """Read a list of words."""
    return tuple(cast("Mapping[str, list[str]]", table[section])[key])


def _text(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
