"""What the API gives and takes about documents."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from docsvc.documents.tables import Document, Event, Revision
from docsvc.statistics.measures import Denominator
from docsvc.statistics.report import By
from docsvc.steps.sign.batch import MAX_DOCUMENTS, Batch
from docsvc.steps.sign.handout import HandedOut
from docsvc.steps.sign.rules import Progress, RequestState
from docsvc.workflow import Person, RouteName, State, Step

# One line of text with something in it; no control characters (a database takes no NUL).
_LINE = r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$"
# PostgreSQL takes no NUL in a text.
_TYPED = r"^[^\x00]*$"
# Nobody issues as many documents in a year.
_MAX_NUMBER = 10_000_000


class _Out(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class _In(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AcceptedOut(_Out):
    """Where an upload is now; ``created`` is false for bytes that were known."""

    id: UUID
    created: bool


class DocumentOut(_Out):
    """A document as it is listed."""

    id: UUID
    unit_code: str
    route: RouteName
    state: State
    waits_for: Person | None
    waiting_code: str | None
    ended_code: str | None
    received_at: datetime
    received_by: str
    source: str
    paper_only: bool
    sha256: str | None
    file_name: str | None
    kind: str | None
    number: int | None
    number_text: str | None
    symbol: str | None
    issued_on: date | None
    subject: str | None
    signer: str | None
    recipients: list[str]
    urgency: str | None
    issuer_name: str | None
    completeness: str | None
    indication: str | None
    public_code: str | None
    original_id: UUID | None
    original_digest: str | None
    arrival_number: int | None
    arrived_on: date | None


class HandOutOut(_Out):
    """A file that was handed out to be signed; ``token`` is shown this once.

    ``file`` and ``upload`` are the addresses to fetch it from and to send it back to; ``sha256``
    and ``size`` are of the file, ``certificates`` the SHA-256 of those that may sign it.
    """

    document: UUID
    step: Step
    field: str
    file_name: str
    sha256: str
    size: int
    expires_at: datetime
    certificates: list[str]
    number_text: str | None
    issued_on: date | None
    token: str
    file: str
    upload: str

    @classmethod
    def of(cls, made: HandedOut, base_url: str) -> Self:
        """Describe a hand-out, with the addresses of this service."""
        place = f"{base_url}/api/v1/documents/{made.document_id}/signatures/handouts"
        return cls(
            document=made.document_id,
            step=made.step,
            field=made.field,
            file_name=made.file_name,
            sha256=made.sha256,
            size=made.size,
            expires_at=made.expires_at,
            certificates=list(made.certificates),
            number_text=made.number_text,
            issued_on=made.issued_on,
            token=made.token,
            file=f"{place}/file?t={made.token}",
            upload=f"{place}/upload?t={made.token}",
        )


class EventOut(_Out):
    """Something that happened."""

    at: datetime
    step: Step
    state: State
    actor: str


class EntitlementOut(_Out):
    """Who signed for whom, by the inventory."""

    role: Literal["leader", "organisation"] | None
    unit: str | None
    officer: str | None
    mandate: Literal["held", "not-held", "unknown"]
    certificate_class: Literal[
        "official-duty", "public", "eu-qualified", "demonstration", "unknown"
    ]


class SignatureVerdictOut(_Out):
    """One signature of a document; it counts if it is TOTAL-PASSED and its signer entitled."""

    field: str
    entitlement: EntitlementOut
    counts: bool
    reasons: list[str]


class DocumentVerdictOut(_Out):
    """What the signatures mean for the document; statistics count its ``completeness``."""

    unit: str
    completeness: Literal["both", "leader-only", "organisation-only", "none"]
    order: Literal["kept", "broken", "unknown"]
    complete: bool
    signatures: list[SignatureVerdictOut]
    reasons: list[str]


class DocumentDetail(DocumentOut):
    """A document with its way so far, what was recognised on its pages, and its verdict."""

    events: list[EventOut]
    classification: dict[str, Any]
    verdict: DocumentVerdictOut | None

    @classmethod
    def of(cls, document: Document, events: list[Event], verdict: bytes | None) -> Self:
        """Put a document, its events and its verdict (as it was kept) together."""
        plain = DocumentOut.model_validate(document).model_dump()
        return cls(
            **plain,
            events=[EventOut.model_validate(e) for e in events],
            classification=document.classification,
            verdict=None if verdict is None else DocumentVerdictOut.model_validate_json(verdict),
        )


class Listing(_In):
    """Which documents are wanted; ``after`` is the ``next`` of the piece before."""

    state: State | None = None
    unit: Annotated[str | None, Field(max_length=35)] = None
    waits_for: Person | None = None
    text: Annotated[str | None, Field(max_length=200, pattern=_TYPED)] = None
    after: Annotated[str | None, Field(max_length=200)] = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class Counting(_In):
    """What is to be counted: else the caller's highest body, and this year."""

    unit: Annotated[str | None, Field(max_length=35, description="Code of a body")] = None
    period: Annotated[
        str | None,
        Field(max_length=30, description="2026, 2026-Q3, 2026-11, 2026-6M or FROM..TO"),
    ] = None
    by: By | None = None
    denominator: Denominator = Denominator.ALL


class DocumentPage(_Out):
    """A piece of a listing; ``next`` goes into the query ``after`` for the next piece."""

    items: list[DocumentOut]
    next: str | None


class RevisionOut(_Out):
    """Bytes of a document at one moment."""

    ordinal: int
    step: Step
    digest: str
    size: int
    created_at: datetime

    @classmethod
    def of(cls, revision: Revision) -> Self:
        """Describe a revision."""
        return cls.model_validate(revision)


class Refusal(_In):
    """Why a person ends a road."""

    reason: Annotated[str, Field(min_length=3, max_length=500, pattern=_LINE)]


class PaperIn(_In):
    """A document that exists on paper only; without ``number`` the next one is drawn."""

    unit: Annotated[str, Field(min_length=1, max_length=35)]
    kind: Annotated[str, Field(min_length=1, max_length=40)]
    symbol: Annotated[str, Field(min_length=1, max_length=60, pattern=_LINE)]
    number: Annotated[int | None, Field(ge=1, le=_MAX_NUMBER)] = None
    issued_on: date
    subject: Annotated[str, Field(min_length=1, max_length=1000, pattern=_LINE)]
    signer: Annotated[str, Field(min_length=1, max_length=100, pattern=_LINE)]


class RateOut(_Out):
    """Numerator, denominator, percent; no percent where there was nothing to count."""

    a: int
    b: int
    percent: float | None


class PeriodOut(_Out):
    """A period, both days included."""

    text: str
    first: date
    last: date


class StatisticsRow(RateOut):
    """One line: a body, month, kind or device, or the total; a and b of the headline."""

    key: str
    unit: str | None
    name: str | None
    ordinal: str
    issued: int
    own_issued: int
    rank: int | None
    apart: dict[str, int]
    measures: dict[str, RateOut]
    devices: dict[str, RateOut]


class StatisticsOut(_Out):
    """The measures of a period."""

    period: PeriodOut
    unit: str | None
    by: str | None
    denominator: str
    rows: list[StatisticsRow]
    total: StatisticsRow


class SignatureOut(_Out):
    """One signature of a verdict."""

    model_config = ConfigDict(extra="allow")

    field: str
    role: str | None
    signer: str | None
    indication: str
    sub_indication: str | None
    reasons: list[str]


class VerdictOut(_Out):
    """The verdict of a file, as ``docsvc verify --json`` writes it."""

    model_config = ConfigDict(extra="allow")

    file: str
    sha256: str
    indication: str | None
    sub_indication: str | None
    completeness: str
    signatures: list[SignatureOut]
    document_timestamps: list[dict[str, Any]]
    reasons: list[str]
    policy: str
    verified_at: datetime


class RequestOut(_Out):
    """What the holder of a key is asked; ``until`` is empty before the request has gone out.

    ``transaction`` names it, for those who have to type something for it.
    ``code`` is what is in the way, or how it ended; ``documents`` is how many are signed by one
    yes; ``late`` how many answers came after its end and signed nothing.
    """

    transaction: str
    step: Step
    provider: str
    state: RequestState
    code: str | None
    control_code: str
    prompt: str
    documents: int
    since: datetime
    until: datetime | None
    ended_at: datetime | None
    late: int


class AskedOut(_Out):
    """What a document waits for: a holder's device, or a person, and why; what it waited for."""

    waiting: RequestOut | None
    code: str | None
    ended: list[RequestOut]


# SHA-256 of a certificate of the inventory; empty: the newest that fits.
Chosen = Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$", max_length=64)]


class YesIn(_In):
    """What a yes to a signature may choose: the certificate, among those that preflight offers."""

    certificate: Chosen = ""


class BatchIn(_In):
    """Documents to be signed, or sealed, in one confirmation."""

    step: Literal["sign-leader", "sign-organisation"]
    documents: Annotated[list[UUID], Field(min_length=1, max_length=MAX_DOCUMENTS)]
    certificate: Chosen = ""


class LineOut(_Out):
    """A document of a batch; ``code`` says why it is not signed, or what it needs."""

    document_id: UUID
    number_text: str | None
    title: str
    progress: Progress
    code: str | None
    ended_at: datetime | None


class BatchOut(_Out):
    """A batch as it stands; ``counts`` are its documents by where they are."""

    id: UUID
    step: Step
    created_at: datetime
    stopped_at: datetime | None
    is_over: bool
    counts: dict[Progress, int]
    waiting: list[RequestOut]
    lines: list[LineOut]

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """Describe a batch."""
        return cls.model_validate(batch)


class Health(_Out):
    """Whether the service is alive and ready.

    ``requests_without_provider`` are open requests whose provider the settings name no longer.
    """

    live: bool
    ready: bool
    requests_without_provider: int = 0
