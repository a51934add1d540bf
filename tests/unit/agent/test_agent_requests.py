"""What a page may ask: the helper's messages, and nothing that leads elsewhere."""

from __future__ import annotations

import json

import pytest

from docsvc.agent.errors import (
    ForeignAddressError,
    OperationUnknownError,
    OriginInvalidError,
    RequestInvalidError,
)
from docsvc.agent.requests import Operation, origin_of, parse
from docsvc.web import helper

DESK = "https://desk.example"
ONE = {
    "FileUploadHandler": f"{DESK}/vgca/upload?t=abc",
    "SessionId": "",
    "JWTToken": "",
    "FileName": f"{DESK}/vgca/file?t=abc",
    "MetaData": [
        {"Key": "docId", "Value": "7"},
        {"Key": "fileName", "Value": "Quyết định.pdf"},
        {"Key": "certificate", "Value": "AB"},
        {"Key": "certificate", "Value": "cd"},
        {"Key": "odd"},
        "odd",
    ],
    "DocNumber": "05/QĐ-UBND",
    "IssuedDate": "2026-03-09T00:00:00+07:00",
}


def test_leaders_request_fills_nothing() -> None:
    asked = parse("SignApproved", DESK, json.dumps(ONE))

    (item,) = asked.items
    assert not asked.is_batch
    assert (item.source, item.target) == (ONE["FileName"], ONE["FileUploadHandler"])
    assert item.name == "Quyết định.pdf"
    assert item.certificates == {"ab", "cd"}
    assert item.values == {}


def test_clerks_request_brings_number_and_date() -> None:
    (item,) = parse("SignIssued", DESK, json.dumps(ONE)).items

    assert item.values == {"docsvc.number": "05", "docsvc.day": "09", "docsvc.month": "3"}
    assert (item.number, item.date) == (ONE["DocNumber"], ONE["IssuedDate"])


@pytest.mark.parametrize(
    ("number", "date", "values"),
    [
        ("66-KH/HU", "", {"docsvc.number": "66"}),
        ("", "2026-02-01", {"docsvc.day": "01", "docsvc.month": "02"}),
        ("không số", None, {}),
        # A helper may be told in UTC what is the next day here.
        ("", "2026-03-08T17:00:00+00:00", {"docsvc.day": "09", "docsvc.month": "3"}),
    ],
)
def test_number_and_date_are_read_as_the_office_writes_them(
    number: str, date: str | None, values: dict[str, str]
) -> None:
    told = ONE | {"DocNumber": number, "IssuedDate": date}

    (item,) = parse("SignIssued", DESK, json.dumps(told)).items

    assert item.values == values


@pytest.mark.parametrize("operation", ["SignAppendix", "SignCopy", "SignIncome"])
def test_other_operations_of_the_seal_fill_nothing(operation: str) -> None:
    (item,) = parse(operation, DESK, json.dumps(ONE)).items

    assert (item.operation, item.values) == (operation, {})


def test_batch_has_a_place_to_send_to_for_each_file_or_one_for_all() -> None:
    told = {
        "FileUploadHandler": f"{DESK}/all",
        "Files": [
            {
                "FileID": "1",
                "FileName": "a.pdf",
                "URL": f"{DESK}/1",
                "FileUploadHandler": f"{DESK}/up/1",
                "Operation": "SignApproved",
            },
            {"FileID": "2", "FileName": "b.pdf", "URL": f"{DESK}/2"},
        ],
    }

    asked = parse("SignFiles", DESK, json.dumps(told))

    one, two = asked.items
    assert asked.is_batch
    assert (one.file_id, one.name, one.target) == ("1", "a.pdf", f"{DESK}/up/1")
    assert one.operation is Operation.APPROVED
    assert (two.source, two.target, two.operation) == (f"{DESK}/2", f"{DESK}/all", "SignIssued")


@pytest.mark.parametrize(
    "message",
    [
        "",
        "[]",
        "{",
        "[" * 100_000,
        '{"Files": []}',
        '{"Files": {}}',
        '{"Files": ["a"]}',
        json.dumps({"Files": [{"URL": DESK}] * 501}),
        json.dumps({"Files": [{"URL": DESK, "Operation": "Burn"}], "FileUploadHandler": DESK}),
        json.dumps({"Files": [{"URL": 7}], "FileUploadHandler": DESK}),
        json.dumps({"Files": [{"URL": "x" * 5000}], "FileUploadHandler": DESK}),
    ],
)
def test_message_that_is_none_is_refused(message: str) -> None:
    with pytest.raises(RequestInvalidError):
        parse("SignFiles", DESK, message)


def test_date_that_is_none_is_refused() -> None:
    with pytest.raises(RequestInvalidError):
        parse("SignIssued", DESK, json.dumps(ONE | {"IssuedDate": "hôm nay"}))


@pytest.mark.parametrize("operation", ["", "Config", "SignPDF", "signapproved", "../SignApproved"])
def test_what_the_agent_does_not_do_is_refused(operation: str) -> None:
    with pytest.raises(OperationUnknownError):
        parse(operation, DESK, json.dumps(ONE))


@pytest.mark.parametrize(
    "address",
    [
        "",
        "https://evil.example/a",
        "http://desk.example/a",
        "https://desk.example:8443/a",
        "https://desk.example@evil.example/a",
        "https://me@desk.example/a",
        "file:///etc/passwd",
        "//desk.example/a",
        "https://desk.example.evil/",
        "https://[::1/a",
    ],
)
@pytest.mark.parametrize("key", ["FileName", "FileUploadHandler"])
def test_page_has_no_errands_elsewhere(address: str, key: str) -> None:
    with pytest.raises(ForeignAddressError):
        parse("SignApproved", DESK, json.dumps(ONE | {key: address}))


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://desk.example", "https://desk.example"),
        ("https://Desk.Example:443/", "https://desk.example"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_origin_is_written_as_browsers_do(text: str, origin: str) -> None:
    assert origin_of(text) == origin


@pytest.mark.parametrize(
    "text",
    [
        "",
        "desk.example",
        "ftp://desk",
        "https://",
        "https://a/b",
        "https://a?b",
        "https://a:b",
        "*",
    ],
)
def test_origin_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(OriginInvalidError):
        origin_of(text)


def test_service_and_agent_speak_of_the_same_operations() -> None:
    assert {each.value for each in Operation} == {each.value for each in helper.Operation}
