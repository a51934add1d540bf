"""The report as a validation report of ETSI TS 119 102-2 V1.4.1."""

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import quote
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from verification.dates import VIETNAM
from verification.masking import shown
from verification.model import (
    Finding,
    Indication,
    Report,
    SignatureReport,
    SubIndication,
    TimestampReport,
)
from verification.report.summary import proven_time

_NAMESPACES = {
    "xmlns:vr": "http://uri.etsi.org/19102/v1.4.1#",
    "xmlns:ds": "http://www.w3.org/2000/09/xmldsig#",
    "xmlns:xades": "http://uri.etsi.org/01903/v1.3.2#",
}
_SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
_ETSI = "urn:etsi:019102"
_OWN = "urn:docsvc"
# The file as a whole has neither of the three indications when nobody has signed it.
_NO_SIGNATURE = f"{_OWN}:mainindication:no-signature"
_DOCUMENT = "D-1"


class ObjectKind(StrEnum):
    """What a validation object is (clause 4.4.4)."""

    CERTIFICATE = "certificate"
    CRL = "CRL"
    OCSP = "OCSPResponse"


_PREFIXES = {ObjectKind.CERTIFICATE: "C", ObjectKind.CRL: "L", ObjectKind.OCSP: "O"}


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedObject:
    """Evidence that a verdict stands on, known by its SHA-256 (hex)."""

    kind: ObjectKind
    sha256: str


def to_xml(report: Report, *, used: Iterable[UsedObject] = ()) -> bytes:
    """Return the report as an XML document in UTF-8.

    Args:
        report: the verdict of one file.
        used: certificates and revocation data that the verdict stands on; signers' certificates
            are named without it.

    Returns:
        One ``SignatureValidationReport`` for each signature; for a file without any, one that
        holds the indication of the file. Objects are named by digest and never carried along.
    """
    root = Element("vr:ValidationReport", _NAMESPACES)
    for number, one in enumerate(report.signatures, 1):
        _signature(root, report, one, number)
    if not report.signatures:
        alone = SubElement(root, "vr:SignatureValidationReport")
        _signers_document(alone, report)
        _about_file(alone, report)
    _objects(root, report, used)
    indent(root)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def _signature(root: Element, report: Report, one: SignatureReport, number: int) -> None:
    part = SubElement(root, "vr:SignatureValidationReport")
    identifier = SubElement(part, "vr:SignatureIdentifier", {"id": f"S-{number}"})
    _text(identifier, "vr:HashOnly", "false")
    _text(identifier, "vr:DocHashOnly", "false")
    _text(identifier, "vr:DAIdentifier", shown(one.field))
    _constraints(part, report, one)
    times = SubElement(part, "vr:ValidationTimeInfo")
    _text(times, "vr:ValidationTime", _time(report.verified_at))
    _proof(times, "vr:BestSignatureTime", proven_time(one) or report.verified_at)
    _signers_document(part, report)
    _attributes(part, one)
    if one.certificate_sha256 is not None:
        signer = SubElement(part, "vr:SignerInformation")
        _reference(signer, "vr:SignerCertificate", f"C-{one.certificate_sha256}")
        if one.signer:
            _text(signer, "vr:Signer", shown(one.signer))
    if one.level is not None:
        quality = SubElement(part, "vr:SignatureQuality")
        _text(quality, "vr:SignatureQualityInformation", f"{_OWN}:level:{one.level}")
    process = SubElement(part, "vr:SignatureValidationProcess")
    _text(process, "vr:SignatureValidationProcessID", f"{_ETSI}:validationprocess:LTA")
    status = _status(part, "vr:SignatureValidationStatus", one.indication, one.sub_indication)
    _report_data(status, one.findings)


def _about_file(part: Element, report: Report) -> None:
    if report.indication is None:
        status = SubElement(part, "vr:SignatureValidationStatus")
        _text(status, "vr:MainIndication", _NO_SIGNATURE)
    else:
        status = _status(
            part, "vr:SignatureValidationStatus", report.indication, report.sub_indication
        )
    _report_data(status, report.findings)


def _constraints(part: Element, report: Report, one: SignatureReport) -> None:
    """Write the policy and each check with its outcome; a check nobody came to is left out."""
    whole = SubElement(part, "vr:ValidationConstraintsEvaluationReport")
    policy = SubElement(whole, "vr:SignatureValidationPolicy")
    identifier = SubElement(policy, "vr:SignaturePolicyIdentifier")
    SubElement(identifier, "xades:SignaturePolicyImplied")
    _text(policy, "vr:PolicyName", report.policy)
    for check, indication, sub in _checks(one):
        constraint = SubElement(whole, "vr:ValidationConstraint")
        _text(constraint, "vr:ValidationConstraintIdentifier", f"{_OWN}:check:{check}")
        applied = SubElement(constraint, "vr:ConstraintStatus")
        _text(applied, "vr:Status", f"{_ETSI}:constraintStatus:applied")
        _status(constraint, "vr:ValidationStatus", indication, sub, prefix="")


def _checks(
    one: SignatureReport,
) -> Iterator[tuple[str, Indication, SubIndication | None]]:
    for check in (f"V-{number:02}" for number in range(1, 18)):
        found = [each for each in one.findings if each.check == check]
        worst = _worst(found)
        if worst is not None:
            yield check, worst.indication or Indication.TOTAL_PASSED, worst.sub_indication
        elif one.indication is Indication.TOTAL_PASSED:
            yield check, Indication.TOTAL_PASSED, None


def _worst(findings: list[Finding]) -> Finding | None:
    for wanted in (Indication.TOTAL_FAILED, Indication.INDETERMINATE):
        for each in findings:
            if each.indication is wanted:
                return each
    return None


def _attributes(part: Element, one: SignatureReport) -> None:
    if one.signing_time is None and one.timestamp_time is None:
        return
    attributes = SubElement(part, "vr:SignatureAttributes")
    if one.signing_time is not None:
        stated = SubElement(attributes, "vr:SigningTime")
        _text(stated, "vr:Time", _time(one.signing_time))
    if one.timestamp_time is not None:
        stamped = SubElement(attributes, "vr:SignatureTimeStamp", {"Signed": "false"})
        _text(stamped, "vr:TimeStampValue", _time(one.timestamp_time))


def _signers_document(part: Element, report: Report) -> None:
    document = SubElement(part, "vr:SignersDocument")
    _digest(document, "vr:DigestAlgAndValue", report.sha256)
    _reference(document, "vr:SignersDocumentRepresentation", _DOCUMENT)


def _status(
    parent: Element,
    name: str,
    indication: Indication,
    sub: SubIndication | None,
    *,
    prefix: str = "total-",
) -> Element:
    """Write a status; building blocks say ``passed`` where signatures say ``total-passed``."""
    status = SubElement(parent, name)
    said = {
        Indication.TOTAL_PASSED: f"{prefix}passed",
        Indication.TOTAL_FAILED: f"{prefix}failed",
        Indication.INDETERMINATE: "indeterminate",
    }[indication]
    _text(status, "vr:MainIndication", f"{_ETSI}:mainindication:{said}")
    if sub is not None:
        _text(status, "vr:SubIndication", f"{_ETSI}:subindication:{sub}")
    return status


def _report_data(status: Element, findings: Iterable[Finding]) -> None:
    """Write our own findings, with their facts, where the standard leaves room for them."""
    kept = list(findings)
    if not kept:
        return
    data = SubElement(status, "vr:AssociatedValidationReportData")
    additional = SubElement(data, "vr:AdditionalValidationReportData")
    for each in kept:
        entry = SubElement(additional, "vr:ReportData")
        _text(entry, "vr:Type", f"{_OWN}:finding:{each.check}")
        facts = "".join(f" {shown(name)}={shown(fact)}" for name, fact in each.facts.items())
        _text(entry, "vr:Value", each.code + facts)


def _objects(root: Element, report: Report, used: Iterable[UsedObject]) -> None:
    whole = SubElement(root, "vr:SignatureValidationObjects")
    _object(whole, _DOCUMENT, "signedData", report.sha256)
    signers = [one.certificate_sha256 for one in report.signatures if one.certificate_sha256]
    known = dict.fromkeys((ObjectKind.CERTIFICATE, each) for each in signers)
    known |= dict.fromkeys((each.kind, each.sha256) for each in used)
    for kind, sha256 in known:
        _object(whole, f"{_PREFIXES[kind]}-{sha256}", kind, sha256)
    for number, stamp in enumerate(report.document_timestamps, 1):
        _stamp(whole, report, stamp, number)


def _object(whole: Element, name: str, kind: str, sha256: str) -> None:
    one = SubElement(whole, "vr:ValidationObject", {"id": name})
    _text(one, "vr:ObjectType", f"{_ETSI}:validationObject:{kind}")
    _digest(SubElement(one, "vr:ValidationObjectRepresentation"), "vr:DigestAlgAndValue", sha256)


def _stamp(whole: Element, report: Report, stamp: TimestampReport, number: int) -> None:
    one = SubElement(whole, "vr:ValidationObject", {"id": f"T-{number}"})
    _text(one, "vr:ObjectType", f"{_ETSI}:validationObject:timestamp")
    representation = SubElement(one, "vr:ValidationObjectRepresentation")
    _text(representation, "vr:URI", f"{_OWN}:field:{quote(shown(stamp.field), safe='')}")
    if stamp.time is not None and stamp.indication is Indication.TOTAL_PASSED:
        _proof(one, "vr:POE", stamp.time)
    nested = SubElement(one, "vr:ValidationReport")
    _signers_document(nested, report)
    status = _status(
        nested, "vr:SignatureValidationStatus", stamp.indication, stamp.sub_indication, prefix=""
    )
    _report_data(status, stamp.findings)


def _proof(parent: Element, name: str, at: datetime) -> None:
    proof = SubElement(parent, name)
    _text(proof, "vr:POETime", _time(at))
    _text(proof, "vr:TypeOfProof", f"{_ETSI}:poetype:validation")


def _digest(parent: Element, name: str, sha256: str) -> None:
    digest = SubElement(parent, name)
    SubElement(digest, "ds:DigestMethod", {"Algorithm": _SHA256})
    _text(digest, "ds:DigestValue", base64.b64encode(bytes.fromhex(sha256)).decode())


def _reference(parent: Element, name: str, target: str) -> None:
    SubElement(parent, name, {"VOReference": target})


def _text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text


def _time(at: datetime) -> str:
    return at.astimezone(VIETNAM).isoformat(timespec="seconds")
