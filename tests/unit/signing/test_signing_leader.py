"""A seal is built upon a leader's signature: files that only pretend to have one are refused."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pikepdf
import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from signing_stand_ins import NOW, Pki
from signing_steps import leader_plan, organisation_plan, sign

from signing._pades.cms import template_of
from signing.errors import LeaderSignatureMissingError
from signing.prepare import prepare

if TYPE_CHECKING:
    from collections.abc import Callable

    from signing_stand_ins import Party

    from signing.model import Prepared


# As pyHanko writes it.
MOMENT = b"/M (D:20261120093000+07'00')"


def reason_of(pdf: bytes, pki: Pki, leaders: frozenset[str] = frozenset()) -> object:
    with pytest.raises(LeaderSignatureMissingError) as caught:
        prepare(pdf, plan=replace(organisation_plan(pki), leaders=leaders), at=NOW)
    return caught.value.facts["reason"]


def forged(
    prepared: Prepared, pki: Pki, change: Callable[[bytes], bytes], *, covers: int | None = None
) -> bytes:
    """Sign what was changed after it was prepared, truly and with the leader's own key.

    Args:
        prepared: the first half of the leader's signature.
        pki: whose leader signs.
        change: what is done to the bytes; their number stays.
        covers: how many bytes behind the hole are signed; None: all.
    """
    pdf = change(prepared.pdf)
    assert len(pdf) == len(prepared.pdf)
    start, end = prepared.hole
    last = len(pdf) if covers is None else end + covers
    digest = hashlib.sha256(pdf[:start] + pdf[end:last]).digest()
    template = template_of(pki.chain(pki.leader))
    value = pki.leader.sign(template.signed_attributes(digest))
    cms = template.assemble(digest=digest, value=value, timestamp_token=None).hex().encode()
    return pdf[: start + 1] + cms + pdf[start + 1 + len(cms) :]


def swapped(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def change(pdf: bytes) -> bytes:
        assert pdf.count(old) == 1
        return pdf.replace(old, new.ljust(len(old)))

    return change


@pytest.fixture(scope="module")
def prepared(reserved: bytes, pki: Pki) -> Prepared:
    return prepare(reserved, plan=leader_plan(pki), at=NOW)


def test_the_forger_can_sign(prepared: Prepared, pki: Pki) -> None:
    assert prepare(forged(prepared, pki, bytes), plan=organisation_plan(pki), at=NOW)


@pytest.mark.parametrize("covers", [0, 40])
def test_a_signature_that_leaves_the_end_out_is_none(
    prepared: Prepared, pki: Pki, covers: int
) -> None:
    behind = len(prepared.pdf) - prepared.hole[1]
    claimed = str(behind).encode()

    def shorten(pdf: bytes) -> bytes:
        at = pdf.index(b"/ByteRange")
        where = pdf.index(b" " + claimed, at) + 1
        fewer = str(covers).encode().ljust(len(claimed))
        return pdf[:where] + fewer + pdf[where + len(claimed) :]

    assert reason_of(forged(prepared, pki, shorten, covers=covers), pki) == "not-covered"


def test_what_was_appended_after_the_leader_was_not_seen_by_the_leader(
    led: bytes, pki: Pki
) -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(led))
    page = writer.root["/Pages"]["/Kids"].raw_get(0)
    drawn = writer.add_object(generic.StreamObject(stream_data=b"BT ET"))
    page.get_object()[generic.pdf_name("/Contents")] = drawn
    writer.mark_update(page.reference)
    out = io.BytesIO()
    writer.write(out)
    assert out.getvalue().startswith(led)
    assert reason_of(out.getvalue(), pki) == "not-covered"


def test_white_space_at_the_end_is_nothing(led: bytes, pki: Pki) -> None:
    assert prepare(led + b"\r\n", plan=organisation_plan(pki), at=NOW)


def test_a_signature_that_claims_more_than_there_is_is_none(prepared: Prepared, pki: Pki) -> None:
    claimed = str(len(prepared.pdf) - prepared.hole[1]).encode()

    def lengthen(pdf: bytes) -> bytes:
        where = pdf.index(b" " + claimed, pdf.index(b"/ByteRange")) + 1
        return pdf[:where] + b"9" * len(claimed) + pdf[where + len(claimed) :]

    assert reason_of(forged(prepared, pki, lengthen), pki) == "not-covered"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (MOMENT, b"/B (/ByteRange [0 1 2 3])", "byte-range"),
        (b"/Contents <0", b"/Contentx <0", "byte-range"),
        (b"/SubFilter /ETSI.CAdES.detached", b"/SubFilter /ETSI.RFC3161", "no-document-signature"),
        (b"/SubFilter /ETSI.CAdES.detached", b"/SubFiltex /ETSI.CAdES.detached",
         "no-document-signature"),
    ],
)  # fmt: skip
def test_an_object_that_is_no_plain_signature_is_none(
    prepared: Prepared, pki: Pki, old: bytes, new: bytes, reason: str
) -> None:
    assert reason_of(forged(prepared, pki, swapped(old, new)), pki) == reason


def test_a_seal_does_not_stand_in_for_the_leader(reserved: bytes, pki: Pki) -> None:
    own = replace(leader_plan(pki), chain=pki.chain(pki.organisation))
    assert reason_of(sign(reserved, own, pki.organisation, None), pki) == "own-certificate"


def test_a_stranger_is_no_leader(reserved: bytes, led: bytes, pki: Pki) -> None:
    known = frozenset({hashlib.sha256(pki.leader.der).hexdigest()})
    stranger: Party = pki.party("Nguyễn Văn An")
    plan = replace(leader_plan(pki), chain=pki.chain(stranger))
    assert reason_of(sign(reserved, plan, stranger, None), pki, known) == "not-entitled"
    assert prepare(led, plan=replace(organisation_plan(pki), leaders=known), at=NOW)


def test_a_value_in_another_kind_of_field_is_none(reserved: bytes, pki: Pki) -> None:
    with pikepdf.open(io.BytesIO(reserved)) as document:
        (parent,) = document.Root.AcroForm.Fields
        field = next(kid for kid in parent.Kids if str(kid.T) == "leader")
        field.FT = pikepdf.Name.Tx
        field.V = document.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.Sig))
        out = io.BytesIO()
        document.save(out)
    assert reason_of(out.getvalue(), pki) == "empty"
