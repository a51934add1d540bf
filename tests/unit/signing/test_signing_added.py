"""Signatures without a reserved field: on files of other tools, on copies and appendices."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pikepdf
import pypdfium2
import pytest
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.fields import MDPPerm
from signing_foreign import CAPTION, FOREIGN_FIELD, LINES, SEAL, added_plan, foreign, sealing_plan
from signing_stand_ins import NOW, Party, Pki, Tsa, blank_pdf
from signing_steps import archived, leader_plan, sign, statuses
from support.pdfsig import valid_for_pdfsig

from signing._pades import fields
from signing.errors import (
    BoxOutsidePageError,
    ChangesForbiddenError,
    FieldFilledError,
    FieldMissingError,
    LeaderSignatureMissingError,
    PageMissingError,
    UnreadablePdfError,
)
from signing.layouts import block
from signing.model import ADDED_FIELD, LEADER_FIELD, Box, Role, SignaturePlan
from signing.prepare import prepare
from signing.profiles import PROFILES, ProfileName, planned
from verification.model import Modification
from verification.policy import ISSUED_POLICY
from verification.trust import Anchor, AnchorKind, Trust
from verification.verify import verify

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLE = Path(__file__).parents[3] / "sample_docs/signed/37-quyet-dinh-ky-bang-phan-mem-khac.pdf"


@pytest.fixture(scope="module")
def theirs(pki: Pki) -> bytes:
    """Return a file with the leader's signature by another tool, without reserved fields."""
    return foreign(blank_pdf(), pki.leader)


def changed(pdf: bytes, change: Callable[[pikepdf.Pdf], None]) -> bytes:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        change(document)
        stream = io.BytesIO()
        document.save(stream)
        return stream.getvalue()


def test_a_foreign_file_gets_seal_number_and_date_in_one_revision(
    pki: Pki, tsa: Tsa, theirs: bytes
) -> None:
    sealed = sign(theirs, sealing_plan(pki), pki.organisation, tsa)
    assert sealed.startswith(theirs)
    assert sealed[len(theirs) :].count(b"startxref") == 1
    with pikepdf.open(io.BytesIO(sealed)) as document:
        names = [str(field.T) for field in document.Root.AcroForm.Fields]
        assert names == [FOREIGN_FIELD, ADDED_FIELD]
        widget = document.Root.AcroForm.Fields[1]
        assert int(widget.F) == 132
        assert widget.P.objgen == document.pages[0].objgen
        assert [float(edge) for edge in widget.Rect] == [
            CAPTION.x0,
            CAPTION.y0,
            CAPTION.x1,
            SEAL.y1,
        ]


def test_nothing_but_the_new_field_changes_in_a_foreign_file(
    pki: Pki, tsa: Tsa, theirs: bytes
) -> None:
    sealed = sign(theirs, sealing_plan(pki), pki.organisation, tsa)
    anchor = Anchor(certificate=pki.root.der, name="root", kind=AnchorKind.PUBLIC)
    trust = Trust(anchors=(anchor,), intermediates=(pki.ca.der,), crls=pki.crls)
    report = verify(sealed, policy=ISSUED_POLICY, trust=trust, at=NOW)
    leader, organisation = report.signatures
    assert leader.modification is Modification.FORM_FILLING
    assert organisation.modification is Modification.NONE
    # Of all that was found, only that a signature came later concerns a change.
    assert "verification.signature-added" in leader.reasons
    codes = ("changed", "replaced", "removed", "hides", "mark")
    assert [one for one in (*leader.reasons, *report.reasons) if any(c in one for c in codes)] == []
    with (
        pikepdf.open(io.BytesIO(theirs)) as before,
        pikepdf.open(io.BytesIO(sealed)) as after,
    ):
        for old, new in zip(before.pages, after.pages, strict=True):
            assert old.Contents.read_raw_bytes() == new.Contents.read_raw_bytes()


def test_a_foreign_signature_stays_valid_for_pyhanko_and_pdfsig(
    pki: Pki, tsa: Tsa, theirs: bytes, tmp_path: Path
) -> None:
    done = archived(sign(theirs, sealing_plan(pki), pki.organisation, tsa), pki, tsa)
    leader, organisation = statuses(done, pki)
    assert leader.bottom_line
    assert organisation.bottom_line
    assert leader.modification_level is ModificationLevel.FORM_FILLING
    path = tmp_path / "sealed.pdf"
    path.write_bytes(done)
    assert valid_for_pdfsig(path) == 2


def test_the_sample_of_another_tool_is_sealed(pki: Pki, tsa: Tsa) -> None:
    theirs = SAMPLE.read_bytes()
    sealed = sign(theirs, sealing_plan(pki), pki.organisation, tsa)
    assert sealed.startswith(theirs)
    assert [status.intact for status in statuses(sealed, pki)] == [True, True]


def test_number_and_date_can_be_read_in_the_seals_appearance(pki: Pki, theirs: bytes) -> None:
    sealed = sign(theirs, sealing_plan(pki), pki.organisation, None)
    document = pypdfium2.PdfDocument(sealed)
    document.init_forms()
    pypdfium2.raw.FPDFPage_Flatten(document[0], pypdfium2.raw.FLAT_NORMALDISPLAY)
    text = document[0].get_textpage().get_text_range()
    document.close()
    assert all(line in text for line in LINES)


@pytest.mark.parametrize("level", [MDPPerm.NO_CHANGES, MDPPerm.FILL_FORMS, MDPPerm.ANNOTATE])
def test_a_certified_file_gets_no_new_field(pki: Pki, level: MDPPerm) -> None:
    certified = foreign(blank_pdf(), pki.leader, certify=level)
    with pytest.raises(ChangesForbiddenError) as caught:
        prepare(certified, plan=sealing_plan(pki), at=NOW)
    assert caught.value.facts == {"level": level.value}


def test_a_certified_file_is_sealed_on_demand_where_form_filling_is_allowed(
    pki: Pki, tsa: Tsa
) -> None:
    plan = replace(sealing_plan(pki), after_certification=True)
    sealed = sign(
        foreign(blank_pdf(), pki.leader, certify=MDPPerm.FILL_FORMS), plan, pki.organisation, tsa
    )
    # pyHanko is strict: both are intact, but the certification is called broken.
    leader, organisation = statuses(sealed, pki)
    assert leader.intact
    assert not leader.docmdp_ok
    assert organisation.bottom_line
    locked = foreign(blank_pdf(), pki.leader, certify=MDPPerm.NO_CHANGES)
    with pytest.raises(ChangesForbiddenError):
        prepare(locked, plan=plan, at=NOW)


def test_usage_rights_forbid_nothing(pki: Pki) -> None:
    def grant(document: pikepdf.Pdf) -> None:
        document.Root.Perms = pikepdf.Dictionary(UR3=pikepdf.Dictionary())

    assert prepare(changed(blank_pdf(), grant), plan=added_plan(pki), at=NOW)


@pytest.mark.parametrize(
    "reference",
    [
        {"/TransformMethod": pikepdf.Name.FieldMDP},
        {"/TransformMethod": pikepdf.Name.DocMDP},
        {"/TransformMethod": pikepdf.Name.DocMDP, "/TransformParams": pikepdf.Dictionary()},
    ],
)
def test_a_certification_that_tells_no_level_allows_form_filling(
    pki: Pki, reference: dict[str, pikepdf.Object]
) -> None:
    def certify(document: pikepdf.Pdf) -> None:
        signature = pikepdf.Dictionary(Reference=pikepdf.Array([pikepdf.Dictionary(reference)]))
        document.Root.Perms = pikepdf.Dictionary(DocMDP=document.make_indirect(signature))

    with pytest.raises(ChangesForbiddenError) as caught:
        prepare(changed(blank_pdf(), certify), plan=added_plan(pki), at=NOW)
    assert caught.value.facts == {"level": 2}


# --- the order of signatures, by the bytes ------------------------------------------------


def test_the_seal_needs_the_field_that_the_leader_signed(pki: Pki, theirs: bytes) -> None:
    with pytest.raises(LeaderSignatureMissingError) as caught:
        prepare(theirs, plan=sealing_plan(pki, leader_field=LEADER_FIELD), at=NOW)
    assert caught.value.facts == {"reason": "empty"}


def test_the_organisation_is_not_its_own_leader(pki: Pki) -> None:
    own = foreign(blank_pdf(), pki.organisation)
    with pytest.raises(LeaderSignatureMissingError) as caught:
        prepare(own, plan=sealing_plan(pki), at=NOW)
    assert caught.value.facts == {"reason": "own-certificate"}


def test_a_foreign_signature_over_other_bytes_is_none(pki: Pki, theirs: bytes) -> None:
    broken = theirs.replace(b"595.28", b"596.28", 1)
    with pytest.raises(LeaderSignatureMissingError) as caught:
        prepare(broken, plan=sealing_plan(pki), at=NOW)
    assert caught.value.facts == {"reason": "message-digest"}


def test_a_timestamp_is_no_leader(pki: Pki, finished: bytes) -> None:
    with pytest.raises(LeaderSignatureMissingError):
        prepare(finished, plan=sealing_plan(pki, leader_field="docsvc-timestamp-1"), at=NOW)


def test_a_main_document_that_waits_for_its_leader_is_no_copy(pki: Pki, reserved: bytes) -> None:
    with pytest.raises(LeaderSignatureMissingError) as caught:
        prepare(reserved, plan=added_plan(pki), at=NOW)
    assert caught.value.facts == {"reason": "empty"}


def test_an_electronic_original_is_no_copy(pki: Pki, sealed: bytes) -> None:
    # NĐ 30 Đ25: what is copied is paper, or a part; an original is passed on as it is.
    with pytest.raises(ChangesForbiddenError):
        prepare(sealed, plan=added_plan(pki), at=NOW)


def test_an_appendix_of_its_own_is_signed_alone(pki: Pki, tsa: Tsa) -> None:
    signed = sign(blank_pdf(), added_plan(pki), pki.organisation, tsa)
    (status,) = statuses(signed, pki)
    assert status.bottom_line


@pytest.mark.parametrize("name", ProfileName)
def test_a_profile_gives_the_organisation_no_more_than_its_right(
    pki: Pki, reserved: bytes, name: ProfileName
) -> None:
    look = added_plan(pki).appearance
    assert look
    chain = pki.chain(pki.organisation)
    if name is ProfileName.LEADER:
        with pytest.raises(ValueError, match="role"):
            planned(name, Role.ORGANISATION, chain=chain, appearance=look)
        return
    plan = planned(name, Role.ORGANISATION, chain=chain, appearance=look)
    # Nobody seals a main document before its leader, under whatever profile.
    with pytest.raises(LeaderSignatureMissingError):
        prepare(reserved, plan=plan, at=NOW)
    alone = name in (ProfileName.APPENDIX, ProfileName.COPY, ProfileName.INCOMING)
    if alone:
        assert prepare(blank_pdf(), plan=plan, at=NOW)
    else:
        with pytest.raises(LeaderSignatureMissingError):
            prepare(blank_pdf(), plan=plan, at=NOW)


def test_only_a_free_mark_is_for_the_leader_too(pki: Pki) -> None:
    look = added_plan(pki).appearance
    assert look
    given = [
        name
        for name in ProfileName
        if Role.LEADER in PROFILES[name].roles
        and planned(name, Role.LEADER, chain=pki.chain(pki.leader), appearance=look)
    ]
    assert given == [ProfileName.LEADER, ProfileName.FREE]


def bare(pki: Pki, party: Party) -> bytes:
    """Return a file whose leader signature has no signed attributes, as old tools make them."""
    from asn1crypto import algos, cms  # noqa: PLC0415
    from asn1crypto import x509 as asn1_x509  # noqa: PLC0415

    plan = leader_plan(pki)
    plan = replace(plan, chain=pki.chain(party), certify=False, field_name=FOREIGN_FIELD)
    box = Box(page=0, x0=300, y0=500, x1=400, y1=540)
    plan = replace(plan, image=None, appearance=block(("Ký bởi",), box, size=10))
    prepared = prepare(blank_pdf(), plan=plan, at=NOW)
    start, end = prepared.hole
    content = prepared.pdf[:start] + prepared.pdf[end:]
    certificate = asn1_x509.Certificate.load(party.der)
    signer = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                "issuer_and_serial_number",
                {"issuer": certificate.issuer, "serial_number": certificate.serial_number},
            ),
            "digest_algorithm": {"algorithm": "sha256"},
            "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "rsassa_pkcs1v15"}),
            "signature": party.sign(content),
        }
    )
    data = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [{"algorithm": "sha256"}],
            "encap_content_info": {"content_type": "data"},
            "certificates": [certificate],
            "signer_infos": [signer],
        }
    )
    encoded = cms.ContentInfo({"content_type": "signed_data", "content": data}).dump()
    whole = bytearray(prepared.pdf)
    whole[start + 1 : start + 1 + 2 * len(encoded)] = encoded.hex().encode()
    return bytes(whole)


def test_a_leader_signature_without_signed_attributes_counts(pki: Pki, tsa: Tsa) -> None:
    sealed = sign(bare(pki, pki.leader), sealing_plan(pki), pki.organisation, tsa)
    assert [status.intact for status in statuses(sealed, pki)] == [True, True]


def test_a_leader_signature_without_signed_attributes_is_over_these_bytes(pki: Pki) -> None:
    whole = bytearray(bare(pki, pki.leader))
    whole[whole.index(b"/M (D") + 10] ^= 1  # a digit of the time becomes another
    with pytest.raises(LeaderSignatureMissingError) as caught:
        prepare(bytes(whole), plan=sealing_plan(pki), at=NOW)
    assert caught.value.facts == {"reason": "value"}


# --- the new field ---------------------------------------------------------------------------


def with_box(pki: Pki, box: Box) -> SignaturePlan:
    return replace(added_plan(pki), appearance=block(("a",), box, size=1))


@pytest.mark.parametrize("page", [-1, 2])
def test_a_page_that_is_missing_is_named(pki: Pki, page: int) -> None:
    plan = with_box(pki, Box(page=page, x0=0, y0=0, x1=10, y1=10))
    with pytest.raises(PageMissingError) as caught:
        prepare(blank_pdf(), plan=plan, at=NOW)
    assert caught.value.facts == {"page": page + 1, "pages": 2}


@pytest.mark.parametrize("edges", [(590, 10, 610, 20), (10, -9, 20, 9), (10, 10, 20, 900)])
def test_a_box_beyond_its_page_is_refused(pki: Pki, edges: tuple[float, ...]) -> None:
    box = Box(page=0, x0=edges[0], y0=edges[1], x1=edges[2], y1=edges[3])
    with pytest.raises(BoxOutsidePageError):
        prepare(blank_pdf(), plan=with_box(pki, box), at=NOW)


def test_a_field_is_added_and_signed_once(pki: Pki, tsa: Tsa) -> None:
    signed = sign(blank_pdf(), added_plan(pki), pki.organisation, tsa)
    with pytest.raises(FieldFilledError):
        prepare(signed, plan=added_plan(pki), at=NOW)


def test_an_empty_field_of_that_name_is_used(pki: Pki, tsa: Tsa) -> None:
    plan = added_plan(pki)
    assert plan.appearance
    box = plan.appearance.box

    def add(document: pikepdf.Pdf) -> None:
        widget = document.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Annot,
                Subtype=pikepdf.Name.Widget,
                FT=pikepdf.Name.Sig,
                T=ADDED_FIELD,
                Rect=[box.x0, box.y0, box.x1, box.y1],
                P=document.pages[0].obj,
            )
        )
        document.pages[0].Annots = document.make_indirect(pikepdf.Array([widget]))
        document.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([widget]))

    signed = sign(changed(blank_pdf(), add), plan, pki.organisation, tsa)
    with pikepdf.open(io.BytesIO(signed)) as document:
        assert len(document.Root.AcroForm.Fields) == 1
        assert len(document.pages[0].Annots) == 1


def test_a_name_with_a_full_stop_is_none_for_a_new_field(pki: Pki) -> None:
    with pytest.raises(FieldMissingError):
        prepare(blank_pdf(), plan=replace(added_plan(pki), field_name="docsvc.x"), at=NOW)


def broken_forms() -> dict[str, Callable[[pikepdf.Pdf], None]]:
    def without_fields(document: pikepdf.Pdf) -> None:
        document.Root.AcroForm = pikepdf.Dictionary(DA="/Helv 0 Tf")

    def apart(document: pikepdf.Pdf) -> None:
        fields = document.make_indirect(pikepdf.Array())
        form = pikepdf.Dictionary(Fields=fields, SigFlags=3)
        document.Root.AcroForm = document.make_indirect(form)

    def annotated(document: pikepdf.Pdf) -> None:
        link = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 9, 9]
        )
        document.pages[0].Annots = pikepdf.Array([document.make_indirect(link)])

    return {"without-fields": without_fields, "apart": apart, "annotated": annotated}


@pytest.mark.parametrize("kind", sorted(broken_forms()))
def test_a_field_fits_into_whatever_form_there_is(pki: Pki, tsa: Tsa, kind: str) -> None:
    pdf = changed(blank_pdf(), broken_forms()[kind])
    signed = sign(pdf, added_plan(pki), pki.organisation, tsa)
    (status,) = statuses(signed, pki)
    assert status.bottom_line
    with pikepdf.open(io.BytesIO(signed)) as document:
        assert int(document.Root.AcroForm.SigFlags) == 3
        widget = document.Root.AcroForm.Fields[-1]
        assert document.pages[0].Annots[-1].objgen == widget.objgen


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_a_new_mark_stands_upright_on_a_turned_page(pki: Pki, rotate: int) -> None:
    signed = sign(blank_pdf(rotate=rotate), added_plan(pki), pki.organisation, None)
    with pikepdf.open(io.BytesIO(signed)) as document:
        widget = document.Root.AcroForm.Fields[0]
        assert int(widget.get("/MK", {}).get("/R", 0)) == rotate
        matrix = [int(n) for n in widget.AP.N.Matrix]
        assert (matrix == [1, 0, 0, 1, 0, 0]) is (rotate == 0)


def test_a_page_inherits_its_size_from_the_tree(pki: Pki, tsa: Tsa) -> None:
    def lift(document: pikepdf.Pdf) -> None:
        document.Root.Pages.MediaBox = document.pages[0].MediaBox
        for page in document.pages:
            del page.MediaBox

    signed = sign(changed(blank_pdf(), lift), added_plan(pki), pki.organisation, tsa)
    assert [status.bottom_line for status in statuses(signed, pki)] == [True]


@pytest.mark.parametrize("size", [None, [0, 0, 9]])
def test_a_page_without_a_size_is_refused(pki: Pki, size: list[int] | None) -> None:
    def drop(document: pikepdf.Pdf) -> None:
        del document.pages[0].MediaBox
        if size:
            document.pages[0].obj["/MediaBox"] = pikepdf.Array(size)

    with pytest.raises(UnreadablePdfError) as caught:
        prepare(changed(blank_pdf(), drop), plan=added_plan(pki), at=NOW)
    assert caught.value.facts == {"reason": "page-size"}


def test_a_page_tree_without_end_is_not_climbed_forever(
    pki: Pki, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fields, "_MAX_ANCESTORS", 1)
    with pytest.raises(UnreadablePdfError) as caught:
        prepare(blank_pdf(), plan=added_plan(pki), at=NOW)
    assert caught.value.facts == {"reason": "page-tree"}


def test_preparing_a_new_field_twice_gives_the_same_bytes(pki: Pki, theirs: bytes) -> None:
    plan = sealing_plan(pki)
    one, two = (prepare(theirs, plan=plan, at=NOW) for _ in range(2))
    assert one == two
    start, end = one.hole
    assert hashlib.sha256(one.pdf[:start] + one.pdf[end:]).digest() == one.digest
