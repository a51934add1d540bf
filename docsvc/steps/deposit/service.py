"""Put original, final revision, report and description into the archive."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from archive.model import Agent, AgentType, Deposit, EventType, PreservationEvent, User
from archive.package import build_aip
from docsvc.catalog import kinds
from docsvc.documents import revisions
from docsvc.documents import service as documents
from docsvc.documents.tables import Revision
from docsvc.steps.deposit.record import describe
from docsvc.steps.deposit.tables import DepositRow
from docsvc.workflow import Step

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from archive.ocfl import StorageRoot
    from docsvc.documents.stores import Stores

# What the verification has attached; a document that was verified long ago has the first alone.
KEPT = ("report.json", "evidence.json", "document-verdict.json", "sheets.json")
AGENT = Agent(identifier="docsvc", name="docsvc", type=AgentType.SOFTWARE)
_USER = User(name="docsvc", address="urn:docsvc")
_EVENT_TYPES = {
    Step.RECEIVE: EventType.CAPTURE,
    Step.INSPECT: EventType.VALIDATION,
    Step.SIGN_LEADER: EventType.SIGNING,
    Step.SIGN_ORGANISATION: EventType.SIGNING,
    Step.REGISTER: EventType.REGISTRATION,
    Step.TIMESTAMP: EventType.MODIFICATION,
    Step.VERIFY: EventType.SIGNATURE_VALIDATION,
}


def object_id_of(unit_code: str, document_id: UUID) -> str:
    """Return the identifier of a document's object: ``urn:{fonds}:uuid:{UUID}`` (NORMS 7.1)."""
    return f"urn:{unit_code}:uuid:{str(document_id).upper()}"


def run(document_id: UUID, *, stores: Stores, root: StorageRoot) -> None:
    """Deposit the document; a repetition finds it deposited and changes nothing.

    Raises:
        NotWaitingError: it is in the archive already, by somebody else: a later record of it
            would make a second version.
    """
    with stores.transactions() as tx:
        documents.require_next(tx, document_id, Step.DEPOSIT)
        record = describe(tx, document_id)
        attached = revisions.attachments(tx, document_id)
        first = tx.get_one(Revision, (document_id, 1))
        last = revisions.last_revision(tx, document_id)
    files = {
        "original.pdf": stores.blobs.get(first.digest),
        "final.pdf": stores.blobs.get(last.digest),
        **{name: stores.blobs.get(attached[name]) for name in KEPT if name in attached},
        "metadata/document.json": json.dumps(
            record, ensure_ascii=False, sort_keys=True, indent=1
        ).encode(),
    }
    deposit = deposit_of(document_id, record, files)
    done = root.deposit(
        deposit.object_id,
        build_aip(deposit),
        message="deposit of the issued document",
        at=deposit.created,
        user=_USER,
    )
    at = stores.clock.now()
    with stores.transactions() as tx:
        tx.merge(
            DepositRow(
                document_id=document_id,
                object_id=deposit.object_id,
                version=done.version,
                deposited_at=at,
            )
        )
        documents.advance(tx, document_id, Step.DEPOSIT, at=at, facts={"object": deposit.object_id})


def deposit_of(document_id: UUID, record: Mapping[str, Any], files: Mapping[str, bytes]) -> Deposit:
    """Return what the archive is handed of a document; the same data give the same package."""
    document = record["document"]
    events = record["events"]
    # The moment of the last event, not of this call: a repetition makes the same package.
    created = datetime.fromisoformat(events[-1]["at"])
    return Deposit(
        object_id=object_id_of(document["unit_code"], document_id),
        created=created,
        files=files,
        title=document["subject"] or str(document_id),
        events=tuple(_event(document_id, e) for e in events if Step(e["step"]) in _EVENT_TYPES),
        facts=_facts(document),
        organisation=Agent(
            identifier=document["unit_code"],
            name=document["issuer_name"] or document["unit_code"],
            type=AgentType.ORGANIZATION,
        ),
    )


def _event(document_id: UUID, event: dict[str, Any]) -> PreservationEvent:
    return PreservationEvent(
        identifier=f"{document_id}/{event['id']}",
        type=_EVENT_TYPES[Step(event["step"])],
        at=datetime.fromisoformat(event["at"]),
        agent=AGENT,
        detail=event["step"],
    )


def _facts(document: dict[str, Any]) -> dict[str, str]:
    """Return the descriptive fields by their names in TT 05/2025 (NORMS 7.1)."""
    kind = kinds.kind(document["kind"])
    years = document["retention_years"]
    facts = {
        "arcDocCode": document["number_text"],
        "maintenance": "01" if years is None else f"{years} năm",
        "typeDoc": kind.archive_code,
        "codeNumber": document["number"],
        "codeNotation": document["symbol"],
        "issuedDate": document["issued_on"],
        "organName": document["issuer_name"],
        "subject": document["subject"],
        "autograph": document["signer"],
    }
    return {name: str(value) for name, value in facts.items() if value is not None}
