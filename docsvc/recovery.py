"""From the archive: the database rebuilt, and timestamps renewed before they run out."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import update

from archive.errors import ArchiveError
from archive.model import EventType, PreservationEvent, User
from archive.package import build_aip, read_document
from archive.renew import FINAL, Stamped, due
from archive.renew import renew as renew_package
from docsvc.bootstrap import Services
from docsvc.catalog import kinds
from docsvc.documents.revisions import NamedBlob, attach
from docsvc.documents.tables import Document, Event, Revision
from docsvc.errors import DocsvcError
from docsvc.organisations import queries as organisations
from docsvc.steps.deposit.record import restore
from docsvc.steps.deposit.service import AGENT, KEPT, deposit_of
from docsvc.steps.deposit.tables import DepositRow
from docsvc.steps.register.rules import book_for, incoming_book
from docsvc.steps.register.service import count_from, enter
from docsvc.steps.timestamp.service import Augmenter
from docsvc.steps.verify.service import REPORT, verdict_row
from docsvc.workflow import State, Step

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from docsvc.db.transactions import Tx

log = logging.getLogger(__name__)

_DATA = "representations/rep1/data"
_USER = User(name="docsvc", address="urn:docsvc")
_EXPIRIES = "docsvc.steps.deposit.tasks:expiries"


def rebuild(services: Services) -> dict[str, int]:
    """Bring documents that the database lacks back from the archive; bodies must be known.

    A package that cannot be brought back does not stop the others; the log says which and why.

    Returns:
        How many packages were read, how many documents came back, how many could not.
    """
    counts = {"packages": 0, "documents": 0, "failed": 0}
    for object_id in services.root.object_ids():
        counts["packages"] += 1
        try:
            counts["documents"] += _bring_back(services, object_id)
        except (ArchiveError, DocsvcError) as e:
            counts["failed"] += 1
            log.warning("recovery.failed", extra={"object": object_id, "code": e.code})
    return counts


def _bring_back(services: Services, object_id: str) -> bool:
    files = services.root.read(object_id)
    record = read_document(files)
    document_id = UUID(record["document"]["id"])
    with services.transactions() as tx:
        if tx.get(Document, document_id) is not None:
            return False
    put = services.stores.put_claimed
    original, final = (files[f"{_DATA}/{name}.pdf"] for name in ("original", "final"))
    kept = {put(document_id, Step.DEPOSIT, data): len(data) for data in (original, final)}
    found = _verification(files)
    blobs = [
        NamedBlob(name=name, digest=put(document_id, Step.VERIFY, data), size=len(data))
        for name, data in found.items()
    ]
    at = services.clock.now()
    with services.transactions() as tx:
        document = restore(Document, record["document"])
        # The package was closed one step before: a deposited document is not yet published.
        document.state = State.DEPOSITED
        tx.add(document)
        tx.flush()
        _restore_rows(tx, record, kept, at=at)
        _restore_number(tx, document)
        for blob in blobs:
            attach(tx, document_id, Step.VERIFY, blob, at=at)
        last, report = record["revisions"][-1]["digest"], json.loads(found[REPORT])
        completeness = document.completeness or report["completeness"]
        tx.add(verdict_row(document_id, last, report, completeness))
        head = services.root.inventory(object_id).head
        tx.add(
            DepositRow(document_id=document_id, object_id=object_id, version=head, deposited_at=at)
        )
        services.jobs.enqueue(tx, document_id)
    return True


def _verification(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return what the verification left in a package."""
    places = {name: f"{_DATA}/{name}" for name in KEPT}
    return {name: files[place] for name, place in places.items() if place in files}


def _restore_rows(
    tx: Tx, record: Mapping[str, Any], kept: Mapping[str, int], *, at: datetime
) -> None:
    """Restore the revisions that the archive holds, and all events.

    Args:
        tx: the transaction.
        record: what was deposited of the database.
        kept: digest and size of the original and of the final revision, in this order.
        at: the present moment.
    """
    for row in record["revisions"]:
        if row["digest"] in kept:
            tx.add(restore(Revision, row))
    final, last = list(kept)[-1], record["revisions"][-1]
    if final not in {row["digest"] for row in record["revisions"]}:
        # The archive has renewed the timestamp: a revision that the record does not know.
        tx.add(
            Revision(
                document_id=UUID(last["document_id"]),
                ordinal=last["ordinal"] + 1,
                step=Step.TIMESTAMP,
                digest=final,
                size=kept[final],
                created_at=at,
            )
        )
    for row in record["events"]:
        # The number of an event is drawn anew; its order stays.
        tx.add(restore(Event, {k: v for k, v in row.items() if k != "id"}))


def _restore_number(tx: Tx, document: Document) -> None:
    """Enter the document into its book again, under its own number."""
    if document.arrival_number is not None and document.arrived_on is not None:
        _restore_arrival(tx, document, document.arrival_number, document.arrived_on)
        return
    if document.number is None or document.issued_on is None:
        return
    unit = organisations.unit(tx, document.unit_code)
    key = book_for(
        unit_code=unit.code,
        number_form=unit.number_form,
        term=unit.term,
        series=kinds.kind(document.kind or "").series,
        issued_on=document.issued_on,
    )
    enter(
        tx,
        key,
        number=document.number,
        document_id=document.id,
        issued_on=document.issued_on,
        at=document.received_at,
    )
    if not document.classification.get("number"):
        # Numbers up to one that was drawn may stand on documents that are not in the archive,
        # or be void: none of them is drawn again.
        count_from(tx, key, document.number)


def _restore_arrival(tx: Tx, document: Document, number: int, arrived_on: date) -> None:
    key = incoming_book(document.unit_code, arrived_on)
    enter(
        tx,
        key,
        number=number,
        document_id=document.id,
        issued_on=arrived_on,
        at=document.received_at,
    )
    count_from(tx, key, number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """Gives archived documents a new timestamp before the old one can no longer be checked."""

    services: Services
    augmenter: Augmenter

    def run(self, *, before: datetime) -> list[str]:
        """Renew the deposits whose timestamps run out before a moment; return which."""
        urgent = due(self._stamped(), before=before)
        at = self.services.clock.now()
        for each in urgent:
            done = renew_package(
                self.services.root, each.object_id, renewer=self, at=at, user=_USER
            )
            with self.services.transactions() as tx:
                tx.execute(
                    update(DepositRow)
                    .where(DepositRow.object_id == each.object_id)
                    .values(version=done.version)
                )
        return [each.object_id for each in urgent]

    def renew(self, object_id: str, files: Mapping[str, bytes]) -> Mapping[str, bytes]:
        """Return the next package of a document: its final revision stamped again."""
        record = read_document(files)
        data = {
            "original.pdf": files[f"{_DATA}/original.pdf"],
            "final.pdf": self.augmenter.to_lta(files[FINAL]),
            **_verification(files),
            "metadata/document.json": files["metadata/document.json"],
        }
        at = self.services.clock.now()
        deposit = deposit_of(UUID(record["document"]["id"]), record, data)
        renewed = PreservationEvent(
            identifier=f"{object_id}/{at.isoformat()}",
            type=EventType.MODIFICATION,
            at=at,
            agent=AGENT,
            detail="renewal",
        )
        return build_aip(
            replace(deposit, object_id=object_id, created=at, events=(*deposit.events, renewed))
        )

    def _stamped(self) -> Iterator[Stamped]:
        root, sandbox = self.services.root, self.services.sandbox
        for object_id in root.object_ids():
            facts = sandbox.run(_EXPIRIES, root.read_file(object_id, FINAL)).facts
            ends = tuple(datetime.fromisoformat(text) for text in facts["valid_until"])
            yield Stamped(object_id=object_id, valid_until=ends)
