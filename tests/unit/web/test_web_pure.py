from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from docsvc.catalog.messages import Lang
from docsvc.documents.queries import Standing
from docsvc.errors import CodedError, DocsvcError
from docsvc.web import problems
from docsvc.web.api.uploads import disposition
from docsvc.web.errors import BodyTooLargeError, BusyError
from docsvc.web.pages import boxes
from docsvc.web.pages.boxes import Box
from docsvc.web.pages.doors import own_address
from docsvc.web.pages.rendering import day, moment, short, size
from docsvc.web.pages.road import Mark, road_of
from docsvc.workflow import Person, RouteName, State, Step

AT = datetime(2026, 11, 22, 20, 30, tzinfo=UTC)


def standing(
    state: State,
    waits_for: Person | None = None,
    *,
    paper_only: bool = False,
    incoming: bool = False,
) -> Standing:
    return Standing(state=state, waits_for=waits_for, paper_only=paper_only, incoming=incoming)


@pytest.mark.parametrize(
    ("where", "box"),
    [
        (standing(State.RECEIVED), Box.MOVING),
        (standing(State.CLASSIFIED, Person.CLERK), Box.CONFIRM),
        (standing(State.CLASSIFIED), Box.MOVING),
        (standing(State.CONFIRMED, Person.LEADER), Box.SIGN),
        (standing(State.REGISTERED, Person.LEADER), Box.SIGN),
        (standing(State.REGISTERED, Person.CLERK), Box.SEAL),
        (standing(State.LEADER_SIGNED, Person.CLERK), Box.SEAL),
        (standing(State.REGISTERED, paper_only=True), Box.PAPER),
        (standing(State.PUBLISHED), Box.PUBLISHED),
        (standing(State.DEPOSITED), Box.MOVING),
        (standing(State.DEPOSITED, incoming=True), Box.ARRIVED),
        (standing(State.VERIFIED, Person.CLERK, incoming=True), Box.CONFIRM),
        (standing(State.REGISTERED, incoming=True), Box.MOVING),
        (standing(State.REJECTED, paper_only=True), Box.STOPPED),
        (standing(State.REFUSED_SECRET), Box.STOPPED),
        (standing(State.QUARANTINED), Box.STOPPED),
    ],
)
def test_every_document_lies_in_one_folder(where: Standing, box: Box) -> None:
    assert boxes.box_of(where) is box
    assert boxes.counts({where: 3}) == dict.fromkeys(Box, 0) | {box: 3, Box.ALL: 3}


@pytest.mark.parametrize("box", list(Box))
def test_every_folder_can_be_looked_into(box: Box) -> None:
    assert boxes.wanted(box, {"H99"}, "x").text == "x"


def document(state: State, **facts: object) -> Any:
    known = {"waits_for": None, "waiting_code": None, "route": RouteName.OUTGOING}
    return SimpleNamespace(state=state, **(known | facts))


def event(step: Step, state: State) -> Any:
    return SimpleNamespace(step=step, state=state, at=AT)


def test_road_shows_what_is_done_what_waits_and_what_is_ahead() -> None:
    events = [event(Step.RECEIVE, State.RECEIVED), event(Step.INSPECT, State.INSPECTED)]

    at_work = road_of(document(State.INSPECTED), events)
    waiting = road_of(document(State.INSPECTED, waiting_code="x.y"), events)

    marks = [s.mark for s in at_work]
    assert marks[:4] == [Mark.DONE, Mark.DONE, Mark.HERE, Mark.AHEAD]
    assert waiting[2].mark is Mark.WAITS
    assert at_work[0].at == AT


def test_road_that_ended_shows_where() -> None:
    events = [event(Step.RECEIVE, State.RECEIVED), event(Step.INSPECT, State.QUARANTINED)]

    stops = road_of(document(State.QUARANTINED), events)

    assert [s.mark for s in stops][:3] == [Mark.DONE, Mark.STOPPED, Mark.AHEAD]


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        ("/desk?x=1", "/desk?x=1"),
        ("", ""),
        ("desk", ""),
        ("//elsewhere.example", ""),
        ("/\\elsewhere.example", ""),
        ("https://elsewhere.example/", ""),
        ("javascript:alert(1)", ""),
        ("/a\r\nSet-Cookie: x=y", ""),
    ],
)
def test_form_sends_nobody_to_another_site(wanted: str, kept: str) -> None:
    assert own_address(wanted) == kept


def test_moments_are_shown_in_vietnam_with_their_offset() -> None:
    assert moment(AT) == "23/11/2026 03:30:00 +07:00"
    assert moment(AT.isoformat()) == "23/11/2026 03:30:00 +07:00"
    assert moment(None) == moment("") == day(None) == "–"
    assert short(AT) == "23/11/26 03:30"
    assert day(AT.date()) == "22/11/2026"


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "1 KB"), (2048, "2 KB"), (3 * 1024**2, "3 MB"), (1_600_000, "1.5 MB")],
)
def test_sizes_are_short(number: int, text: str) -> None:
    assert size(number) == text


@pytest.mark.parametrize("name", ['a"b.pdf', "a\r\nb.pdf", "../../x.pdf", "Kế hoạch.pdf", ""])
def test_download_name_cannot_break_its_header(name: str) -> None:
    header = disposition(name)

    assert header.isascii()
    assert "\r" not in header
    assert "\n" not in header
    assert header.count('"') == 2
    assert "/" not in header.partition("filename=")[2].partition(";")[0]


def problem(error: Exception) -> problems.Problem:
    return problems.problem_of(error, Lang.EN)


def test_problem_takes_status_and_sentence_from_the_catalogue() -> None:
    found = problem(BodyTooLargeError(limit=5))

    assert (found.status, found.code) == (413, "web.too-large")
    assert "5 bytes" in found.title


def test_problem_of_a_code_that_nobody_has_worded_is_an_internal_one() -> None:
    code = "nobody.has-worded-this"

    assert problem(CodedError(code)).code == "service.internal"
    assert problem(RuntimeError("x")).status == 500
    assert problem(DocsvcError()).status == 500


def test_facts_named_like_the_arguments_of_the_catalogue_do_no_harm() -> None:
    assert problem(BodyTooLargeError(code="x", lang="y")).code == "web.too-large"


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "web.malformed-request"), (404, "web.not-found"), (418, "service.internal")],
)
def test_errors_of_the_framework_get_codes_of_ours(status: int, code: str) -> None:
    assert problem(HTTPException(status)).code == code


def test_error_behind_an_error_of_the_framework_is_the_one_that_is_told() -> None:
    outer = HTTPException(400)
    outer.__cause__ = BodyTooLargeError(limit=1)

    assert problem(outer).code == "web.too-large"


def test_faults_of_a_request_name_place_and_kind_only() -> None:
    error = RequestValidationError([{"loc": ("body", "x"), "type": "missing", "input": "secret"}])

    found = problem(error)

    assert found.faults == [problems.Fault(where="body.x", type="missing")]
    assert "secret" not in found.model_dump_json()


def test_what_may_succeed_later_says_when() -> None:
    error = BusyError()

    assert problems.headers_of(error, problem(error)) == {"Retry-After": "5"}


def test_reasons_without_words_are_shown_as_their_code() -> None:
    assert problems.sentence("x.y", {}, Lang.VI) == "x.y"
    assert problems.advice("x.y", {}, Lang.VI) == ""
    assert problems.advice("web.busy", {}, Lang.EN)
