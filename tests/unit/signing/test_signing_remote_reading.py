"""What services say is read strictly, and every value is checked before it counts."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from signing_remotes import digests, elliptic_key, pki, request, rsa_key
from support.remote_service import Key

from signing._pades.cms import require_value
from signing.errors import UnusableCertificateError, ValueDoesNotVerifyError
from signing.signers.base import Completed
from signing.signers.remote.errors import HandleUnknownError, RemoteAnswerInvalidError
from signing.signers.remote.forgetting import Forgotten
from signing.signers.remote.prompts import plain, shown
from signing.signers.remote.reading import MAX_BYTES, Fields, object_of, objects_of, octets
from signing.signers.remote.waiting import Waiting, digests_of, key_of, prefix_of, waiting_of

if TYPE_CHECKING:
    from collections.abc import Callable


def waiting(key: Key | None = None, count: int = 2, **changes: Any) -> Waiting:
    held = key or rsa_key()
    plain_one = Waiting(
        name="t:1/ä",
        key=key_of(held.chain),
        digests=tuple(digests(count)),
        account="CMT_0123",
        label="4F7K",
    )
    return replace(plain_one, **changes)


# --- JSON ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[1]",
        b'"text"',
        b"\xff\xfe",
        b'{"a": NaN}',
        b'{"a": 1, "a": 2}',
        b'{"a":' + b"[" * 200_000,
        b'{"a": ' + b"9" * 5000 + b"}",
        b" " * (MAX_BYTES + 1),
    ],
    ids=lambda body: repr(body[:12]),
)
def test_an_answer_that_is_no_plain_object_is_named(body: bytes) -> None:
    with pytest.raises(RemoteAnswerInvalidError):
        object_of("csc", body)
    with pytest.raises(RemoteAnswerInvalidError):
        objects_of("csc", body)


def test_an_answer_may_be_a_list_of_objects() -> None:
    assert [one.text("a") for one in objects_of("csc", b'[{"a": "1"}, {"a": "2"}]')] == ["1", "2"]
    assert [one.text("a") for one in objects_of("csc", b'{"a": "1"}')] == ["1"]


@pytest.mark.parametrize(
    ("method", "value"),
    [
        ("text", None),
        ("text", ""),
        ("text", ["x"]),
        ("text", True),
        ("text", "half a letter \ud800"),
        ("texts", ["\udfff"]),
        ("texts", "x"),
        ("texts", [1]),
        ("objects", {}),
        ("objects", ["x"]),
        ("part", []),
        ("chain", []),
        ("chain", ["AAAA"] * 9),
        ("chain", ["no base64!"]),
    ],
)
def test_a_field_of_another_kind_is_named(method: str, value: object) -> None:
    with pytest.raises(RemoteAnswerInvalidError) as caught:
        getattr(Fields("csc", {"field": value}), method)("field")
    assert caught.value.facts == {"service": "csc", "field": "field"}


@pytest.mark.parametrize("value", ["-1", "1.5", "٣", "1" * 13, [], {}])
def test_a_number_of_another_kind_is_named(value: object) -> None:
    with pytest.raises(RemoteAnswerInvalidError):
        Fields("csc", {"n": value}).number_or("n", 1)


def test_a_number_may_be_text_or_missing() -> None:
    fields = Fields("csc", {"text": "3600", "number": 7, "none": None})
    assert [fields.number_or(one, 5) for one in ("text", "number", "none", "absent")] == [
        3600, 7, 5, 5,
    ]  # fmt: skip


def test_what_is_absent_and_what_is_null_are_empty() -> None:
    fields = Fields("csc", {"null": None})
    for name in ("null", "absent"):
        assert fields.texts(name) == []
        assert fields.objects(name) == []
        assert fields.part(name).text_or("x", "y") == "y"
        assert not fields.has(name)
        assert not fields.flag(name)


@pytest.mark.parametrize("value", [True, "true", "TRUE"])
def test_true_may_be_text(value: object) -> None:
    assert Fields("csc", {"flag": value}).flag("flag")
    assert not Fields("csc", {"flag": "optional"}).flag("flag")


@pytest.mark.parametrize("text", ["", " ", "AAA", "A_==", "é"])
def test_base64_is_read_strictly(text: str) -> None:
    with pytest.raises(RemoteAnswerInvalidError):
        octets("csc", text, field="value")


def test_base64_may_be_broken_into_lines() -> None:
    assert octets("csc", "QU\r\nJD\n", field="value") == b"ABC"


def test_a_certificate_that_is_none_is_named() -> None:
    with pytest.raises(UnusableCertificateError):
        Fields("csc", {"chain": ["AAAA", "AAAA"]}).chain("chain")


def test_a_chain_is_put_in_order_without_its_root() -> None:
    leaf, ca, root = rsa_key().chain_texts
    assert Fields("csc", {"c": [leaf, root, ca]}).chain("c") == rsa_key().chain[:2]


# --- handles -------------------------------------------------------------------------------


def test_a_handle_gives_back_what_was_put_in() -> None:
    assert waiting_of(waiting().handle) == waiting()


def test_whose_account_it_is_is_not_shown() -> None:
    assert "CMT_0123" not in repr(waiting())


def test_a_handle_begins_with_the_name_of_its_request() -> None:
    assert waiting().handle.startswith(prefix_of("t:1/ä"))
    assert not waiting().handle.startswith(prefix_of("t"))


def no_key() -> bytes:
    public = ed25519.Ed25519PrivateKey.generate().public_key()
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize(
    "handle",
    [
        "",
        ":",
        "name",
        "name:!!!!",
        "name:[]",
        "name:{}",
        "name:" + "[" * 200_000,
        'name:{"key":"","digests":[""],"account":"","label":""}',
    ],
)
def test_a_handle_that_is_none_is_named(handle: str) -> None:
    with pytest.raises(HandleUnknownError):
        waiting_of(handle)


@pytest.mark.parametrize(
    "change",
    [
        lambda handle: handle + "\n",
        lambda handle: " " + handle,
        lambda handle: handle.replace("t%3A1", "t:1"),
        lambda handle: handle[:-8],
    ],
    ids=["line", "space", "unquoted", "cut"],
)
def test_a_handle_that_was_changed_is_named(change: Callable[[str], str]) -> None:
    with pytest.raises(HandleUnknownError):
        waiting_of(change(waiting().handle))


@pytest.mark.parametrize("key", [b"", b"no key", None], ids=["empty", "garbage", "ed25519"])
def test_a_handle_with_a_key_of_no_use_is_named(key: bytes | None) -> None:
    with pytest.raises(HandleUnknownError):
        waiting_of(replace(waiting(), key=no_key() if key is None else key).handle)


def test_a_handle_with_numbers_for_texts_is_named() -> None:
    with pytest.raises(HandleUnknownError):
        waiting_of(replace(waiting(), label=7).handle)  # type: ignore[arg-type]  # that is the point


# --- values --------------------------------------------------------------------------------


KEYS: dict[str, Callable[[], Key]] = {
    "rsa": rsa_key,
    "p256-ieee": elliptic_key,
    "p256-der": lambda: elliptic_key(side_by_side=False),
    "p384-ieee": lambda: elliptic_key(p384=True),
    "p384-der": lambda: elliptic_key(p384=True, side_by_side=False),
}


@pytest.mark.parametrize("kind", KEYS)
def test_values_in_every_form_become_those_of_a_cms(kind: str) -> None:
    key = KEYS[kind]()
    asked = waiting(key)
    outcome = asked.completed("csc", [key.value(one) for one in asked.digests])
    assert isinstance(outcome, Completed)
    for value, number in zip(outcome.values, range(2), strict=True):
        # As `complete` checks it.
        digest = hashlib.sha256(b"attributes %d" % number).digest()
        require_value(key.private.public_key(), value=value, digest=digest)


@pytest.mark.parametrize("kind", ["rsa", "p256-ieee"])
def test_a_value_of_another_key_is_named(kind: str) -> None:
    key = KEYS[kind]()
    other = pki().ca.key if kind == "rsa" else ec.generate_private_key(ec.SECP256R1())
    lying = Key(other, (), side_by_side=key.side_by_side)
    asked = waiting(key)
    values = [key.value(asked.digests[0]), lying.value(asked.digests[1])]
    with pytest.raises(ValueDoesNotVerifyError) as caught:
        asked.completed("csc", values)
    assert caught.value.facts == {"service": "csc", "reason": "key-or-content"}


def test_a_value_over_other_content_is_named() -> None:
    asked = waiting()
    with pytest.raises(ValueDoesNotVerifyError):
        asked.completed("csc", [rsa_key().value(one) for one in reversed(asked.digests)])


@pytest.mark.parametrize("count", [0, 1, 3])
def test_another_number_of_values_is_named(count: int) -> None:
    asked = waiting()
    with pytest.raises(ValueDoesNotVerifyError) as caught:
        asked.completed("csc", [rsa_key().value(asked.digests[0])] * count)
    assert caught.value.facts["reason"] == "count"


def test_a_value_that_is_garbage_is_named() -> None:
    with pytest.raises(ValueDoesNotVerifyError):
        waiting(elliptic_key(), 1).completed("csc", [base64.b64encode(bytes(64)).decode()])
    with pytest.raises(ValueDoesNotVerifyError):
        waiting(elliptic_key(), 1).completed("csc", ["AAAA"])


def test_values_are_put_in_the_order_of_the_items() -> None:
    asked = waiting()
    assert asked.in_order("csc", [("4F7K-2", "b"), ("4F7K-1", "a")]) == ["a", "b"]


@pytest.mark.parametrize(
    "found",
    [
        [],
        [("4F7K-1", "a")],
        [("4F7K-1", "a"), ("4F7K-1", "b")],
        [("4F7K-1", "a"), ("4F7K-2", "b"), ("4F7K-2", "c")],
        [("4F7K-1", "a"), ("4F7K-3", "b")],
    ],
)
def test_a_document_that_is_missing_or_there_twice_is_named(found: list[tuple[str, str]]) -> None:
    with pytest.raises(RemoteAnswerInvalidError):
        waiting().in_order("csc", found)


def test_a_document_without_a_label_has_its_number() -> None:
    assert waiting(label="").document(0) == "1"


def test_the_digests_are_of_what_is_signed() -> None:
    assert digests_of(request("key", 2)) == tuple(digests(2))


def test_nobody_is_asked_for_nothing() -> None:
    with pytest.raises(ValueError, match="nothing to sign"):
        digests_of(request("key", 0))


# --- prompts, and what was given up --------------------------------------------------------


def test_the_prompt_begins_with_the_control_code() -> None:
    assert shown(request("key")).startswith("4F7K Ký Quyết định 123/QĐ-UBND")


def test_a_long_prompt_is_cut_and_keeps_its_code() -> None:
    cut = shown(request("key", prompt="dài " * 100))
    assert cut.startswith("4F7K dài")
    assert len(cut) <= 200


def test_plain_letters_lose_their_marks_and_nothing_else() -> None:
    assert plain("Ký QĐ 123/QĐ-UBND  ngày 12_03: đường\n", most=72) == (
        "Ky QD 123-QD-UBND ngay 12_03- duong"
    )
    assert plain("một hai ba", most=4) == "mot"


def test_the_oldest_of_what_was_given_up_makes_room() -> None:
    forgotten = Forgotten()
    for number in range(10_001):
        forgotten.add(str(number))
    assert "0" not in forgotten
    assert "10000" in forgotten
