"""What was issued is copied: each copy is a document of its own, sealed by the body alone."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

import pypdfium2
import pytest
from support import road, road_end
from support.pdfsig import valid_for_pdfsig

from docsvc.documents import queries, revisions
from docsvc.documents import service as documents
from docsvc.statistics import periods
from docsvc.statistics import queries as queries_of_statistics
from docsvc.statistics import service as statistics
from docsvc.statistics.measures import Measure
from docsvc.steps.receive.copies import CopyFileKnownError, CopyOrder
from docsvc.steps.receive.rules import (
    CopyFileMissingError,
    CopyKind,
    CopyOfCopyError,
    NoTrueCopyError,
)
from docsvc.workflow import Person, State, Step

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from uuid import UUID

    from support.demo import DemoInstance
    from support.road import Road

LETTER = road.letter(1)
_LINE = r"{form}; Ủy ban nhân dân xã [^;]+;?\s+\d\d\.\d\d\.\d{{4}} \d\d:\d\d:\d\d \+07:00"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory, demo_instance: DemoInstance) -> Iterator[Road]:
    with road.opened(tmp_path_factory.mktemp("copies") / "road", demo_instance) as made:
        made.start_worker()
        yield made


@pytest.fixture(scope="module")
def original(opened: Road) -> UUID:
    document_id = opened.accept(LETTER).document_id
    opened.wait([document_id], limit_s=120)
    return document_id


def copied(opened: Road, original: UUID, kind: CopyKind, file: bytes | None = None) -> UUID:
    """Make a copy, say yes to its seal when it waits for it, and wait for its end."""
    order = CopyOrder(
        original_id=original,
        copied_as=kind,
        unit_code=road.UNIT,
        actor="test",
        source="test",
        file=file,
        declared_not_secret=True,
    )
    services = opened.services
    document_id = services.make_copy(order).document_id
    limit = opened.deadline(60)
    while True:
        with services.transactions() as tx:
            document = documents.get(tx, document_id)
            if document.waits_for is Person.CLERK:
                break
            assert document.ended_code is None, (document.ended_code, document.ended_facts)
        limit()
    services.confirm(document_id, Step.SIGN_ORGANISATION, account="test")
    opened.wait([document_id], limit_s=120)
    with services.transactions() as tx:
        document = documents.get(tx, document_id)
        assert document.state is State.PUBLISHED, (document.ended_code, document.ended_facts)
    return document_id


def shown(pdf: bytes) -> str:
    """Return what can be read on page 1, the marks with it."""
    document = pypdfium2.PdfDocument(pdf)
    document.init_forms()
    pypdfium2.raw.FPDFPage_Flatten(document[0], pypdfium2.raw.FLAT_NORMALDISPLAY)
    return document[0].get_textpage().get_text_range()


def report_of(opened: Road, document_id: UUID) -> dict[str, Any]:
    with opened.services.transactions() as tx:
        kept = revisions.attachments(tx, document_id)
    report: dict[str, Any] = json.loads(opened.services.blobs.get(kept["report.json"]))
    return report


def test_a_true_copy_keeps_the_bytes_and_the_signatures_of_its_original(
    opened: Road, original: UUID, tmp_path: Path
) -> None:
    issued = road_end.final_file(opened, original)
    copy = copied(opened, original, CopyKind.TRUE)
    pdf = road_end.final_file(opened, copy)
    assert pdf.startswith(issued)
    assert re.search(_LINE.format(form="SAO Y"), shown(pdf))
    report = report_of(opened, copy)
    assert report["indication"] == "TOTAL-PASSED"
    assert len(report["signatures"]) == 3
    with opened.services.transactions() as tx:
        document = documents.get(tx, copy)
        assert str(document.number_text).endswith("/SY-UBND")
        assert document.original_id == original
        assert document.subject == "Về việc thành lập Tổ công nghệ số 1"
        assert document.original_digest == hashlib.sha256(issued).hexdigest()
        assert document.completeness == "both"
        assert copy in [one.id for one in queries.copies(tx, original)]
    path = tmp_path / "copy.pdf"
    path.write_bytes(pdf)
    assert valid_for_pdfsig(path) == 3


def test_a_copy_of_a_copy_writes_its_line_below_the_first(opened: Road, original: UUID) -> None:
    first = copied(opened, original, CopyKind.TRUE)
    with pytest.raises(CopyOfCopyError):
        copied(opened, first, CopyKind.TRUE)
    with pytest.raises(NoTrueCopyError):
        copied(opened, original, CopyKind.FROM_COPY)
    second = copied(opened, first, CopyKind.FROM_COPY)
    text = shown(road_end.final_file(opened, second))
    assert re.search(_LINE.format(form="SAO Y"), text)
    assert re.search(_LINE.format(form="SAO LỤC"), text)
    assert report_of(opened, second)["indication"] == "TOTAL-PASSED"


def test_an_extract_is_the_file_of_the_clerk_with_the_seal_of_the_body_alone(
    opened: Road, original: UUID
) -> None:
    with pytest.raises(CopyFileMissingError):
        copied(opened, original, CopyKind.EXTRACT)
    extract = road.letter(77)
    copy = copied(opened, original, CopyKind.EXTRACT, extract)
    pdf = road_end.final_file(opened, copy)
    assert pdf.startswith(extract)
    assert re.search(_LINE.format(form="TRÍCH SAO"), shown(pdf))
    with opened.services.transactions() as tx:
        document = documents.get(tx, copy)
        assert document.completeness == "organisation-only"
        assert str(document.number_text).endswith("/TrS-UBND")
    verdict = road_end.verdict_of(opened, copy)
    assert [one["role"] for one in verdict["signatures"]] == ["organisation"]


def test_what_is_a_document_already_is_no_extract(opened: Road, original: UUID) -> None:
    with pytest.raises(CopyFileKnownError):
        copied(opened, original, CopyKind.EXTRACT, LETTER)


def test_copies_count_nowhere(opened: Road, original: UUID) -> None:
    copied(opened, original, CopyKind.TRUE)
    services = opened.services
    with services.transactions() as tx:
        made = statistics.report(tx, period=periods.year_of(services.clock.now()))
        unsigned = queries_of_statistics.unsigned(
            tx, periods.year_of(services.clock.now()), unit=None
        )
    rates = made.measures()
    assert (rates[Measure.COMPLETE].a, rates[Measure.COMPLETE].b) == (1, 1)
    assert unsigned == ()
