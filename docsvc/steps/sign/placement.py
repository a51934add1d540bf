"""Keep the places that a clerk points at, until the first signature reserves them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docsvc.audit import service as audit
from docsvc.documents import service as documents
from docsvc.documents.errors import NotWaitingError
from docsvc.documents.stores import Stores
from docsvc.errors import DocsvcError
from docsvc.organisations import queries as organisations
from docsvc.steps.sign import pointing
from docsvc.steps.sign.pointing import Mark, Pointed
from docsvc.steps.sign.rules import sheets_of
from docsvc.workflow import Step
from signing.model import Box
from signing.placing import Sheet

if TYPE_CHECKING:
    from uuid import UUID

    from docsvc.db.transactions import Tx
    from docsvc.documents.tables import Document

# Later than this the places are reserved in the file.
_BEFORE = frozenset({Step.CONFIRM, Step.SIGN_LEADER})


class PlaceRefusedError(DocsvcError):
    """The place is not legal, or nobody can tell and the clerk has not said so either."""

    code = "sign.place-refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where the marks of a document stand now, on its pages as they are displayed."""

    sheets: tuple[Sheet, ...]
    boxes: Mapping[Mark, Box]
    by_hand: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Placements:
    """Looks at places and keeps them."""

    stores: Stores

    def standing(self, document: Document) -> Standing:
        """Return where marks stand now."""
        found = document.classification
        with self.stores.transactions() as tx:
            seal_mm = _seal_mm(tx, document)
        return Standing(
            sheets=sheets_of(found),
            boxes=pointing.standing(found, seal_mm),
            by_hand=bool(found.get("by_hand")),
        )

    def look(
        self, document: Document, mark: Mark, point: tuple[float, float], *, page: int
    ) -> Pointed:
        """Say where a mark would come to stand; nothing is kept."""
        with self.stores.transactions() as tx:
            return _pointed(tx, document, mark, point, page)

    def keep(
        self,
        document_id: UUID,
        mark: Mark,
        point: tuple[float, float],
        *,
        page: int,
        account: str,
        looked: bool = False,
    ) -> Pointed:
        """Keep a place for the signature, with those of the marks that follow it.

        Args:
            document_id: whose place.
            mark: which one.
            point: where the clerk pointed, on the displayed page.
            page: counts from zero.
            account: the clerk.
            looked: the clerk has compared the place with the rules, where nobody else can.

        Raises:
            DocumentMissingError: there is no such document.
            NotWaitingError: it is signed, or is being signed: its places are reserved.
            PlaceRefusedError: the place is not legal; ``reason`` is the code of why.
        """
        with self.stores.transactions() as tx:
            documents.hold(tx, [document_id])
            document = documents.get(tx, document_id)
            require_unsigned(tx, document)
            found = _pointed(tx, document, mark, point, page)
            if not found.may_be_kept or (found.needs_a_look and not looked):
                raise PlaceRefusedError(reason=str(found.reason or "signing.place-unknown"))
            document.classification = pointing.with_places(document.classification, found)
            tx.flush()
            audit.append(
                tx, at=self.stores.clock.now(), actor=account, act="place.kept",
                subject=str(document_id), mark=mark, page=page,
            )  # fmt: skip
        return found


def _pointed(
    tx: Tx, document: Document, mark: Mark, point: tuple[float, float], page: int
) -> Pointed:
    seal_mm = _seal_mm(tx, document)
    return pointing.pointed(document.classification, mark, point, page=page, seal_mm=seal_mm)


def _seal_mm(tx: Tx, document: Document) -> float:
    return organisations.unit(tx, document.unit_code).seal_mm


def require_unsigned(tx: Tx, document: Document) -> None:
    """Check that a document still waits for its clerk or its leader.

    Raises:
        NotWaitingError: it does not.
    """
    leg = documents.waiting_leg(tx, document.id)
    if leg.step not in _BEFORE:
        raise NotWaitingError(document=str(document.id), step=leg.step)
