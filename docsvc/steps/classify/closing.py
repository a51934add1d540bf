"""The end of the text: authority block, signer, "Nơi nhận"."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import takewhile

from docsvc.catalog.authority import authorities, titles
from docsvc.steps.classify.fields import LIKELY, SURE
from docsvc.steps.classify.model import Field, Line, Page, union
from docsvc.steps.classify.rows import Sheet
from docsvc.steps.classify.words import condensed, is_capitals, plain

_APPENDIX = re.compile(r"^(?:PHỤ\s*LỤC|Phụ\s*lục|Mẫu\s+số|MẪU\s+SỐ|Biểu\s+(?:số|mẫu)|DANH\s+SÁCH)")
_CLOSING = re.compile(r"^Nơi\s+nhận\s*:?", re.IGNORECASE)
_KEPT = re.compile(r"^[-–]?\s*Lưu", re.IGNORECASE)
# A name has two to six words, each with a capital: "Nguyễn Văn An", "K' Brểu".
_NAME = re.compile(r"^(?:[^\W\d_][^\W\d_'’.]*['’]?\.?\s+){1,5}[^\W\d_][^\W\d_'’]*$")
# Degrees are not to be written, but are; the armed forces write ranks (NĐ 30 PL I II.7).
_HONORIFIC = re.compile(
    r"^(?:(?:PGS|GS|TSKH|TS|ThS|CN|BS|KS|LS|CKII|CKI|Ông|Bà)(?:\.\s*|\s+)"
    r"|(?:Đại|Thượng|Trung|Thiếu)\s+(?:tướng|tá|úy|uý)\s+)+"
)
# The column of the signature lies right of the middle, where no centred line of the text has its
# centre (the text block itself lies a little to the right); its lines are centred on each other.
_COLUMN_SHARE = 0.58
_LEFT_SHARE = 0.5
_COLUMN_REACH = 0.12
_BLOCK_GAP = 2.2
# Four to six blank lines are usual (60 to 90 pt); a page of air means another block.
_MAX_NAME_DROP = 260.0
_MAX_ITEMS = 60
# Page numbers stand above the first line: "12", "- 3".
_MAX_PAGE_NUMBER = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """The authority block and the name under it, on one page."""

    page: Page
    block: tuple[Line, ...]
    name: Line | None
    known: bool

    @property
    def parsed(self) -> "Block":
        """Return prefix, collective and title."""
        return _parse(self.block)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What an authority block says; each part keeps the line it came from."""

    prefix: tuple[str, Line] | None
    collective: tuple[str, Line] | None
    title: tuple[str, Line] | None


def signing(sheets: Sequence[Sheet], names: Sequence[str]) -> Signing | None:
    """Find the block that signs: the last before any appendix, best with "Nơi nhận" beside it.

    Args:
        sheets: the pages before the first appendix.
        names: full names of the officers of the unit, if they are known.
    """
    found: Signing | None = None
    known = {condensed(name) for name in names}
    for sheet in sheets:
        candidates = list(_candidates(sheet, known))
        if not candidates and _closes(sheet):
            candidates = list(_by_name(sheet, known))
        named = [c for c in candidates if c.known] or [c for c in candidates if c.name]
        if not candidates:
            continue
        found = (named or candidates)[-1]
        if _closes(sheet):
            return found
    return found


def main_part(sheets: Sequence[Sheet]) -> tuple[Sheet, ...]:
    """Return the pages before the first appendix."""
    return tuple(takewhile(lambda sheet: not _begins_appendix(sheet), sheets))


def _begins_appendix(sheet: Sheet) -> bool:
    first = next((row.text for row in sheet.rows if len(row.text) > _MAX_PAGE_NUMBER), "")
    return sheet.page.index > 0 and _APPENDIX.match(first) is not None


def recipients(sheets: Sequence[Sheet]) -> Field | None:
    """Read the list under "Nơi nhận", joined by "; "."""
    for sheet in sheets:
        middle = sheet.page.width * _LEFT_SHARE
        left = [piece for piece in sheet.pieces if piece.box.x0 < middle]
        for index, line in enumerate(left):
            if _CLOSING.match(line.text):
                return _list(line, left[index + 1 :])
    return None


def signer_field(found: Signing) -> Field | None:
    """Return the signer's name, without honorifics."""
    if found.name is None:
        return None
    confidence = SURE if found.known else LIKELY
    return _field(_HONORIFIC.sub("", plain(found.name.text)), found.name, confidence)


def part_field(part: tuple[str, Line] | None) -> Field | None:
    """Return a part of the authority block as a field."""
    return _field(part[0], part[1], SURE) if part else None


def _closes(sheet: Sheet) -> bool:
    return any(_CLOSING.match(line.text) for line in sheet.page.lines)


def _candidates(sheet: Sheet, known: set[str]) -> Iterator[Signing]:
    page = sheet.page
    column = _column(sheet)
    at = 0
    while at < len(column):
        block = _block_from(column, at, page)
        at += max(len(block), 1)
        if block:
            name = _name_below(block, column, page, known)
            is_known = name is not None and condensed(_bare(name)) in known
            yield Signing(page=page, block=tuple(block), name=name, known=is_known)


def _by_name(sheet: Sheet, known: set[str]) -> Iterator[Signing]:
    """Find the name of an officer, and what stands in capitals above it: a title of its own."""
    page = sheet.page
    column = _column(sheet)
    for index, name in enumerate(column):
        if condensed(_bare(name)) not in known:
            continue
        above = [
            line
            for line in column[:index]
            if is_capitals(line.text)
            and line.baseline - name.baseline < _MAX_NAME_DROP
            and _aligned(line, name, page)
        ]
        if above:
            yield Signing(page=page, block=_last_block(above), name=name, known=True)


def _last_block(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Return the lowest lines that stand close below each other."""
    block = [lines[-1]]
    for line in reversed(lines[:-1]):
        if line.baseline - block[0].baseline > _BLOCK_GAP * max(line.size, block[0].size):
            break
        block.insert(0, line)
    return tuple(block)


def _column(sheet: Sheet) -> list[Line]:
    """Return what stands where signatures stand, from the top down."""
    least = sheet.page.width * _COLUMN_SHARE
    return [piece for piece in sheet.pieces if piece.box.centre_x > least]


def _block_from(column: Sequence[Line], at: int, page: Page) -> list[Line]:
    """Collect the lines in capitals that begin at ``at`` with a prefix or a title."""
    if not _opens(column[at].text):
        return []
    block = [column[at]]
    for line in column[at + 1 :]:
        last = block[-1]
        near = last.baseline - line.baseline < _BLOCK_GAP * max(line.size, last.size)
        if not (near and is_capitals(line.text) and _aligned(line, last, page)):
            break
        block.append(line)
    return block


def _opens(text: str) -> bool:
    bare = plain(text)
    if not is_capitals(bare):
        return False
    words = condensed(bare)
    return _prefix(bare) is not None or any(words.startswith(title) for title in _titles())


@cache
def _titles() -> tuple[str, ...]:
    return tuple(condensed(title) for title in titles())


@cache
def _forms() -> tuple[tuple[str, str], ...]:
    forms = [(form, authority.code) for authority in authorities() for form in authority.forms]
    return tuple(sorted(forms, key=lambda pair: -len(pair[0])))


def _prefix(text: str) -> tuple[str, str] | None:
    """Return the code of the prefix a line begins with, and what follows it."""
    for form, code in _forms():
        rest = text.removeprefix(form)
        if rest != text and (form.endswith(".") or rest[:1] in (" ", "")):
            return code, rest.strip()
    return None


def _aligned(line: Line, other: Line, page: Page) -> bool:
    return abs(line.box.centre_x - other.box.centre_x) < _COLUMN_REACH * page.width


def _bare(line: Line) -> str:
    return _HONORIFIC.sub("", plain(line.text))


def _name_below(
    block: Sequence[Line], column: Sequence[Line], page: Page, known: set[str]
) -> Line | None:
    last = block[-1]
    below = [
        line
        for line in column
        if 0 < last.baseline - line.baseline < _MAX_NAME_DROP and _aligned(line, last, page)
    ]
    for line in below:
        if condensed(_bare(line)) in known:
            return line
    return next((line for line in below if _is_name(_bare(line))), None)


def _is_name(text: str) -> bool:
    words = text.split()
    return bool(_NAME.match(text)) and all(word[0].isupper() for word in words)


def _parse(block: Sequence[Line]) -> Block:
    prefix = collective = title = None
    for line in block:
        text = plain(line.text)
        found = _prefix(text)
        if found is None:
            # Titles may take two lines: "PHÓ CHỦ TỊCH / THƯỜNG TRỰC".
            title = (f"{title[0]} {text}", title[1]) if title else (text, line)
            continue
        code, rest = found
        prefix = code, line
        is_collective = code in ("TM.", "T/M")
        if is_collective:
            collective = rest, line
        # "Q. GIÁM ĐỐC" names the title itself; after KT., TL., TUQ. the own title follows.
        title = (rest, line) if code == "Q." else None
    return Block(prefix=prefix, collective=collective, title=title)


def _list(first: Line, below: Sequence[Line]) -> Field | None:
    names: list[str] = []
    boxes = [first.box]
    last = first
    for line in below[:_MAX_ITEMS]:
        item = line.text.lstrip().startswith(("-", "–"))
        apart = last.baseline - line.baseline > _BLOCK_GAP * max(line.size, last.size)
        if apart or not (item or names):
            break
        if item:
            names.append(line.text.lstrip("-– "))
        else:
            names[-1] += " " + line.text
        boxes.append(line.box)
        last = line
    if not names:
        return None
    value = "; ".join(plain(name).rstrip(";.,") for name in names)
    return Field(value=value, page=first.box.page, box=union(boxes), confidence=LIKELY)


def _field(value: str, line: Line, confidence: float) -> Field:
    return Field(
        value=value,
        page=line.box.page,
        box=line.box,
        confidence=round(confidence * line.confidence, 3),
    )
