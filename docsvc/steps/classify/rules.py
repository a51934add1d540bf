"""What a document is: secrecy first, then what it says of itself. Pure.

Of a secret document nothing but the verdict leaves: no number, no name, no text of a stamp.
"""

from collections.abc import Sequence
from dataclasses import replace

from docsvc.steps.classify import closing, fields, places, secrecy
from docsvc.steps.classify.closing import Signing
from docsvc.steps.classify.fields import DateLine, NumberLine
from docsvc.steps.classify.model import (
    Box,
    Classification,
    Field,
    Hints,
    Page,
    Places,
    Reading,
    SecrecyVerdict,
)
from docsvc.steps.classify.rows import Sheet, sheet
from signing.placing import Landmarks

_MONTHS = range(1, 13)
_DAYS = range(1, 32)


def classify(reading: Reading, *, hints: Hints) -> Classification:
    """Classify a reading; every box of the answer is in default user space."""
    sheets = tuple(map(sheet, reading.pages))
    verdict = secrecy.judge(reading, sheets)
    if verdict.verdict is SecrecyVerdict.SECRET:
        reasons = tuple(replace(reason, word="", box=None) for reason in verdict.reasons)
        return Classification(secrecy=replace(verdict, reasons=reasons))
    first, main = sheets[0], closing.main_part(sheets)
    number = fields.number_line(first)
    date = fields.date_line(first, number)
    signing = closing.signing(main, hints.signer_names)
    found = Classification(secrecy=verdict, stamps=reading.stamps)
    found = _with_head(found, first, number=number, date=date, hints=hints)
    found = _with_closing(found, main, signing)
    known = places.landmarks(signing, number, date, first.page)
    found = replace(
        found,
        places=_with_signatures(_blanks(number, date), known, signing, hints),
        sheets=tuple(page.sheet for page in reading.pages),
        landmarks=known,
    )
    return _in_user_space(found, {page.index: page for page in reading.pages})


def _with_head(
    found: Classification,
    first: Sheet,
    *,
    number: NumberLine | None,
    date: DateLine | None,
    hints: Hints,
) -> Classification:
    title = fields.title_row(first, number)
    own, parent = fields.issuer(first, number, hints.organisation_names)
    full, partial = _dates(date)
    return replace(
        found,
        number_form=number.form if number else None,
        kind=fields.kind_field(first, number, title),
        number=number.field("num") if number else None,
        year=number.year_field() if number else None,
        symbol=number.symbol_field() if number else None,
        date=full,
        partial_date=partial,
        subject=fields.subject(first, number, title),
        issuer=own,
        parent=parent,
        addressees=fields.addressees(first),
        urgency=fields.urgency(first, found.stamps),
    )


def _with_closing(
    found: Classification, main: Sequence[Sheet], signing: Signing | None
) -> Classification:
    found = replace(found, recipients=closing.recipients(main))
    if signing is None:
        return found
    block = signing.parsed
    return replace(
        found,
        signer=closing.signer_field(signing),
        authority=closing.part_field(block.prefix),
        collective=closing.part_field(block.collective),
        title=closing.part_field(block.title),
    )


def _dates(line: DateLine | None) -> tuple[Field | None, Field | None]:
    """Return the whole date, or what is printed of it."""
    if line is None:
        return None, None
    year, month, day = line.part("year"), line.part("month"), line.part("day")
    if year is None:
        return None, None
    box = line.row.span_box(line.match.start(), line.match.end())
    confidence = min(piece.confidence for piece in line.row.pieces) * fields.SURE
    text = f"{year:04d}" + (f"-{month:02d}" if month in _MONTHS else "")
    if month in _MONTHS and day in _DAYS:
        whole = Field(value=f"{text}-{day:02d}", page=box.page, box=box, confidence=confidence)
        return whole, None
    return None, Field(value=text, page=box.page, box=box, confidence=confidence)


def _blanks(number: NumberLine | None, date: DateLine | None) -> Places:
    return Places(
        number=places.number(number),
        number_size=places.size(number),
        day=places.day(date),
        month=places.month(date),
        date_size=places.size(date),
    )


def _with_signatures(
    blanks: Places, known: Landmarks, signing: Signing | None, hints: Hints
) -> Places:
    page = signing.page if signing else None
    seal = places.organisation(known, page, hints.seal_mm)
    return replace(
        blanks,
        leader=places.leader(known),
        organisation=seal,
        caption=places.caption(seal, page),
        rotation=page.rotation if page else 0,
    )


def _in_user_space(found: Classification, pages: dict[int, Page]) -> Classification:
    def moved(box: Box | None) -> Box | None:
        return pages[box.page].to_user(box) if box else None

    names = [name for name in Classification.__dataclass_fields__ if name not in _NOT_FIELDS]
    values = {name: getattr(found, name) for name in names}
    shifted = {
        name: replace(value, box=pages[value.page].to_user(value.box))
        for name, value in values.items()
        if value is not None
    }
    at = found.places
    return replace(
        found,
        **shifted,
        stamps=tuple(replace(s, box=pages[s.box.page].to_user(s.box)) for s in found.stamps),
        secrecy=replace(
            found.secrecy,
            reasons=tuple(replace(r, box=moved(r.box)) for r in found.secrecy.reasons),
        ),
        places=replace(
            at,
            number=moved(at.number),
            day=moved(at.day),
            month=moved(at.month),
            leader=moved(at.leader),
            organisation=moved(at.organisation),
            caption=moved(at.caption),
        ),
    )


_NOT_FIELDS = frozenset({"secrecy", "stamps", "number_form", "places", "sheets", "landmarks"})
