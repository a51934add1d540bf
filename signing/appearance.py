"""Visible marks: the leader's signature or the seal as an image, number and date as text.

A mark is a content stream and what it draws on; the revision turns it into PDF objects. What NĐ 30
prescribes for whom is said in `profiles`; here it is drawn.
"""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from PIL import Image, ImageStat

from signing.errors import UnusableImageError
from signing.font import Face, encode, reserved_font, width_of
from signing.model import Align
from signing.profiles import Colour

if TYPE_CHECKING:
    from signing.model import Appearance, Box, Rule

    Area = tuple[float, float, float, float]  # corner, width and height as the reader sees them

# A seal of 40 mm at 1200 dpi has 3.6 million pixels; four times that is a mistake or an attack.
_MAX_PIXELS = 16_000_000
_CACHED_IMAGES = 64
_OPAQUE = 128  # alpha from which a pixel is painted where only on and off are allowed
_LEAD = 40  # of 255, by which a colour outdoes the others on the mean
_SHARE_LEFT = {Align.LEFT: 0.0, Align.CENTRE: 0.5, Align.RIGHT: 1.0}
_RED = "0.78 0.06 0.1"  # the bright red of stamp ink

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
    """The content of an appearance stream, with the image and the fonts that it names."""

    frame: Frame
    content: bytes
    picture: Picture | None = None
    fonts: tuple[str, ...] = ()


def image_mark(png: bytes, frame: Frame) -> Mark:
    """Fit an image into the frame, centred, its proportions kept.

    Raises:
        UnusableImageError: it is no PNG, or too large.
    """
    picture = picture_of(png)
    content = _placed(picture, (0, 0, *frame.seen)).encode("ascii")
    return Mark(frame=frame, content=content, picture=picture)


def text_mark(
    value: str, frame: Frame, *, font: str, size: float, align: Align = Align.CENTRE
) -> Mark:
    """Set a value on the line that the frame holds, smaller where it would not fit.

    The frame is as high as a line of text, or the line stands in the middle of its height: so the
    baseline of a value is that of the words beside its place.

    Args:
        value: text in the characters of the reserved font.
        frame: where it goes.
        font: name of the font in the form's resources.
        size: font size in points.
        align: where the value stands if the frame is wider.

    Raises:
        CharacterNotInFontError: a character can't be drawn.
    """
    text = _set(value, frame.seen, face=face_of(font), size=size, align=align)
    content = f"/Tx BMC q 0 g {text} Q EMC"
    return Mark(frame=frame, content=content.encode("ascii"), fonts=(font,))


def composed_mark(look: Appearance, frame: Frame) -> Mark:
    """Draw an image, lines of text and rules, each in its own box of the frame.

    Args:
        look: what is to be seen, in boxes of the page.
        frame: the widget's own; ``look.box`` is its rectangle.

    Raises:
        CharacterNotInFontError: a character can't be drawn.
        UnusableImageError: the image can't be drawn.
    """
    parts, picture = [], None
    if look.image is not None:
        picture = picture_of(look.image.png)
        parts.append(_placed(picture, _within(look, look.image.box, frame)))
    parts += [_stroked(rule, _within(look, rule.box, frame)) for rule in look.rules]
    fonts: dict[str, None] = {}
    for line in look.lines:
        face = Face.ITALIC if line.italic else Face.UPRIGHT
        x, y, *seen = _within(look, line.box, frame)
        text = _set(line.text, (seen[0], seen[1]), face=face, size=line.size, align=line.align)
        parts.append(f"q {_ink(line.red)} rg 1 0 0 1 {_numbers((x, y))} cm {text} Q")
        fonts[face] = None
    content = "\n".join(parts).encode("ascii")
    return Mark(frame=frame, content=content, picture=picture, fonts=tuple(fonts))


def face_of(font: str) -> Face:
    """Return the face that a font name of the form stands for; any other is taken as upright."""
    return Face.ITALIC if font == Face.ITALIC else Face.UPRIGHT


def _set(value: str, seen: tuple[float, float], *, face: Face, size: float, align: Align) -> str:
    """Return the operators that set one line into an area as the reader sees it."""
    codes = encode(value)
    width, height = seen
    reserved = reserved_font(face)
    line = (reserved.ascent - reserved.descent) * size / 1000
    baseline = (height - line) / 2 - reserved.descent * size / 1000
    natural = width_of(value, size=size, face=face)
    if natural > width:
        size, natural = size * width / natural, width
    left = (width - natural) * _SHARE_LEFT[align]
    placed = _numbers((1, 0, 0, 1, left, baseline))
    return f"BT /{face} {_numbers((size,))} Tf {placed} Tm <{codes.hex()}> Tj ET"


def _placed(picture: Picture, area: Area) -> str:
    """Return the operators that fit an image into an area, centred, its proportions kept."""
    x, y, width, height = area
    scale = min(width / picture.width, height / picture.height)
    drawn = picture.width * scale, picture.height * scale
    corner = x + (width - drawn[0]) / 2, y + (height - drawn[1]) / 2
    return f"q {_numbers((drawn[0], 0, 0, drawn[1], *corner))} cm /Im Do Q"


def _stroked(rule: Rule, area: Area) -> str:
    """Return the operators that draw the frame of an area, or a line where it is flat."""
    x, y, width, height = area
    corners = (x, y, width, height)
    return f"q {_ink(rule.red)} RG {_numbers((rule.width,))} w {_numbers(corners)} re S Q"


def _within(look: Appearance, box: Box, frame: Frame) -> Area:
    """Lead a box of the page into the form, as the reader sees it: corner, width and height."""
    x, y = box.x0 - look.box.x0, box.y0 - look.box.y0
    right, top = look.box.x1 - box.x1, look.box.y1 - box.y1
    width, height = box.x1 - box.x0, box.y1 - box.y0
    match frame.rotation:
        case 90:
            return y, right, height, width
        case 180:
            return right, top, width, height
        case 270:
            return top, x, height, width
        case _:
            return x, y, width, height


def _ink(red: bool) -> str:  # noqa: FBT001  # of two inks
    return _RED if red else "0 0 0"


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
            drawn = _without_margins(image.convert("RGBA"))
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


def ink_of(png: bytes) -> Colour | None:
    """Return the colour of an image's ink, as the decree names it; None for any other.

    For whoever registers an image: a profile says which colour it has to have.

    Raises:
        UnusableImageError: it is no PNG, or too large.
    """
    picture = picture_of(png)
    size = (picture.width, picture.height)
    alpha = Image.frombytes("L", size, zlib.decompress(picture.alpha))
    inked = alpha.point(lambda level: 255 if level >= _OPAQUE else 0)
    if inked.getbbox() is None:
        return None
    colours = Image.frombytes("RGB", size, zlib.decompress(picture.colours))
    red, green, blue = ImageStat.Stat(colours, mask=inked).mean
    if red - max(green, blue) > _LEAD:
        return Colour.RED
    return Colour.BLUE if blue - max(red, green) > _LEAD else None


def _without_margins(image: Image.Image) -> Image.Image:
    """Cut off what is wholly transparent: a seal's actual size is that of its ink."""
    inked = image.getchannel("A").getbbox()
    return image if inked is None else image.crop(inked)


def _numbers(values: tuple[float, ...]) -> str:
    return " ".join(f"{value:.4f}".rstrip("0").rstrip(".") for value in values)
