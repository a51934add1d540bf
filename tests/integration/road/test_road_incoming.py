"""What came from elsewhere: verified, numbered, stamped; its signatures stay what they are."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pypdfium2
import pytest
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from sqlalchemy import select
from support import foreign, road, road_end
from support.pdfsig import valid_for_pdfsig

from docsvc import recovery
from docsvc.documents import queries
from docsvc.documents import service as documents
from docsvc.steps.receive.service import Offer
from docsvc.steps.register.rules import BookKey, incoming_book
from docsvc.steps.register.tables import Book, BookEntry
from docsvc.workflow import ENDED, RouteName, State, Step

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from uuid import UUID

    from support.demo import DemoInstance
    from support.road import Road

    from docsvc.db.transactions import Tx

ALLOWED = (Step.CONFIRM, Step.SIGN_ORGANISATION)
AT = "H99.12.06"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory, demo_instance: DemoInstance) -> Iterator[Road]:
    with road.opened(tmp_path_factory.mktemp("incoming") / "road", demo_instance) as made:
        made.start_worker()
        yield made


@pytest.fixture(scope="module")
def issued(opened: Road) -> bytes:
    """Return what another body has issued: signed, sealed, B-LTA."""
    document_id = opened.accept(road.letter(1)).document_id
    opened.wait([document_id], limit_s=120)
    return road_end.final_file(opened, document_id)


def taken_in(opened: Road, pdf: bytes) -> UUID:
    """Take a file in as incoming, agreed to at once, and wait for the end of its road."""
    offer = Offer(
        unit_code=AT,
        file_name="den.pdf",
        source="test",
        actor="test",
        declared_not_secret=True,
        allow=ALLOWED,
        route=RouteName.INCOMING,
    )
    document_id = opened.services.accept(pdf, offer).document_id
    limit = opened.deadline(120)
    while True:
        with opened.services.transactions() as tx:
            state = documents.get(tx, document_id).state
        if state in {*ENDED, State.DEPOSITED}:
            return document_id
        limit()


def locked(pdf: bytes, demo: DemoInstance, *, level: fields.MDPPerm) -> bytes:
    """Certify a file as another tool does, with what it allows from then on."""
    signer = foreign.signer_of(demo.pki, next(iter(demo.pki.issuer_of)))
    metadata = signers.PdfSignatureMetadata(
        field_name="Signature1", md_algorithm="sha256", certify=True, docmdp_permissions=level
    )
    return (
        signers.PdfSigner(metadata, signer=signer)
        .sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)))
        .getvalue()
    )


def shown(pdf: bytes) -> str:
    """Return what can be read on page 1, the marks with it."""
    document = pypdfium2.PdfDocument(pdf)
    document.init_forms()
    pypdfium2.raw.FPDFPage_Flatten(document[0], pypdfium2.raw.FLAT_NORMALDISPLAY)
    return document[0].get_textpage().get_text_range()


def test_it_is_stamped_and_the_signatures_of_the_sender_stay_good(
    opened: Road, issued: bytes, tmp_path: Path
) -> None:
    document_id = taken_in(opened, issued)
    with opened.services.transactions() as tx:
        document = documents.get(tx, document_id)
        assert document.state is State.DEPOSITED
        assert (document.symbol, document.public_code) == ("QĐ-UBND", None)
        assert (document.indication, document.completeness) == ("TOTAL-PASSED", "both")
        assert document.issuer_name
        assert "SUỐI TRÚC" in document.issuer_name.upper()
        day = document.arrived_on
    pdf = road_end.final_file(opened, document_id)
    (tmp_path / "den.pdf").write_bytes(pdf)
    assert pdf.startswith(issued)
    verdict = opened.services.check(pdf)
    assert [one["indication"] for one in verdict["signatures"]] == ["TOTAL-PASSED"] * 3
    assert verdict["signatures"][-1]["field"] == "docsvc-incoming"
    assert valid_for_pdfsig(tmp_path / "den.pdf") == 3
    text = shown(pdf)
    assert f"{day:%d/%m/%Y}" in text


def test_a_file_that_forbids_changes_is_registered_as_it_came(
    opened: Road, demo_instance: DemoInstance
) -> None:
    pdf = locked(road.letter(7), demo_instance, level=fields.MDPPerm.NO_CHANGES)
    document_id = taken_in(opened, pdf)
    assert road_end.final_file(opened, document_id) == pdf
    with opened.services.transactions() as tx:
        document = documents.get(tx, document_id)
        said = [one.facts for one in queries.events(tx, document_id)][-2]
        assert document.state is State.DEPOSITED
        entry = tx.scalars(select(BookEntry).where(BookEntry.document_id == document_id)).one()
        assert (entry.number, entry.issued_on) == (document.arrival_number, document.arrived_on)
    assert said == {"unstamped": "sign.stamp-forbidden", "reason": "signing.changes-forbidden"}


def test_a_certified_file_that_allows_form_filling_is_stamped(
    opened: Road, demo_instance: DemoInstance
) -> None:
    pdf = locked(road.letter(8), demo_instance, level=fields.MDPPerm.FILL_FORMS)
    final = road_end.final_file(opened, taken_in(opened, pdf))
    assert final.startswith(pdf)
    verdict = opened.services.check(final)
    assert {one["field"] for one in verdict["signatures"]} == {"Signature1", "docsvc-incoming"}
    assert "TOTAL-FAILED" not in {one["indication"] for one in verdict["signatures"]}


def test_a_broken_signature_goes_back_without_a_number(
    opened: Road, demo_instance: DemoInstance
) -> None:
    pdf = locked(road.letter(9), demo_instance, level=fields.MDPPerm.FILL_FORMS)
    at = pdf.index(b"/MediaBox")
    broken = pdf[:at] + pdf[at:].replace(b"/MediaBox", b"/MediaBoy", 1)
    document_id = taken_in(opened, broken)
    with opened.services.transactions() as tx:
        document = documents.get(tx, document_id)
        assert (document.state, document.ended_code) == (State.REJECTED, "verify.arrival-failed")
        assert document.arrival_number is None


def test_what_comes_unsigned_is_numbered_and_stamped_too(opened: Road) -> None:
    pdf = road.letter(10)
    document_id = taken_in(opened, pdf)
    with opened.services.transactions() as tx:
        document = documents.get(tx, document_id)
        assert document.state is State.DEPOSITED
        number = document.arrival_number
    assert f"ĐẾN Số: {number}" in " ".join(shown(road_end.final_file(opened, document_id)).split())


def test_a_database_that_is_rebuilt_counts_on_after_the_last_arrival(
    opened: Road, issued: bytes, demo_instance: DemoInstance, tmp_path: Path
) -> None:
    document_id = taken_in(opened, issued)
    with opened.services.transactions() as tx:
        number = documents.get(tx, document_id).arrival_number
        last = max(tx.scalars(select(BookEntry.number)))
    archive = opened.services.settings.archive
    with road.opened(tmp_path / "again", demo_instance, archive_url=archive) as second:
        assert recovery.rebuild(second.services)["failed"] == 0
        with second.services.transactions() as tx:
            document = documents.get(tx, document_id)
            assert (document.route, document.arrival_number) == (RouteName.INCOMING, number)
            book = incoming_book(AT, second.services.clock.now().date())
            assert tx.get_one(BookEntry, (_id_of(tx, book), number)).document_id == document_id
            assert tx.get_one(Book, _id_of(tx, book)).last == last


def _id_of(tx: Tx, key: BookKey) -> int:
    return tx.scalars(
        select(Book.id).where(
            Book.unit_code == key.unit_code,
            Book.series == key.series,
            Book.period == key.period,
        )
    ).one()
