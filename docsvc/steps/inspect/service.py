"""Inspect the file and refuse what must not go on: signed already, or active."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docsvc.documents import service as documents
from docsvc.errors import DocsvcError
from docsvc.workflow import RouteName, Step

if TYPE_CHECKING:
    from uuid import UUID

    from docsvc.documents.stores import Stores
    from docsvc.sandbox import Sandbox

_TASK = "docsvc.steps.inspect.tasks:inspect"


class AlreadySignedError(DocsvcError):
    """The file bears signatures already: it is never rewritten, and has a route of its own."""

    code = "inspect.already-signed"


class ActiveContentError(DocsvcError):
    """The file would do something when it is opened: scripts, launch actions, attachments."""

    code = "inspect.active-content"


def run(document_id: UUID, *, stores: Stores, sandbox: Sandbox) -> None:
    """Gather the facts of the file and keep them.

    Raises:
        AlreadySignedError: it is signed.
        ActiveContentError: it has active content.
        CodedError: it cannot be read; the code says why.
    """
    revision, pdf = stores.last(document_id)
    with stores.transactions() as tx:
        document = documents.get(tx, document_id)
        # A copy begins with what was signed, and what comes from elsewhere is; both keep it.
        came_signed = document.route is RouteName.INCOMING
        signed = came_signed or revision.digest == document.original_digest
    facts = sandbox.run(_TASK, pdf).facts
    judge(facts, signed=signed)
    with stores.transactions() as tx:
        documents.get(tx, document_id).inspection = facts
        documents.advance(tx, document_id, Step.INSPECT, at=stores.clock.now())


def judge(facts: dict[str, Any], *, signed: bool = False) -> None:
    """Refuse a file by its facts.

    Args:
        facts: as the child found them.
        signed: it is a document that was signed before, and is to stay so.

    Raises:
        AlreadySignedError: it is signed, or was before somebody rewrote it.
        ActiveContentError: it has active content or embedded files.
    """
    count = facts["signatures"]["count"] + facts["signatures"]["left_over"]
    if count and not signed:
        raise AlreadySignedError(count=count)
    if facts["acts"]:
        raise ActiveContentError(found=", ".join(facts["acts"]))
