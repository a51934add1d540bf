"""The samples that are signed anew: an ordinary document, a scan, a hybrid file and a PDF/A."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from docsvc.documents.tables import Document
from docsvc.steps.sign.rules import places_of
from docsvc.workflow import State
from signing.model import ReservedPlaces

if TYPE_CHECKING:
    from docsvc.bootstrap import Services

# Ordinary, scanned, hybrid and PDF/A.
_BASES = ("01", "25", "26", "27")


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A sample that has gone down the road: its first bytes and what was recognised on it."""

    name: str
    source: bytes
    classification: dict[str, Any]
    unit: str

    @property
    def places(self) -> ReservedPlaces:
        """Return the places of both signatures, and of number and date where there are blanks."""
        return places_of(self.classification)

    @property
    def bare_places(self) -> ReservedPlaces:
        """Return the places of both signatures alone."""
        places = self.places
        return ReservedPlaces(leader=places.leader, organisation=places.organisation)


def papers(services: Services) -> list[Paper]:
    """Return the samples, by name."""
    with services.transactions() as tx:
        found = [
            Paper(
                name=Path(one.file_name or "").stem,
                source=services.blobs.get(one.sha256 or ""),
                classification=dict(one.classification),
                unit=one.unit_code,
            )
            for one in tx.scalars(select(Document).where(Document.state == State.PUBLISHED))
            if (one.file_name or "").startswith(_BASES)
        ]
    return sorted(found, key=lambda one: one.name)
