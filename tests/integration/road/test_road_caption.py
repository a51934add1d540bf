"""A letter without blanks goes down the whole road: number and date stand beside its seal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pypdfium2
from support import road_end
from support.pdfa import pdfa_letter

from docsvc.documents import service as documents
from docsvc.workflow import State

if TYPE_CHECKING:
    from support.road import OpenRoad


def words(pdf: bytes) -> str:
    """Return what can be read on the first page, the marks with it."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        document.init_forms()
        pypdfium2.raw.FPDFPage_Flatten(document[0], pypdfium2.raw.FLAT_NORMALDISPLAY)
        return document[0].get_textpage().get_text_range()
    finally:
        document.close()


def test_a_letter_without_blanks_is_issued_with_number_and_date(open_road: OpenRoad) -> None:
    opened = open_road()
    letter = pdfa_letter(blanks=False)
    accepted = opened.accept(letter)
    opened.start_worker()
    opened.wait(limit_s=120)
    with opened.services.transactions() as tx:
        document = documents.get(tx, accepted.document_id)
        assert document.state is State.PUBLISHED, (document.ended_code, document.waiting_code)
        assert document.issued_on
        day = document.issued_on
    final = road_end.final_file(opened, accepted.document_id)
    shown = words(final)
    assert "Số: 01/UBND-VP" in shown
    assert f"ngày {day.day:02d} tháng" in shown
    assert "01/UBND-VP" not in words(letter)
