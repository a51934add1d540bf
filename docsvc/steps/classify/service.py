"""Read what the document says of itself; stop a secret one that the gate did not see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docsvc.catalog.secrecy import mark_of
from docsvc.clock import VIETNAM
from docsvc.documents import service as documents
from docsvc.documents.errors import SecretDocumentError
from docsvc.documents.service import Ending
from docsvc.organisations import queries as organisations
from docsvc.steps.classify.model import Hints
from docsvc.workflow import ALONE, State, Step

if TYPE_CHECKING:
    from uuid import UUID

    from docsvc.documents.stores import Stores
    from docsvc.sandbox import Sandbox

_TASK = "docsvc.steps.classify.tasks:classify"


def run(document_id: UUID, *, stores: Stores, sandbox: Sandbox) -> None:
    """Classify the document and keep what was recognised.

    Raises:
        SecretDocumentError: it bears a secrecy mark; content and description are gone.
    """
    revision, pdf = stores.last(document_id)
    with stores.transactions() as tx:
        document = documents.get(tx, document_id)
        unit = organisations.unit(tx, document.unit_code)
        today = stores.clock.now().astimezone(VIETNAM).date()
        shared = revision.digest == document.original_digest
        leaders = organisations.leader_certificates(tx, document.unit_code, today)
    hints = Hints(
        organisation_names=(unit.name, unit.short_name),
        signer_names=tuple(c.full_name for c in leaders if c.full_name),
        seal_mm=unit.seal_mm,
    )
    facts = sandbox.run(_TASK, pdf, hints).facts
    if facts["secrecy"]["verdict"] == "secret":
        level = facts["secrecy"]["level"]
        # The bytes of a copy are those of its original, which somebody else has to look at.
        _destroy(document_id, level, None if shared else revision.digest, stores=stores)
        raise SecretDocumentError(level=mark_of(level))
    with stores.transactions() as tx:
        document = documents.get(tx, document_id)
        document.classification = facts
        # What the page of a copy says is said of its original.
        if document.route not in ALONE:
            for name, value in recognised(facts).items():
                setattr(document, name, value)
        documents.advance(tx, document_id, Step.CLASSIFY, at=stores.clock.now())


def recognised(facts: dict[str, Any]) -> dict[str, Any]:
    """Return the columns that the recognised fields fill, until a clerk changes them."""
    value = {name: field["value"] for name, field in facts.items() if _is_field(field)}
    recipients = value.get("recipients") or ""
    return {
        "secrecy": None,
        "kind": value.get("kind"),
        "symbol": value.get("symbol"),
        "number": int(value["number"]) if "number" in value else None,
        "subject": value.get("subject"),
        "signer": value.get("signer"),
        "recipients": [r for r in recipients.split("; ") if r],
        "urgency": value.get("urgency"),
    }


def _is_field(value: object) -> bool:
    return isinstance(value, dict) and "value" in value


def _destroy(document_id: UUID, level: str | None, digest: str | None, *, stores: Stores) -> None:
    at = stores.clock.now()
    with stores.transactions() as tx:
        documents.forget_content(tx, document_id)
        documents.get(tx, document_id).secrecy = level
        ending = Ending(
            state=State.REFUSED_SECRET,
            step=Step.CLASSIFY,
            code=SecretDocumentError.code,
            facts={"level": mark_of(level)},
        )
        documents.end(tx, document_id, ending, at=at)
    # The claim made by forget_content outlives a crash here; the sweep destroys the blob then.
    if digest is not None:
        stores.blobs.delete(digest)
