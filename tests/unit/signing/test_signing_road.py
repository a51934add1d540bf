from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import validate_pdf_timestamp
from pyhanko.sign.validation.status import SignatureCoverageLevel
from signing_stand_ins import Pki, Tsa, blank_pdf, places
from signing_steps import archived, context, leader_plan, organisation_plan, sign, statuses
from support.pdfsig import said_by_pdfsig

from signing.stamp import reserve

if TYPE_CHECKING:
    from pathlib import Path


def test_both_signatures_are_valid_for_pyhanko_after_b_lta(finished: bytes, pki: Pki) -> None:
    leader, organisation = statuses(finished, pki)
    assert leader.bottom_line
    assert organisation.bottom_line
    assert leader.docmdp_ok
    assert leader.modification_level is ModificationLevel.FORM_FILLING
    assert organisation.modification_level is ModificationLevel.LTA_UPDATES
    assert leader.timestamp_validity.valid
    assert organisation.timestamp_validity.valid


def test_the_document_timestamp_covers_the_whole_file(finished: bytes, pki: Pki) -> None:
    (found,) = PdfFileReader(io.BytesIO(finished)).embedded_timestamp_signatures
    status = validate_pdf_timestamp(found, context(pki))
    assert status.valid
    assert status.intact
    assert status.coverage is SignatureCoverageLevel.ENTIRE_FILE


def test_both_signatures_are_valid_for_pdfsig_after_b_lta(finished: bytes, tmp_path: Path) -> None:
    path = tmp_path / "signed.pdf"
    path.write_bytes(finished)
    said = said_by_pdfsig(path)
    leader, organisation, timestamp = said.split("Signature #")[1:]
    assert "Signature is Valid." in leader
    assert "Signature is Valid." in organisation
    assert "Total document signed" in timestamp


def test_two_timestamps_after_another_keep_everything_valid(finished: bytes, pki: Pki) -> None:
    renewed = archived(finished, pki, Tsa(pki.tsa))
    assert renewed.startswith(finished)
    reader = PdfFileReader(io.BytesIO(renewed))
    names = [found.field_name for found in reader.embedded_timestamp_signatures]
    assert names == ["docsvc-timestamp-1", "docsvc-timestamp-2"]
    assert all(status.bottom_line for status in statuses(renewed, pki))
    first, last = reader.embedded_timestamp_signatures
    assert validate_pdf_timestamp(first, context(pki)).valid
    assert validate_pdf_timestamp(last, context(pki)).coverage is SignatureCoverageLevel.ENTIRE_FILE


@pytest.mark.parametrize("step", [97, 1009])
def test_any_changed_byte_breaks_the_leader_signature(led: bytes, pki: Pki, step: int) -> None:
    reader = PdfFileReader(io.BytesIO(led))
    (found,) = reader.embedded_regular_signatures
    _, before, after, _ = (int(number) for number in found.sig_object["/ByteRange"])
    signed = [*range(step, before, len(led) // 7), *range(after, len(led), step)]
    for position in signed:
        broken = bytearray(led)
        broken[position] ^= 0x01
        assert not _all_valid(bytes(broken), pki), position


def _all_valid(pdf: bytes, pki: Pki) -> bool:
    try:
        found = statuses(pdf, pki)
    except Exception:  # noqa: BLE001  # whatever a broken file makes a reader raise, it is no yes
        return False
    return len(found) == 1 and found[0].bottom_line


@pytest.mark.parametrize("rotate", [90, 180, 270])
def test_signatures_on_turned_pages_stay_valid(pki: Pki, tsa: Tsa, rotate: int) -> None:
    reserved = reserve(blank_pdf(rotate=rotate), places())
    led = sign(reserved, leader_plan(pki), pki.leader, tsa)
    sealed = sign(led, organisation_plan(pki), pki.organisation, tsa)
    assert all(status.bottom_line for status in statuses(sealed, pki))


def test_signatures_by_elliptic_curves_stay_valid(pki: Pki, tsa: Tsa, reserved: bytes) -> None:
    leader = pki.party("P-256", ec.generate_private_key(ec.SECP256R1()))
    organisation = pki.party("P-384", ec.generate_private_key(ec.SECP384R1()))
    first = replace(leader_plan(pki), chain=pki.chain(leader))
    second = replace(organisation_plan(pki), chain=pki.chain(organisation))
    led = sign(reserved, first, leader, tsa)
    finished = archived(sign(led, second, organisation, tsa), pki, tsa)
    assert all(status.bottom_line for status in statuses(finished, pki))
