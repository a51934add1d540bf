"""EAA and SSA of 2021: what a certified document lets others add, put to bad use."""

from collections.abc import Callable

from attacks import writer
from attacks.victim import (
    FORM,
    NEW,
    ON_BLANK,
    OVER_TEXT,
    PAGE,
    SEAL,
    SEAL_LOOK,
    SEAL_VALUE,
    Victim,
    painted,
    signature_field,
    text_field,
)
from attacks.writer import append, look, stream

KINDS = (
    "FreeText",
    "Stamp",
    "Redact",
    "Highlight",
    "Underline",
    "StrikeOut",
    "Squiggly",
    "Ink",
    "Square",
    "Circle",
    "Line",
    "Polygon",
    "PolyLine",
    "Text",
    "Popup",
    "FileAttachment",
    "Caret",
    "Watermark",
    "Link",
    "Sound",
    "Movie",
    "Screen",
    "3D",
    "RichMedia",
    "TrapNet",
    "Projection",
)


def annotation(kind: str, more: bytes = b"/F 4") -> bytes:
    """Write an annotation over the text of the page."""
    return (
        b"<</Type/Annot/Subtype/%s/Rect[%s]/Contents(0)/QuadPoints[80 560 480 560 80 480 480 480]"
        b"/C[1 1 1]/IC[1 1 1]/DA(/F1+0 12 Tf)/P 4 0 R/AP<</N %d 0 R>>%s>>"
        % (kind.encode(), OVER_TEXT, NEW + 1, more)
    )


def _evil(kind: str, permission: int) -> Callable[[Victim], bytes]:
    def forge(victim: Victim) -> bytes:
        pdf = victim.led if permission == 2 else victim.lead(victim.prepare(), permission=3)  # noqa: PLR2004 -- table 257
        return append(pdf, {NEW: annotation(kind), NEW + 1: painted(), PAGE: victim.page(NEW)})

    return forge


def hidden_then_shown(victim: Victim) -> bytes:
    """An annotation is signed while hidden, and shown afterwards."""
    hidden = {NEW: annotation("FreeText", b"/F 2"), NEW + 1: painted(), PAGE: victim.page(NEW)}
    pdf = victim.seal(victim.lead(victim.prepare(hidden)), {PAGE: victim.page(NEW)})
    return append(pdf, {NEW: annotation("FreeText")})


def annotation_as_field(victim: Victim) -> bytes:
    """An annotation passes for a field of the form."""
    evil = annotation("FreeText", b"/FT/Sig/T(evil)/F 4")
    objects = {NEW: evil, NEW + 1: painted(), PAGE: victim.page(NEW), FORM: victim.form(NEW)}
    return append(victim.led, objects)


def annotation_removed(victim: Victim) -> bytes:
    """An annotation that was signed is taken away."""
    note = {NEW: annotation("FreeText"), NEW + 1: look(b""), PAGE: victim.page(NEW)}
    return append(victim.lead(victim.prepare(note)), {PAGE: victim.page()})


def sneaky_signature(victim: Victim) -> bytes:
    """A trusted third party signs, with a mark that covers text and shows other text."""
    return victim.add_signature(victim.led, victim.organisation, box=OVER_TEXT, drawn=painted())


def sneaky_image(victim: Victim) -> bytes:
    """The mark is an image that lets nothing through."""
    image = stream(
        b"\xff",
        b"/Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8",
    )
    field = {**_third(victim), NEW + 1: _shows(), NEW + 3: image}
    return writer.sign(victim.led, victim.organisation, field, value=NEW + 2)


def sneaky_masked_image(victim: Victim) -> bytes:
    """The mark is an image whose mask lets nothing through either."""
    head = b"/Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8"
    objects = {
        **_third(victim),
        NEW + 1: _shows(),
        NEW + 3: stream(b"\xff", head + b"/SMask %d 0 R" % (NEW + 4)),
        NEW + 4: stream(b"\xff", head),
    }
    return writer.sign(victim.led, victim.organisation, objects, value=NEW + 2)


def _third(victim: Victim) -> dict[int, bytes]:
    own = b"/V %d 0 R/AP<</N %d 0 R>>" % (NEW + 2, NEW + 1)
    return {
        PAGE: victim.page(NEW),
        FORM: victim.form(NEW),
        NEW: signature_field(b"third", OVER_TEXT, own),
    }


def _shows() -> bytes:
    resources = b"/Resources<</XObject<</X %d 0 R>>>>" % (NEW + 3)
    return look(b"q 100 0 0 100 0 0 cm /X Do Q", resources)


def sneaky_page(victim: Victim) -> bytes:
    """The mark is as large as the page."""
    return victim.add_signature(
        victim.led, victim.organisation, box=b"0 0 595 842", drawn=painted()
    )


def sneaky_many(victim: Victim) -> bytes:
    """Four marks, none of which is large, cover the page together."""
    boxes = [b"0 0 595 200", b"0 200 595 400", b"0 400 595 600", b"0 600 595 800"]
    numbers = [NEW + 10 * n for n in range(4)]
    pdf = victim.led
    for n, (box, number) in enumerate(zip(boxes, numbers, strict=True)):
        own = b"/V %d 0 R/AP<</N %d 0 R>>" % (number + 2, number + 1)
        known = numbers[: n + 1]
        objects = {
            PAGE: victim.page(*known),
            FORM: victim.form(*known),
            number: signature_field(b"third%d" % n, box, own),
            number + 1: look(b"0 0 100 100 re S"),
        }
        pdf = writer.sign(pdf, victim.organisation, objects, value=number + 2)
    return pdf


def sneaky_reserved_page(victim: Victim) -> bytes:
    """The author reserved a field as large as the page; it is signed with a mark."""
    large = {SEAL: signature_field(b"docsvc.organisation", b"0 0 595 842")}
    pdf = victim.lead(victim.prepare(large))
    more = b"/V %d 0 R/AP<</N %d 0 R>>" % (SEAL_VALUE, SEAL_LOOK)
    own = signature_field(b"docsvc.organisation", b"0 0 595 842", more)
    return victim.seal(pdf, {SEAL: own, SEAL_LOOK: painted()})


def sneaky_unsigned(victim: Victim) -> bytes:
    """The mark has a signature whose container is rubbish."""
    return victim.add_signature(victim.led, lambda _: b"\x30\x00", box=ON_BLANK, drawn=painted())


def sneaky_broken(victim: Victim) -> bytes:
    """The mark has a signature over other bytes."""
    return victim.add_signature(
        victim.led,
        lambda data: victim.organisation(data + b" "),
        box=ON_BLANK,
        drawn=painted(),
    )


def sneaky_by_stranger(victim: Victim) -> bytes:
    """The mark is that of somebody whom nobody knows."""
    return victim.add_signature(victim.led, victim.stranger, box=ON_BLANK, drawn=painted())


def empty_with_mark(victim: Victim) -> bytes:
    """A signature field without signature has a mark."""
    field = signature_field(b"more", OVER_TEXT, b"/AP<</N %d 0 R>>" % (NEW + 1))
    objects = {NEW: field, NEW + 1: painted(), PAGE: victim.page(NEW), FORM: victim.form(NEW)}
    return append(victim.led, objects)


def empty_with_background(victim: Victim) -> bytes:
    """A signature field without signature and mark is painted by its reader."""
    field = signature_field(b"more", OVER_TEXT, b"/MK<</BG[1 1 1]/CA(0)>>")
    return append(victim.led, {NEW: field, PAGE: victim.page(NEW), FORM: victim.form(NEW)})


def mark_on_another_page(victim: Victim) -> bytes:
    """The field says that it stands on a page that is larger than the one that shows it."""
    own = b"/V %d 0 R/AP<</N %d 0 R>>" % (NEW + 2, NEW + 1)
    field = signature_field(b"third", b"0 0 595 842", own).replace(b"/P 4 0 R", b"/P 203 0 R")
    objects = {
        PAGE: victim.page(NEW),
        FORM: victim.form(NEW),
        NEW: field,
        NEW + 1: look(b"0 0 99 99 re S"),
        NEW + 3: b"<</Type/Page/MediaBox[0 0 9999 9999]>>",
    }
    return writer.sign(victim.led, victim.organisation, objects, value=NEW + 2)


def field_covers_text(victim: Victim) -> bytes:
    """A text field that the author laid over text is filled in, and covers it."""
    over = {NEW: text_field(b"note", OVER_TEXT), PAGE: victim.page(NEW), FORM: victim.form(NEW)}
    pdf = victim.lead(victim.prepare(over))
    filled = text_field(b"note", OVER_TEXT, b"/V(0)/AP<</N %d 0 R>>" % (NEW + 1))
    return append(pdf, {NEW: filled, NEW + 1: painted()})


def certification_broken(victim: Victim) -> bytes:
    """The certification forbids all changes, and a field is filled in."""
    pdf = victim.lead(victim.prepare(), permission=1)
    return append(pdf, victim.filled())


ATTACKS = {
    **{f"eaa-{kind.lower()}": _evil(kind, 2) for kind in KINDS},
    **{f"eaa-{kind.lower()}-allowed": _evil(kind, 3) for kind in ("FreeText", "Stamp", "Redact")},
    "eaa-hidden-then-shown": hidden_then_shown,
    "eaa-as-field": annotation_as_field,
    "eaa-removed": annotation_removed,
    "ssa-over-text": sneaky_signature,
    "ssa-image": sneaky_image,
    "ssa-masked-image": sneaky_masked_image,
    "ssa-page": sneaky_page,
    "ssa-many": sneaky_many,
    "ssa-reserved-page": sneaky_reserved_page,
    "ssa-unsigned": sneaky_unsigned,
    "ssa-broken": sneaky_broken,
    "ssa-by-stranger": sneaky_by_stranger,
    "ssa-empty-with-mark": empty_with_mark,
    "ssa-empty-with-background": empty_with_background,
    "ssa-on-another-page": mark_on_another_page,
    "ssa-field-covers-text": field_covers_text,
    "ssa-certification-broken": certification_broken,
}
