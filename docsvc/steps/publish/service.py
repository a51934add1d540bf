"""Give the document its public code; the page is drawn from the database."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from docsvc.documents import revisions
from docsvc.documents import service as documents
from docsvc.workflow import Step

if TYPE_CHECKING:
    from uuid import UUID

    from docsvc.documents.stores import Stores

_CODE_LENGTH = 16


def public_code(digest: str) -> str:
    """Return the code of a published file: short enough to read out, too long to guess."""
    folded = hashlib.sha256(f"docsvc/publish/{digest}".encode()).digest()
    return base64.b32encode(folded).decode().lower()[:_CODE_LENGTH]


def run(document_id: UUID, *, stores: Stores) -> None:
    """Publish the last revision under its code."""
    at = stores.clock.now()
    with stores.transactions() as tx:
        revision = revisions.last_revision(tx, document_id)
        documents.get(tx, document_id).public_code = public_code(revision.digest)
        documents.advance(tx, document_id, Step.PUBLISH, at=at)
