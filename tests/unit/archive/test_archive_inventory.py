from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import inventory
from archive.inventory import number_of, parse, sidecar, sidecar_value, to_json
from archive.model import Severity

SHA512 = "ab" * 64
OTHER = "cd" * 64


def _sound() -> dict[str, Any]:
    return {
        "id": "urn:test:1",
        "type": "https://ocfl.io/1.1/spec/#inventory",
        "digestAlgorithm": "sha512",
        "head": "v1",
        "contentDirectory": "content",
        "manifest": {SHA512: ["v1/content/a"]},
        "versions": {
            "v1": {
                "created": "2026-11-20T10:00:00+07:00",
                "state": {SHA512: ["a"]},
                "message": "first",
                "user": {"name": "docsvc", "address": "urn:docsvc:software"},
            }
        },
        "fixity": {"md5": {"00" * 16: ["v1/content/a"]}},
    }


def _changed(path: str, value: Any) -> dict[str, Any]:
    """Replace the value at a ``>``-separated path; ... removes it."""
    data = copy.deepcopy(_sound())
    *parents, last = path.split(">")
    place = data
    for name in parents:
        place = place[name]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return data


def _codes(data: Any) -> set[str]:
    return {finding.code for finding in parse(json.dumps(data).encode()).findings}


def test_sound_inventory_has_no_findings_and_survives_a_round_trip() -> None:
    parsed = parse(json.dumps(_sound()).encode())
    assert parsed.findings == ()
    assert parsed.inventory is not None
    again = to_json(parsed.inventory)
    assert parse(again).inventory == parsed.inventory
    assert json.loads(again) == _sound()


def test_bare_inventory_survives_a_round_trip() -> None:
    data = _sound()
    for key in ("contentDirectory", "fixity"):
        del data[key]
    for key in ("message", "user"):
        del data["versions"]["v1"][key]
    parsed = parse(json.dumps(data).encode()).inventory
    assert parsed is not None
    assert json.loads(to_json(parsed)) == data


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("id", ..., "E036"),
        ("type", ..., "E036"),
        ("digestAlgorithm", ..., "E036"),
        ("head", ..., "E036"),
        ("manifest", ..., "E041"),
        ("versions", ..., "E041"),
        ("more", 1, "E102"),
        ("id", "", "E037"),
        ("id", 7, "E037"),
        ("id", "no uri", "W005"),
        ("type", "https://ocfl.io/9.9/spec/#inventory", "E038"),
        ("type", ["x"], "E038"),
        ("digestAlgorithm", "md5", "E025"),
        ("digestAlgorithm", {}, "E025"),
        ("digestAlgorithm", "sha256", "W004"),
        ("contentDirectory", "a/b", "E017"),
        ("contentDirectory", 3, "E017"),
        ("contentDirectory", "", "E017"),
        ("contentDirectory", "..", "E018"),
        ("head", "v2", "E040"),
        ("head", 1, "E040"),
        ("versions", [], "E044"),
        ("versions", {}, "E008"),
        ("versions", {"first": {}}, "E104"),
        ("versions", {"first": {}}, "E009"),
        ("versions", {"v2": {}}, "E009"),
        ("versions>v3", {}, "E010"),
        ("versions>v1", [], "E047"),
        ("versions>v1>created", ..., "E048"),
        ("versions>v1>state", ..., "E048"),
        ("versions>v1>more", 1, "E102"),
        ("versions>v1>created", 2026, "E049"),
        ("versions>v1>created", "2026-11-20", "E049"),
        ("versions>v1>created", "2026-11-20T10:00:00", "E049"),
        ("versions>v1>created", "2026-13-20T10:00:00Z", "E049"),
        ("versions>v1>state", [], "E050"),
        ("versions>v1>state", {SHA512: "a"}, "E050"),
        ("versions>v1>state", {SHA512: [1]}, "E050"),
        ("versions>v1>state", {SHA512: ["a"], OTHER: ["b"]}, "E050"),
        ("versions>v1>state", {SHA512: ["/a"]}, "E053"),
        ("versions>v1>state", {SHA512: ["a/"]}, "E053"),
        ("versions>v1>state", {SHA512: ["a/../b"]}, "E052"),
        ("versions>v1>state", {SHA512: ["a", "a"]}, "E095"),
        ("versions>v1>state", {SHA512: ["a", "a/b"]}, "E095"),
        ("versions>v1>message", ..., "W007"),
        ("versions>v1>message", 1, "E094"),
        ("versions>v1>user", ..., "W007"),
        ("versions>v1>user", "me", "E054"),
        ("versions>v1>user", {"name": ""}, "E054"),
        ("versions>v1>user", {"name": "me"}, "W008"),
        ("versions>v1>user>more", "x", "E102"),
        ("versions>v1>user>address", 1, "E054"),
        ("versions>v1>user>address", "here", "W009"),
        ("manifest", [], "E106"),
        ("manifest", {SHA512: "v1/content/a"}, "E092"),
        ("manifest", {"abc": ["v1/content/a"]}, "E025"),
        ("manifest", {SHA512: ["v1/content/a"], SHA512.upper(): ["v1/content/b"]}, "E096"),
        ("manifest", {SHA512: ["/v1/content/a"]}, "E100"),
        ("manifest", {SHA512: ["v1/content/../a"]}, "E099"),
        ("manifest", {SHA512: ["v2/content/a"]}, "E042"),
        ("manifest", {SHA512: ["v1/elsewhere/a"]}, "E042"),
        ("manifest", {SHA512: ["v1/content/a", "v1/content/a"]}, "E101"),
        ("manifest", {SHA512: ["v1/content/a", "v1/content/a/b"]}, "E101"),
        ("manifest", {SHA512: ["v1/content/a"], OTHER: ["v1/content/b"]}, "E107"),
        ("fixity", [], "E111"),
        ("fixity", {"crc99": {}}, "E056"),
        ("fixity", {"md5": []}, "E057"),
        ("fixity", {"md5": {"xyz": ["v1/content/a"]}}, "E057"),
        ("fixity", {"md5": {"00" * 16: ["v1/content/b"]}}, "E057"),
        ("fixity", {"md5": {"00" * 16: ["/v1/content/a"]}}, "E100"),
        ("fixity", {"md5": {"aa" * 16: ["v1/content/a"], "AA" * 16: []}}, "E097"),
        ("fixity", {"size": {"x": ["v1/content/a"]}}, "E057"),
    ],
)
def test_broken_rule_is_named_by_its_code(path: str, value: Any, code: str) -> None:
    parsed = parse(json.dumps(_changed(path, value)).encode(), path="v1/inventory.json")
    assert code in {finding.code for finding in parsed.findings}
    assert {finding.path for finding in parsed.findings} == {"v1/inventory.json"}
    if code.startswith("E"):
        assert parsed.inventory is None


@pytest.mark.parametrize(
    ("names", "codes"),
    [
        (["v01", "v02"], {"W001"}),
        (["v01", "v2"], {"W001", "E011", "E013", "E012"}),
        (["v01", "v002"], {"W001", "E012"}),
    ],
)
def test_padding_follows_one_convention(names: list[str], codes: set[str]) -> None:
    data = _sound()
    data["versions"] = dict.fromkeys(names, data["versions"]["v1"])
    data["manifest"] = {SHA512: [f"{names[0]}/content/a"]}
    data["head"] = names[-1]
    del data["fixity"]
    assert _codes(data) == codes


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b'{"id": 1, "id": 2}',
        b"[" * 100_000,
        b'{"id": ' + b"9" * 5000 + b"}",
        b" " * (inventory.MAX_BYTES + 1),
    ],
    ids=["empty", "cut", "encoding", "list", "twice", "deep", "number", "large"],
)
def test_hostile_bytes_are_a_finding_and_nothing_else(raw: bytes) -> None:
    parsed = parse(raw)
    assert parsed.inventory is None
    assert {finding.code for finding in parsed.findings} == {"E033"}


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(st.sampled_from(sorted(_sound())), _JSON)
def test_any_value_under_any_key_is_checked_without_an_exception(key: str, value: Any) -> None:
    parse(json.dumps({**_sound(), key: value}).encode())


@given(st.sampled_from(["created", "state", "message", "user"]), _JSON)
def test_any_value_in_a_version_is_checked_without_an_exception(key: str, value: Any) -> None:
    parse(json.dumps(_changed(f"versions>v1>{key}", value)).encode())


def test_upper_case_digests_are_read_as_lower_case() -> None:
    data = json.loads(json.dumps(_sound()).replace(SHA512, SHA512.upper()))
    parsed = parse(json.dumps(data).encode())
    assert parsed.inventory is not None
    assert list(parsed.inventory.manifest) == [SHA512]


@pytest.mark.parametrize(("name", "number"), [("v1", 1), ("v012", 12), ("v0", 0), ("x1", 0)])
def test_number_of_a_version_directory(name: str, number: int) -> None:
    assert number_of(name) == number


def test_sidecar_reads_back_and_other_forms_do_not() -> None:
    raw = sidecar(b"{}")
    value = sidecar_value(raw)
    assert value is not None
    assert len(value) == 128
    assert sidecar_value(raw.upper()) is None
    assert sidecar_value(b"abc\n") is None
    assert sidecar_value(b"ABC\tinventory.json") == "abc"


def test_codes_of_warnings_begin_with_w() -> None:
    findings = parse(json.dumps(_changed("id", "no uri")).encode()).findings
    assert [finding.severity for finding in findings] == [Severity.WARNING]
    assert findings[0].reason == "archive.finding.w005"
