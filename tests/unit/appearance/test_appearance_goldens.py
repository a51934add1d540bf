"""Marks are where and how they were when a person last looked at them, at 150 dpi.

The measure is the ink that stands elsewhere, as a share of the ink there is. On one set of pins the
same page gives the same pixels, so a picture differs from itself by nothing; a mark moved by 0.1 mm
gives 0.06 to 0.5 over all pictures, one moved by 2 mm gives 0.23 to 1.4. The tolerance lies below
the first and far below the second: it forgives what a new version of the renderer does to the edges
of letters, and nothing that a person could see.
"""

from __future__ import annotations

import io

import pytest
from appearance_pictures import FOLDER, NOW, PICTURES, Studio, difference, drawn, golden, rendered
from PIL import Image
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from signing_steps import leader_plan
from support.pages import FONTS

from docsvc.steps.classify.model import Hints
from docsvc.steps.classify.tasks import classify
from docsvc.steps.sign.rules import fills_of, places_of
from signing.appearance import ink_of
from signing.prepare import prepare
from signing.profiles import PROFILES, ProfileName
from signing.stamp import reserve

TOLERANCE = 0.05


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio.opened()


def kept(name: str) -> Image.Image:
    with Image.open(golden(name)) as picture:
        return picture.convert("RGB")


def test_every_picture_is_kept_and_no_other() -> None:
    assert {path.stem for path in FOLDER.glob("*.png")} == set(PICTURES)


@pytest.mark.parametrize("name", PICTURES)
def test_a_mark_looks_as_it_did(studio: Studio, name: str) -> None:
    assert difference(kept(name), drawn(name, studio)) <= TOLERANCE


@pytest.mark.parametrize("name", PICTURES)
def test_a_mark_that_is_moved_by_two_millimetres_is_noticed(studio: Studio, name: str) -> None:
    assert difference(kept(name), drawn(name, studio, shift_mm=2.0)) > 4 * TOLERANCE


def test_a_picture_of_another_size_is_another() -> None:
    assert difference(Image.new("RGB", (9, 9)), Image.new("RGB", (9, 8))) > 1


def test_the_images_have_the_colours_of_their_profiles(studio: Studio) -> None:
    assert ink_of(studio.signature) is PROFILES[ProfileName.LEADER].image
    assert ink_of(studio.seal) is PROFILES[ProfileName.ORGANISATION].image


# --- a value looks typed --------------------------------------------------------------------

LINE = (120.0, 690.0, 480.0, 720.0)


def head(number: str, day: str, month: str, *, size: float) -> bytes:
    """Type a number line and a date line; what is empty leaves the room that it would take."""
    for name in ("Tinos-Regular", "Tinos-Italic"):
        pdfmetrics.registerFont(TTFont(name, f"{FONTS}{name}.ttf"))
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=(595.28, 841.89))
    canvas.setFont("Tinos-Regular", size)
    canvas.drawString(125, 700, "Số:")
    canvas.drawRightString(189.5, 700, number)
    canvas.drawString(190, 700, "/QĐ-UBND")
    canvas.setFont("Tinos-Italic", size)
    x = 300.0
    for word, room in (("Xã A, ngày", 0), (day, 26), ("tháng", 0), (month, 26), ("năm 2026", 0)):
        width = canvas.stringWidth(word, "Tinos-Italic", size)
        canvas.drawString(x + (room - width) / 2 if room else x, 700, word)
        x += room or width
    canvas.save()
    return stream.getvalue()


@pytest.mark.parametrize("size", [13.0, 14.0])
def test_a_filled_value_looks_typed(studio: Studio, size: float) -> None:
    typed = rendered(head("125", "07", "6", size=size), page=0, area=LINE)
    blank = head("", "", "", size=size)
    facts = classify(blank, Hints()).facts
    fills = fills_of(facts, number="125", day="07", month="6")
    assert len(fills) == 3
    plan = leader_plan(studio.pki)
    plan = type(plan)(
        role=plan.role, field_name=plan.field_name, chain=plan.chain, fills=fills, image=None
    )
    signed = prepare(reserve(blank, places_of(facts)), plan=plan, at=NOW).pdf
    filled = rendered(signed, page=0, area=LINE)
    missing = difference(typed, rendered(blank, page=0, area=LINE))
    assert missing > 0.1
    assert difference(typed, filled) < missing / 3
