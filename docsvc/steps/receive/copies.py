"""Make a copy of an issued document: a document of its own, tied to its original."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from docsvc.documents import revisions
from docsvc.documents import service as documents
from docsvc.documents.service import Arrival
from docsvc.errors import DocsvcError
from docsvc.organisations import queries as organisations
from docsvc.steps.receive.rules import KIND_OF, CopyKind, Original, require_copyable, symbol_of
from docsvc.steps.receive.service import Accepted, Offer, Reception
from docsvc.workflow import RouteName, State, Step

if TYPE_CHECKING:
    from docsvc.db.transactions import Tx
    from docsvc.documents.tables import Document


class CopyFileKnownError(DocsvcError):
    """These bytes are a document already, and not a copy of this one; nothing was stored."""

    code = "receive.copy-file-known"


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyOrder:
    """Who wants which copy; ``file`` is the extract, or the scan of a document on paper.

    Attributes:
        original_id: what is copied.
        copied_as: which copy.
        unit_code: the body that copies.
        actor: who asks for it.
        source: by which door.
        file: PDF, where the copy needs one.
        file_name: as it was sent.
        declared_not_secret: the declaration for the file.
        marks_checked: somebody has looked at the marks of the file.
    """

    original_id: UUID
    copied_as: CopyKind
    unit_code: str
    actor: str
    source: str
    file: bytes | None = None
    file_name: str = "copy.pdf"
    declared_not_secret: bool = False
    marks_checked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """What a copy begins with: the columns it has from its original, and that one's bytes."""

    fields: dict[str, Any]
    digest: str | None
    size: int


def make(order: CopyOrder, *, reception: Reception) -> Accepted:
    """Make a copy; its road begins: it is numbered, and waits for the seal.

    Raises:
        DocumentMissingError: there is no such original.
        DocsvcError: the decree does not know this copy; the code (``receive.copy-…``) says why.
        CopyFileKnownError: the file is another document already.
        NotDeclaredError, TooLargeError, SecretDocumentError, SecrecyDoubtfulError: the file is
            refused, as any upload.
    """
    with reception.stores.transactions() as tx:
        made = _begun(tx, order)
    if order.file is not None:
        return _of_file(order, order.file, made, reception=reception)
    return _of_bytes(order, made, reception=reception)


def original_of(document: Document) -> Original:
    """Return a document as the rules of copies take it."""
    return Original(
        route=RouteName(document.route),
        state=State(document.state),
        kind=document.kind,
        indication=document.indication,
        paper_only=document.paper_only,
    )


def _begun(tx: Tx, order: CopyOrder) -> _Made:
    original = documents.get(tx, order.original_id)
    require_copyable(original_of(original), order.copied_as, has_file=order.file is not None)
    unit = organisations.unit(tx, order.unit_code)
    last = None if original.paper_only else revisions.last_revision(tx, original.id)
    fields = {
        "kind": KIND_OF[order.copied_as],
        "symbol": symbol_of(order.copied_as, unit.symbol),
        "subject": original.subject,
        "retention_years": original.retention_years,
        "issuer_name": unit.name,
        "original_id": original.id,
        "original_digest": last.digest if last else None,
    }
    if order.file is None:
        fields["file_name"] = original.file_name
    return _Made(fields=fields, digest=last.digest if last else None, size=last.size if last else 0)


def _of_file(order: CopyOrder, file: bytes, made: _Made, *, reception: Reception) -> Accepted:
    offer = Offer(
        unit_code=order.unit_code,
        file_name=order.file_name,
        source=order.source,
        actor=order.actor,
        declared_not_secret=order.declared_not_secret,
        marks_checked=order.marks_checked,
        route=RouteName.COPY,
        fields=made.fields,
    )
    accepted = reception.accept(file, offer)
    if not accepted.created:
        with reception.stores.transactions() as tx:
            known = documents.get(tx, accepted.document_id)
            if (known.original_id, known.kind) != (order.original_id, made.fields["kind"]):
                raise CopyFileKnownError
    return accepted


def _of_bytes(order: CopyOrder, made: _Made, *, reception: Reception) -> Accepted:
    """Begin with the very bytes of the original: its signatures stay what they are."""
    stores, document_id = reception.stores, uuid4()
    digest = str(made.digest)
    stores.put_claimed(document_id, Step.RECEIVE, stores.blobs.get(digest))
    arrival = Arrival(
        unit_code=order.unit_code,
        sha256=None,
        copied=digest,
        size=made.size,
        file_name=None,
        source=order.source,
        actor=order.actor,
        # What is issued was declared, and read for marks, when it came.
        declared_not_secret=True,
        route=RouteName.COPY,
    )
    with stores.transactions() as tx:
        document = documents.add(tx, document_id, arrival, at=stores.clock.now())
        for name, value in made.fields.items():
            setattr(document, name, value)
        reception.jobs.enqueue(tx, document_id)
    return Accepted(document_id=document_id, created=True)
