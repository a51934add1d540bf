"""Many documents in one confirmation, by provider and by token; stopped, crashed, gone on."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import openpyxl
import pytest
from sqlalchemy import select
from support import phones, road
from support.waiting import OneWorker, confirmed

from docsvc.documents import service as documents
from docsvc.documents.errors import DocumentMissingError
from docsvc.documents.queries import revisions
from docsvc.documents.service import Ending
from docsvc.steps.sign import sheet
from docsvc.steps.sign.batch import MAX_DOCUMENTS, BatchSizeError, BatchUnknownError
from docsvc.steps.sign.rules import ItemOutcome, Progress, RequestState
from docsvc.steps.sign.tables import SigningRequest
from docsvc.workflow import State, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from support.demo import DemoInstance
    from support.phones import Phones
    from support.road import Road

    from docsvc.steps.sign.batch import Batch

FORMULA = '=HYPERLINK("http://example.org","x")'


@pytest.fixture(scope="module")
def open_office(
    tmp_path_factory: pytest.TempPathFactory, demo_instance: DemoInstance, service: Phones
) -> Iterator[Callable[..., Road]]:
    """Open one office for each way in which its provider wants to be asked."""
    made: dict[str, tuple[Any, Road]] = {}

    def open_(**limits: int) -> Road:
        key = str(limits)
        if key not in made:
            folder = tmp_path_factory.mktemp("road") / "road"
            opening = road.opened(folder, demo_instance, providers=[service.settings(**limits)])
            opened = opening.__enter__()
            phones.hand_out(opened)
            made[key] = opening, opened
        return made[key][1]

    yield open_
    for opening, _ in made.values():
        opening.__exit__(None, None, None)


@pytest.fixture
def with_worker(
    open_office: Callable[..., Road], service: Phones
) -> Iterator[Callable[..., OneWorker]]:
    made: list[OneWorker] = []

    def open_(**limits: int) -> OneWorker:
        service.behave("sign")
        made.append(OneWorker(open_office(**limits)))
        return made[-1]

    yield open_
    for worker in made:
        worker.asker.stop()


def begun(worker: OneWorker, number: int, **named: Any) -> tuple[UUID, list[UUID]]:
    """Return a batch of new documents, and these."""
    chosen = [confirmed(worker.opened, agreed=False, **named) for _ in range(number)]
    batches = worker.services.batches
    return batches.begin(Step.SIGN_LEADER, chosen, account="leader"), chosen


def view(worker: OneWorker, batch_id: UUID) -> Batch:
    return worker.services.batches.view(batch_id, account="leader")


def requests_of(worker: OneWorker, batch_id: UUID) -> list[SigningRequest]:
    with worker.services.transactions() as tx:
        query = select(SigningRequest).where(SigningRequest.batch_id == batch_id)
        return list(tx.scalars(query.order_by(SigningRequest.created_at)))


def finish(worker: OneWorker, batch_id: UUID, chosen: list[UUID]) -> Batch:
    for _ in range(200):
        worker.go(*chosen)
        found = view(worker, batch_id)
        if found.is_over:
            return found
        worker.make_due()
        worker.ask()
    pytest.fail(f"{found.counts}")


def test_holder_is_asked_once_for_a_batch_where_the_provider_allows_it(
    with_worker: Callable[..., OneWorker], service: Phones
) -> None:
    worker = with_worker(items_per_request=3)
    before = len(service.requests())
    batch_id, chosen = begun(worker, 5)
    worker.go(*chosen)
    assert view(worker, batch_id).counts[Progress.WAITING] == 5
    done = finish(worker, batch_id, chosen)
    assert done.counts[Progress.SIGNED] == 5
    assert sorted(r["items"] for r in service.requests()[before:]) == [2, 3]
    first, second = requests_of(worker, batch_id)
    assert first.prompt == "Ký 3 văn bản, đầu tiên: QĐ-UBND thử"
    assert first.state is second.state is RequestState.ANSWERED
    require_one_signature(worker, chosen)


def require_one_signature(worker: OneWorker, chosen: list[UUID]) -> None:
    for document_id in chosen:
        with worker.services.transactions() as tx:
            kept = revisions(tx, document_id)
        assert [one.step for one in kept] == [Step.RECEIVE, Step.SIGN_LEADER]
        pdf = worker.services.blobs.get(kept[-1].digest)
        assert pdf.count(b"/ByteRange") == 1


def test_holder_is_asked_one_by_one_where_the_provider_wants_it(
    with_worker: Callable[..., OneWorker], service: Phones
) -> None:
    worker = with_worker()
    service.behave("hold")
    batch_id, chosen = begun(worker, 3)
    worker.go(*chosen)
    worker.make_due()
    worker.ask()
    assert [r.handle is not None for r in requests_of(worker, batch_id)] == [True, False, False]
    assert len(view(worker, batch_id).waiting) == 1
    service.behave("sign")
    assert finish(worker, batch_id, chosen).counts[Progress.SIGNED] == 3
    require_one_signature(worker, chosen)


def test_document_that_drops_out_does_not_hold_up_the_others(
    with_worker: Callable[..., OneWorker],
) -> None:
    worker = with_worker(items_per_request=3)
    batch_id, chosen = begun(worker, 2)
    worker.go(chosen[0])
    ending = Ending(state=State.REJECTED, step=Step.SIGN_LEADER, code="documents.refused")
    with worker.services.transactions() as tx:
        documents.end(tx, chosen[1], ending, at=worker.services.clock.now())
    worker.make_due()
    worker.ask()
    (request,) = requests_of(worker, batch_id)
    assert request.state is RequestState.INTENDED
    done = finish(worker, batch_id, chosen)
    assert [line.progress for line in done.lines] == [Progress.SIGNED, Progress.FAILED]
    assert done.lines[1].code == "documents.refused"


def test_batch_that_cannot_be_prepared_as_a_whole_is_asked_for_as_far_as_it_is(
    with_worker: Callable[..., OneWorker],
) -> None:
    worker = with_worker(items_per_request=3)
    batch_id, chosen = begun(worker, 2)
    worker.go(chosen[0])
    worker.make_due()
    worker.ask()
    (request,) = requests_of(worker, batch_id)
    assert request.state is RequestState.GATHERING
    with worker.services.transactions() as tx:
        row = tx.get_one(SigningRequest, request.transaction)
        row.created_at = row.created_at.replace(year=row.created_at.year - 1)
    worker.make_due()
    worker.ask()
    assert requests_of(worker, batch_id)[0].state is RequestState.INTENDED
    assert finish(worker, batch_id, chosen).counts[Progress.SIGNED] == 2


def test_stopped_batch_leaves_what_was_not_begun(
    with_worker: Callable[..., OneWorker], service: Phones
) -> None:
    worker = with_worker()
    service.behave("hold")
    batch_id, chosen = begun(worker, 4)
    worker.go(*chosen[:3])
    worker.make_due()
    worker.ask()
    worker.services.batches.stop(batch_id, account="leader")
    worker.services.batches.stop(batch_id, account="leader")
    service.behave("sign")
    done = finish(worker, batch_id, chosen)
    assert [line.progress for line in done.lines] == [Progress.SIGNED, *[Progress.STOPPED] * 3]
    assert done.stopped_at is not None
    for document_id in chosen[1:]:
        document = worker.document(document_id)
        assert (document.waiting_code, document.waits_for) == ("sign.batch-stopped", "leader")
    again = worker.services.batches.begin(Step.SIGN_LEADER, chosen, account="leader")
    done = finish(worker, again, chosen)
    assert done.counts[Progress.SIGNED] == 3
    assert done.lines[0].code == "documents.not-waiting"
    require_one_signature(worker, chosen)


def test_refusal_of_a_batch_is_written_into_every_line(
    with_worker: Callable[..., OneWorker], service: Phones
) -> None:
    worker = with_worker(items_per_request=3)
    service.behave("refuse")
    batch_id, chosen = begun(worker, 2)
    done = finish(worker, batch_id, chosen)
    assert {(line.progress, line.code) for line in done.lines} == {
        (Progress.FAILED, "signing.refused")
    }
    with worker.services.transactions() as tx:
        assert documents.waiting_leg(tx, chosen[0]).step is Step.SIGN_LEADER


def test_token_signs_a_batch_in_one_session(
    open_road: Callable[..., Road],
) -> None:
    opened = open_road()
    worker = OneWorker(opened)
    batch_id, chosen = begun(worker, 4)
    worker.go(*chosen[:2])
    (label,) = (t.label for t in opened.services.settings.tokens)
    child = opened.services.tokens.of(label)._child
    worker.services.batches.stop(batch_id, account="leader")
    worker.go(*chosen)
    assert opened.services.tokens.of(label)._child is child
    done = view(worker, batch_id)
    assert done.counts[Progress.SIGNED] == done.counts[Progress.STOPPED] == 2
    require_one_signature(worker, chosen[:2])
    worker.asker.stop()


def test_batch_belongs_to_who_began_it_and_has_its_limits(
    with_worker: Callable[..., OneWorker],
) -> None:
    worker = with_worker()
    batches = worker.services.batches
    batch_id, (document_id,) = begun(worker, 1)
    for act in (batches.view, batches.stop):
        with pytest.raises(BatchUnknownError):
            act(batch_id, account="somebody-else")
        with pytest.raises(BatchUnknownError):
            act(uuid4(), account="leader")
    with pytest.raises(BatchSizeError):
        batches.begin(Step.SIGN_LEADER, [], account="leader")
    with pytest.raises(BatchSizeError):
        batches.begin(
            Step.SIGN_LEADER, [uuid4() for _ in range(MAX_DOCUMENTS + 1)], account="leader"
        )
    with pytest.raises(DocumentMissingError):
        batches.begin(Step.SIGN_LEADER, [uuid4()], account="leader")
    assert finish(worker, batch_id, [document_id]).counts[Progress.SIGNED] == 1


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_outcome_sheet_says_each_line_and_runs_no_formula(
    with_worker: Callable[..., OneWorker], lang: str
) -> None:
    worker = with_worker()
    batch_id, chosen = begun(worker, 2, subject=FORMULA)
    unknown = worker.services.batches.begin(Step.SIGN_LEADER, chosen, account="leader")
    done = finish(worker, batch_id, chosen)
    for shown in (done, view(worker, unknown)):
        book = io.BytesIO()
        at = worker.services.clock.now()
        sheet.write_xlsx(shown, book, lang=lang, at=at, notice="thử")
        (read,) = openpyxl.load_workbook(book).worksheets
        rows = list(read.iter_rows(min_row=6, values_only=True))
        assert [row[7] for row in rows] == [str(d) for d in chosen]
        assert {row[2] for row in rows} == {FORMULA}
        assert {cell.data_type for row in read.iter_rows() for cell in row} <= {"s", "n"}
        assert not any(cell.value and cell.data_type == "n" for row in read for cell in row)
    assert all(row[5] for row in rows)


def test_outcome_sheet_says_a_code_that_nobody_has_worded(
    with_worker: Callable[..., OneWorker], service: Phones
) -> None:
    worker = with_worker(items_per_request=3)
    service.behave("hold")
    batch_id, chosen = begun(worker, 1)
    worker.go(*chosen)
    with worker.services.transactions() as tx:
        request = requests_of(worker, batch_id)[0]
        held = worker.services.requests.taken(tx, request.transaction)
        assert held is not None
        worker.services.requests.give_up(tx, held, RequestState.FAILED, "x.unworded")
    book = io.BytesIO()
    at = worker.services.clock.now()
    sheet.write_xlsx(view(worker, batch_id), book, lang="vi", at=at)
    (read,) = openpyxl.load_workbook(book).worksheets
    assert read.cell(6, 6).value == "x.unworded"
    assert view(worker, batch_id).lines[0].progress == ItemOutcome.FAILED
