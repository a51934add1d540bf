from __future__ import annotations

import pytest

from verification import der
from verification.cache import ByteCache

# -- parts


def test_cache_forgets_what_was_used_longest_ago() -> None:
    made: list[str] = []

    def make(key: str) -> str:
        made.append(key)
        return key.upper()

    cache: ByteCache[str, str] = ByteCache(10)
    for key, weight in (("a", 4), ("b", 4), ("a", 4), ("c", 4), ("a", 4), ("b", 4), ("huge", 11)):
        assert cache.get(key, weight, make) == key.upper()
    cache.get("huge", 11, make)

    assert made == ["a", "b", "c", "b", "huge", "huge"]


def test_cache_keeps_one_of_two_made_at_once() -> None:
    cache: ByteCache[str, int] = ByteCache(10)

    assert cache.get("a", 6, lambda key: cache.get(key, 6, lambda _: 1) + 1) == 2
    assert cache.get("a", 6, lambda _: 3) == 1


@pytest.mark.parametrize(
    "data", [b"", b"\x30", b"\x30\x80", b"\x30\x85\0\0\0\0\x01", b"\x30\x02\0", b"\x30\x82\x01"]
)
def test_length_that_leads_nowhere_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="length"):
        der.element(data, 0)


def test_dates_of_both_kinds_are_read() -> None:
    for data, year in (
        (b"\x17\x0d491231235959Z", 2049),
        (b"\x17\x0d500101000000Z", 1950),
        (b"\x18\x0f20500101000000Z", 2050),
    ):
        assert der.moment(data, der.element(data, 0)).year == year


@pytest.mark.parametrize(
    ("content", "dotted"),
    [(b"\x2a\x03", "1.2.3"), (b"\x88\x37\x03", "2.999.3"), (b"\x06", "0.6")],
)
def test_object_identifiers_are_spelled(content: bytes, dotted: str) -> None:
    assert der.oid(content) == dotted


@pytest.mark.parametrize("content", [b"", b"\x2a\x86"])
def test_object_identifier_that_ends_early_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="object identifier"):
        der.oid(content)
