"""The report in words, and what is drawn from it."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pikepdf
import pytest
from typing_extensions import override
from verification_pki import NOW
from verification_reports import (
    BOTH_HELD,
    FILLED,
    HELD,
    LEADER,
    SEAL,
    STAMP,
    Plain,
    found,
    report,
)
from verification_reports import with_findings as on

from verification.model import Indication, Modification, Report, Role, SignatureReport
from verification.report import to_sheet, to_text
from verification.report.html import POLICY, to_html
from verification.report.later import Later, steps_after
from verification.report.pdf import to_pdf
from verification.report.words import Language, word, words
from verification.report.writer import with_seal
from verification.report.xml import ObjectKind, UsedObject, to_xml

if TYPE_CHECKING:
    from verification.report.sheet import Sheet

HOSTILE = '</p><script>alert(1)</script>"\'&#[read("/etc/passwd")]\u202e\x00$ #eval(1)'
SHOWN = '</p><script>alert(1)</script>"\'&#[read("/etc/passwd")]\ufffd\ufffd$ #eval(1)'
VR = "{http://uri.etsi.org/19102/v1.4.1#}"


def sheet(made: Report, lang: Language = "vi", **more: object) -> Sheet:
    return to_sheet(made, lang, Plain(), **more)  # type: ignore[arg-type]


# -- words


def test_every_word_is_there_in_both_languages() -> None:
    assert [key for key, both in words().items() if not (both["vi"] and both["en"])] == []


def test_seven_fields_of_the_circular_stand_in_their_order() -> None:
    (one,) = sheet(report(LEADER)).signatures

    assert [(row.label, row.value) for row in one.fields] == [
        ("Tổ chức cấp chứng thư", "CA thử nghiệm"),
        ("Người ký", "Nguyễn Văn An"),
        ("Cơ quan quản lý chứng thư", "UBND xã Suối Trúc"),
        ("Thời gian ký", "20/11/2026 09:30:00 +07:00 (dấu thời gian tin cậy)"),
        ("Toàn vẹn nội dung", "Đạt: nội dung không bị sửa"),
        ("Hiệu lực chữ ký tại thời điểm ký", "HỢP LỆ"),
        (
            "Thời hạn của chứng thư",
            "19/11/2026 09:30:00 +07:00 – 21/11/2026 09:30:00 +07:00",
        ),
    ]


def test_what_a_signature_does_not_state_is_said_to_be_missing() -> None:
    bare = SignatureReport(field="f", indication=Indication.INDETERMINATE)

    (one,) = sheet(report(bare)).signatures

    assert [row.value for row in one.fields if row.colour is None] == ["không có thông tin"] * 5
    assert [row.value for row in one.fields if row.colour] == [
        "Chưa kiểm tra được",
        "CHƯA XÁC ĐỊNH",
    ]


def test_integrity_is_told_apart_from_trust() -> None:
    revoked = on(LEADER, found("V-14", "revoked", "failed"))
    forged = on(LEADER, found("V-07", "content-changed", "failed"))

    values = [sheet(report(one)).signatures[0].fields[4].value for one in (revoked, forged)]

    assert values == [
        "Đạt: nội dung không bị sửa",
        "Không đạt: nội dung hoặc chữ ký đã bị thay đổi",
    ]


def test_validity_names_its_cause() -> None:
    revoked = on(LEADER, found("V-14", "revoked", "failed"))

    value = sheet(report(revoked)).signatures[0].fields[5].value

    assert value == "KHÔNG HỢP LỆ: <verification.revoked>"


@pytest.mark.parametrize(
    ("one", "stamps", "said"),
    [
        (LEADER, (), "20/11/2026 09:30:00 +07:00 (trusted timestamp)"),
        (
            replace(LEADER, timestamp_time=None),
            (STAMP,),
            "20/11/2026 09:30:00 +07:00 (trusted timestamp)",
        ),
        (
            replace(LEADER, timestamp_time=None, level=None),
            (),
            "20/11/2026 09:30:00 +07:00 (stated by the signer's machine)",
        ),
        (
            replace(LEADER, timestamp_time=None, signing_time=None, level=None),
            (),
            "not stated",
        ),
    ],
)
def test_a_stated_time_is_never_taken_for_a_proven_one(
    one: SignatureReport, stamps: tuple[object, ...], said: str
) -> None:
    made = sheet(report(one, stamps=stamps), "en")  # type: ignore[arg-type]

    assert made.signatures[0].fields[3].value == said


def test_lamp_of_time_repeats_no_time_that_proves_nothing() -> None:
    forged = on(LEADER, found("V-07", level="failed"))

    assert sheet(report(LEADER)).lamps[2].details
    assert sheet(report(forged)).lamps[2].details == ()


def test_lamp_of_the_signer_says_that_entitlement_was_not_checked() -> None:
    lamp = sheet(report(LEADER)).lamps[1]

    assert "chưa kiểm tra thẩm quyền" in lamp.answer
    assert lamp.details == ("Chữ ký của người có thẩm quyền: Nguyễn Văn An, UBND xã Suối Trúc",)


def test_entitlement_is_told_where_it_is_known() -> None:
    made = sheet(report(LEADER, SEAL), entitlements=BOTH_HELD)
    unnamed = sheet(
        report(LEADER), entitlements={LEADER.field: replace(HELD, unit=None, officer=None)}
    )

    assert made.sentence.startswith("Văn bản này là thật")
    assert made.lamps[1].details[0].endswith("– có thẩm quyền tại ngày ký")
    assert made.signatures[0].facts[0].value.startswith("Nguyễn Văn An, UBND xã Suối Trúc: có")
    assert made.signatures[0].facts[1].value == "chuyên dùng công vụ"
    assert unnamed.signatures[0].facts[0].value == "có thẩm quyền tại ngày ký"


def test_what_to_do_comes_from_the_reasons_each_once() -> None:
    one = on(
        LEADER,
        found("V-07", "content-changed", "failed"),
        found("V-10", "timestamp-of-other-data", "failed"),
        found("V-14", "no-action", "unsure"),
    )

    made = sheet(report(one))

    assert made.actions == ("act",)
    assert made.reasons[0].reason == "because of verification.content-changed"


@pytest.mark.parametrize("lang", ["vi", "en"])
@pytest.mark.parametrize(
    "made", [report(LEADER, SEAL), report(), report(on(LEADER, found("V-07", level="failed")))]
)
def test_there_is_always_something_to_do(made: Report, lang: Language) -> None:
    assert sheet(made, lang).actions


def test_a_check_is_passed_only_where_somebody_came_to_it() -> None:
    passed = sheet(report(replace(LEADER, timestamp_time=None))).signatures[0].checks
    unsure = sheet(report(on(LEADER, found("V-11", level="unsure")))).signatures[0].checks
    failed = sheet(report(on(LEADER, found("V-07", level="failed")))).signatures[0].checks
    remark = sheet(report(on(LEADER, found("V-17")))).signatures[0].checks

    assert [row.value for row in passed] == ["đạt"] * 9 + ["không xét"] + ["đạt"] * 7
    assert {row.value for row in unsure} == {"không xét", "chưa kết luận"}
    assert {row.value for row in failed} == {"không xét", "không đạt"}
    assert remark[16].value == "đạt, có ghi nhận"


def test_findings_are_told_with_their_facts_and_end_somewhere() -> None:
    many = on(LEADER, *(found("V-05", "field-filled", field=f"f{n}") for n in range(40)))

    rows = sheet(report(many), "en").signatures[0].findings

    assert rows[0].label == "V-05 verification.field-filled"
    assert rows[0].value == "<verification.field-filledf0> (field=f0)"
    assert (len(rows), rows[-1].value) == (31, "… and 10 more; see the report as JSON.")


def test_a_file_of_endless_signatures_ends_somewhere() -> None:
    made = sheet(report(*[LEADER] * 32), "en")

    assert len(made.signatures) == 30
    assert "… and 2 more; see the report as JSON." in made.notes


def test_notes_say_what_a_reader_has_to_know() -> None:
    unsure = report(on(LEADER, found("V-11", level="unsure")))

    notes = sheet(unsure, "en").notes

    assert [note.split()[0] for note in notes] == ["National", "Where"]
    assert with_seal(sheet(unsure, "en"), by=None).notes[-1].startswith("This report is not signed")
    assert with_seal(sheet(unsure, "en"), by="UBND").notes[-1].endswith("certificate of: UBND.")


def test_a_demonstration_is_loud_in_every_drawing() -> None:
    loud = sheet(report(LEADER), demonstration=True)
    quiet = sheet(report(LEADER))

    drawn = (to_text(loud), to_html(loud), pdf_text(to_pdf(loud, at=NOW)))

    assert ["BẢN TRÌNH DIỄN" in each for each in drawn] == [True] * 3
    assert "BẢN TRÌNH DIỄN" not in to_text(quiet) + to_html(quiet)


# -- what came later


def test_what_came_after_the_leader_is_told_as_the_office_says_it() -> None:
    made = sheet(report(FILLED, SEAL, stamps=(STAMP,)))

    assert made.signatures[0].later == (
        "Sau khi người có thẩm quyền ký: đã điền số và ngày, đã đóng dấu cơ quan, "
        "đã thêm dấu thời gian."
    )
    assert made.signatures[1].later == "Sau khi cơ quan, tổ chức ký: không có thay đổi nào."


@pytest.mark.parametrize(
    ("field", "key"),
    [("docsvc.number", "number"), ("docsvc.month", "date"), ("docsvc.day", "date")],
)
def test_number_and_date_may_come_alone(field: str, key: str) -> None:
    one = on(LEADER, found("V-05", "field-filled", field=field))

    assert steps_after(one, report(one)) == (Later(key=key),)


def test_other_steps_are_named_by_their_field() -> None:
    one = replace(
        on(
            LEADER,
            found("V-05", "field-filled", field="ghi chú"),
            found("V-05", "signature-added", field="docsvc.leader"),
            found("V-05", "signature-added", field="khác"),
            found("V-05", "page-changed", "failed"),
        ),
        role=None,
    )
    other = replace(SEAL, role=Role.LEADER, field="docsvc.leader")

    assert steps_after(one, report(one, other)) == (
        Later(key="field", field="ghi chú"),
        Later(key="leader-signed"),
        Later(key="signed", field="khác"),
        Later(key="not-allowed"),
    )
    assert sheet(report(one, other)).signatures[0].later == (
        "Sau chữ ký này: đã điền trường “ghi chú”, người có thẩm quyền đã ký, "
        "đã thêm chữ ký “khác”, có thay đổi không được phép."
    )


def test_validation_data_alone_is_told() -> None:
    one = replace(LEADER, modification=Modification.VALIDATION_DATA)

    assert steps_after(one, report(one)) == (Later(key="validation-data"),)


# -- drawings


def test_text_tells_lamps_by_shape_and_word() -> None:
    text = to_text(sheet(report(on(LEADER, found("V-07", "content-changed", "failed")), SEAL)))

    assert text.startswith("[x] KHÔNG HỢP LỆ: Không tin được văn bản này")
    assert "[x] Nội dung có bị thay đổi không? KHÔNG ĐẠT:" in text
    assert "[?] Ai ký, có thẩm quyền không? CHƯA RÕ:" in text
    assert "<verification.content-changed> because of verification.content-changed" in text


def test_text_leaves_out_titles_over_nothing() -> None:
    text = to_text(sheet(report()))

    assert "LÝ DO" not in text
    assert "TỪNG CHỮ KÝ" not in text


class Tags(HTMLParser):
    """Collects elements, attributes and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(html)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}

    @override
    def handle_data(self, data: str) -> None:
        self.text += data


def hostile() -> Report:
    one = replace(
        on(LEADER, found("V-05", "field-filled", field=HOSTILE, other=HOSTILE)),
        field=HOSTILE,
        signer=HOSTILE,
        organisation=HOSTILE,
        issuer=HOSTILE,
    )
    stamp = replace(STAMP, field=HOSTILE, authority=HOSTILE, findings=one.findings)
    return report(one, stamps=(stamp,), file=HOSTILE)


def test_html_shows_hostile_text_as_text() -> None:
    seen = Tags(to_html(sheet(hostile())))

    assert SHOWN in seen.text
    assert not seen.names & {"script", "img", "iframe", "object", "a", "form", "link", "base"}
    assert not {
        name for name in seen.attributes if name.startswith("on") or name in {"href", "src"}
    }


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_html_stands_alone_and_names_its_language(lang: Language) -> None:
    html = to_html(sheet(report(FILLED, SEAL, stamps=(STAMP,)), lang))

    assert html.startswith(f'<!doctype html>\n<html lang="{lang}">')
    assert "url(" not in html
    assert POLICY in html.replace("&#x27;", "'")
    assert f"<h1>{word('title.report', lang)}</h1>" in html


def test_html_of_a_failed_file_gives_its_reasons() -> None:
    html = to_html(sheet(report(on(LEADER, found("V-07", "content-changed", "failed")))))

    assert "&lt;verification.content-changed&gt;" in html
    assert '<div class="verdict red">' in html


def pdf_text(pdf: bytes) -> str:
    import pypdfium2  # noqa: PLC0415  of this helper only

    document = pypdfium2.PdfDocument(pdf)
    try:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document)
    finally:
        document.close()


def test_pdf_claims_pdf_a_2b_and_is_tagged() -> None:
    made = to_pdf(sheet(report(FILLED, SEAL, stamps=(STAMP,))), at=NOW)

    with pikepdf.open(io.BytesIO(made)) as document, document.open_metadata() as metadata:
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "B")
        assert document.Root.MarkInfo.Marked
        assert str(document.Root.Lang) == "vi"


def test_pdf_is_the_same_for_the_same_report() -> None:
    one = sheet(report(LEADER))

    assert to_pdf(one, at=NOW) == to_pdf(one, at=NOW)


def test_pdf_shows_hostile_text_as_text() -> None:
    text = pdf_text(to_pdf(sheet(hostile()), at=NOW))

    assert "<script>alert(1)</script>" in re.sub(r"\s|\u200b", "", text)
    assert "#eval(1)" in text


def test_pdf_is_made_whatever_script_a_name_is_in() -> None:
    one = replace(LEADER, signer="中文 😀 ไทย عربي Nguyễn Ωμέγα Кириллица")

    text = pdf_text(to_pdf(sheet(report(one)), at=NOW))

    assert "Nguyễn Ωμέγα Кириллица" in text


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
