"""Verify a file: the checks, and the one function that runs them.

=====  ==========================================================================================
V-01   The file can be read, and nothing but white space follows its last ``%%EOF``
       (ISO 32000-2 §7.5.5, §7.5.6).
V-02   Each signature field's value is a signature dictionary of its own, in the bytes of the file,
       with /ByteRange and /Contents (ISO 32000-2 §12.8.1).
V-03   The byte range starts at 0 and leaves out exactly the hex string of /Contents (§12.8.1).
V-04   The signed bytes end where a revision ends, and hold all that revision refers to
       (EN 319 142-1 §5.5; EN 319 102-1 §5.2.2).
V-05   What later revisions changed is allowed: by nature, by DocMDP and FieldMDP, by policy
       (ISO 32000-2 §12.8.2.2, §12.8.2.4).
V-06   /Contents is a CMS SignedData with one signer, nothing inside it that is signed instead
       (RFC 5652 §5; EN 319 142-1 §6.3).
V-07   The digest in it is that of the signed bytes (EN 319 102-1 §5.2.7; RFC 5652 §5.4).
V-08   The signer's certificate is known, and is the one named in the signed attributes
       (EN 319 102-1 §5.2.3; RFC 5035).
V-09   The signature value verifies with its key (EN 319 102-1 §5.2.7).
V-10   Timestamps stamp this signature or document, and their own signatures hold
       (EN 319 102-1 §5.4; RFC 3161).
V-11   A chain leads to a trust anchor (EN 319 102-1 §5.2.6; RFC 5280 §6).
V-12   The certificate was valid at the proven time (EN 319 102-1 §5.2.6, §5.5).
V-13   Its key usage allows the signature (RFC 5280 §4.2.1.3; RFC 3161 §2.3).
V-14   It was not revoked then, by data that is fresh enough (EN 319 102-1 §5.2.5).
V-15   Digests and keys were accepted at that time (EN 319 102-1 §5.2.8; NORMS of the policy).
V-16   No signature was destroyed or left over (a file with one is never "unsigned").
V-17   The claimed signing time does not lie after the proven one (EN 319 102-1 §5.5.4).
V-18   Programs of all kinds see the same pages: nothing is hidden in a hybrid file, and where the
       structure is odd, an independent reader agrees (ISO 32000-2 §7.5.8.4).
=====  ==========================================================================================
"""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from mmap import mmap

from verification import company, revisions, views
from verification import context as contexts
from verification._pades import cms
from verification._pdf import document as documents
from verification._pdf.document import Document
from verification._pdf.objects import Buffer, PdfSyntaxError
from verification._pdf.scattered import scattered
from verification.context import Context, conclude, failed, remark, unsure
from verification.errors import EncryptedFileError
from verification.history import History
from verification.inspect import inspect
from verification.model import (
    Completeness,
    Finding,
    Indication,
    Report,
    Role,
    SignatureReport,
    SubIndication,
    TimestampReport,
)
from verification.policy import Policy
from verification.revisions import SignedField
from verification.signature import Examiner
from verification.trust import Trust

log = logging.getLogger(__name__)


def verify(
    pdf: bytes | bytearray | memoryview | mmap,
    *,
    policy: Policy,
    trust: Trust,
    at: datetime,
    roles: Mapping[str, Role] | None = None,
    file: str = "",
) -> Report:
    """Say whether the signatures of a file hold.

    Args:
        pdf: the whole file. Bytes and a mapped file are read where they are, all else is copied.
        policy: dates of algorithms and tolerances.
        trust: anchors, further certificates and revocation data; nothing is fetched.
        at: the moment of the verdict.
        roles: SHA-256 of a certificate in hex → role, from the inventory.
        file: the name to report.

    Returns:
        The report; its indication is None for a file that bears no signature.

    Raises:
        UnreadableFileError: the bytes are no PDF that can be read.
    """
    data = pdf if isinstance(pdf, bytes | mmap) else bytes(pdf)
    try:
        document = documents.open_document(data)
        if any("Encrypt" in section.trailer for section in document.history):
            raise EncryptedFileError
        signed = revisions.signed_fields(document)
        about_pages = views.compare(document)
        findings = _about_file(document, signed) + about_pages
        context = _context(document, signed, policy, trust, at)
    except PdfSyntaxError as e:
        findings = [_unreadable(data, str(e))]
        return _report(hashlib.sha256(data).hexdigest(), file, policy, at, (), (), findings)
    examiner = Examiner(document, context, History(document, signed), roles or {})
    stamps = tuple(
        _guarded_timestamp(examiner, one) for one in reversed(signed) if one.is_timestamp
    )
    signatures = company.consider(
        tuple(_guarded_signature(examiner, one) for one in signed if not one.is_timestamp),
        about_pages,
    )
    report = _report(examiner.digests.whole(), file, policy, at, signatures, stamps[::-1], findings)
    return replace(report, used=frozenset(context.used))


def _unreadable(pdf: Buffer, cause: str) -> Finding:
    """Judge a file whose structure is broken: repaired by a reader, it may still be unsigned.

    Raises:
        UnreadableFileError: no reader can repair it.
    """
    marks = any(text.find(b"/ByteRange") >= 0 for text in (pdf, *scattered(pdf)))
    if not marks:
        facts = inspect(bytes(pdf))
        marks = bool(facts.signatures.count or facts.signatures.left_over)
    if marks:
        return failed(
            "V-01", "verification.structure-broken", SubIndication.FORMAT_FAILURE, cause=cause
        )
    return remark("V-01", "verification.structure-repaired", cause=cause)


def _about_file(document: Document, signed: list[SignedField]) -> list[Finding]:
    findings: list[Finding] = []
    if revisions.trailing(document):
        findings.append(remark("V-01", "verification.bytes-after-end"))
    left = revisions.left_over(document, signed)
    if left and not any(one.revision >= 0 for one in signed):
        findings.append(
            failed(
                "V-16",
                "verification.signature-destroyed",
                SubIndication.FORMAT_FAILURE,
                count=str(left),
            )
        )
    elif left:
        findings.append(remark("V-16", "verification.signature-left-over", count=str(left)))
    return findings


def _context(
    document: Document, signed: list[SignedField], policy: Policy, trust: Trust, at: datetime
) -> Context:
    store = contexts.read_store(document, document.newest)
    extra: list[bytes] = []
    for one in signed:
        try:
            extra.extend(cms.parse(one.contents).certificates)
        except cms.CmsError:
            continue
    return contexts.build(policy, trust, at, store, extra)


def _guarded_signature(examiner: Examiner, one: SignedField) -> SignatureReport:
    try:
        return examiner.signature(one)
    except Exception as e:
        # A foreign library fell over a hostile file: a finding, not an outage.
        log.exception("verification.check-failed", extra={"cause": type(e).__name__})
        found = _fell_over(e)
        return SignatureReport(
            field=one.name,
            indication=Indication.INDETERMINATE,
            sub_indication=SubIndication.GENERIC,
            coverage=one.coverage,
            findings=(*one.findings, found),
        )


def _guarded_timestamp(examiner: Examiner, one: SignedField) -> TimestampReport:
    try:
        return examiner.timestamp(one)
    except Exception as e:
        log.exception("verification.check-failed", extra={"cause": type(e).__name__})
        return TimestampReport(
            field=one.name,
            indication=Indication.INDETERMINATE,
            sub_indication=SubIndication.GENERIC,
            coverage=one.coverage,
            findings=(*one.findings, _fell_over(e)),
        )


def _fell_over(error: Exception) -> Finding:
    return unsure(
        "V-01", "verification.check-failed", SubIndication.GENERIC, cause=type(error).__name__
    )


def _report(  # noqa: PLR0913, PLR0917 -- the parts of a report, put together in one place
    sha256: str,
    file: str,
    policy: Policy,
    at: datetime,
    signatures: tuple[SignatureReport, ...],
    stamps: tuple[TimestampReport, ...],
    findings: list[Finding],
) -> Report:
    indication, sub = _aggregate(signatures, stamps, findings)
    return Report(
        file=file,
        sha256=sha256,
        indication=indication,
        sub_indication=sub,
        completeness=_completeness(signatures),
        signatures=signatures,
        document_timestamps=stamps,
        findings=tuple(findings),
        policy=policy.id,
        verified_at=at,
    )


def _aggregate(
    signatures: tuple[SignatureReport, ...],
    stamps: tuple[TimestampReport, ...],
    findings: list[Finding],
) -> tuple[Indication | None, SubIndication | None]:
    """Return the worst of all.

    A document timestamp that does not hold is a lack of proof, not a fault of the signatures
    (EN 319 102-1 §5.5); in a file without signatures a wrong one is the worst there is.
    """
    parts = [conclude(findings)]
    parts += [(one.indication, one.sub_indication) for one in signatures]
    if not signatures:
        parts += [
            (one.indication, one.sub_indication)
            for one in stamps
            if one.indication is Indication.TOTAL_FAILED
        ]
    for wanted in (Indication.TOTAL_FAILED, Indication.INDETERMINATE):
        for indication, sub in parts:
            if indication is wanted:
                return indication, sub
    return (Indication.TOTAL_PASSED if signatures else None), None


def _completeness(signatures: tuple[SignatureReport, ...]) -> Completeness:
    held = {one.role for one in signatures if one.indication is Indication.TOTAL_PASSED}
    if {Role.LEADER, Role.ORGANISATION} <= held:
        return Completeness.BOTH
    if Role.LEADER in held:
        return Completeness.LEADER_ONLY
    return Completeness.ORGANISATION_ONLY if Role.ORGANISATION in held else Completeness.NONE
