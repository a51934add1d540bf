"""A log line is one JSON object: facts, but no text of a document and no text of an error."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from docsvc import logs

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Iterator[Said]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    levels = {name: logging.getLogger(name).level for name in ("httpx", "mine")}
    yield Said(capsys)
    root.handlers[:] = before
    root.setLevel(level)
    for name, threshold in levels.items():
        logging.getLogger(name).setLevel(threshold)


class Said:
    """What stands on standard error so far."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys, self._text = capsys, ""

    @property
    def text(self) -> str:
        self._text += self._capsys.readouterr().err
        return self._text

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


def test_a_line_holds_time_level_event_and_facts(said: Said) -> None:
    logs.configure()
    logging.getLogger("some.place").info("signature.placed", extra={"document": "d1", "n": 3})
    (line,) = said.lines
    assert line.pop("at").endswith("+00:00")
    assert line == {
        "level": "info",
        "logger": "some.place",
        "event": "signature.placed",
        "document": "d1",
        "n": 3,
    }


def test_the_text_of_an_exception_stays_out(said: Said) -> None:
    logs.configure()
    try:
        _fail("Nguyễn Văn An, số căn cước 001")
    except ValueError:
        logging.getLogger("x").exception("step.failed")
    assert "Nguyễn" not in said.text
    (line,) = said.lines
    assert line["exception"] == "ValueError"
    assert [place.rsplit(" ", 1)[-1] for place in line["trace"]] == [
        "test_the_text_of_an_exception_stays_out",
        "_fail",
    ]


def test_the_text_of_a_cause_stays_out(said: Said) -> None:
    logs.configure()
    try:
        try:
            _fail("bí mật")
        except ValueError as e:
            raise RuntimeError from e
    except RuntimeError:
        logging.getLogger("x").exception("step.failed")
    assert "bí mật" not in said.text


def test_exc_info_without_an_exception_says_nothing_more(said: Said) -> None:
    logs.configure()
    logging.getLogger("x").error("odd", exc_info=(None, None, None))
    assert "exception" not in said.lines[0]


def test_what_json_cannot_carry_is_written_as_text(said: Said) -> None:
    logs.configure()
    logging.getLogger("x").info("odd", extra={"what": {1, 2}})
    assert said.lines[0]["what"] == "{1, 2}"


def test_the_level_is_that_of_the_settings(said: Said) -> None:
    logs.configure("error")
    logging.getLogger("x").warning("quiet")
    assert said.lines == []


def test_libraries_that_log_addresses_are_silenced(said: Said) -> None:
    logs.configure("debug", quiet={"mine": "ERROR"})
    logging.getLogger("httpx").info("HTTP Request: GET https://crl.example/x")
    logging.getLogger("mine").warning("no")
    assert said.lines == []


def _fail(text: str) -> None:
    raise ValueError(text)


def test_id_numbers_are_masked_and_identifiers_are_not() -> None:
    record = logging.makeLogRecord(
        {
            "name": "x",
            "msg": "event",
            "signer": "Nguyễn Văn An, CCCD:001099012345",
            "certificate": "0" * 43 + "a123456789b" + "0" * 10,
            "document": "3f2504e0-4f89-11d3-9a0c-030512345678",
            "count": 123456789,
        }
    )

    line = json.loads(logs.JsonFormatter().format(record))

    assert line["signer"] == "Nguyễn Văn An, CCCD:*********345"
    assert line["certificate"].count("a123456789b") == 1
    assert line["document"].endswith("030512345678")
    assert line["count"] == 123456789
