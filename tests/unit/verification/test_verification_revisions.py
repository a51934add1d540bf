from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from verification_files import (
    CATALOG,
    CERTIFIED,
    FORM,
    LEADER,
    Plan,
    base,
    base_objects,
    by,
    check,
    sign,
    signature_field,
    store,
    update,
    update_by_stream,
)

from verification import revisions
from verification._pdf.document import open_document
from verification._pdf.objects import PdfSyntaxError
from verification.context import read_store
from verification.model import Coverage, Indication

if TYPE_CHECKING:
    from verification_pki import Pki

    from verification.trust import Trust


@pytest.mark.parametrize(
    ("shift", "code"),
    [
        ((5, 0, 0, 0), "byte-range-malformed"),
        ((0, 10**9, 0, 0), "byte-range-malformed"),
        ((0, 0, 0, 10), "signature-destroyed"),
        ((0, -1, 0, 0), "byte-range-gap"),
        ((0, 0, 1, -1), "byte-range-gap"),
        ((0, 0, 0, -3), "not-a-revision"),
        ((0, 0, 0, -9), "not-a-revision"),
    ],
)
def test_byte_range_that_is_wrong_fails(
    shift: tuple[int, int, int, int], code: str, pki: Pki, trust: Trust
) -> None:
    report = check(sign(base(), by(pki.leader), Plan(range_shift=shift)), trust)

    assert report.indication is Indication.TOTAL_FAILED
    assert f"verification.{code}" in report.signatures[0].reasons


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"/ByteRange[", b"/ByteRang_[", "byte-range-malformed"),
        (b"/ByteRange[0", b"/ByteRange[true", "byte-range-malformed"),
        (b"/ByteRange[0", b"/ByteRange[0 1", "byte-range-malformed"),
        (b"/Contents<", b"/Content_<", "no-contents"),
        (b"/Type/Sig/", b"/Type/Sig/Type/Sig/", "duplicate-key"),
        (b"/SubFilter/ETSI.CAdES.detached", b"/SubFilter(ETSI)", "sub-filter-unknown"),
    ],
)
def test_signature_dictionary_that_is_wrong_fails(
    old: bytes, new: bytes, code: str, pki: Pki, trust: Trust
) -> None:
    def write(pdf: bytes, objects: dict[int, bytes]) -> bytes:
        return update(pdf, {n: body.replace(old, new, 1) for n, body in objects.items()})

    pdf = sign(base(), by(pki.leader), Plan(write=write))

    assert f"verification.{code}" in check(pdf, trust).signatures[0].reasons


def test_contents_that_are_no_hex_string_fail(pki: Pki, trust: Trust) -> None:
    pdf = sign(base(), by(pki.leader), CERTIFIED)
    hole = pdf.index(b"/Contents<") + 9
    end = pdf.index(b">", hole)
    pdf = pdf[:hole] + b"(" + b"a" * (end - hole - 1) + b")" + pdf[end + 1 :]

    assert check(pdf, trust).signatures[0].reasons == ("verification.byte-range-gap",)


def test_value_packed_into_an_object_stream_is_no_signature(trust: Trust) -> None:
    value = b"<</Type/Sig/ByteRange[0 1 2 3]/Contents<00>>>"
    pdf = update_by_stream(
        update(base(), {LEADER: signature_field(b"docsvc.leader", b"/V 70 0 R")}),
        {},
        packed={70: value},
    )

    assert check(pdf, trust).signatures[0].reasons == ("verification.signature-not-in-file",)


@pytest.mark.parametrize("value", [b"70 0 R", b"<</Type/Sig>>", b"4 0 R"])
def test_value_that_is_no_dictionary_is_no_signature(value: bytes, trust: Trust) -> None:
    pdf = update(base(), {LEADER: signature_field(b"docsvc.leader", b"/V " + value)})

    report = check(pdf, trust)

    assert report.indication is Indication.TOTAL_FAILED
    assert report.signatures[0].coverage is Coverage.NONE


def test_one_signature_shown_twice_fails(pki: Pki, trust: Trust) -> None:
    seal = signature_field(b"docsvc.organisation", b"/V 20 0 R")
    pdf = sign(base(), by(pki.leader), Plan(objects={10: seal}))

    first, second = check(pdf, trust).signatures

    assert first.indication is Indication.TOTAL_PASSED
    assert second.reasons == ("verification.signature-shared",)


def test_signed_section_that_points_out_of_the_signed_bytes_fails(pki: Pki, trust: Trust) -> None:
    objects = base_objects() | {45: b"(x)"}
    pdf = sign(base(objects), by(pki.leader))
    at = pdf.index(b"45 0 obj")
    beyond = len(pdf) + 3
    signed = sign(
        base(objects).replace(b"%010d 00000 n" % at, b"%010d 00000 n" % beyond), by(pki.leader)
    )

    report = check(update(signed, {46: b"(x)"}), trust)

    assert report.signatures[0].reasons == ("verification.outside-of-range",)


def test_names_of_fields_are_read_in_all_encodings() -> None:
    objects = base_objects() | {
        FORM: b"<</Fields[41 0 R 42 0 R 43 0 R 41 0 R 44 0 R<</T(d)/FT/Sig>>]>>",
        41: b"<</FT/Sig/T<FEFF0110>>>",
        42: b"<</FT/Sig/T<EFBBBFC490>>>",
        43: b"<</FT/Sig/T 7>>",
        44: b"<</FT/Sig/T(p)/Kids[45 0 R]>>",
        45: b"<</T(k)>>",
    }
    document = open_document(base(objects))

    found = [name for name, _, _ in revisions.form_fields(document, 0)]

    assert found == ["Đ", "Đ", "", "d", "p.k"]


def test_endless_forms_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revisions, "_MAX_FIELDS", 2)

    with pytest.raises(PdfSyntaxError):
        list(revisions.form_fields(open_document(base()), 0))


def test_broken_parts_of_a_store_are_left_out(pki: Pki) -> None:
    whole = open_document(store(base(), pki))
    broken = open_document(
        update(store(base(), pki), {50: b"<</Length(x)>>\nstream\nx\nendstream", 51: b"(x)"})
    )
    none = open_document(update(base(), {CATALOG: b"<</DSS 1 0 R"}))

    assert len(read_store(whole, whole.newest).certificates) == 2
    assert read_store(broken, broken.newest).certificates == ()
    assert len(read_store(broken, broken.newest).crls) == 2
    assert read_store(none, none.newest).crls == ()
