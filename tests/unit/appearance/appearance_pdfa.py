"""PDF/A documents after each thing that is done to them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pikepdf
from signing_stand_ins import NOW, Pki, Tsa
from signing_steps import archived, leader_plan, sign
from support.pdfa import pdfa_letter

from docsvc.demo import images, organisations
from docsvc.steps.classify.model import Hints
from docsvc.steps.classify.tasks import classify
from docsvc.steps.sign.rules import fills_of, places_of
from docsvc.steps.sign.tasks import reserved
from signing.layouts import (
    Incoming,
    appendix_lines,
    block,
    block_size,
    incoming_stamp,
    seal_with_caption,
)
from signing.model import (
    ADDED_FIELD,
    ORGANISATION_FIELD,
    Appearance,
    Box,
    Role,
    SignaturePlan,
)
from signing.placing import Sheet, top_right

if TYPE_CHECKING:
    from collections.abc import Iterator

_A4 = Sheet(page=0, width=595.276, height=841.89)
_LINES = ("Số: 125/UBND-VP", "ngày 20 tháng 11 năm 2026")


def without_intent() -> bytes:
    """Return a PDF/A-2b that has no output intent, and needs none: its page shows nothing."""
    with pikepdf.open(io.BytesIO(pdfa_letter())) as document:
        del document.Root.OutputIntents
        document.pages[0].Contents = document.make_stream(b"")
        stream = io.BytesIO()
        document.save(stream, object_stream_mode=pikepdf.ObjectStreamMode.disable)
        return stream.getvalue()


def stages(pki: Pki) -> Iterator[tuple[str, bytes]]:
    """Yield a letter at every stage of the road, and signed in a field of its own."""
    tsa = Tsa(pki.tsa)
    unit = organisations.load().unit_by_code["H99.12.05"]
    seal, signature = images.seal(unit), images.signature("leader-h99")
    letter = pdfa_letter()
    yield "letter", letter
    facts = classify(letter, Hints(seal_mm=unit.seal_mm)).facts
    base = reserved(letter, places_of(facts), signature)
    yield "reserved", base
    led = sign(base, _with(leader_plan(pki), image=signature), pki.leader, tsa)
    yield "led", led
    plan = SignaturePlan(
        role=Role.ORGANISATION,
        field_name=ORGANISATION_FIELD,
        chain=pki.chain(pki.organisation),
        image=seal,
        fills=fills_of(facts, number="125", day="20", month="11"),
    )
    sealed = sign(led, plan, pki.organisation, tsa)
    yield "sealed", sealed
    done = archived(sealed, pki, tsa)
    yield "archived", done
    yield "renewed", archived(done, pki, tsa)
    for name, look in _looks(seal):
        yield name, archived(_added(letter, look, pki), pki, tsa)
    plain = without_intent()
    yield "without-intent", plain
    for name, look in _looks(seal):
        yield f"without-intent-{name}", archived(_added(plain, look, pki), pki, tsa)


def _looks(seal: bytes) -> Iterator[tuple[str, Appearance]]:
    lines = appendix_lines("125/UBND-VP", NOW)
    yield "appendix", block(lines, top_right(_A4, block_size(lines, size=10)), size=10)
    square = Box(page=0, x0=300, y0=100, x1=402, y1=202)
    caption = Box(page=0, x0=276, y0=70, x1=426, y1=94)
    yield "caption", seal_with_caption(seal, square, lines=_LINES, caption=caption, size=10)
    entry = Incoming(organisation="UBND XÃ SUỐI TRÚC", number="7")
    yield "incoming", incoming_stamp(entry, Box(page=0, x0=40, y0=560, x1=182, y1=660))


def _added(pdf: bytes, look: Appearance, pki: Pki) -> bytes:
    plan = SignaturePlan(
        role=Role.ORGANISATION,
        field_name=ADDED_FIELD,
        chain=pki.chain(pki.organisation),
        requires_leader=False,
        appearance=look,
    )
    return sign(pdf, plan, pki.organisation, Tsa(pki.tsa))


def _with(plan: SignaturePlan, **changes: Any) -> SignaturePlan:
    known = {name: getattr(plan, name) for name in type(plan).__dataclass_fields__}
    return SignaturePlan(**{**known, **changes})
