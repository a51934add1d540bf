from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from verification_containers import Recipe
from verification_files import (
    CERTIFIED,
    SEALED,
    Plan,
    base,
    base_objects,
    by,
    check,
    road,
    sign,
    stamp,
    stream,
    update,
    update_by_stream,
)
from verification_pki import DAY, NOW, Pki

from verification import signature as signature_module
from verification.errors import EncryptedFileError, NotAPdfError, UnreadableFileError
from verification.model import (
    Completeness,
    Coverage,
    Indication,
    Level,
    Modification,
    Role,
    SubIndication,
)
from verification.policy import DEFAULT_POLICY, ISSUED_POLICY
from verification.trust import Trust


def test_document_of_the_road_passes_at_every_stage(pki: Pki, trust: Trust) -> None:
    for stage, complete in enumerate(
        (Completeness.LEADER_ONLY, Completeness.BOTH, Completeness.BOTH, Completeness.BOTH), 1
    ):
        report = check(road(pki, stage), trust, policy=ISSUED_POLICY)

        assert report.indication is Indication.TOTAL_PASSED, report
        assert report.completeness is complete


def test_finished_document_reaches_the_highest_level(finished: bytes, pki: Pki) -> None:
    report = check(finished, pki.trust(crls=()))

    leader, seal = report.signatures
    assert leader.level is Level.B_LTA
    assert seal.level is Level.B_LTA
    assert leader.coverage is Coverage.WHOLE_REVISION
    assert leader.modification is Modification.FORM_FILLING
    assert seal.modification is Modification.VALIDATION_DATA
    assert [one.coverage for one in report.document_timestamps] == [Coverage.WHOLE_FILE]


def test_levels_grow_with_what_the_file_carries(pki: Pki, trust: Trust) -> None:
    bare = check(sign(base(), by(pki.leader)), trust).signatures[0]
    stamped = check(road(pki, 1), trust).signatures[0]
    stored = check(road(pki, 3), pki.trust(crls=())).signatures[0]

    assert [one.level for one in (bare, stamped, stored)] == [Level.B_B, Level.B_T, Level.B_LT]


def test_facts_of_the_signer_are_reported(led: bytes, trust: Trust, pki: Pki) -> None:
    one = check(led, trust).signatures[0]

    assert (one.field, one.role) == ("docsvc.leader", Role.LEADER)
    assert (one.signer, one.organisation) == ("Nguyễn Văn An", "UBND xã Suối Trúc")
    assert one.serial == f"{pki.leader.certificate.serial_number:X}"
    assert one.signing_time == one.timestamp_time == NOW
    assert one.issuer == "CA thử nghiệm"


def test_inventory_decides_the_role_before_the_name_does(led: bytes, trust: Trust) -> None:
    fingerprint = check(led, trust).signatures[0].certificate_sha256
    assert fingerprint is not None

    report = check(led, trust, roles={fingerprint: Role.ORGANISATION})

    assert report.completeness is Completeness.ORGANISATION_ONLY


def test_unsigned_file_has_no_indication(trust: Trust) -> None:
    report = check(base(), trust)

    assert report.indication is None
    assert report.completeness is Completeness.NONE


def test_unsigned_file_that_needs_repair_is_still_unsigned(trust: Trust) -> None:
    report = check(re.sub(rb"startxref\n\d+", b"startxref\n7", base()), trust)

    assert report.indication is None
    assert report.reasons == ("verification.structure-repaired",)


def test_signed_file_whose_structure_broke_is_never_unsigned(led: bytes, trust: Trust) -> None:
    report = check(re.sub(rb"startxref\n\d+\n%%EOF\n\Z", b"startxref\n7\n%%EOF\n", led), trust)

    assert report.indication is Indication.TOTAL_FAILED
    assert report.reasons == ("verification.structure-broken",)


def test_signature_packed_away_by_a_rewrite_is_never_unsigned(trust: Trust) -> None:
    packed = {20: b"<</Type/Sig/ByteRange[0 1 2 3]/Contents<00>>>"}
    whole = update_by_stream(base(), {21: b"[20 0 R]"}, packed=packed)

    for pdf in (whole, re.sub(rb"startxref\n\d+\n%%EOF\n\Z", b"startxref\n7\n%%EOF\n", whole)):
        assert check(pdf, trust).indication is Indication.TOTAL_FAILED


def test_left_over_signature_in_the_open_is_never_unsigned(trust: Trust) -> None:
    pdf = update(base(), {20: b"<</Type/Sig/ByteRange [0 1 2 3]/Contents<00>>>"})

    report = check(pdf, trust)

    assert report.indication is Indication.TOTAL_FAILED
    assert report.reasons == ("verification.signature-destroyed",)


def test_name_that_only_begins_like_a_byte_range_is_no_left_over_signature(trust: Trust) -> None:
    report = check(update(base(), {20: b"<</ByteRanges[0 1 2 3]/ByteRange0 1>>"}), trust)

    assert (report.indication, report.reasons) == (None, ())


def test_signature_of_an_attached_file_is_its_own(led: bytes, trust: Trust) -> None:
    attached = led.ljust(9_000) + b"endstream"  # what a search for its end would stop at
    report = check(base(base_objects() | {42: stream(attached, b"/Type/EmbeddedFile")}), trust)

    assert report.indication is None
    assert report.reasons == ("verification.objects-unnamed",)


def test_left_over_signature_below_a_new_one_is_a_remark(pki: Pki, trust: Trust) -> None:
    pdf = update(base(), {20: b"<</Type/Sig/ByteRange [0 1 2 3]/Contents<00>>>"})

    report = check(sign(pdf, by(pki.leader), Plan(value_number=21)), trust)

    assert report.indication is Indication.TOTAL_PASSED
    assert report.reasons == ("verification.signature-left-over",)


def test_bytes_after_the_end_fail_the_signature(led: bytes, trust: Trust) -> None:
    report = check(led + b"1 0 obj\n<<>>\nendobj\n", trust)

    assert report.indication is Indication.TOTAL_FAILED
    assert report.signatures[0].modification is Modification.OTHER
    assert "verification.bytes-after-end" in report.reasons


def test_white_space_after_the_end_is_harmless(led: bytes, trust: Trust) -> None:
    report = check(led + b"\r\n \x00", trust)

    assert report.indication is Indication.TOTAL_PASSED
    assert report.signatures[0].coverage is Coverage.WHOLE_FILE


def test_changed_content_fails_by_its_digest(led: bytes, trust: Trust) -> None:
    report = check(led.replace(b"CONG VAN", b"CONG VAT"), trust)

    assert report.signatures[0].sub_indication is SubIndication.HASH_FAILURE


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_changed_byte_leaves_a_signature_passed(
    led: bytes, trust: Trust, data: st.DataObject
) -> None:
    hole = re.search(rb"/Contents<([0-9a-f]+?)0*>", led)
    assert hole is not None
    outside = [*range(hole.start(1)), *range(hole.end() - 1, len(led) - 1)]
    at = data.draw(st.sampled_from(outside))
    value = data.draw(st.integers(1, 255))
    mutated = led[:at] + bytes((led[at] ^ value,)) + led[at + 1 :]
    try:
        report = check(mutated, trust)
    except UnreadableFileError:
        return
    assert report.indication is not Indication.TOTAL_PASSED


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_cut_insertion_or_repetition_leaves_a_signature_passed(
    led: bytes, trust: Trust, data: st.DataObject
) -> None:
    start, end = sorted(data.draw(st.integers(0, len(led) - 2)) for _ in range(2))
    part = led[start : end + 1]
    mutated = data.draw(
        st.sampled_from(
            [
                led[:start] + led[end + 1 :],
                led[: start + 1],
                led[:end] + part + led[end:],
                led[:start] + b"\x00%" + led[start:],
                led + b"\n" + part + b"x",
            ]
        )
    )
    try:
        report = check(mutated, trust)
    except UnreadableFileError:
        return
    assert report.indication is not Indication.TOTAL_PASSED


def test_no_pdf_is_refused_by_name(trust: Trust) -> None:
    with pytest.raises(NotAPdfError):
        check(b"hello", trust)


def test_encrypted_file_is_refused_by_name(trust: Trust) -> None:
    with pytest.raises(EncryptedFileError):
        check(update(base(), {}, trailer=b"/Encrypt 4 0 R"), trust)


def test_without_anchors_nothing_passes_and_it_is_said_loudly(led: bytes) -> None:
    report = check(led, Trust())

    assert report.indication is Indication.INDETERMINATE
    assert report.sub_indication is SubIndication.NO_CERTIFICATE_CHAIN_FOUND
    assert "verification.no-trust-anchors" in report.signatures[0].reasons


def test_one_unsure_signature_makes_the_document_unsure(pki: Pki, trust: Trust) -> None:
    stranger = Pki().issue("UBND xã Xa Lạ")
    pdf = sign(road(pki, 1), by(stranger), SEALED)

    report = check(pdf, trust)

    assert report.indication is Indication.INDETERMINATE
    assert report.completeness is Completeness.LEADER_ONLY


def test_one_failed_signature_fails_the_document(pki: Pki, trust: Trust) -> None:
    pdf = sign(road(pki, 1), by(pki.organisation, Recipe(flip_value=True)), SEALED)

    assert check(pdf, trust).indication is Indication.TOTAL_FAILED


def test_document_timestamp_alone_is_no_signature(pki: Pki, trust: Trust) -> None:
    report = check(stamp(base(), pki.tsa), trust)

    assert report.indication is None
    assert report.document_timestamps[0].indication is Indication.TOTAL_PASSED
    assert report.document_timestamps[0].authority == "Máy chủ dấu thời gian"


def test_wrong_document_timestamp_fails_an_unsigned_file(pki: Pki, trust: Trust) -> None:
    wrong = stamp(base(), pki.tsa).replace(b"CONG VAN", b"CONG VAT")

    assert check(wrong, trust).indication is Indication.TOTAL_FAILED


def test_wrong_document_timestamp_proves_nothing_for_signatures(pki: Pki, trust: Trust) -> None:
    foreign = stamp(road(pki, 3), pki.leader)

    report = check(foreign, trust)

    assert report.indication is Indication.TOTAL_PASSED
    assert report.signatures[0].level is Level.B_LT
    assert report.document_timestamps[0].indication is Indication.INDETERMINATE


def test_document_timestamp_proves_a_signature_without_its_own(pki: Pki) -> None:
    short = pki.issue("Trần Thị Bình", end=NOW + DAY)
    pdf = stamp(sign(base(), by(short)), pki.tsa)
    trust = pki.trust(intermediates=(pki.ca.der,))

    report = check(pdf, trust, at=NOW + 10 * DAY)

    assert report.indication is Indication.TOTAL_PASSED
    assert report.signatures[0].level is Level.B_T


def test_structure_findings_come_without_a_container(pki: Pki, trust: Trust) -> None:
    pdf = sign(base(), by(pki.leader), Plan(range_shift=(0, 0, 10, -10)))

    one = check(pdf, trust).signatures[0]

    assert one.sub_indication is SubIndication.FORMAT_FAILURE
    assert one.signer is None


def test_wrong_structure_of_a_timestamp_is_reported(pki: Pki, trust: Trust) -> None:
    plan = Plan(sub_filter=b"ETSI.RFC3161", range_shift=(0, 0, 10, -10))

    report = check(sign(base(), by(pki.tsa), plan), trust)

    assert report.document_timestamps[0].reasons == ("verification.byte-range-gap",)


def test_unknown_sub_filter_is_unsure_not_unsigned(pki: Pki, trust: Trust) -> None:
    plan = Plan(sub_filter=b"adbe.x509.dsa_sha1")

    report = check(sign(base(), by(pki.leader), plan), trust)

    assert report.indication is Indication.INDETERMINATE
    assert report.signatures[0].reasons == ("verification.sub-filter-unknown",)


@pytest.mark.parametrize("which", ["signature", "timestamp"])
def test_a_library_that_falls_over_is_a_finding(
    which: str, finished: bytes, trust: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fall_over(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(signature_module.Examiner, which, fall_over)

    report = check(finished, trust)

    found = report.signatures if which == "signature" else report.document_timestamps
    assert found[0].sub_indication is SubIndication.GENERIC
    assert "verification.check-failed" in found[0].reasons


@pytest.mark.parametrize(
    ("ahead", "code", "passes"),
    [
        (timedelta(hours=7), "verification.signing-time-ahead", True),
        (timedelta(hours=9), "verification.signing-time-after-proof", False),
    ],
)
def test_signing_time_ahead_of_proof(
    ahead: timedelta, code: str, *, passes: bool, pki: Pki, trust: Trust
) -> None:
    recipe = Recipe(signing_time=NOW + ahead, timestamp=pki.tsa)

    one = check(sign(base(), by(pki.leader, recipe)), trust).signatures[0]

    assert code in one.reasons
    assert (one.indication is Indication.TOTAL_PASSED) is passes


def test_signing_time_of_the_dictionary_serves_where_none_is_signed(pki: Pki, trust: Trust) -> None:
    plan = replace(CERTIFIED, value_more=b"/M(D:20261120093000+07'00')")

    one = check(sign(base(), by(pki.leader, Recipe(signing_time=None)), plan), trust).signatures[0]

    assert one.signing_time == NOW
    assert one.reasons == ()


def test_signature_without_any_time_says_so(pki: Pki, trust: Trust) -> None:
    one = check(sign(base(), by(pki.leader, Recipe(signing_time=None))), trust).signatures[0]

    assert one.reasons == ("verification.no-signing-time",)
    assert one.indication is Indication.TOTAL_PASSED


def test_old_digest_is_judged_by_its_date(pki: Pki) -> None:
    then = datetime(2016, 5, 1, tzinfo=UTC)
    signer = pki.issue("Lê Văn Cũ", start=then - DAY, end=then + 9000 * DAY)
    trust = pki.trust(intermediates=(pki.ca.der,))
    recipe = Recipe(hash_name="sha1", signing_time=then)
    pdf = sign(base(), by(signer, recipe))

    one = check(pdf, trust).signatures[0]

    assert one.sub_indication is SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE
    assert "verification.weak-digest-no-proof" in one.reasons
    assert (
        check(pdf, trust, policy=replace(DEFAULT_POLICY, hashes={})).signatures[0].sub_indication
        is SubIndication.CRYPTO_CONSTRAINTS_FAILURE
    )


def test_padding_that_is_not_zero_is_a_remark(pki: Pki, trust: Trust) -> None:
    filler = by(pki.leader)

    one = check(sign(base(), lambda data: filler(data) + b"\x00\x01"), trust).signatures[0]

    assert one.reasons == ("verification.padding-not-zero",)
