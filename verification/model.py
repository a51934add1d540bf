"""The words and records of a verdict: EN 319 102-1 indications, and the report built of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NoReturn


class Indication(StrEnum):
    """The three answers of EN 319 102-1 §5.1.3."""

    TOTAL_PASSED = "TOTAL-PASSED"
    TOTAL_FAILED = "TOTAL-FAILED"
    INDETERMINATE = "INDETERMINATE"


class SubIndication(StrEnum):
    """Why an answer is not TOTAL-PASSED (EN 319 102-1 tables 5 and 6)."""

    FORMAT_FAILURE = "FORMAT_FAILURE"
    HASH_FAILURE = "HASH_FAILURE"
    SIG_CRYPTO_FAILURE = "SIG_CRYPTO_FAILURE"
    REVOKED = "REVOKED"
    EXPIRED = "EXPIRED"
    NOT_YET_VALID = "NOT_YET_VALID"
    SIG_CONSTRAINTS_FAILURE = "SIG_CONSTRAINTS_FAILURE"
    CHAIN_CONSTRAINTS_FAILURE = "CHAIN_CONSTRAINTS_FAILURE"
    CERTIFICATE_CHAIN_GENERAL_FAILURE = "CERTIFICATE_CHAIN_GENERAL_FAILURE"
    CRYPTO_CONSTRAINTS_FAILURE = "CRYPTO_CONSTRAINTS_FAILURE"
    CRYPTO_CONSTRAINTS_FAILURE_NO_POE = "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
    POLICY_PROCESSING_ERROR = "POLICY_PROCESSING_ERROR"
    TIMESTAMP_ORDER_FAILURE = "TIMESTAMP_ORDER_FAILURE"
    NO_SIGNING_CERTIFICATE_FOUND = "NO_SIGNING_CERTIFICATE_FOUND"
    NO_CERTIFICATE_CHAIN_FOUND = "NO_CERTIFICATE_CHAIN_FOUND"
    REVOKED_NO_POE = "REVOKED_NO_POE"
    REVOKED_CA_NO_POE = "REVOKED_CA_NO_POE"
    OUT_OF_BOUNDS_NO_POE = "OUT_OF_BOUNDS_NO_POE"
    REVOCATION_OUT_OF_BOUNDS_NO_POE = "REVOCATION_OUT_OF_BOUNDS_NO_POE"
    NO_POE = "NO_POE"
    TRY_LATER = "TRY_LATER"
    SIGNED_DATA_NOT_FOUND = "SIGNED_DATA_NOT_FOUND"
    GENERIC = "GENERIC"


class Role(StrEnum):
    """In whose name a signature stands (NĐ 30/2020, Điều 5)."""

    LEADER = "leader"
    ORGANISATION = "organisation"


class Level(StrEnum):
    """The PAdES baseline level that a signature was found to reach (EN 319 142-1)."""

    B_B = "B-B"
    B_T = "B-T"
    B_LT = "B-LT"
    B_LTA = "B-LTA"


class Completeness(StrEnum):
    """Which of the two signatures of an official document hold."""

    BOTH = "both"
    LEADER_ONLY = "leader-only"
    ORGANISATION_ONLY = "organisation-only"
    NONE = "none"


class Coverage(StrEnum):
    """How much of the file the byte range of a signature covers."""

    WHOLE_FILE = "whole-file"
    WHOLE_REVISION = "whole-revision"
    PARTIAL = "partial"
    NONE = "none"


class Modification(StrEnum):
    """The farthest-reaching kind of change made after a signature."""

    NONE = "none"
    VALIDATION_DATA = "validation-data"
    FORM_FILLING = "form-filling"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing found: which check, its stable code, and facts for the sentence.

    ``indication`` is what the finding alone makes of the signature, None for a remark.
    """

    check: str
    code: str
    indication: Indication | None = None
    sub_indication: SubIndication | None = None
    facts: Mapping[str, str] = field(default_factory=dict)


class MandateHeld(StrEnum):
    """Whether a signer was allowed to sign for the body on that day."""

    HELD = "held"
    NOT_HELD = "not-held"
    UNKNOWN = "unknown"


class CertificateClass(StrEnum):
    """What a certificate is for, by the kind of the trust anchor above it."""

    OFFICIAL_DUTY = "official-duty"
    PUBLIC = "public"
    EU_QUALIFIED = "eu-qualified"
    DEMONSTRATION = "demonstration"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entitlement:
    """Who signed for whom, by an inventory; without one all of it is unknown."""

    role: Role | None = None
    unit: str | None = None
    officer: str | None = None
    mandate: MandateHeld = MandateHeld.UNKNOWN
    certificate_class: CertificateClass = CertificateClass.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureReport:
    """What was found about one signature; times are aware, ``serial`` is upper-case hex.

    ``anchor_kind`` and ``anchor_name`` are of the trust anchor that the chain ends at.
    ``timestamp_time`` is of the signature's own timestamp, ``proven_time`` the earliest that any
    timestamp proves, of the document too; None where none holds.
    """

    field: str
    role: Role | None = None
    signer: str | None = None
    organisation: str | None = None
    issuer: str | None = None
    serial: str | None = None
    certificate_sha256: str | None = None
    anchor_kind: str | None = None
    anchor_name: str | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    signing_time: datetime | None = None
    timestamp_time: datetime | None = None
    proven_time: datetime | None = None
    level: Level | None = None
    indication: Indication
    sub_indication: SubIndication | None = None
    coverage: Coverage = Coverage.NONE
    modification: Modification = Modification.NONE
    findings: tuple[Finding, ...] = ()

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return the codes of the findings, each once, in the order of the checks."""
        return tuple(dict.fromkeys(found.code for found in self.findings))

    def __bool__(self) -> NoReturn:
        """Refuse truthiness: a report that says no is still an object."""
        msg = "compare report.indication, a report has no truth value"
        raise TypeError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimestampReport:
    """What was found about one document timestamp."""

    field: str
    authority: str | None = None
    time: datetime | None = None
    indication: Indication
    sub_indication: SubIndication | None = None
    coverage: Coverage = Coverage.NONE
    modification: Modification = Modification.NONE
    findings: tuple[Finding, ...] = ()

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return the codes of the findings, each once, in the order of the checks."""
        return tuple(dict.fromkeys(found.code for found in self.findings))

    def __bool__(self) -> NoReturn:
        """Refuse truthiness: a report that says no is still an object."""
        msg = "compare report.indication, a report has no truth value"
        raise TypeError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was found about one file, at one moment, under one policy.

    ``indication`` is None only for a file that bears no signature at all. ``used`` are the
    SHA-256 of the certificates, CRLs and OCSP answers that the verdict rests on.
    """

    file: str
    sha256: str
    indication: Indication | None
    sub_indication: SubIndication | None
    completeness: Completeness
    signatures: tuple[SignatureReport, ...]
    document_timestamps: tuple[TimestampReport, ...]
    findings: tuple[Finding, ...]
    policy: str
    verified_at: datetime
    used: frozenset[str] = frozenset()

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return the codes of the findings about the file as a whole, each once."""
        return tuple(dict.fromkeys(found.code for found in self.findings))

    def __bool__(self) -> NoReturn:
        """Refuse truthiness: a report that says no is still an object."""
        msg = "compare report.indication, a report has no truth value"
        raise TypeError(msg)
