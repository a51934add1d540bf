"""Appendices in files of their own follow their document: its number, then a signature each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pypdfium2
import pytest
from support import road, road_end
from support.pdfsig import valid_for_pdfsig

from docsvc.documents import service as documents
from docsvc.steps.receive.appendices import AppendixKnownError
from docsvc.steps.receive.rules import AppendixTooLateError
from docsvc.steps.receive.service import Offer
from docsvc.workflow import Person, State, Step

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from uuid import UUID

    from support.demo import DemoInstance
    from support.road import Road


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory, demo_instance: DemoInstance) -> Iterator[Road]:
    with road.opened(tmp_path_factory.mktemp("appendix") / "road", demo_instance) as made:
        made.start_worker()
        yield made


def offer(*allow: Step) -> Offer:
    return Offer(
        unit_code=road.UNIT,
        file_name="phu-luc.pdf",
        source="test",
        actor="test",
        declared_not_secret=True,
        allow=allow,
    )


def wait_until(opened: Road, document_id: UUID, *, waits: str) -> None:
    """Wait until a document waits for a person, or shows a code."""
    limit = opened.deadline(60)
    while True:
        with opened.services.transactions() as tx:
            document = documents.get(tx, document_id)
            if waits in (document.waits_for, document.waiting_code, document.ended_code):
                return
            assert document.ended_code is None, (document.ended_code, document.ended_facts)
        limit()


def test_an_appendix_waits_for_the_number_and_is_signed_by_the_body_alone(
    opened: Road, tmp_path: Path
) -> None:
    services = opened.services
    main = services.accept(road.letter(1), offer(Step.CONFIRM)).document_id
    wait_until(opened, main, waits=Person.LEADER)
    file = road.letter(2)
    appendix = services.attach_appendix(main, file, offer(Step.SIGN_ORGANISATION)).document_id
    wait_until(opened, appendix, waits="register.appendix-waits")

    services.confirm(main, Step.SIGN_LEADER, account="test")
    opened.wait([appendix], limit_s=120)
    services.confirm(main, Step.SIGN_ORGANISATION, account="test")
    opened.wait([main], limit_s=120)

    with services.transactions() as tx:
        found, above = documents.get(tx, appendix), documents.get(tx, main)
        assert (found.state, above.state) == (State.PUBLISHED, State.PUBLISHED)
        assert (found.number_text, found.number) == (above.number_text, None)
        assert (found.completeness, above.completeness) == ("organisation-only", "both")
        line = above.number_text
    pdf = road_end.final_file(opened, appendix)
    assert pdf.startswith(file)
    document = pypdfium2.PdfDocument(pdf)
    document.init_forms()
    pypdfium2.raw.FPDFPage_Flatten(document[0], pypdfium2.raw.FLAT_NORMALDISPLAY)
    text = document[0].get_textpage().get_text_range()
    assert f"{line}\r\n" in text
    assert "+07:00" in text
    assert road_end.verdict_of(opened, appendix)["indication"] == "TOTAL-PASSED"
    (tmp_path / "appendix.pdf").write_bytes(pdf)
    assert valid_for_pdfsig(tmp_path / "appendix.pdf") == 1
    with pytest.raises(AppendixTooLateError):
        services.attach_appendix(main, road.letter(3), offer())
    other = services.accept(road.letter(4), offer()).document_id
    with pytest.raises(AppendixKnownError):
        services.attach_appendix(other, file, offer())


def test_an_appendix_ends_with_its_document(opened: Road) -> None:
    services = opened.services
    main = services.accept(road.letter(5), offer()).document_id
    appendix = services.attach_appendix(main, road.letter(6), offer()).document_id
    wait_until(opened, appendix, waits="register.appendix-waits")
    wait_until(opened, main, waits=Person.CLERK)
    services.refuse(main, account="test", reason="sai thể thức")
    with services.transactions() as tx:
        ended = documents.get(tx, appendix)
        assert (ended.state, ended.ended_code) == (State.REJECTED, "register.appendix-alone")
    with pytest.raises(AppendixTooLateError):
        services.attach_appendix(main, road.letter(7), offer())
