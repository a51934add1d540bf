"""The secrecy gate: what marks a document as secret, what leaves doubt. Fails closed.

R-01 a line of its own that is a level, in the place of marks: secret
R-02 the same with its letters spaced out: secret
R-03 the same in TCVN3, VNI or decomposed Unicode: secret
R-04 a stamp that reads as a level: secret
R-05 a line of its own that is a level, elsewhere: a person looks
R-06 the word MẬT in capitals in the head, outside everyday phrases: a person looks
R-07 a mark that was seen and is not known, or nearly a level, or unread: a person looks
R-08 a line that OCR read as a level but for its diacritics: a person looks
R-09 a first page that could not be read or examined: a person looks
"""

import re
from collections.abc import Iterator, Sequence

from docsvc.catalog.secrecy import levels
from docsvc.steps.classify.encodings import decode
from docsvc.steps.classify.marks import (
    EDGES,
    Meaning,
    is_level_but_accents,
    level_of,
    meaning,
    unexplained_level,
)
from docsvc.steps.classify.model import (
    Encoding,
    Ink,
    Line,
    Page,
    Reading,
    Reason,
    Secrecy,
    SecrecyVerdict,
    Shape,
    Stamp,
)
from docsvc.steps.classify.rows import Row, Sheet
from docsvc.steps.classify.words import condensed, plain, toned

# Box 10a and 10b stand in the upper third of page 1; a long head pushes them down a little.
_HEAD_SHARE = 0.45
# On later pages only an enclosed document has marks: at its own upper left.
_LATER_HEAD_SHARE = 1 / 3
# A mark with its frame characters and "Độ mật:" before it stays under this.
_MAX_MARK = 60
# Text nearer than this many font sizes belongs to the same sentence.
_ALONE = 2.0
_SPACED = re.compile(r"(?<!\w)(?:\w[ .]){2,}\w(?!\w)")
_LETTER_GAP = re.compile(r"[ .]")
_LABEL = re.compile(r"^(?:DẤUCHỈ)?(?:MỨC)?ĐỘMẬT\W*")
_PLAIN_SMALL = re.compile(r"[a-z]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
# What every mark has in it, in any encoding, spaced out or not: M, something like Ậ, T. Most lines
# of most documents have not, and cost nothing more.
_MAY_BE = re.compile(
    r"[Mm][\s.\u00ad\u200b-\u200f\u2060\ufeff]*"
    r"[ẬậËëÄäAaÂâẠạ\u0302\u0323\s.\u00ad\u200b-\u200f\u2060\ufeff]{1,12}[Tt](?!\w)"
)
_LEGACY = (Encoding.TCVN3, Encoding.VNI)


def judge(reading: Reading, sheets: Sequence[Sheet]) -> Secrecy:
    """Say whether a document is secret, doubtful or clear, with every finding.

    Args:
        reading: of the document.
        sheets: its pages in rows.
    """
    secret: list[Reason] = []
    doubts: list[Reason] = []
    for found in _findings(reading, sheets):
        (secret if found.level else doubts).append(found)
    if secret:
        order = [level.code for level in levels()]
        gravest = min((reason.level for reason in secret if reason.level), key=order.index)
        return Secrecy(verdict=SecrecyVerdict.SECRET, level=gravest, reasons=tuple(secret))
    verdict = SecrecyVerdict.DOUBTFUL if doubts else SecrecyVerdict.CLEAR
    return Secrecy(verdict=verdict, reasons=tuple(doubts))


def _findings(reading: Reading, sheets: Sequence[Sheet]) -> Iterator[Reason]:
    if not reading.examined:
        yield Reason(code="classify.page-not-examined")
    for sheet in sheets:
        yield from _on_page(sheet)
    for stamp in reading.stamps:
        yield from _in_stamp(stamp)
    if not any(page.lines for page in reading.pages[:1]):
        yield Reason(code="classify.nothing-read")


def _on_page(sheet: Sheet) -> Iterator[Reason]:
    page = sheet.page
    for row in sheet.rows:
        raw = " ".join(piece.raw for piece in row.pieces)
        if page.index == 0:
            yield from _misread(row)
        if not (_MAY_BE.search(raw) or _MAY_BE.search(row.text)):
            continue
        found = list(_in_row(row, page))
        yield from found
        if not found and page.index == 0 and _in_head(row, page):
            yield from _word_in(row)


def _misread(row: Row) -> Iterator[Reason]:
    """Find what OCR read as a level but for its diacritics."""
    for line in row.pieces:
        doubtful = line.confidence < 1 and len(line.text) <= _MAX_MARK
        if doubtful and is_level_but_accents(line.text) and _level_of(line.text) is None:
            yield Reason(code="classify.stamp-near-level", box=line.box)


def _in_row(row: Row, page: Page) -> Iterator[Reason]:
    for line in _units(row):
        for text, encoding in _variants(line):
            level = _level_of(text)
            if level is None:
                continue
            if not _in_place(line, page):
                yield Reason(code="classify.mark-elsewhere", word=level, box=line.box)
            else:
                code = _how(line, encoding)
                yield Reason(code=code, level=level, box=line.box)
            break


def _units(row: Row) -> Iterator[Line]:
    """Walk the pieces that stand alone, and the row as a whole."""
    if len(row.pieces) > 1:
        raw = " ".join(piece.raw for piece in row.pieces)
        first = row.pieces[0]
        yield Line(text=row.text, raw=raw, box=row.box, baseline=first.baseline, size=first.size)
    for before, piece, after in zip(
        (None, *row.pieces[:-1]), row.pieces, (*row.pieces[1:], None), strict=True
    ):
        left = before is None or piece.box.x0 - before.box.x1 > _ALONE * piece.size
        right = after is None or after.box.x0 - piece.box.x1 > _ALONE * piece.size
        if left and right:
            yield piece


def _variants(line: Line) -> Iterator[tuple[str, Encoding]]:
    if len(line.raw) > _MAX_MARK:
        return
    yield line.text, line.encoding
    if _NOT_ASCII.search(line.raw):
        for encoding in _LEGACY:
            yield decode(line.raw, encoding), encoding


def _level_of(text: str) -> str | None:
    """Return the code of the level that a whole line is, in capitals."""
    bare = EDGES.sub("", condensed(text))
    labelled = _LABEL.sub("", bare.upper())
    if labelled != bare.upper():
        return level_of(labelled)
    # TCVN3 has no capitals with tones: MẬT comes out as MậT. A plain small letter is a sentence.
    return None if _PLAIN_SMALL.search(bare) else level_of(bare.upper())


def _how(line: Line, encoding: Encoding) -> str:
    if encoding is not Encoding.UNICODE:
        return "classify.mark-legacy-encoding"
    spaced = _SPACED.search(plain(line.text)) is not None
    return "classify.mark-spaced" if spaced else "classify.mark-in-text"


def _in_place(line: Line, page: Page) -> bool:
    if page.index == 0:
        return line.baseline > page.height * (1 - _HEAD_SHARE)
    high = line.baseline > page.height * (1 - _LATER_HEAD_SHARE)
    return high and line.box.centre_x < page.width / 2


def _in_head(row: Row, page: Page) -> bool:
    return row.baseline > page.height * (1 - _HEAD_SHARE)


def _word_in(row: Row) -> Iterator[Reason]:
    raw = " ".join(piece.raw for piece in row.pieces)
    texts = [row.text]
    if _NOT_ASCII.search(raw):
        texts += [decode(raw, encoding) for encoding in _LEGACY]
    for text in texts:
        word = _doubtful_word(text)
        if word:
            yield Reason(code="classify.word-in-header", word=word, box=row.box)
            return


def _doubtful_word(text: str) -> str | None:
    """Return a level in capitals that no everyday phrase explains."""
    # Nobody spaces out an everyday word: what letters apart spell is looked for within them.
    for spaced in _SPACED.findall(plain(text)):
        found = next((mark for mark in _marks() if mark in _LETTER_GAP.sub("", spaced)), None)
        if found:
            return found
    found = unexplained_level(toned(" ".join(map(_capital, plain(text).split(" ")))))
    if found:
        return found
    alone = EDGES.sub("", plain(text))
    return alone.upper() if alone in {level.vi for level in levels()} else None


def _marks() -> tuple[str, ...]:
    return tuple(condensed(level.mark) for level in levels())


def _capital(word: str) -> str:
    return word if _PLAIN_SMALL.search(word) else word.upper()


def _in_stamp(stamp: Stamp) -> Iterator[Reason]:
    mark = meaning(stamp.text)
    match mark.meaning:
        case Meaning.LEVEL:
            yield Reason(code="classify.mark-in-stamp", level=mark.level, box=stamp.box)
        case Meaning.NEAR_LEVEL:
            yield Reason(code="classify.stamp-near-level", box=stamp.box)
        case Meaning.UNKNOWN | Meaning.UNREAD if stamp.shape is not Shape.ROUND:
            yield Reason(code=_doubt(stamp, mark.meaning), box=stamp.box)
        case Meaning.HARMLESS | Meaning.UNKNOWN | Meaning.UNREAD:
            pass  # a seal says nothing of secrecy, whatever is read round its rim


def _doubt(stamp: Stamp, read: Meaning) -> str:
    if stamp.ink is Ink.DARK:
        return "classify.grey-scan"
    return "classify.stamp-unread" if read is Meaning.UNREAD else "classify.stamp-unknown"
