"""What the checks of one file share: policy, trust, the evidence in the file, the moment."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from verification import certificates, statuses, trust
from verification._pdf.document import Document
from verification._pdf.objects import PdfObject, PdfSyntaxError, Stream
from verification.certificates import Certificate
from verification.model import Finding, Indication, SubIndication
from verification.names import NameKey
from verification.policy import Policy
from verification.statuses import Sources
from verification.trust import Trust, TrustIndex

# A DSS of a document renewed for decades holds some hundred parts.
_MAX_STORE = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """The validation data of a file's document security store (ISO 32000-2 §12.8.4.3), DER."""

    certificates: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Everything a check may look at besides the signature itself."""

    policy: Policy
    trust: Trust
    trusted: TrustIndex
    at: datetime
    store: Store = field(default_factory=Store)
    embedded: Mapping[NameKey, tuple[Certificate, ...]] = field(default_factory=dict)

    def known(self, *more: Sources) -> tuple[Sources, ...]:
        """Return all revocation data: the file's, what is handed in, and ``more``."""
        return (
            statuses.sources(self.store.crls, self.store.ocsps),
            statuses.sources(self.trust.crls, self.trust.ocsps),
            *more,
        )


def build(
    policy: Policy, known: Trust, at: datetime, store: Store, extra: Iterable[bytes]
) -> Context:
    """Put a context together; ``extra`` are certificates that the file's containers bring."""
    return Context(
        policy=policy,
        trust=known,
        trusted=trust.index(known),
        at=at,
        store=store,
        embedded=trust.by_subject(certificates.load_all((*extra, *store.certificates))),
    )


def read_store(document: Document, revision: int) -> Store:
    """Read the document security store as of a revision; what is broken in it is left out."""
    try:
        catalog = document.dictionary(document.root(revision), revision)
        store = document.dictionary(catalog.get("DSS"), revision)
        return Store(
            certificates=_streams(document, store.get("Certs"), revision),
            crls=_streams(document, store.get("CRLs"), revision),
            ocsps=_streams(document, store.get("OCSPs"), revision),
        )
    except PdfSyntaxError:
        return Store()


def _streams(document: Document, item: PdfObject, revision: int) -> tuple[bytes, ...]:
    found: list[bytes] = []
    for each in document.array(item, revision)[:_MAX_STORE]:
        try:
            value = document.resolve(each, revision)
            if isinstance(value, Stream):
                found.append(document.plain(value, revision))
        except PdfSyntaxError:
            continue
    return tuple(dict.fromkeys(found))


def failed(check: str, code: str, sub: SubIndication, **facts: str) -> Finding:
    """Make a finding that fails a signature."""
    return Finding(
        check=check,
        code=code,
        indication=Indication.TOTAL_FAILED,
        sub_indication=sub,
        facts=facts,
    )


def unsure(check: str, code: str, sub: SubIndication, **facts: str) -> Finding:
    """Make a finding that keeps a signature from passing."""
    return Finding(
        check=check,
        code=code,
        indication=Indication.INDETERMINATE,
        sub_indication=sub,
        facts=facts,
    )


def remark(check: str, code: str, **facts: str) -> Finding:
    """Make a finding that changes no indication."""
    return Finding(check=check, code=code, facts=facts)


def conclude(findings: Iterable[Finding]) -> tuple[Indication, SubIndication | None]:
    """Return the worst indication of findings: failed before unsure before passed."""
    kept = list(findings)
    for wanted in (Indication.TOTAL_FAILED, Indication.INDETERMINATE):
        for found in kept:
            if found.indication is wanted:
                return wanted, found.sub_indication
    return Indication.TOTAL_PASSED, None
