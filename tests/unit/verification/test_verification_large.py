"""Files that are too large to be copied, and streams too large to be searched."""

from __future__ import annotations

import re
from mmap import ACCESS_READ, mmap
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from verification_files import base, base_objects, check, stream

from verification._pdf import document as documents
from verification._pdf.mentions import mentions
from verification._pdf.objects import PdfSyntaxError

if TYPE_CHECKING:
    from pathlib import Path

    from verification.trust import Trust

_FILL = b"x" * 9_000
_NAMED = b" 99 0 R "


def referrers(*bodies: bytes) -> set[int]:
    objects = base_objects() | dict(enumerate(bodies, 13))
    return documents.open_document(base(objects)).referrers(99, 0)


def test_data_of_a_large_stream_names_nothing() -> None:
    assert referrers(stream(_FILL + _NAMED)) == set()


@pytest.mark.parametrize(
    "bodies",
    [
        (stream(b"x" + _NAMED),),
        (b"<</Length 14 0 R>>\nstream\n" + _FILL + _NAMED + b"\nendstream", b"9008"),
        (b"<</Length 10>>\nstream\n" + _FILL + _NAMED + b"\nendstream",),
        (b"<</Length 99999999>>\nstream\n" + _FILL + _NAMED + b"\nendstream",),
        (b"[(" + _FILL + b")" + _NAMED + b"]",),
        (b"?(" + _FILL + b")" + _NAMED,),
        (stream(_FILL, b"/Other" + _NAMED),),
    ],
)
def test_what_is_in_any_doubt_counts_as_a_reference(bodies: tuple[bytes, ...]) -> None:
    assert referrers(*bodies) == {13}


@pytest.mark.parametrize(
    "text",
    [
        b"[ 99 0 R]",
        b"[99 0 R]",
        b"[99%x\n0 R]",
        b"[1 99\n0\x00R]",
        b"[/A 0099 00 R]",
        b"[/A " + b"0" * 30 + b"99 0 R]",
        b"[99" + b" " * 200 + b"0 R]",
        b"[99 %" + b"x" * 9_000 + b"\r0 R]",
        b"[99 % 12\n0 R]",
        b"[99 %%%\n%\n0% 4 0\nR]",
        b"[(50%) 99 % 12 0\r\n0 R]",
        b"[99%x\n%" + b"y" * 100 + b"\n \n0%z\rR]",
    ],
)
def test_reference_is_found_however_it_is_written(text: bytes) -> None:
    assert referrers(text) == {13}


@pytest.mark.parametrize("text", [b"[ 99 0 Rx]", b"[99 x R]", b"[ 99 0R]"])
def test_what_only_looks_like_a_reference_is_none(text: bytes) -> None:
    assert referrers(text) == set()


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (b"", {}),
        (b"R", {}),
        (b" R", {}),
        (b" \n0 R", {}),
        (b" 0 R", {}),
        (b"x 0 R", {}),
        (b"7 0 R", {7: [4]}),
        (b"7 0 R 8 0 R]", {7: [4], 8: [10]}),
        (b"[1234567890 0 R", {1234567890: [14]}),
        (b"[12345678901 0 R", {}),
        (b"[" + b"9" * 60 + b" 0 R", {}),
        (b"[4 0 R 4 00 R 3 0 Rx 2 5 R", {2: [25], 4: [5, 12]}),
    ],
)
def test_references_are_found_wherever_the_data_begins_and_ends(
    data: bytes, named: dict[int, list[int]]
) -> None:
    found = mentions(data, [(0, len(data))])
    assert {number: found.of(number) for number in set(found.numbers.tolist())} == named


@given(
    st.lists(
        st.sampled_from([b"7", b"12", b"0", b"00", b" ", b"\n", b"R", b"%", b"x", b"[", b"4 0 R "]),
        max_size=24,
    ),
    st.integers(1, 9),
)
def test_references_are_found_whatever_pieces_are_read(parts: list[bytes], chunk: int) -> None:
    data = b"".join(parts)
    whole = mentions(data, [(0, len(data))])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("verification._pdf.mentions._CHUNK", chunk)
        pieces = mentions(data, [(0, len(data))])
    assert whole.numbers.tolist() == pieces.numbers.tolist()
    assert sorted(whole.positions.tolist()) == sorted(pieces.positions.tolist())
    # Read forwards, where a comment begins is known: none of these may be missed.
    blank = rb"(?:\s|%[^\n]*\n)+"
    forwards = rb"(?<![0-9])([0-9]+)" + blank + rb"[0-9]+" + blank + rb"(R)(?=[\s\[%]|$)"
    wanted = {(int(one[1]), one.start(2)) for one in re.finditer(forwards, data)}
    assert wanted <= set(zip(whole.numbers.tolist(), whole.positions.tolist(), strict=True))


def test_a_reference_behind_comments_without_end_is_refused() -> None:
    with pytest.raises(PdfSyntaxError):
        referrers(b"[99" + b"%\n" * 1_000 + b"0 R]")


def test_table_with_a_broken_entry_is_refused() -> None:
    broken = base().replace(b"0000000000 65535 f \n", b"000000000x 65535 f \n")

    with pytest.raises(PdfSyntaxError):
        documents.open_document(broken)


def test_table_with_entries_of_nineteen_bytes_is_read_alike() -> None:
    short = base().replace(b" 65535 f \n", b" 65535 f\n").replace(b" n \n", b" n\n")

    read = documents.open_document(short).history[0]

    assert read.entries == documents.open_document(base()).history[0].entries


def test_mapped_file_gets_the_same_report(finished: bytes, trust: Trust, tmp_path: Path) -> None:
    path = tmp_path / "finished.pdf"
    path.write_bytes(finished)

    with path.open("rb") as file:
        mapped = mmap(file.fileno(), 0, access=ACCESS_READ)

    assert check(mapped, trust) == check(finished, trust)


def test_mapped_file_with_a_broken_structure_is_judged_too(trust: Trust, tmp_path: Path) -> None:
    path = tmp_path / "broken.pdf"
    broken = base().replace(b"startxref", b"startxxxx") + b"/ByteRange [0 1 2 3]"
    path.write_bytes(broken)

    with path.open("rb") as file:
        mapped = mmap(file.fileno(), 0, access=ACCESS_READ)

    assert check(mapped, trust) == check(broken, trust)


@pytest.mark.parametrize("kind", [bytearray, memoryview])
def test_any_buffer_can_be_verified(finished: bytes, trust: Trust, kind: type) -> None:
    assert check(kind(finished), trust) == check(finished, trust)
