"""Visible marks: the leader's signature or the seal as an image, number and date as text.

A mark is a content stream and what it draws on; the revision turns it into PDF objects. NĐ 30
prescribes the image alone for both signatures, so no text stands beside it.
"""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image

from signing.errors import UnusableImageError
from signing.font import SLANTED_NAME, encode, reserved_font, width_of

# A seal of 40 mm at 1200 dpi has 3.6 million pixels; four times that is a mistake or an attack.
_MAX_PIXELS = 16_000_000
_CACHED_IMAGES = 64
_OPAQUE = 128  # alpha from which a pixel is painted where only on and off are allowed
_SLANT = 0.2126  # tangent of 12°, the slope of Tinos Italic

# Turns what is upright on the form into what is upright on a page that is shown turned.
_TURNED = {0: (1, 0, 0, 1, 0, 0), 90: (0, 1, -1, 0, 0, 0), 180: (-1, 0, 0, -1, 0, 0)}
_TURNED[270] = (0, -1, 1, 0, 0, 0)
TURNS = frozenset(_TURNED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The rectangle of a widget in its page's user space, and how the page is shown turned."""

    width: float
    height: float
    rotation: int

    @property
    def seen(self) -> tuple[float, float]:
        """Return width and height as the reader sees them."""
        if self.rotation in (90, 270):
            return self.height, self.width
        return self.width, self.height

    @property
    def matrix(self) -> tuple[int, ...]:
        """Return the form's /Matrix."""
        return _TURNED[self.rotation]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """An image as deflated samples: RGB, 8 bit alpha and 1 bit stencil (1 = not painted)."""

    width: int
    height: int
    colours: bytes
    alpha: bytes
    stencil: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """The content of an appearance stream, with the image or the font that it names."""

    frame: Frame
    content: bytes
    picture: Picture | None = None
    font: str | None = None


def image_mark(png: bytes, frame: Frame) -> Mark:
    """Fit an image into the frame, centred, its proportions kept.

    Raises:
        UnusableImageError: it is no PNG, or too large.
    """
    picture = picture_of(png)
    width, height = frame.seen
    scale = min(width / picture.width, height / picture.height)
    drawn_width, drawn_height = picture.width * scale, picture.height * scale
    matrix = (
        drawn_width,
        0,
        0,
        drawn_height,
        (width - drawn_width) / 2,
        (height - drawn_height) / 2,
    )
    content = f"q {_numbers(matrix)} cm /Im Do Q".encode("ascii")
    return Mark(frame=frame, content=content, picture=picture)


def text_mark(value: str, frame: Frame, *, font: str, size: float) -> Mark:
    """Set a value in the middle of the frame, smaller where it would not fit.

    Args:
        value: text in the characters of the reserved font.
        frame: where it goes.
        font: name of the font in the form's resources.
        size: font size in points.

    Raises:
        CharacterNotInFontError: a character can't be drawn.
    """
    codes = encode(value)
    width, height = frame.seen
    natural = width_of(value, size=size)
    if natural > width:
        size, natural = size * width / natural, width
    reserved = reserved_font()
    line = (reserved.ascent - reserved.descent) * size / 1000
    baseline = (height - line) / 2 - reserved.descent * size / 1000
    slope = _SLANT if font == SLANTED_NAME else 0
    placed = _numbers((1, 0, slope, 1, (width - natural) / 2, baseline))
    content = (
        f"/Tx BMC q BT /{font} {_numbers((size,))} Tf 0 g {placed} Tm <{codes.hex()}> Tj ET Q EMC"
    )
    return Mark(frame=frame, content=content.encode("ascii"), font=font)


@lru_cache(maxsize=_CACHED_IMAGES)
def picture_of(png: bytes) -> Picture:
    """Decode a PNG once and keep it as the streams that go into files.

    Raises:
        UnusableImageError: it is no PNG, or too large.
    """
    try:
        with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
            if image.width * image.height > _MAX_PIXELS:
                raise UnusableImageError(reason="too-large", width=image.width, height=image.height)
            drawn = image.convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise UnusableImageError(reason="unreadable") from error
    alpha = drawn.getchannel("A")
    stencil = alpha.point(lambda level: 0 if level >= _OPAQUE else 255).convert(
        "1", dither=Image.Dither.NONE
    )
    return Picture(
        width=drawn.width,
        height=drawn.height,
        colours=zlib.compress(drawn.convert("RGB").tobytes()),
        alpha=zlib.compress(alpha.tobytes()),
        stencil=zlib.compress(stencil.tobytes()),
    )


def _numbers(values: tuple[float, ...]) -> str:
    return " ".join(f"{value:.4f}".rstrip("0").rstrip(".") for value in values)
