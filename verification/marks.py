"""What a revision draws on a page: where, of which kind, and whether it hides what was signed.

The mark of a later signature and the look of a filled field are the only things that may be
drawn after a signature. Both are new ink. A mark that takes ink away, paints text black, or is
written across it says something that nobody signed (the sneaky signature of 2021).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from verification._pdf.document import Document
from verification._pdf.objects import WHITE, PdfObject, PdfSyntaxError, Ref, Stream
from verification.places import MAX_TREE, page_number, pages_with

if TYPE_CHECKING:
    from verification import ink

Box: TypeAlias = tuple[float, float, float, float]

_SIDES = 4
# Forms inside of forms; what nests deeper is taken for opaque.
_MAX_DEPTH = 6
# Operators that paint an area or a line: what could hide something.
_PAINTS = re.compile(
    rb"(?<![^" + WHITE + rb"\])>])(?:f\*?|F|B\*?|b\*?|S|s|sh|BI)(?![^" + WHITE + rb"\[(</])"
)
_WRITES = re.compile(rb"(?:Tj|TJ|['\"])(?![^" + WHITE + rb"])")
# A mask that lets through less than half of what lies below is no seal.
_MOST_MASKED = 0.5
_OPAQUE = 128
# Square points; less cannot hide a letter, nor be drawn.
_DOT = 4.0
# A place that takes more of its page than this is looked at even if it was reserved.
_LARGE = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One mark: ``page`` counts from 1, ``share`` is the part of the page that it takes.

    ``kind`` is image, text, drawing or none; ``reserved`` tells that the field was there before;
    ``number`` is that of the widget, ``hides`` what could be told of what lies below: None if it
    was not looked at or could not be.
    """

    field: str
    number: int
    page: int
    share: float
    kind: str
    reserved: bool
    hides: bool | None = False

    @property
    def is_visible(self) -> bool:
        """Tell whether there is anything to be seen."""
        return self.share > 0 and self.kind != "none"


class Marker:
    """Looks at the marks of one revision."""

    def __init__(self, document: Document, revision: int, ends: tuple[int, int]) -> None:
        self.document = document
        self.now = revision
        self._ends = ends
        self._pair: ink.Pair | None = None
        self._known: dict[int, _Look] = {}

    def close(self) -> None:
        """Close what was opened to be drawn."""
        if self._pair is not None:
            self._pair.close()

    def marks(self, name: str, number: int, *, reserved: bool) -> list[Mark]:
        """Return a mark for each page that shows a widget.

        Raises:
            PdfSyntaxError: the widget or its page cannot be read.
        """
        widget = self.document.dictionary(Ref(number, 0), self.now)
        looks = list(self._looks(widget))
        kind = _kind(looks)
        opaque = any(look.opaque for look in looks)
        found: list[Mark] = []
        for page in pages_with(self.document, number, self.now):
            mark = Mark(
                field=name,
                number=number,
                page=page_number(self.document, page, self.now),
                share=self._share(widget, page),
                kind=kind,
                reserved=reserved,
            )
            found.append(self._looked_below(mark, page, opaque=opaque))
        return found

    def _looked_below(self, mark: Mark, page: int, *, opaque: bool) -> Mark:
        expected = mark.reserved and mark.share <= _LARGE and not opaque
        if not mark.is_visible or expected:
            return mark
        return replace(mark, hides=self._hides(mark, page))

    # -- geometry

    def _box(self, item: PdfObject) -> Box | None:
        """Return left, bottom, right and top of a rectangle."""
        sides = [
            float(one)
            for one in self.document.array(item, self.now)
            if isinstance(one, int | float)
        ]
        if len(sides) != _SIDES:
            return None
        return min(sides[::2]), min(sides[1::2]), max(sides[::2]), max(sides[1::2])

    def _sheet(self, page: int) -> Box:
        """Return what of a page is shown; an A4 sheet if nothing tells."""
        found: dict[str, Box] = {}
        node = self.document.dictionary(Ref(page, 0), self.now)
        for _ in range(MAX_TREE):
            for key in ("CropBox", "MediaBox"):
                box = self._box(node.get(key))
                if box is not None:
                    found.setdefault(key, box)
            node = self.document.dictionary(node.get("Parent"), self.now)
        whole = found.get("MediaBox", (0.0, 0.0, 595.0, 842.0))
        return _overlap(found.get("CropBox", whole), whole)

    def _share(self, widget: dict[str, PdfObject], page: int) -> float:
        """Return how much of its page a widget covers; what has no box may cover it all."""
        sheet, box = self._sheet(page), self._box(widget.get("Rect"))
        return 1.0 if box is None else _area(_overlap(box, sheet)) / max(1.0, _area(sheet))

    # -- what is drawn

    def _looks(self, widget: dict[str, PdfObject]) -> Iterator["_Look"]:
        appearance = self.document.dictionary(widget.get("AP"), self.now)
        states = self.document.resolve(appearance.get("N"), self.now)
        for item in states.values() if isinstance(states, dict) else [states]:
            yield self._look(item, 0)

    def _look(self, item: PdfObject, depth: int) -> "_Look":
        """Look at a form once, however many hold it; one that holds itself is opaque."""
        if not isinstance(item, Ref):
            return self._fresh_look(item, depth)
        if item.number not in self._known:
            self._known[item.number] = _Look(opaque=True)
            self._known[item.number] = self._fresh_look(item, depth)
        return self._known[item.number]

    def _fresh_look(self, item: PdfObject, depth: int) -> "_Look":
        value = self.document.resolve(item, self.now)
        if not isinstance(value, Stream):
            return _Look()
        if depth > _MAX_DEPTH:
            return _Look(opaque=True)
        if value.dictionary.get("Subtype") == "Image":
            return _Look(image=True, opaque=self._is_opaque(value.dictionary))
        try:
            drawn = self.document.plain(value, self.now)
        except PdfSyntaxError:
            return _Look(paints=True, opaque=True)
        resources = self.document.dictionary(value.dictionary.get("Resources"), self.now)
        look = _Look(
            text=_WRITES.search(drawn) is not None,
            paints=_PAINTS.search(drawn) is not None,
            opaque=_PAINTS.search(drawn) is not None or self._draws_letters(resources),
        )
        inner = self.document.dictionary(resources.get("XObject"), self.now)
        for each in inner.values():
            look = look.with_(self._look(each, depth + 1))
        return look

    def _draws_letters(self, resources: dict[str, PdfObject]) -> bool:
        """Tell whether a font is there whose letters are drawings of any kind."""
        fonts = self.document.dictionary(resources.get("Font"), self.now)
        kinds = [self.document.dictionary(one, self.now).get("Subtype") for one in fonts.values()]
        return "Type3" in kinds

    def _is_opaque(self, image: dict[str, PdfObject]) -> bool:
        """Tell whether an image hides most of what lies below it."""
        soft = self.document.resolve(image.get("SMask"), self.now)
        mask = soft or self.document.resolve(image.get("Mask"), self.now)
        if not isinstance(mask, Stream) or "Decode" in mask.dictionary:
            return True
        try:
            plain = self.document.plain(mask, self.now)
        except PdfSyntaxError:
            return True
        if soft is None:
            # ISO 32000-2 §8.9.6.3: a sample of one bit lets through where it is 1.
            kept = 1 - int.from_bytes(plain, "big").bit_count() / max(1, 8 * len(plain))
        elif mask.dictionary.get("BitsPerComponent") == 8:  # noqa: PLR2004 -- bits
            kept = len(plain.translate(None, bytes(range(_OPAQUE)))) / max(1, len(plain))
        else:
            return True
        return kept > _MOST_MASKED

    def _hides(self, mark: Mark, page: int) -> bool | None:
        """Draw what lies below the mark without and with it; None if that cannot be done."""
        from verification import ink  # noqa: PLC0415 -- PDFium and numpy: few files need them

        if mark.page == 0:
            return None
        sheet = self._sheet(page)
        box = self._box(self.document.dictionary(Ref(mark.number, 0), self.now).get("Rect"))
        part = sheet if box is None else _overlap(box, sheet)
        if _area(part) < _DOT:
            return False
        if self._pair is None:
            before, after = (self.document.data[:end] for end in self._ends)
            self._pair = ink.Pair(before, after)
        old = self.document.dictionary(Ref(mark.number, 0), self.now - 1)
        place = ink.Place(page=mark.page - 1, part=part, sheet=sheet, had_look="AP" in old)
        return self._pair.compare(place, letters=mark.kind != "image")


@dataclass(frozen=True, slots=True)
class _Look:
    """What an appearance is made of."""

    image: bool = False
    text: bool = False
    paints: bool = False
    opaque: bool = False

    def with_(self, other: "_Look") -> "_Look":
        return _Look(
            self.image or other.image,
            self.text or other.text,
            self.paints or other.paints,
            self.opaque or other.opaque,
        )


def _kind(looks: list[_Look]) -> str:
    for kind in ("text", "image", "paints"):
        if any(getattr(look, kind) for look in looks):
            return "drawing" if kind == "paints" else kind
    return "none"


def _overlap(one: Box, other: Box) -> Box:
    left, bottom = max(one[0], other[0]), max(one[1], other[1])
    return left, bottom, max(left, min(one[2], other[2])), max(bottom, min(one[3], other[3]))


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
