"""What the checks of one file share: policy, trust, the evidence in the file, the moment."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
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


@dataclass(slots=True)
class Existence:
    """Since when revocation data is proven to have been there (EN 319 102-1 §5.6.2.3).

    What whoever verifies keeps himself needs no proof. Stores are read when they are asked for:
    nobody asks while the issuers' certificates are valid.
    """

    kept: Trust
    _stamped: list[tuple[Callable[[], Store], datetime]] = field(default_factory=list)
    _carried: list[tuple[tuple[bytes, ...], datetime]] = field(default_factory=list)

    def stamped(self, store: Callable[[], Store], at: datetime) -> None:
        """Note that a timestamp that passed covers a file's store."""
        self._stamped.append((store, at))

    def carried(self, data: tuple[bytes, ...], at: datetime) -> None:
        """Note revocation data in a signature's own container."""
        self._carried.append((data, at))

    def was_before(self, source: str, at: datetime) -> bool:
        """Tell whether data (by its SHA-256) is proven to be no younger than a moment."""
        for store, since in self._stamped:
            self._carried.append(((*store().crls, *store().ocsps), since))
        self._stamped.clear()
        proven = [data for data, since in self._carried if since <= at]
        kept = (self.kept.crls, self.kept.ocsps)
        return any(digest_of(der) == source for data in (*proven, *kept) for der in data)


def digest_of(der: bytes) -> str:
    """Return the SHA-256 by which a certificate, CRL or OCSP answer is named."""
    return hashlib.sha256(der).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Everything a check may look at besides the signature itself.

    ``used`` grows: the SHA-256 of each certificate, CRL and OCSP answer that a check rested on.
    """

    policy: Policy
    trust: Trust
    trusted: TrustIndex
    at: datetime
    store: Store = field(default_factory=Store)
    embedded: Mapping[NameKey, tuple[Certificate, ...]] = field(default_factory=dict)
    existence: Existence = field(default_factory=lambda: Existence(Trust()))
    used: set[str] = field(default_factory=set)

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
        existence=Existence(known),
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
