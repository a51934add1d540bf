"""A scan whose clerk points at the place: the signature and the seal stand there."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pikepdf
import pytest
from support import pages, road

from docsvc.documents import service as documents
from docsvc.steps.receive.service import Offer
from docsvc.steps.sign.pointing import Mark
from docsvc.worker import Runner
from docsvc.workflow import State, Step
from signing.model import LEADER_FIELD, ORGANISATION_FIELD
from signing.profiles import POINTS_PER_MM

if TYPE_CHECKING:
    from support.road import OpenRoad


def rectangles(pdf: bytes) -> dict[str, tuple[float, ...]]:
    """Return where the fields of a file stand."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        annotations: Any = opened.pages[0].Annots
        return {full_name(one): tuple(map(float, one.Rect)) for one in annotations}


def full_name(field: Any) -> str:
    own = str(field.T) if "/T" in field else ""
    above = full_name(field.Parent) if "/Parent" in field else ""
    return ".".join(part for part in (above, own) if part)


def test_signature_and_seal_of_a_scan_stand_where_the_clerk_pointed(open_road: OpenRoad) -> None:
    town = open_road()
    services, runner = town.services, Runner(town.services)
    offer = Offer(
        unit_code=road.UNIT, file_name="scan.pdf", source="test", actor="test",
        declared_not_secret=True,
    )  # fmt: skip
    scan = pages.scan(pages.Letter(subject=("Về việc thử một bản quét",)))
    document_id = services.accept(scan, offer).document_id

    def go() -> State:
        while runner.take(document_id).step is not None:
            pass
        with services.transactions() as tx:
            return documents.get(tx, document_id).state

    assert go() is State.CLASSIFIED
    services.placements.keep(
        document_id, Mark.LEADER, (420, 200), page=0, account="vanthu", looked=True
    )
    fields = {
        "kind": "quyet-dinh", "symbol": "QĐ-UBND", "subject": "Thử", "signer": "Nguyễn Văn An",
    }  # fmt: skip
    services.confirm(document_id, Step.CONFIRM, account="vanthu", facts=fields)
    assert go() is State.CONFIRMED
    services.confirm(document_id, Step.SIGN_LEADER, account="lanhdao")
    assert go() is State.REGISTERED
    revision, pdf = services.stores.last(document_id)
    assert revision.step is Step.SIGN_LEADER
    found = rectangles(pdf)
    x0, y0, x1, y1 = found[LEADER_FIELD]
    assert ((x0 + x1) / 2, (y0 + y1) / 2) == pytest.approx((420, 200), abs=2)
    seal = found[ORGANISATION_FIELD]
    assert seal[0] <= x0 < seal[2] < x1
    assert seal[3] - seal[1] >= 30 * POINTS_PER_MM
    services.confirm(document_id, Step.SIGN_ORGANISATION, account="vanthu")
    assert go() is State.PUBLISHED
