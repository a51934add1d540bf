"""Is a file that comes back signed what was handed out, plus the one signature that was wanted?

=====  ==========================================================================================
E-01   The file begins with exactly the bytes that were handed out.
E-02   Exactly one signature was added, and no document timestamp.
E-03   It is in the field that was reserved for it; in a new one where that is allowed.
E-04   It covers the whole file (ISO 32000-2 §12.8.1).
E-05   It is by one of the certificates that are entitled to it, its value verifies with it, in a
       form and with digests that are accepted now, and it does not claim to be of a later time.
E-06   Nothing else was changed: not by nature, not against DocMDP and FieldMDP of the signatures
       before, no field filled but those that may be, and these with the values they must have;
       and what later signers need is not locked.
=====  ==========================================================================================

Trust, revocation and time are not decided here: the verdict on the finished file does that.
"""

import dataclasses
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from verification import context as contexts
from verification import revisions, views
from verification._pades.cms import Cms
from verification._pdf import document as documents
from verification._pdf.document import Document
from verification._pdf.objects import PdfSyntaxError
from verification.cades import Integrity, RangeDigests, check_container
from verification.context import Context, failed
from verification.dates import pdf_date
from verification.errors import (
    BrokenSignatureError,
    ChangedElseError,
    EncryptedFileError,
    MoreThanOneSignatureError,
    NoSignatureError,
    NotOurBytesError,
    NotWholeFileError,
    OtherCertificateError,
    OtherFieldError,
)
from verification.history import History
from verification.model import Coverage, Finding, SubIndication
from verification.policy import ISSUED_POLICY, Policy
from verification.revisions import SignedField
from verification.trust import Trust
from verification.validity import Moment, check_digest

# What signers of today write; the older forms rest on SHA-1.
_SUB_FILTERS = frozenset({"ETSI.CAdES.detached", "adbe.pkcs7.detached"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What was handed out, and what may come back.

    Attributes:
        sha256: of the bytes that were handed out, in hex.
        size: how many they were.
        field: full name of the signature field that was reserved.
        certificates: SHA-256 (hex) of the certificates of which one has to have signed.
        new_field: a tool may put the signature into a new field of its own instead.
        texts: text fields that may be filled, and the value that each has to have in the end; one
            that the file does not have is passed over.
        later: fields that others have to fill or sign after this signature.
    """

    sha256: str
    size: int
    field: str
    certificates: frozenset[str]
    new_field: bool = False
    texts: Mapping[str, str] = dataclasses.field(default_factory=dict)
    later: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What was added: the field of the signature, and the SHA-256 of its certificate."""

    field: str
    certificate: str


def require_extension(
    pdf: bytes, expected: Expected, *, at: datetime, policy: Policy = ISSUED_POLICY
) -> Accepted:
    """Check that a file is what was handed out and one signature more (E-01 to E-06).

    Args:
        pdf: the whole file that came back.
        expected: what was handed out and is wanted.
        at: now.
        policy: how large a mark may be, and which fields may be filled at all.

    Raises:
        NotOurBytesError: E-01.
        NoSignatureError, MoreThanOneSignatureError: E-02.
        OtherFieldError: E-03.
        NotWholeFileError: E-04.
        OtherCertificateError, BrokenSignatureError: E-05.
        ChangedElseError: E-06.
        EncryptedFileError: what was added says that the file is encrypted.
    """
    handed_out = pdf[: expected.size]
    digest = hashlib.sha256(handed_out).hexdigest()
    if len(handed_out) != expected.size or digest != expected.sha256:
        raise NotOurBytesError(expected=expected.sha256)
    if not pdf[expected.size :].strip():
        raise NoSignatureError
    try:
        return _Extension(handed_out, pdf, expected).examine(policy, at)
    except PdfSyntaxError as e:
        raise ChangedElseError(change="verification.update-unreadable") from e


class _Extension:
    """The file before and after, and the signature that was added."""

    def __init__(self, before: bytes, after: bytes, expected: Expected) -> None:
        self.expected = expected
        self.before = documents.open_document(before)
        self.after = documents.open_document(after)
        if any("Encrypt" in section.trailer for section in self.after.history):
            raise EncryptedFileError
        self.old = revisions.signed_fields(self.before)
        self.signed = revisions.signed_fields(self.after)

    def examine(self, policy: Policy, at: datetime) -> Accepted:
        """Run the checks in their order."""
        self._require_continued()
        one = self._added()
        self._require_field(one)
        self._require_whole(one)
        certificate = self._require_certificate(one, self._context(policy, at))
        self._require_unchanged(one, policy)
        self._require_texts()
        return Accepted(field=one.name, certificate=certificate)

    def _require_continued(self) -> None:
        """What was added has to be updates of the last revision that was handed out."""
        last = self.before.newest
        continued = (
            self.after.newest > last
            and self.after.history[last].offset == self.before.history[last].offset
        )
        if not continued:
            raise ChangedElseError(change="verification.not-a-revision")

    def _added(self) -> SignedField:
        names = {one.name for one in self.old}
        added = [one for one in self.signed if one.name not in names]
        signatures = [one for one in added if not one.is_timestamp]
        if not signatures:
            raise NoSignatureError
        if len(added) > 1:
            raise MoreThanOneSignatureError(count=len(added))
        return signatures[0]

    def _require_field(self, one: SignedField) -> None:
        if one.name == self.expected.field:
            return
        there = {name for name, _, _ in revisions.form_fields(self.before, self.before.newest)}
        if not self.expected.new_field or one.name in there:
            raise OtherFieldError(field=one.name, expected=self.expected.field)

    def _require_whole(self, one: SignedField) -> None:
        if one.findings:
            raise NotWholeFileError(reason=one.findings[0].code)
        if one.coverage is not Coverage.WHOLE_FILE or one.end != len(self.after.data):
            raise NotWholeFileError(reason="verification.bytes-after-end")

    @staticmethod
    def _context(policy: Policy, at: datetime) -> Context:
        """Return a context that trusts nobody: only what the file itself says is looked at."""
        return contexts.build(policy, Trust(), at, contexts.Store(), ())

    def _require_certificate(self, one: SignedField, context: Context) -> str:
        """Check who signed before whether the value holds: that is what a person can set right."""
        found = self._integrity(one, context)
        if found.container is None or found.signer is None:
            raise BrokenSignatureError(reason=found.findings[0].code)
        if found.signer.sha256 not in self.expected.certificates:
            raise OtherCertificateError(certificate=found.signer.sha256)
        faults = [*found.findings, *_about_form(one, found.container, context)]
        if broken := [each for each in faults if each.indication is not None]:
            raise BrokenSignatureError(reason=broken[0].code)
        return found.signer.sha256

    def _integrity(self, one: SignedField, context: Context) -> Integrity:
        digests = RangeDigests(self.after.data, (each.hole[0] for each in self.signed))
        digester = digests.over(one.hole, one.end)
        return check_container(one.contents, digester, context, sub_filter=one.sub_filter)

    def _require_unchanged(self, one: SignedField, policy: Policy) -> None:
        # Whoever handed the file out stands for its last revision, as a signer does.
        we = SignedField(name="", revision=self.before.newest)
        known = _later(self.before, self.old, self.old, policy)
        found = _later(self.after, [we, *self.signed], [we, *self._still()], policy)
        found += [each for each in views.compare(self.after) if each.indication is not None]
        fresh = [each for each in found if each not in known]
        if fresh:
            raise ChangedElseError(**{**fresh[0].facts, "change": fresh[0].code})
        self._require_own_steps(one)

    def _still(self) -> list[SignedField]:
        names = {one.name for one in self.old}
        return [one for one in self.signed if one.name in names]

    def _require_own_steps(self, one: SignedField) -> None:
        """One signature, no further field, no text but those that may be filled."""
        history = History(self.after, [SignedField(name="", revision=self.before.newest)])
        for revision in range(self.before.newest + 1, self.after.newest + 1):
            step = history.step(revision)
            if others := sorted(step.filled - self.expected.texts.keys()):
                raise ChangedElseError(change="verification.other-field-filled", field=others[0])
            if others := sorted(step.added - {one.name}):
                raise ChangedElseError(change="verification.field-added", field=others[0])
        if self.expected.later and history.forbids(one, self.expected.later):
            raise ChangedElseError(change="verification.extension-locked", field=one.name)
        left = [revisions.left_over(*each) for each in self._both()]
        if left[0] != left[1]:
            raise ChangedElseError(change="verification.signature-left-over", count=left[1])

    def _both(self) -> tuple[tuple[Document, list[SignedField]], ...]:
        return (self.before, self.old), (self.after, self.signed)

    def _require_texts(self) -> None:
        newest = self.after.newest
        for name, _, one in revisions.form_fields(self.after, newest):
            wanted = self.expected.texts.get(name)
            value = revisions.text_of(self.after.resolve(one.get("V"), newest))
            if wanted is not None and value != wanted:
                raise ChangedElseError(change="verification.extension-other-value", field=name)


def _later(
    document: Document, signed: list[SignedField], of: Iterable[SignedField], policy: Policy
) -> list[Finding]:
    """Return what is amiss with the revisions after each of some signatures."""
    history = History(document, signed)
    placed = [one for one in of if one.revision >= 0]
    found = [each for one in placed for each in history.after(one, policy)[1]]
    return [each for each in found if each.indication is not None]


def _about_form(one: SignedField, container: Cms, context: Context) -> list[Finding]:
    """Judge what would make the verdict on the finished file a bad one later."""
    faults: list[Finding] = []
    if one.sub_filter not in _SUB_FILTERS:
        code = "verification.sub-filter-unknown"
        facts = {"sub_filter": one.sub_filter}
        faults.append(failed("V-02", code, SubIndication.FORMAT_FAILURE, **facts))
    now = Moment(proof=context.at, is_trusted=True)
    for name in dict.fromkeys((container.digest_name, container.algorithm.hash_name)):
        found = check_digest(name, now, context)
        faults += [] if found is None else [found]
    claimed = container.signing_time or pdf_date(one.dictionary.get("M"))
    latest = context.at + context.policy.local_time_offset + context.policy.clock_grace
    if claimed is not None and claimed > latest:
        code = "verification.signing-time-after-proof"
        faults.append(failed("V-17", code, SubIndication.TIMESTAMP_ORDER_FAILURE))
    return faults
