"""The tree of bodies as the doors need it: names, and the path that rights are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docsvc.organisations import queries as organisations
from docsvc.organisations.rules import parents_on, path_of

if TYPE_CHECKING:
    from datetime import date

    from docsvc.db.transactions import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """Every body by its code, and its path from the highest body down, as of a day."""

    names: Mapping[str, str]
    full_names: Mapping[str, str]
    paths: Mapping[str, tuple[str, ...]]
    open: frozenset[str]

    def name(self, code: str) -> str:
        """Return the short name; the code itself where the body is not known."""
        return self.names.get(code, code)


def load(tx: Tx, on: date) -> Units:
    """Read the tree of a day."""
    parents = parents_on(organisations.links(tx), on)
    records = organisations.units(tx)
    return Units(
        names={r.code: r.short_name for r in records},
        full_names={r.code: r.name for r in records},
        paths={r.code: tuple(path_of(parents, r.code).split("/")) for r in records},
        open=frozenset(r.code for r in records if r.valid_to is None or r.valid_to >= on),
    )
