from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import xml
from archive.errors import InvalidDepositError, InvalidPackageError
from archive.xml import Tag, parse, to_bytes

LAUGHS = b'<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>'
OUTSIDE = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1))
def test_text_and_attributes_come_back(text: str) -> None:
    try:
        raw = to_bytes(Tag("a", {"b": text}, (Tag("c", text=text),)))
    except InvalidDepositError:
        assert "\ufffe" in text or "\uffff" in text
        return
    root = parse(raw, path="x")
    assert root.get("b") == text
    assert root[0].text == text


@pytest.mark.parametrize("text", ["\x00", "\x1b", "\ud800", "\ufffe"])
def test_character_that_xml_can_not_hold_is_refused(text: str) -> None:
    with pytest.raises(InvalidDepositError):
        to_bytes(Tag("a", text=text))


@pytest.mark.parametrize(
    "raw", [LAUGHS, OUTSIDE, b"<!DOCTYPE a><a/>", LAUGHS.decode().encode("utf-16")]
)
def test_doctype_is_refused_in_every_encoding(raw: bytes) -> None:
    with pytest.raises(InvalidPackageError) as caught:
        parse(raw, path="METS.xml")
    assert caught.value.facts == {"path": "METS.xml", "doctype": True}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<a>",
        b"<a/><b/>",
        b"<a>&undefined;</a>",
        b'<?xml version="1.0" encoding="utf-7"?><a/>',
        b'<?xml version="1.0" encoding="big5"?><a/>',
        b"<a>" * 100 + b"</a>" * 100,
    ],
)
def test_what_is_no_plain_xml_is_refused(raw: bytes) -> None:
    with pytest.raises(InvalidPackageError):
        parse(raw, path="x")


def test_document_beyond_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml, "MAX_BYTES", 3)
    with pytest.raises(InvalidPackageError):
        parse(b"<a/>", path="x")


def test_names_are_qualified() -> None:
    root = parse(b'<a xmlns="urn:x" xmlns:y="urn:y" y:b="1" c="2"/>', path="x")
    assert (root.tag, root.attrib) == ("{urn:x}a", {"{urn:y}b": "1", "c": "2"})
