"""The report in words, and what is drawn from it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from verification_hostile import pdf_text, sheet
from verification_pki import NOW
from verification_reports import (
    BOTH_HELD,
    FILLED,
    HELD,
    LEADER,
    SEAL,
    STAMP,
    found,
    report,
)
from verification_reports import with_findings as on

from verification.model import Indication, Modification, Report, Role, SignatureReport
from verification.report import to_text
from verification.report.html import to_html
from verification.report.later import Later, steps_after
from verification.report.pdf import to_pdf
from verification.report.words import Language, words
from verification.report.writer import with_seal

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
            replace(LEADER, timestamp_time=None, level=None, proven_time=STAMP.time),
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

    assert [row.value for row in passed] == ["đạt"] * 9 + ["không kết luận"] + ["đạt"] * 7
    assert {row.value for row in unsure} == {"không kết luận", "chưa kết luận"}
    assert {row.value for row in failed} == {"không kết luận", "không đạt"}
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


def test_check_of_the_file_is_told_beside_those_of_its_signatures() -> None:
    doubtful = replace(report(LEADER), findings=(found("V-18", "views-differ", "unsure"),))

    told = [
        [row.value for row in sheet(made, "en").facts if row.label.startswith("V-18 Programs")]
        for made in (report(LEADER), doubtful, report())
    ]

    assert told == [["passed"], ["not conclusive"], []]
