"""The head of page 1: number line, date line, kind, subject, issuer, addressees, urgency."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby

from docsvc.catalog.kinds import Family, Kind, all_kinds, with_abbreviation
from docsvc.catalog.urgency import Urgency, urgencies
from docsvc.steps.classify.encodings import decode
from docsvc.steps.classify.model import Box, Encoding, Field, Line, NumberForm, Stamp, union
from docsvc.steps.classify.rows import Row, Sheet, sheet
from docsvc.steps.classify.words import condensed, is_capitals, plain

# Blanks are spaces, which leave no character behind, or rows of dots.
_BLANK = r"[\s._…]*"
_GROUP = r"[A-ZĐƯÂÔ][A-Za-zĐđƯưÂâÔô0-9&.]*"
STATE = re.compile(
    rf"(?<!\w)Số\s*(?P<colon>:){_BLANK}(?P<num>\d{{1,6}})?{_BLANK}(?P<end>/)\s*"
    rf"(?:(?P<year>(?:19|20)\d{{2}})\s*/\s*)?(?P<sym>{_GROUP}(?:\s*-\s*{_GROUP})+)(?=\s|$)"
)
PARTY = re.compile(
    rf"(?<!\w)(?P<colon>Số\s*:?){_BLANK}(?P<num>\d{{1,6}})?{_BLANK}(?P<end>-)\s*"
    rf"(?P<type>[A-ZĐ][A-Za-zĐđ]{{0,4}})\s*/\s*(?P<org>{_GROUP}(?:-{_GROUP})*)(?=\s|$)"
)
_DATE = re.compile(
    rf"(?P<before>ngày)(?P<day>{_BLANK}(?:\d{{1,2}})?{_BLANK})(?P<middle>tháng)"
    rf"(?P<month>{_BLANK}(?:\d{{1,2}})?{_BLANK})(?P<after>năm){_BLANK}(?P<year>(?:19|20)\d{{2}})?"
)
_DIGITS = re.compile(r"\d+")
_ADDRESSED = re.compile(r"^Kính\s+(?:gửi|trình)\s*:?\s*", re.IGNORECASE)
_ABOUT = re.compile(r"^(?:V/v|Về việc)(?!\w)[\s:.]*", re.IGNORECASE)
_BODY = re.compile(r"^(?:Căn cứ|Kính (?:gửi|trình)|Thực hiện|Theo )")
# The head ends above the middle of page 1, also with a long title.
_HEAD_SHARE = 0.5
# The date line stands level with the number line, or a line or two away from it.
_DATE_REACH = 3.0
# Lines of one block are at most this many font sizes apart.
_BLOCK_GAP = 2.0
_CENTRED = 0.12
# A title takes at most this many lines under the name of the kind.
_MAX_SUBJECT_LINES = 7
# The longest name of a kind with its letters spaced out.
_MAX_TITLE = 50
_HOURS = re.compile(r"(?:HẸNGIỜ|TRƯỚC)?[\W\d]+(?:GIỜ|H)?[\W\d]*")
_DASHES = re.compile(r"^[-–—_*.\s]+$")

# How sure a reading of the text layer is; what the patterns leave open lowers it.
SURE = 0.98
LIKELY = 0.85
GUESSED = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberLine:
    """The number line: what is printed and where the blank begins and ends."""

    row: Row
    match: re.Match[str]
    form: NumberForm

    @property
    def symbol(self) -> str:
        """Return what follows the number, without the spaces that slip in."""
        party = self.form is NumberForm.PARTY
        text = f"{self.match['type']}/{self.match['org']}" if party else self.match["sym"]
        return re.sub(r"\s+", "", text)

    @property
    def group(self) -> str:
        """Return the first group of the symbol, which names the kind or the body."""
        return re.split(r"[-/]", self.symbol)[0]

    def field(self, name: str) -> Field | None:
        """Return a printed group of the line."""
        return _group_field(self.row, self.match, name, self.match[name] or "")

    def year_field(self) -> Field | None:
        """Return the year of a normative document's number line."""
        return self.field("year") if self.form is NumberForm.STATE else None

    def symbol_field(self) -> Field | None:
        """Return the symbol as a field."""
        name = "type" if self.form is NumberForm.PARTY else "sym"
        return _group_field(self.row, self.match, name, self.symbol)


@dataclass(frozen=True, slots=True, kw_only=True)
class DateLine:
    """The date line of the head."""

    row: Row
    match: re.Match[str]

    def part(self, name: str) -> int | None:
        """Return day, month or year as printed; None where it is blank."""
        found = _DIGITS.search(self.match[name] or "")
        return int(found[0]) if found else None


def number_line(first: Sheet) -> NumberLine | None:
    """Find the number line, in the text as decoded and then in both legacy encodings."""
    for variant in _variants(first):
        for row in variant.above(_HEAD_SHARE):
            for pattern, form in ((STATE, NumberForm.STATE), (PARTY, NumberForm.PARTY)):
                match = pattern.search(row.text)
                if match and row.box.x0 < first.page.width / 2:
                    return NumberLine(row=row, match=match, form=form)
    return None


def date_line(first: Sheet, number: NumberLine | None) -> DateLine | None:
    """Find the date line: level with the number line, or right of the middle without one."""
    for row in first.above(_HEAD_SHARE):
        match = _DATE.search(row.text)
        if match and _is_date_of(row, match, first, number):
            return DateLine(row=row, match=match)
    return None


def kind_field(first: Sheet, number: NumberLine | None, title: Row | None) -> Field | None:
    """Name the kind from the title line and the symbol; they confirm each other."""
    by_symbol = _kinds_by_symbol(number)
    if title:
        families = _families(number)
        named = [kind for kind in _named(title, first) if kind.family in families]
        agreed = [kind for kind in named if kind in by_symbol]
        if agreed or (named and not by_symbol):
            kind = (agreed or named)[0]
            return _field(title.box, kind.code, SURE if agreed else LIKELY)
    if number and by_symbol:
        confidence = GUESSED if len(by_symbol) > 1 or title else LIKELY
        return _field(number.row.box, by_symbol[0].code, confidence * _surety(number.row))
    return None


def title_row(first: Sheet, number: NumberLine | None) -> Row | None:
    """Find the line in capitals, in the middle, that is the name of a kind."""
    for row in first.rows:
        below = number is None or row.baseline < number.row.baseline
        if below and _named(row, first):
            return row
    return None


def subject(first: Sheet, number: NumberLine | None, title: Row | None) -> Field | None:
    """Read the trích yếu: under the title, or "V/v …" under the number of a công văn."""
    if title:
        return _subject_below(first, title)
    return _subject_of_letter(first, number)


def issuer(
    first: Sheet, number: NumberLine | None, names: Sequence[str]
) -> tuple[Field | None, ...]:
    """Read the issuing body and the body above it from the upper-left block."""
    lines = list(_upper_left(first, number))
    if not lines:
        return None, None
    body = _own_lines(lines, names)
    above = lines[: len(lines) - len(body)]
    own = _joined(body, LIKELY if len(lines) > 1 else SURE)
    return own, _joined(above, LIKELY) if above else None


def addressees(first: Sheet) -> Field | None:
    """Read who stands after "Kính gửi", joined by "; "."""
    all_rows = first.rows
    for index, row in enumerate(all_rows):
        match = _ADDRESSED.match(row.text)
        if match:
            return _addressed(row, row.text[match.end() :], all_rows[index + 1 :])
    return None


def urgency(first: Sheet, stamps: Sequence[Stamp]) -> Field | None:
    """Read the degree of urgency from a line of its own or a stamp."""
    seen = [(stamp.text, stamp.box, stamp.confidence) for stamp in stamps]
    head = (piece for row in first.above(_HEAD_SHARE) for piece in row.pieces)
    seen += [(piece.text, piece.box, SURE) for piece in head]
    for text, box, confidence in seen:
        degree = _degree(text)
        if degree:
            return _field(box, degree.code, confidence)
    return None


def _degree(text: str) -> Urgency | None:
    if len(text) > _MAX_TITLE or not is_capitals(text):
        return None
    read = condensed(text)
    return next((degree for degree in urgencies() if _says(read, degree.mark)), None)


def _says(read: str, mark: str) -> bool:
    """Tell whether a mark was read, an hour limit after it allowed."""
    known = condensed(mark)
    return read == known or _HOURS.fullmatch(read.removeprefix(known)) is not None


def _variants(first: Sheet) -> Iterator[Sheet]:
    yield first
    for encoding in (Encoding.TCVN3, Encoding.VNI):
        lines = tuple(_decoded(line, encoding) for line in first.page.lines)
        yield sheet(replace(first.page, lines=lines))


def _decoded(line: Line, encoding: Encoding) -> Line:
    text = decode(line.raw, encoding)
    spans = line.spans if len(text) == len(line.spans) else ()
    return replace(line, text=text, spans=spans, confidence=line.confidence * LIKELY)


def _is_date_of(row: Row, match: re.Match[str], first: Sheet, number: NumberLine | None) -> bool:
    if row.span_box(match.start(), match.end()).centre_x < first.page.width * 0.45:
        return False
    if number:
        return abs(row.baseline - number.row.baseline) < _DATE_REACH * number.row.size
    return "," in row.text[: match.start()] and not _BODY.match(row.text)


def _families(number: NumberLine | None) -> tuple[Family, ...]:
    if number is None:
        return Family.STATE, Family.PARTY, Family.COPY
    if number.form is NumberForm.PARTY:
        return (Family.PARTY,)
    return Family.STATE, Family.COPY


def _kinds_by_symbol(number: NumberLine | None) -> list[Kind]:
    if number is None:
        return []
    found = list(with_abbreviation(number.group, _families(number)))
    if found or number.form is NumberForm.PARTY or number.match["year"]:
        return found
    # The first group names the body, not a kind: công văn has no abbreviation.
    return [kind for kind in all_kinds() if kind.code == "cong-van"]


def _named(row: Row, first: Sheet) -> tuple[Kind, ...]:
    centred = abs(row.box.centre_x - first.page.width / 2) < _CENTRED * first.page.width
    if len(row.text) > _MAX_TITLE or not (centred and is_capitals(row.text)):
        return ()
    return _by_title().get(condensed(row.text).rstrip(":"), ())


@cache
def _by_title() -> dict[str, tuple[Kind, ...]]:
    kinds = sorted(all_kinds(), key=_title)
    return {title: tuple(same) for title, same in groupby(kinds, key=_title)}


def _title(kind: Kind) -> str:
    return condensed(kind.vi.upper())


def _subject_below(first: Sheet, title: Row) -> Field | None:
    found: list[Row] = []
    last = title
    for row in (row for row in first.rows if row.baseline < title.baseline):
        apart = last.baseline - row.baseline > _BLOCK_GAP * max(row.size, last.size)
        if apart or len(found) == _MAX_SUBJECT_LINES or not _continues(row, title):
            break
        found.append(row)
        last = row
    return _joined([piece for row in found for piece in row.pieces], LIKELY) if found else None


def _continues(row: Row, title: Row) -> bool:
    if _BODY.match(row.text) or _DASHES.match(row.text):
        return False
    centred = abs(row.box.centre_x - title.box.centre_x) < 2 * row.size
    return centred and row.pieces[0].bold == title.pieces[0].bold


def _subject_of_letter(first: Sheet, number: NumberLine | None) -> Field | None:
    left = _left_below(first, number)
    about = next((i for i, line in enumerate(left) if _ABOUT.match(line.text)), None)
    start = 0 if about is None else about
    # The Party writes the subject of a letter in italics, without "V/v".
    block = list(_block(left[start:]))
    if about is None:
        party = number is not None and number.form is NumberForm.PARTY
        block = [line for line in block if not is_capitals(line.text)] if party else []
    if not block:
        return None
    field = _joined(block, LIKELY)
    return replace(field, value=_ABOUT.sub("", field.value))


def _left_below(first: Sheet, number: NumberLine | None) -> list[Line]:
    if number is None:
        return []
    return [
        piece
        for row in first.above(_HEAD_SHARE)
        if row.baseline < number.row.baseline - 1
        for piece in row.pieces
        if piece.box.centre_x < first.page.width * 0.45 and piece.box.x1 < first.page.width * 0.55
    ]


def _block(lines: Sequence[Line]) -> Iterator[Line]:
    last: Line | None = None
    for line in lines:
        apart = last and last.baseline - line.baseline > _BLOCK_GAP * line.size
        # Capitals are the stamps under it: KHẨN, HỎA TỐC.
        if apart or _BODY.match(line.text) or (last and is_capitals(line.text)):
            return
        yield line
        last = line


def _upper_left(first: Sheet, number: NumberLine | None) -> Iterator[Line]:
    floor = number.row.baseline + 1 if number else first.page.height * 0.8
    for row in first.rows:
        for piece in row.pieces:
            in_block = row.baseline > floor and piece.box.centre_x < first.page.width * 0.46
            if in_block and is_capitals(piece.text) and len(piece.text) > 2:  # noqa: PLR2004  # "*"
                yield piece


def _own_lines(lines: Sequence[Line], names: Sequence[str]) -> Sequence[Line]:
    """Tell the lines of the issuing body from those of the body above it."""
    known = {condensed(name.upper()) for name in names}
    for start in range(len(lines)):
        if condensed("".join(line.text for line in lines[start:])) in known:
            return lines[start:]
    bold = [line for line in lines if line.bold]
    if bold:
        return bold
    # Without a difference in weight the body above stands in the first line, if there are three;
    # two lines are one name, "ỦY BAN NHÂN DÂN / XÃ …", more often than two bodies.
    return lines[1:] if len(lines) > 2 else lines  # noqa: PLR2004  # as the comment says


def _addressed(row: Row, first: str, below: Sequence[Row]) -> Field:
    pieces, names = list(row.pieces), [first] if first.strip() else []
    last = row
    for line in below:
        apart = last.baseline - line.baseline > _BLOCK_GAP * line.size
        item = line.text.lstrip().startswith(("-", "–", "+"))
        further = names and line.box.x0 > row.box.x0 + 2 * line.size
        if apart or not (item or further):
            break
        if item:
            names.append(line.text.lstrip("-–+ "))
        else:
            names[-1] += " " + line.text
        pieces += line.pieces
        last = line
    value = "; ".join(plain(name).rstrip(";.,") for name in names)
    return _field(union([piece.box for piece in pieces]), value, LIKELY)


def _group_field(row: Row, match: re.Match[str], name: str, value: str) -> Field | None:
    if not value:
        return None
    return _field(row.span_box(*match.span(name)), value, SURE * _surety(row))


def _surety(row: Row) -> float:
    return min(piece.confidence for piece in row.pieces)


def _joined(lines: Sequence[Line], confidence: float) -> Field:
    value = plain(" ".join(line.text for line in lines))
    least = min(line.confidence for line in lines)
    return _field(union([line.box for line in lines]), value, confidence * least)


def _field(box: Box, value: str, confidence: float) -> Field:
    return Field(value=value, page=box.page, box=box, confidence=round(confidence, 3))
