"""Both ways of signing over samples and public files: the same objects, the same errors.

What the quick way signs is then confirmed by pyHanko, pdfsig, qpdf and our own verification.
Of the collection for PDF/A, whose files differ from each other in a clause of that standard and not
in what signing touches, every third is taken, the same ones each time; ``THOROUGH=1`` takes all.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pikepdf
import pytest
from signing_plain import is_plain, outcome, outcome_of_the_long_way
from signing_stand_ins import NOW
from signing_steps import leader_plan, organisation_plan, sign, statuses
from support.pdfsig import said_by_pdfsig
from support.thorough import every

from signing.errors import SigningError
from signing.model import DAY_FIELD, MONTH_FIELD, NUMBER_FIELD, Box, ReservedPlaces, TextPlace
from signing.stamp import reserve
from verification.model import Indication, SubIndication
from verification.policy import DEFAULT_POLICY
from verification.trust import Anchor, AnchorKind, Trust
from verification.verify import verify

if TYPE_CHECKING:
    from signing_stand_ins import Party, Pki

    from signing.model import SignaturePlan

ROOT = Path(__file__).parents[3]
SAMPLES = ROOT / "sample_docs"
CORPORA = ROOT.parent / "shared" / "corpora"
# Inspection refuses it: what it unpacks to fills a disk, and `reserve` would unpack it.
BOMB = "50-hong-bom-giai-nen.pdf"

pytestmark = pytest.mark.long


def places() -> ReservedPlaces:
    """Return places on the first page, small enough for any."""
    texts = {NUMBER_FIELD: (10, 10, 50, 26), DAY_FIELD: (60, 10, 80, 26)}
    texts[MONTH_FIELD] = (100, 10, 120, 26)
    return ReservedPlaces(
        texts=tuple(
            TextPlace(name=name, box=box(*edges), font_size=13, italic=name == DAY_FIELD)
            for name, edges in texts.items()
        ),
        leader=box(10, 30, 110, 80),
        organisation=box(10, 60, 90, 140),
    )


def box(x0: int, y0: int, x1: int, y1: int) -> Box:
    return Box(page=0, x0=x0, y0=y0, x1=x1, y1=y1)


def base_of(path: Path) -> bytes:
    """Return the file with its places, or as it is where it can have none."""
    pdf = path.read_bytes()
    try:
        return reserve(pdf, places())
    except SigningError:
        return pdf


def signed(pdf: bytes, plan: SignaturePlan, party: Party) -> bytes | None:
    """Sign, after both ways came to the same; None where both refuse."""
    found = outcome(pdf, plan)
    assert found == outcome_of_the_long_way(pdf, plan)
    return sign(pdf, plan, party, None) if found[0] == "prepared" else None


def require_sound(pdf: bytes, pki: Pki, tmp_path: Path) -> None:
    assert [status.bottom_line for status in statuses(pdf, pki)] == [True, True]
    trust = Trust(anchors=(Anchor(certificate=pki.root.der, name="root", kind=AnchorKind.PUBLIC),))
    report = verify(pdf, policy=DEFAULT_POLICY, trust=trust, at=NOW)
    # Revocation lists are what is missing, and nothing else.
    assert [(one.indication, one.sub_indication) for one in report.signatures] == [
        (Indication.INDETERMINATE, SubIndication.TRY_LATER)
    ] * 2
    path = tmp_path / "signed.pdf"
    path.write_bytes(pdf)
    told = said_by_pdfsig(path)
    assert told.count("Signature is Valid") == 2
    assert told.count("Total document signed") == 1


def complaints(pdf: bytes) -> list[str]:
    """Return what qpdf has against a file, wherever that stands in it."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        try:
            problems = document.check_pdf_syntax()
        except pikepdf.PikepdfError as error:
            problems = [str(error)]
    return [re.sub(r"\d+", "", problem) for problem in problems]


@pytest.mark.parametrize(
    "path",
    [one for one in sorted(SAMPLES.rglob("*.pdf")) if one.name != BOMB],
    ids=lambda path: path.stem,
)
def test_both_ways_sign_a_sample_alike(path: Path, pki: Pki, tmp_path: Path) -> None:
    base = base_of(path)
    led = signed(base, leader_plan(pki), pki.leader)
    if led is None:
        return
    sealed = signed(led, organisation_plan(pki), pki.organisation)
    assert sealed is not None
    require_sound(sealed, pki, tmp_path)
    assert complaints(sealed) == complaints(base)


def test_most_samples_go_the_quick_way(pki: Pki) -> None:
    ways = Counter(
        is_plain(base_of(path), leader_plan(pki)) for path in (SAMPLES / "documents").glob("*.pdf")
    )
    assert ways[True] >= 9 * ways[False]


# What an image of the author holds is no affair of ours.
@pytest.mark.filterwarnings("ignore:pikepdf is missing some specialized decoders")
@pytest.mark.skipif(
    not CORPORA.is_dir(), reason="the corpora lie beside the checkout on development machines only"
)
@pytest.mark.parametrize(
    "folder", ["dss", "malformed", "pdfa", "pyhanko", "signature-attacks", "vn-official"]
)
def test_both_ways_sign_public_files_alike(folder: str, pki: Pki, tmp_path: Path) -> None:
    step = 3 if folder == "pdfa" else 1
    for path in every(step, sorted((CORPORA / folder).rglob("*.pdf"))):
        base = base_of(path)
        led = signed(base, leader_plan(pki), pki.leader)
        if led is not None:
            sealed = signed(led, organisation_plan(pki), pki.organisation)
            assert sealed is not None, path
            require_sound(sealed, pki, tmp_path)
            assert complaints(sealed) == complaints(base), path
