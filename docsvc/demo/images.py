"""Pictures for the demonstration: a handwritten signature an officer, a round seal a unit.

PNG with alpha at 300 dpi, the same bytes each time on one machine. Every picture bears the words
THỬ NGHIỆM; none shows the national emblem, whose place the star of a plain seal takes.
"""

from __future__ import annotations

import io
import math
from importlib.resources import files
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

from docsvc.demo.folder import write_once
from docsvc.demo.issuing import TEST_MARK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from docsvc.demo.organisations import Organisations, Unit

    Point = tuple[float, float]

DPI = 300
MM_PER_INCH = 25.4

# NĐ 30/2020 appendix I: signatures are blue, seals red, both on a transparent ground.
BLUE = (22, 48, 150)
RED = (206, 22, 30)

SIGNATURE_MM = (50.0, 24.0)

_FINER = 3  # drawn so many times larger, then scaled down: smooth edges
_MARK_MM = 2.6


def create(folder: Path, organisations: Organisations) -> Mapping[str, Path]:
    """Draw what is missing in ``folder/images`` and return the PNG file of each key name."""
    place = folder / "images"
    place.mkdir(parents=True, exist_ok=True)
    paths = {holder.key: place / f"{holder.key}.png" for holder in organisations.holders}
    for officer in organisations.officers:
        if not paths[officer.key].exists():
            write_once(paths[officer.key], signature(officer.key))
    for stamp in organisations.seals:
        if not paths[stamp.key].exists():
            write_once(paths[stamp.key], seal(organisations.unit_by_code[stamp.unit]))
    return paths


def seal(unit: Unit) -> bytes:
    """Draw the round seal of a unit in its actual size (PNG)."""
    size = _pixels(unit.seal_mm)
    ink = Image.new("L", (size, size), 0)
    draw = ImageDraw.Draw(ink)
    radius = size / 2
    _ring(draw, radius, outer=0.995, width=0.045)
    _ring(draw, radius, outer=0.925, width=0.012)
    _ring(draw, radius, outer=0.620, width=0.016)
    _star(draw, (radius, radius * 0.88), radius * 0.34)
    _write_round(ink, unit.name.upper())
    _star(draw, (radius, radius * 1.775), radius * 0.055)
    font = _font(radius * 0.125)
    middle = (radius, radius * 1.33)
    draw.text(middle, TEST_MARK, fill=255, font=font, anchor="mm", stroke_width=size // 500)
    return _png(_worn(ink, Random(unit.code)), RED)  # noqa: S311  a picture, not a secret


def signature(key: str) -> bytes:
    """Draw a handwritten signature that belongs to a key name (PNG, 50 by 24 mm)."""
    chance = Random(key)  # noqa: S311  a picture, not a secret
    size = (_pixels(SIGNATURE_MM[0]), _pixels(SIGNATURE_MM[1]))
    ink = Image.new("L", size, 0)
    draw = ImageDraw.Draw(ink)
    for stroke in (_letters(chance), _flourish(chance)):
        _pen(draw, [(x * size[0], y * size[1]) for x, y in _smooth(stroke)])
    corner = (size[0] * 0.98, size[1] * 0.99)
    draw.text(corner, TEST_MARK, fill=255, font=_font(_pixels(_MARK_MM)), anchor="rd")
    return _png(_smaller(ink), BLUE)


def _pixels(mm: float) -> int:
    """Return a length on the enlarged drawing."""
    return round(mm / MM_PER_INCH * DPI) * _FINER


def _font(size: float) -> ImageFont.FreeTypeFont:
    data = files("signing").joinpath("fonts/Tinos-Regular.ttf").read_bytes()
    return ImageFont.truetype(io.BytesIO(data), size, layout_engine=ImageFont.Layout.BASIC)


def _ring(draw: ImageDraw.ImageDraw, radius: float, *, outer: float, width: float) -> None:
    """Draw a circle line; ``outer`` and ``width`` are shares of the radius."""
    reach = radius * outer
    box = (radius - reach, radius - reach, radius + reach, radius + reach)
    draw.ellipse(box, outline=255, width=round(radius * width))


def _star(draw: ImageDraw.ImageDraw, centre: Point, radius: float) -> None:
    """Draw a five-pointed star that stands on two points."""
    inner = radius * math.sin(math.pi / 10) / math.sin(7 * math.pi / 10)
    corners = []
    for step in range(10):
        reach = radius if step % 2 == 0 else inner
        angle = -math.pi / 2 + step * math.pi / 5
        corners.append((centre[0] + reach * math.cos(angle), centre[1] + reach * math.sin(angle)))
    draw.polygon(corners, fill=255)


def _write_round(ink: Image.Image, text: str) -> None:
    """Write along the ring between the inner and the outer circle, the feet to the middle."""
    radius = ink.width / 2
    line = radius * 0.695  # where the letters stand
    font = _font(radius * 0.185)
    spacing = radius * 0.02
    widths = [font.getlength(letter) + spacing for letter in text]
    free = math.radians(310) * line
    squeeze = min(1.0, free / sum(widths))
    angle = -squeeze * sum(widths) / line / 2
    for letter, width in zip(text, widths, strict=True):
        step = squeeze * width / line
        turn = angle + step / 2  # 0 is the top
        tile = _letter(letter, font, angle=turn, squeeze=squeeze)
        x, y = radius + line * math.sin(turn), radius - line * math.cos(turn)
        ink.paste(255, (round(x - tile.width / 2), round(y - tile.height / 2)), tile)
        angle += step


def _letter(
    letter: str, font: ImageFont.FreeTypeFont, *, angle: float, squeeze: float
) -> Image.Image:
    """Return a tile whose middle is where the letter stands, turned clockwise by ``angle``."""
    side = round(font.size * 2.4)
    tile = Image.new("L", (side, side), 0)
    weight = max(1, round(font.size / 28))
    middle = (side / 2, side / 2)
    ImageDraw.Draw(tile).text(middle, letter, 255, font, anchor="ms", stroke_width=weight)
    narrow = tile.resize((round(side * squeeze), side))
    tile = Image.new("L", (side, side), 0)
    tile.paste(narrow, ((side - narrow.width) // 2, 0))
    return tile.rotate(-math.degrees(angle), Image.Resampling.BICUBIC)


# The capital that a signature begins with; unit square.
_CAPITALS: tuple[tuple[Point, ...], ...] = (
    ((0.16, 0.30), (0.09, 0.14), (0.05, 0.45), (0.12, 0.74), (0.21, 0.30), (0.23, 0.08)),
    ((0.06, 0.22), (0.16, 0.10), (0.14, 0.45), (0.08, 0.76), (0.05, 0.60), (0.24, 0.34)),
    ((0.10, 0.78), (0.12, 0.40), (0.17, 0.06), (0.20, 0.40), (0.10, 0.50), (0.25, 0.44)),
    ((0.05, 0.70), (0.13, 0.10), (0.17, 0.72), (0.24, 0.10), (0.26, 0.70), (0.30, 0.40)),
    ((0.22, 0.16), (0.08, 0.18), (0.06, 0.38), (0.20, 0.56), (0.12, 0.78), (0.04, 0.62)),
)


def _letters(chance: Random) -> list[Point]:
    """Return the points of a capital and of a row of humps that get flatter; unit square."""
    points = [
        (x + chance.uniform(-0.015, 0.015), y + chance.uniform(-0.04, 0.04))
        for x, y in chance.choice(_CAPITALS)
    ]
    x, step = 0.29, chance.uniform(0.04, 0.075)
    end, rising = chance.uniform(0.58, 0.76), chance.uniform(0.1, 0.35)
    height = chance.uniform(0.34, 0.44)
    while x < end:
        top = chance.uniform(0.08, 0.22) if chance.random() < rising else height
        bottom = chance.uniform(0.56, 0.68)
        points += [(x, top), (x + step * 0.2, (height + bottom) / 2), (x + step * 0.7, bottom)]
        x, height = x + step * chance.uniform(0.9, 1.4), height + 0.015
    points += [(x + 0.08, 0.48), (x + 0.16, chance.uniform(0.22, 0.42))]
    slant = chance.uniform(-0.02, 0.10)
    return [(x - slant * (y - 0.5), y) for x, y in points]


def _flourish(chance: Random) -> list[Point]:
    """Return the points of the line below the name."""
    right, left = chance.uniform(0.72, 0.88), chance.uniform(0.08, 0.34)
    dip, rise = chance.uniform(0.76, 0.86), chance.uniform(0.02, 0.14)
    back = [
        (right, 0.54),
        (right - 0.12, 0.62),
        (left + 0.15, dip - 0.05),
        (left, dip),
        (left + 0.15, dip + 0.02),
        (0.60, dip - rise * 0.7),
        (0.74, dip - rise),
    ]
    return back if chance.random() < 0.6 else back[3:]  # noqa: PLR2004  some only underline


def _smooth(points: list[Point]) -> Iterator[Point]:
    """Yield a curve through the points (Catmull-Rom)."""
    padded = [points[0], *points, points[-1]]
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        for step in range(40):
            t = step / 40
            yield (
                _between(a[0], b[0], c[0], d[0], t),
                _between(a[1], b[1], c[1], d[1], t),
            )


def _between(a: float, b: float, c: float, d: float, t: float) -> float:
    linear = (c - a) * t
    square = (2 * a - 5 * b + 4 * c - d) * t * t
    cube = (3 * b - a - 3 * c + d) * t * t * t
    return b + (linear + square + cube) / 2


def _pen(draw: ImageDraw.ImageDraw, path: list[Point]) -> None:
    """Draw along a path: thicker downwards and where the pen is slow, thin at both ends."""
    widest = _pixels(0.75)
    for number, (start, end) in enumerate(pairwise(path)):
        down, speed = end[1] - start[1], math.dist(start, end) + 1
        ends = min(1.0, (number + 6) / 40, (len(path) - number) / 50)
        width = widest * ends * (0.45 + 0.35 * max(0.0, down / speed) + 0.2 / (1 + speed / 12))
        reach = max(width, _FINER) / 2
        draw.line((start, end), fill=255, width=round(2 * reach))
        x, y = end
        draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=255)


def _worn(ink: Image.Image, chance: Random) -> Image.Image:
    """Scale down and let the ink be uneven, as a rubber stamp leaves it."""
    small = _smaller(ink)
    grain = Image.frombytes("L", (24, 24), chance.randbytes(24 * 24))
    cloud = grain.resize(small.size, Image.Resampling.BICUBIC)
    share = cloud.point([190 + value // 4 for value in range(256)])
    return Image.composite(share, Image.new("L", small.size, 0), small)


def _smaller(ink: Image.Image) -> Image.Image:
    return ink.resize((ink.width // _FINER, ink.height // _FINER), Image.Resampling.LANCZOS)


def _png(alpha: Image.Image, colour: tuple[int, int, int]) -> bytes:
    """Return the ink in one colour on a transparent ground."""
    picture = Image.new("RGB", alpha.size, colour)
    # Sixteen depths look the same, and the picture is in every signed file: half the bytes.
    picture.putalpha(alpha.point([round(depth / 17) * 17 for depth in range(256)]))
    out = io.BytesIO()
    picture.save(out, "PNG", dpi=(DPI, DPI), optimize=True)
    return out.getvalue()
