from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from datetime import datetime

import pikepdf
import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from pyhanko.pdf_utils.reader import PdfFileReader
from signing_stand_ins import NOW, Pki, Tsa, blank_pdf, places
from signing_steps import leader_plan, organisation_plan, sign, statuses

from signing.errors import (
    AlreadySignedError,
    CharacterNotInFontError,
    FieldFilledError,
    FieldMissingError,
    LeaderSignatureMissingError,
    UnreadablePdfError,
    UnusableCertificateError,
)
from signing.model import NUMBER_FIELD, ReservedPlaces
from signing.prepare import prepare
from signing.stamp import reserve


def rewritten(pdf: bytes, change: object, **save: object) -> bytes:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        change(document)
        stream = io.BytesIO()
        document.save(stream, **save)
        return stream.getvalue()


def field_of(document: pikepdf.Pdf, name: str) -> pikepdf.Object:
    (parent,) = document.Root.AcroForm.Fields
    return next(kid for kid in parent.Kids if str(kid.T) == name)


def test_preparing_twice_gives_the_same_bytes(reserved: bytes, pki: Pki) -> None:
    plan = leader_plan(pki)
    assert prepare(reserved, plan=plan, at=NOW) == prepare(reserved, plan=plan, at=NOW)


def test_the_digest_is_of_everything_but_the_hole(reserved: bytes, pki: Pki) -> None:
    prepared = prepare(reserved, plan=leader_plan(pki), at=NOW)
    start, end = prepared.hole
    assert set(prepared.pdf[start + 1 : end - 1]) == {ord("0")}
    assert hashlib.sha256(prepared.pdf[:start] + prepared.pdf[end:]).digest() == prepared.digest


def test_the_signed_attributes_are_the_three_of_pades(reserved: bytes, pki: Pki) -> None:
    prepared = prepare(reserved, plan=leader_plan(pki), at=NOW)
    attributes = cms.CMSAttributes.load(prepared.to_be_signed, strict=True)
    found = {attribute["type"].native: attribute["values"][0].native for attribute in attributes}
    assert set(found) == {"content_type", "message_digest", "signing_certificate_v2"}
    assert found["content_type"] == "data"
    assert found["message_digest"] == prepared.digest
    (certificate,) = found["signing_certificate_v2"]["certs"]
    assert certificate["cert_hash"] == hashlib.sha256(pki.leader.der).digest()


def test_the_signature_dictionary_is_that_of_pades(led: bytes) -> None:
    (found,) = PdfFileReader(io.BytesIO(led)).embedded_regular_signatures
    assert found.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"
    assert found.sig_object["/M"] == "D:20261120093000+07'00'"


def test_the_leader_certifies_with_form_filling_allowed(led: bytes) -> None:
    with pikepdf.open(io.BytesIO(led)) as document:
        (reference,) = document.Root.Perms.DocMDP.Reference
        assert reference.TransformMethod == pikepdf.Name.DocMDP
        assert reference.TransformParams.P == 2


def test_the_organisation_does_not_certify(sealed: bytes) -> None:
    with pikepdf.open(io.BytesIO(sealed)) as document:
        assert "/Reference" not in field_of(document, "organisation").V


def test_number_and_date_are_filled_in_the_revision_of_the_seal(led: bytes, sealed: bytes) -> None:
    with pikepdf.open(io.BytesIO(led)) as document:
        assert "/V" not in field_of(document, "number")
    with pikepdf.open(io.BytesIO(sealed)) as document:
        values = [str(field_of(document, name).V) for name in ("number", "day", "month")]
        fonts = field_of(document, "number").AP.N.Resources.Font
        assert list(fonts.keys()) == ["/DocsvcTinos"]
    assert values == ["05", "07", "11"]


def test_the_image_is_in_the_file_once(led: bytes, sealed: bytes) -> None:
    assert led.count(b"/Subtype /Image") == 2  # the image and its mask
    assert sealed.count(b"/Subtype /Image") == 4


def test_the_metadata_of_the_author_is_left_alone(led: bytes) -> None:
    with pikepdf.open(io.BytesIO(led)) as document:
        assert "/Metadata" not in document.Root
        assert "/Producer" not in document.trailer.get("/Info", {})


def test_an_invisible_signature_draws_nothing(pki: Pki, tsa: Tsa) -> None:
    led = sign(reserve(blank_pdf(), ReservedPlaces()), leader_plan(pki), pki.leader, tsa)
    assert b"/Subtype /Image" not in led
    assert statuses(led, pki)[0].bottom_line


def test_a_plan_without_an_image_draws_nothing(reserved: bytes, pki: Pki, tsa: Tsa) -> None:
    led = sign(reserved, replace(leader_plan(pki), image=None), pki.leader, tsa)
    assert b"/Subtype /Image" not in led


def test_a_moment_without_a_zone_is_refused(reserved: bytes, pki: Pki) -> None:
    with pytest.raises(ValueError, match="zone"):
        prepare(reserved, plan=leader_plan(pki), at=datetime(2026, 11, 20))  # noqa: DTZ001  # the point


def test_the_seal_is_refused_before_the_leader(reserved: bytes, pki: Pki) -> None:
    with pytest.raises(LeaderSignatureMissingError) as caught:
        prepare(reserved, plan=organisation_plan(pki), at=NOW)
    assert caught.value.facts == {"reason": "empty"}


def test_the_seal_is_refused_without_reserved_places(pki: Pki) -> None:
    with pytest.raises(LeaderSignatureMissingError):
        prepare(blank_pdf(), plan=organisation_plan(pki), at=NOW)


def test_a_copy_is_sealed_without_the_leader(reserved: bytes, pki: Pki, tsa: Tsa) -> None:
    plan = replace(organisation_plan(pki), requires_leader=False)
    sealed = sign(reserved, plan, pki.organisation, tsa)
    assert statuses(sealed, pki)[0].bottom_line


def test_the_seal_is_refused_when_the_leaders_bytes_were_changed(led: bytes, pki: Pki) -> None:
    broken = led.replace(b"595.28", b"595.29")
    assert broken != led
    with pytest.raises(LeaderSignatureMissingError) as caught:
        prepare(broken, plan=organisation_plan(pki), at=NOW)
    assert caught.value.facts == {"reason": "message-digest"}


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"/ByteRange [0 ", b"/ByteRangf [0 ", "byte-range"),
        (b"/ByteRange [0 ", b"/ByteRange [1 ", "byte-range"),
        (b"/Contents <3082", b"/Contents <zz82", "byte-range"),
        (b"/Contents <3082", b"/Contents <0000", "unreadable"),
        (b"06092a864886f70d010702", b"06092a864886f70d010703", "not-signed-data"),
    ],
)
def test_the_seal_is_refused_over_a_mangled_leader_signature(
    led: bytes, pki: Pki, old: bytes, new: bytes, reason: str
) -> None:
    assert old in led
    with pytest.raises(LeaderSignatureMissingError) as caught:
        prepare(led.replace(old, new), plan=organisation_plan(pki), at=NOW)
    assert caught.value.facts == {"reason": reason}


def test_a_leader_value_within_the_field_is_none_of_ours(reserved: bytes, pki: Pki) -> None:
    def pretend(document: pikepdf.Pdf) -> None:
        field_of(document, "leader").V = pikepdf.Dictionary(Type=pikepdf.Name.Sig)

    with pytest.raises(LeaderSignatureMissingError) as caught:
        prepare(rewritten(reserved, pretend), plan=organisation_plan(pki), at=NOW)
    assert caught.value.facts == {"reason": "empty"}


def test_a_leader_value_in_an_object_stream_is_none_of_ours(reserved: bytes, pki: Pki) -> None:
    def pretend(document: pikepdf.Pdf) -> None:
        value = document.make_indirect(pikepdf.Dictionary(A=1))
        field_of(document, "leader").V = value

    packed = rewritten(reserved, pretend, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    with pytest.raises(LeaderSignatureMissingError):
        prepare(packed, plan=organisation_plan(pki), at=NOW)


def test_only_the_first_signature_certifies(led: bytes, pki: Pki) -> None:
    plan = replace(organisation_plan(pki), certify=True)
    with pytest.raises(AlreadySignedError):
        prepare(led, plan=plan, at=NOW)


def test_a_field_is_signed_once(led: bytes, pki: Pki) -> None:
    with pytest.raises(FieldFilledError):
        prepare(led, plan=leader_plan(pki), at=NOW)


@pytest.mark.parametrize("name", ["docsvc.stranger", "stranger", "docsvc.number"])
def test_a_field_that_was_not_reserved_is_named(reserved: bytes, pki: Pki, name: str) -> None:
    with pytest.raises(FieldMissingError) as caught:
        prepare(reserved, plan=replace(leader_plan(pki), field_name=name), at=NOW)
    assert caught.value.facts == {"field": name}


def test_a_value_that_cannot_be_drawn_is_refused(reserved: bytes, pki: Pki) -> None:
    plan = replace(leader_plan(pki), fills={NUMBER_FIELD: "五"})
    with pytest.raises(CharacterNotInFontError) as caught:
        prepare(reserved, plan=plan, at=NOW)
    assert caught.value.facts == {"character": "U+4E94"}


def test_fields_without_size_or_turn_of_their_own_get_the_usual(
    reserved: bytes, pki: Pki, tsa: Tsa
) -> None:
    def strip(document: pikepdf.Pdf) -> None:
        number = field_of(document, "number")
        del number.DA
        number.MK = pikepdf.Dictionary(R=45)
        number.Q = 0

    plan = replace(leader_plan(pki), fills={NUMBER_FIELD: "05"})
    led = sign(rewritten(reserved, strip), plan, pki.leader, tsa)
    with pikepdf.open(io.BytesIO(led)) as document:
        content = field_of(document, "number").AP.N.read_bytes()
    assert b"/DocsvcTinos 13 Tf" in content


@pytest.mark.parametrize(
    "pdf", [b"", b"%PDF-1.7 nothing", blank_pdf(encryption=pikepdf.Encryption(owner="o", user=""))]
)
def test_what_cannot_be_read_strictly_is_not_signed(pdf: bytes, pki: Pki) -> None:
    with pytest.raises(UnreadablePdfError):
        prepare(pdf, plan=leader_plan(pki), at=NOW)


def test_a_field_that_is_no_dictionary_is_refused(reserved: bytes, pki: Pki) -> None:
    def break_it(document: pikepdf.Pdf) -> None:
        document.Root.AcroForm.Fields.insert(0, document.make_indirect(pikepdf.Array([])))

    with pytest.raises(UnreadablePdfError):
        prepare(rewritten(reserved, break_it), plan=leader_plan(pki), at=NOW)


def test_a_form_without_end_is_not_walked_forever(reserved: bytes, pki: Pki) -> None:
    def loop(document: pikepdf.Pdf) -> None:
        (parent,) = document.Root.AcroForm.Fields
        document.Root.AcroForm.Fields.append(document.make_indirect(pikepdf.Dictionary()))
        document.Root.AcroForm.Fields[1].Kids = pikepdf.Array([document.Root.AcroForm.Fields[1]])
        assert parent

    with pytest.raises(UnreadablePdfError):
        prepare(rewritten(reserved, loop), plan=leader_plan(pki), at=NOW)


def test_a_chain_needs_a_certificate(reserved: bytes, pki: Pki) -> None:
    with pytest.raises(UnusableCertificateError) as caught:
        prepare(reserved, plan=replace(leader_plan(pki), chain=()), at=NOW)
    assert caught.value.facts == {"reason": "no-certificate"}


def test_a_certificate_must_be_readable(reserved: bytes, pki: Pki) -> None:
    with pytest.raises(UnusableCertificateError) as caught:
        prepare(reserved, plan=replace(leader_plan(pki), chain=(b"0",)), at=NOW)
    assert caught.value.facts == {"reason": "unreadable"}


@pytest.mark.parametrize(
    "key",
    [
        rsa.generate_private_key(65537, 1024),  # noqa: S505  # the point
        ec.generate_private_key(ec.SECP256K1()),
        ed25519.Ed25519PrivateKey.generate(),
    ],
    ids=["short", "curve", "edwards"],
)
def test_a_key_of_an_unwanted_kind_is_refused(reserved: bytes, pki: Pki, key: object) -> None:
    party = pki.party("Unwanted", key)
    with pytest.raises(UnusableCertificateError) as caught:
        prepare(reserved, plan=replace(leader_plan(pki), chain=pki.chain(party)), at=NOW)
    assert caught.value.facts == {"reason": "key-kind"}


def test_a_page_that_is_turned_tells_its_fields() -> None:
    with pikepdf.open(io.BytesIO(reserve(blank_pdf(rotate=90), places()))) as document:
        assert field_of(document, "number").MK.R == 90


def test_a_file_without_an_id_gets_one(reserved: bytes, pki: Pki) -> None:
    nameless = reserved.replace(b"/ID [", b"/Id [")
    prepared = prepare(nameless, plan=leader_plan(pki), at=NOW)
    # A string whose bytes happen to be text is read as one.
    ids = [one.original_bytes for one in PdfFileReader(io.BytesIO(prepared.pdf)).trailer["/ID"]]
    assert ids == [hashlib.sha256(nameless).digest()[:16]] * 2


@pytest.mark.parametrize("rotate", [0, 90])
def test_a_filled_appearance_differs_from_the_reserved_one_in_what_it_draws_only(
    pki: Pki, tsa: Tsa, rotate: int
) -> None:
    reserved = reserve(blank_pdf(rotate=rotate), places())
    led = sign(reserved, leader_plan(pki), pki.leader, tsa)
    sealed = sign(led, organisation_plan(pki), pki.organisation, tsa)

    def shapes(pdf: bytes) -> dict[str, tuple[str, list[float]]]:
        with pikepdf.open(io.BytesIO(pdf)) as document:
            kids = document.Root.AcroForm.Fields[0].Kids
            forms = {str(kid.T): kid.AP.N for kid in kids}
            return {
                name: (str(form.Filter), [float(edge) for edge in form.BBox])
                for name, form in forms.items()
            }

    assert shapes(sealed) == shapes(reserved)


def test_a_catalogue_that_is_no_dictionary_is_refused(reserved: bytes, pki: Pki) -> None:
    rootless = reserved.replace(b"/Root 1 0 R", b"/Root 6 0 R").replace(
        b"6 0 obj\n<<", b"6 0 obj\n12 "
    )
    with pytest.raises(UnreadablePdfError):
        prepare(rootless, plan=leader_plan(pki), at=NOW)


@pytest.mark.parametrize("look", ["/Tinos\xff 13 Tf", "/Tinos)(x 13 Tf", "/Tinos 99999 Tf"])
def test_a_font_or_size_that_is_none_is_replaced_by_the_usual(
    reserved: bytes, pki: Pki, look: str
) -> None:
    def change(document: pikepdf.Pdf) -> None:
        field_of(document, "number").DA = pikepdf.String(look)

    plan = replace(leader_plan(pki), fills={NUMBER_FIELD: "05"})
    prepared = prepare(rewritten(reserved, change), plan=plan, at=NOW)
    with pikepdf.open(io.BytesIO(prepared.pdf)) as document:
        content = field_of(document, "number").AP.N.read_bytes()
    assert b"/DocsvcTinos 13 Tf" in content
