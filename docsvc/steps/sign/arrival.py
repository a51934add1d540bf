"""The stamp on what came from elsewhere: left out where it would harm the sender's signatures.

The number of arrival is in the book before; the stamp shows it, and no more hangs on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from docsvc.documents import service as documents
from docsvc.errors import DocsvcError
from docsvc.steps.sign import items
from docsvc.steps.sign.plans import NoRoomForStampError
from docsvc.steps.sign.rules import ItemOutcome

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from docsvc.confined import OpenFile
    from docsvc.documents.stores import Stores
    from docsvc.sandbox import Sandbox
    from docsvc.workflow import Step

_HARMED = "docsvc.steps.sign.tasks:harmed"
HARMS = "sign.stamp-harms"

# The sender's file is why no stamp can be added; it is registered all the same.
UNSTAMPABLE = frozenset(
    {
        "signing.changes-forbidden",
        "signing.unreadable",
        "signing.views-differ",
        "signing.field-filled",
        "signing.leader-signature-missing",
    }
)


class StampForbiddenError(DocsvcError):
    """The sender's file takes no stamp: it forbids changes, or a signature would be harmed."""

    code = "sign.stamp-forbidden"


# Why a file stays as it came.
UNSTAMPED = (NoRoomForStampError, StampForbiddenError)


def require_unharmed(base: OpenFile, update: bytes, *, at: datetime, sandbox: Sandbox) -> None:
    """Check, before anything is stored, that the stamp harms no signature of the sender's.

    Args:
        base: the file as it came.
        update: the stamp, which is to be appended to it.
        at: moment of signing.
        sandbox: where both are judged.

    Raises:
        StampForbiddenError: it does: by a lock, or a place, that only the finished file shows.
    """
    if sandbox.run(_HARMED, base, update, at.isoformat()).facts["fields"]:
        raise StampForbiddenError(reason=HARMS)


def leave(document_id: UUID, step: Step, why: DocsvcError, *, stores: Stores) -> None:
    """Go on without the stamp; the event says why the file stays as it came."""
    at = stores.clock.now()
    with stores.transactions() as tx:
        actor = documents.confirmation(tx, document_id, step).account
        items.forget_pending(tx, document_id, step)
        items.end(tx, document_id, ItemOutcome.SIGNED, at=at)
        facts = {"unstamped": why.code, "reason": why.facts.get("reason")}
        documents.advance(tx, document_id, step, at=at, facts=facts, actor=actor)
