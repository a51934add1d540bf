"""The report in words, and what is drawn from it."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

from verification_hostile import SHOWN, hostile
from verification_reports import (
    LEADER,
    SEAL,
    STAMP,
    found,
    report,
)
from verification_reports import with_findings as on

from verification.model import Indication, Report, SignatureReport
from verification.report.xml import ObjectKind, UsedObject, to_xml

VR = "{http://uri.etsi.org/19102/v1.4.1#}"


# The order of elements in TS 119 102-2 V1.4.1, clause 4 and its schema.
ORDER = {
    "ValidationReport": ["SignatureValidationReport", "SignatureValidationObjects"],
    "SignatureValidationReport": [
        "SignatureIdentifier",
        "ValidationConstraintsEvaluationReport",
        "ValidationTimeInfo",
        "SignersDocument",
        "SignatureAttributes",
        "SignerInformation",
        "SignatureQuality",
        "SignatureValidationProcess",
        "SignatureValidationStatus",
    ],
    "SignatureIdentifier": ["HashOnly", "DocHashOnly", "DAIdentifier"],
    "ValidationConstraintsEvaluationReport": ["SignatureValidationPolicy", "ValidationConstraint"],
    "SignatureValidationPolicy": ["SignaturePolicyIdentifier", "PolicyName"],
    "ValidationConstraint": [
        "ValidationConstraintIdentifier",
        "ConstraintStatus",
        "ValidationStatus",
    ],
    "ValidationTimeInfo": ["ValidationTime", "BestSignatureTime"],
    "BestSignatureTime": ["POETime", "TypeOfProof"],
    "SignersDocument": ["DigestAlgAndValue", "SignersDocumentRepresentation"],
    "SignerInformation": ["SignerCertificate", "Signer"],
    "SignatureValidationStatus": [
        "MainIndication",
        "SubIndication",
        "AssociatedValidationReportData",
    ],
    "ValidationObject": [
        "ObjectType",
        "ValidationObjectRepresentation",
        "POE",
        "ValidationReport",
    ],
    "ReportData": ["Type", "Value"],
}


def tree(made: Report, **more: object) -> ET.Element:
    return ET.fromstring(to_xml(made, **more))  # type: ignore[arg-type]  # noqa: S314 -- our own


def full() -> Report:
    failed = on(SEAL, found("V-07", "content-changed", "failed"), found("V-17"))
    unsure = on(
        replace(LEADER, field="x", signer=None, signing_time=None, level=None),
        found("V-11", level="unsure"),
    )
    bare = SignatureReport(field="y", indication=Indication.INDETERMINATE)
    broken = replace(STAMP, indication=Indication.TOTAL_FAILED)
    return report(LEADER, failed, unsure, bare, stamps=(STAMP, broken))


def test_xml_keeps_the_order_of_the_standard() -> None:
    root = tree(full())
    for element in root.iter():
        name = element.tag.removeprefix(VR)
        if name == "ValidationReport" and element is not root:
            name = "SignatureValidationReport"
        if name in ORDER:
            children = [child.tag.removeprefix(VR) for child in element]
            assert children == sorted(children, key=ORDER[name].index), name


def test_xml_says_each_indication_by_its_uri() -> None:
    reports = tree(full()).findall(f"{VR}SignatureValidationReport")

    said = [one.findtext(f"{VR}SignatureValidationStatus/{VR}MainIndication") for one in reports]

    assert [each.rpartition(":")[2] for each in said if each] == [
        "total-passed",
        "total-failed",
        "indeterminate",
        "indeterminate",
    ]
    assert reports[1].findtext(f"{VR}SignatureValidationStatus/{VR}SubIndication") is None


def test_xml_tells_checks_that_were_made_and_leaves_out_others() -> None:
    reports = tree(full()).findall(f"{VR}SignatureValidationReport")

    def outcomes(one: ET.Element) -> list[tuple[str, str]]:
        return [
            (
                str(each.findtext(f"{VR}ValidationConstraintIdentifier"))[-4:],
                str(each.findtext(f"{VR}ValidationStatus/{VR}MainIndication")).rpartition(":")[2],
            )
            for each in one.iter(f"{VR}ValidationConstraint")
        ]

    assert outcomes(reports[0]) == [(f"V-{n:02}", "passed") for n in range(1, 18)]
    assert outcomes(reports[1]) == [("V-07", "failed")]
    assert outcomes(reports[2]) == [("V-11", "indeterminate")]


def test_xml_tells_a_stated_time_from_a_proven_one() -> None:
    root = tree(report(replace(LEADER, timestamp_time=None)))

    (attributes,) = root.iter(f"{VR}SignatureAttributes")
    assert [child.tag for child in attributes] == [f"{VR}SigningTime"]


def test_xml_names_every_object_it_refers_to() -> None:
    used = (
        UsedObject(kind=ObjectKind.CERTIFICATE, sha256="ab" * 32),
        UsedObject(kind=ObjectKind.CRL, sha256="01" * 32),
        UsedObject(kind=ObjectKind.OCSP, sha256="02" * 32),
    )

    root = tree(full(), used=used)

    names = [one.attrib["id"] for one in root.iter(f"{VR}ValidationObject")]
    wanted = {one.attrib["VOReference"] for one in root.iter() if "VOReference" in one.attrib}
    assert len(names) == len(set(names)) == 6
    assert wanted <= set(names)


def test_xml_of_a_file_without_signatures_says_so() -> None:
    unsigned = tree(report())
    destroyed = tree(report(findings=(found("V-16", "signature-destroyed", "failed"),)))

    path = f"{VR}SignatureValidationReport/{VR}SignatureValidationStatus/{VR}MainIndication"
    assert unsigned.findtext(path) == "urn:docsvc:mainindication:no-signature"
    assert destroyed.findtext(path) == "urn:etsi:019102:mainindication:total-failed"


def test_xml_carries_hostile_text_as_text() -> None:
    root = tree(hostile())

    signer = root.findtext(f"{VR}SignatureValidationReport/{VR}SignerInformation/{VR}Signer")
    assert signer == SHOWN
