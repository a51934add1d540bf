"""What can be wrong with a request about a document."""

from __future__ import annotations

from docsvc.errors import DocsvcError


class DocumentMissingError(DocsvcError):
    """There is no such document, or not for this account."""

    code = "documents.missing"


class NotWaitingError(DocsvcError):
    """The document does not wait for this confirmation now."""

    code = "documents.not-waiting"


class RevisionConflictError(DocsvcError):
    """Somebody else has appended a revision in the meantime; nothing was stored."""

    code = "documents.revision-conflict"
    retryable = True


class RevisionNotExtendedError(DocsvcError):
    """The new bytes do not begin with the signed bytes before them; nothing was stored."""

    code = "documents.revision-not-extended"


class IdempotencyConflictError(DocsvcError):
    """The key was used before, for other bytes."""

    code = "documents.idempotency-conflict"


class SecretDocumentError(DocsvcError):
    """The document bears a secrecy mark: nothing of it is kept but the event."""

    code = "classify.secret"


class AwaitedError(DocsvcError):
    """A person has to act before the step can be taken; the road goes on when that has happened."""

    code = "sign.waiting-for-holder"
