"""What each profile looks like on a real page, as pictures at 150 dpi.

``make goldens`` draws them anew into the folder goldens; look at each before it is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pypdfium2
from signing_stand_ins import NOW, Pki
from signing_steps import sign

from docsvc.demo import images, organisations
from docsvc.steps.classify.model import Hints
from docsvc.steps.classify.tasks import classify
from docsvc.steps.sign.rules import fills_of, places_of, sealed_with_caption, snapped
from docsvc.steps.sign.tasks import reserved
from signing.layouts import (
    Incoming,
    appendix_lines,
    block,
    block_size,
    copy_lines,
    incoming_stamp,
)
from signing.model import (
    ADDED_FIELD,
    LEADER_FIELD,
    ORGANISATION_FIELD,
    Appearance,
    Box,
    PlacedImage,
    Role,
    SignaturePlan,
)
from signing.placing import Sheet, top_right
from signing.profiles import POINTS_PER_MM, PROFILES, CopyForm, ProfileName

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt
    from PIL import Image

ROOT = Path(__file__).parents[3]
FOLDER = Path(__file__).parent / "goldens"
DPI = 150
LETTER = ROOT / "sample_docs/documents/13-quyet-dinh-phe-duyet-danh-muc-co-phu-luc.pdf"
PARTY = ROOT / "sample_docs/documents/08-nghi-quyet-dang-uy-chuyen-doi-so.pdf"
FOREIGN = ROOT / "sample_docs/signed/37-quyet-dinh-ky-bang-phan-mem-khac.pdf"
A4 = Sheet(page=0, width=595.276, height=841.89)
ISSUED = date(2026, 6, 7)

# Left, bottom, right, top in points: what of the page is kept.
HEAD = (90.0, 722.0, 525.0, 752.0)
SIGNED = (280.0, 120.0, 530.0, 290.0)
CORNER = (300.0, 785.0, 595.0, 841.0)
LEFT = (0.0, 590.0, 200.0, 740.0)
CAPTION = (280.0, 200.0, 530.0, 390.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Studio:
    """Keys, pictures and what was recognised, made once."""

    pki: Pki
    seal: bytes
    signature: bytes
    seal_mm: float
    recognised: dict[Path, dict[str, Any]]

    @classmethod
    def opened(cls) -> Studio:
        """Draw the seal and the signature of the demonstration, and read the pages."""
        unit = organisations.load().unit_by_code["H99.12.05"]
        hints = Hints(seal_mm=unit.seal_mm)
        return cls(
            pki=Pki(),
            seal=images.seal(unit),
            signature=images.signature("leader-h99"),
            seal_mm=unit.seal_mm,
            recognised={
                path: classify(path.read_bytes(), hints).facts for path in (LETTER, PARTY, FOREIGN)
            },
        )

    def led(self, path: Path, shift: float) -> bytes:
        """Return a document with the leader's signature, moved to the right by some points."""
        facts = self.recognised[path]
        places = places_of(facts | {"places": _moved(facts["places"], shift)})
        plan = SignaturePlan(
            role=Role.LEADER,
            field_name=LEADER_FIELD,
            chain=self.pki.chain(self.pki.leader),
            image=self.signature,
            certify=True,
        )
        base = reserved(path.read_bytes(), places, self.signature)
        return sign(base, plan, self.pki.leader, None)

    def sealed(self, path: Path, shift: float) -> bytes:
        """Return it with the seal, number and date."""
        plan = SignaturePlan(
            role=Role.ORGANISATION,
            field_name=ORGANISATION_FIELD,
            chain=self.pki.chain(self.pki.organisation),
            image=self.seal,
            fills=fills_of(self.recognised[path], number="125", day="07", month="6"),
        )
        return sign(self.led(path, shift), plan, self.pki.organisation, None)

    def added(self, path: Path, look: Appearance, **plan: Any) -> bytes:
        """Return a document with a signature of the organisation in a field of its own."""
        whole = SignaturePlan(
            role=Role.ORGANISATION,
            field_name=ADDED_FIELD,
            chain=self.pki.chain(self.pki.organisation),
            appearance=look,
            **plan,
        )
        return sign(path.read_bytes(), whole, self.pki.organisation, None)


def _moved(places: dict[str, Any], shift: float) -> dict[str, Any]:
    return {
        name: {**box, "x0": box["x0"] + shift, "x1": box["x1"] + shift}
        if isinstance(box, dict)
        else box
        for name, box in places.items()
    }


def leader(studio: Studio, shift: float) -> bytes:
    return studio.led(LETTER, shift)


def organisation(studio: Studio, shift: float) -> bytes:
    return studio.sealed(LETTER, shift)


def party(studio: Studio, shift: float) -> bytes:
    return studio.sealed(PARTY, shift)


def _cornered(studio: Studio, lines: tuple[str, ...], shift: float) -> bytes:
    box = _right(top_right(A4, block_size(lines, size=10)), shift)
    return studio.added(LETTER, block(lines, box, size=10), requires_leader=False)


def appendix(studio: Studio, shift: float) -> bytes:
    return _cornered(studio, appendix_lines("125/QĐ-UBND", NOW), shift)


def copy(studio: Studio, shift: float) -> bytes:
    lines = copy_lines(CopyForm.TRUE, "UBND xã Suối Trúc", NOW)
    return _cornered(studio, lines, shift)


def incoming(studio: Studio, shift: float) -> bytes:
    size = PROFILES[ProfileName.INCOMING].size_mm or (0.0, 0.0)
    found = snapped(
        studio.recognised[LETTER],
        (100, 660),
        page=0,
        profile=ProfileName.INCOMING,
        size=(size[0] * POINTS_PER_MM, size[1] * POINTS_PER_MM),
    )
    assert found.box is not None
    assert found.is_legal
    entry = Incoming(
        organisation="UBND XÃ SUỐI TRÚC",
        number="1204",
        day="09/6/2026",
        passed_to="Phòng Văn hóa - Xã hội",
    )
    look = incoming_stamp(entry, _right(found.box, shift))
    return studio.added(LETTER, look, requires_leader=False)


def free(studio: Studio, shift: float) -> bytes:
    box = _right(Box(page=0, x0=60, y0=600, x1=160, y1=650), shift)
    look = Appearance(box=box, image=PlacedImage(png=studio.signature, box=box))
    return studio.added(LETTER, look, requires_leader=False)


def foreign(studio: Studio, shift: float) -> bytes:
    facts = studio.recognised[FOREIGN] | {"number": None}
    facts["places"] = _moved(facts["places"], shift)
    look = sealed_with_caption(facts, studio.seal, number_line="125/QĐ-UBND", issued_on=ISSUED)
    assert look is not None
    return studio.added(FOREIGN, look, leader_field="Signature1")


PICTURES: dict[
    str, tuple[Callable[[Studio, float], bytes], int, tuple[float, float, float, float]]
] = {
    "leader": (leader, 0, SIGNED),
    "organisation": (organisation, 0, SIGNED),
    "number-and-date": (organisation, 0, HEAD),
    "number-and-date-party": (party, 0, HEAD),
    "appendix": (appendix, 0, CORNER),
    "copy": (copy, 0, CORNER),
    "incoming": (incoming, 0, LEFT),
    "free": (free, 0, LEFT),
    "foreign": (foreign, 0, CAPTION),
}


def drawn(name: str, studio: Studio, *, shift_mm: float = 0.0) -> Image.Image:
    """Draw what a picture shows, the marks moved to the right."""
    make, page, area = PICTURES[name]
    return rendered(make(studio, shift_mm * POINTS_PER_MM), page=page, area=area)


def rendered(pdf: bytes, *, page: int, area: tuple[float, float, float, float]) -> Image.Image:
    """Render a part of a page, given by its edges in points, as a reader sees it."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        document.init_forms()
        sheet = document[page]
        width, height = sheet.get_size()
        left, bottom, right, top = area
        crop = (left, bottom, width - right, height - top)
        return sheet.render(scale=DPI / 72, crop=crop).to_pil().convert("RGB")
    finally:
        document.close()


def difference(one: Image.Image, other: Image.Image) -> float:
    """Return how much ink stands elsewhere, as a share of the ink there is (0 to about 2)."""
    first, second = _ink(one), _ink(other)
    if first.shape != second.shape:
        return 2.0
    return float(np.abs(first - second).sum() / max(first.sum(), 1.0))


def _ink(picture: Image.Image) -> npt.NDArray[np.float64]:
    return 255.0 - np.asarray(picture, dtype=np.float64)


def golden(name: str) -> Path:
    """Return where a picture is kept."""
    return FOLDER / f"{name}.png"


def _right(box: Box, shift: float) -> Box:
    return Box(page=box.page, x0=box.x0 + shift, y0=box.y0, x1=box.x1 + shift, y1=box.y1)


def main() -> None:
    """Draw every picture anew."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    studio = Studio.opened()
    for name in PICTURES:
        drawn(name, studio).save(golden(name), optimize=True)
