from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from asn1crypto import cms
from verification_containers import Recipe, attribute, container, token
from verification_pki import NOW

from verification._pades import cms as reading
from verification._pades import der
from verification._pades.der import Reader, UnusualError

if TYPE_CHECKING:
    from verification_pki import Pki

_SEQUENCE = 0x30


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(),
        Recipe(attributes=False),
        Recipe(named="v1"),
        Recipe(named=None, signing_time=None),
        Recipe(key_id=True),
        Recipe(content=b"x"),
        Recipe(protection="sha256", certificates=()),
        Recipe(message_digest=b""),
    ],
)
def test_plain_container_is_read_as_by_asn1crypto(pki: Pki, recipe: Recipe) -> None:
    data = container(pki.leader, bytes(32), recipe) + bytes(100)

    assert reading._plain(data, der.outline(data)) == reading._full(data)


def test_timestamps_are_read_as_by_asn1crypto(pki: Pki) -> None:
    stamped = container(pki.leader, bytes(32), Recipe(timestamp=pki.tsa))
    stamp = token(pki.tsa, bytes(32), NOW)

    assert reading._plain(stamped, der.outline(stamped)) == reading._full(stamped)
    assert reading._plain(stamp, der.outline(stamp)) == reading._full(stamp)


def test_signing_time_in_another_form_is_left_to_asn1crypto(pki: Pki) -> None:
    time = attribute("signing_time", cms.Time({"generalized_time": NOW}))
    data = container(pki.leader, bytes(32), Recipe(signing_time=None, extra=(time,)))

    with pytest.raises(UnusualError):
        reading._plain(data, der.outline(data))
    assert reading.parse(data).signing_time == NOW


def test_name_too_long_to_keep_is_left_to_asn1crypto() -> None:
    with pytest.raises(UnusualError):
        reading._of("name", bytes(2_000))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x30",
        b"\x31\x00",
        b"\x30\x05\x00",
        b"\x30\x80\x00\x00",
        b"\x30\x81",
        b"\x30\x81\x01\x00",
        b"\x30\x82\x00\x81" + bytes(0x81),
        b"\x30\x85\x00\x00\x00\x00\x01\x00",
    ],
)
def test_element_that_is_no_der_is_unusual(data: bytes) -> None:
    with pytest.raises(UnusualError):
        Reader(data, 0, len(data)).element(_SEQUENCE)


def test_element_with_a_long_tag_is_unusual() -> None:
    with pytest.raises(UnusualError):
        list(der._elements(Reader(b"\x1f\x01\x00", 0, 3)))


def test_rest_behind_the_last_element_is_unusual() -> None:
    with pytest.raises(UnusualError):
        Reader(b"\x05\x00", 0, 2).close()
