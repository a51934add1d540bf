"""What is asked about, and the rows of the table with what is to be counted of them."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from differences import UNEXPLAINED, Kind, Row
from judges import Truth

if TYPE_CHECKING:
    from collections.abc import Mapping

# What the sources of the corpora say of their files, as the kind of answer that it asks for.
# UNCERTAIN, INDETERMINATE and ERROR_SAFE settle nothing.
_SETTLED: Mapping[str, Kind] = {
    "ACCEPT": Kind.ACCEPT,
    "ACCEPT_WITH_CHANGES": Kind.ACCEPT,
    "REJECT": Kind.REJECT,
    "REJECT_INTEGRITY": Kind.REJECT,
    "REJECT_MODIFIED": Kind.REJECT,
    "UNSIGNED": Kind.UNSIGNED,
    "ENCRYPTED": Kind.UNREADABLE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A file to be judged, under the name of its set.

    Args:
        name: where it is in the table.
        path: where it lies.
        truth: what the judges know besides it.
        ours: made by us, and to be passed by everybody.
        forged: made by us, and to be refused by us.
        settled: what its source says that it is; None where that is open.
    """

    name: str
    path: Path
    truth: Truth = field(default_factory=Truth)
    ours: bool = False
    forged: bool = False
    settled: Kind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row of the table with its classes; of a file that we made, also what veraPDF says.

    ``strays`` are annotations that lie across another and are not both signatures.
    """

    question: Question
    row: Row
    classes: tuple[str, ...]
    pdfa: str = ""
    strays: tuple[str, ...] = ()

    @property
    def set(self) -> str:
        """Return the name of the set that the file belongs to."""
        first, second, *_ = self.row.file.split("/")
        return second if first == "corpora" else f"{first}/{second}"

    @property
    def is_explained(self) -> bool:
        """Tell whether every difference has a class."""
        return UNEXPLAINED not in self.classes


def settled(corpora: Path) -> Mapping[str, Kind]:
    """Return what the sources say of the files of the corpora, by path below that folder."""
    found: dict[str, Kind] = {}
    for manifest in sorted(corpora.glob("*/manifest.csv")):
        with manifest.open(encoding="utf-8", newline="") as file:
            for entry in csv.DictReader(file):
                kind = _SETTLED.get(entry["expected"])
                if kind is not None:
                    found[f"{manifest.parent.name}/{entry['file']}"] = kind
    return found
