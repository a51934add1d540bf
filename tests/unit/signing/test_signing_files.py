"""Large files are signed on the disk: the same bytes, without being held in memory."""

from __future__ import annotations

import io
import os
import pickle
import tracemalloc
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from signing_plain import appended, commented, size_of, the_long_way
from signing_stand_ins import NOW, Pki, Tsa
from signing_steps import leader_plan, organisation_plan, sign, statuses

from signing._pades.overlay import CutShortError, overlaid
from signing.augment import add_validation_data, complete_timestamp, prepare_timestamp
from signing.complete import complete
from signing.errors import (
    PreparedMismatchError,
    SigningError,
    UnreadablePdfError,
    ValueDoesNotVerifyError,
)
from signing.files import (
    PreparedFile,
    augment_file,
    complete_file,
    complete_timestamp_update,
    prepare_file,
)
from signing.model import Level, Prepared, ValidationData
from signing.plainly import NotPlainError
from signing.prepare import prepare
from signing.timestamp import Timestamper

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def source(tmp_path: Path, reserved: bytes) -> Path:
    path = tmp_path / "source.pdf"
    path.write_bytes(reserved)
    return path


def finish(prepared: PreparedFile, source: Path, pki: Pki) -> bytes:
    target = source.with_name("signed.pdf")
    complete_file(
        prepared,
        source=source,
        target=target,
        plan=leader_plan(pki),
        value=pki.leader.sign(prepared.to_be_signed),
        timestamp_token=None,
    )
    return target.read_bytes()


def test_a_file_on_disk_becomes_what_it_becomes_in_memory(
    source: Path, reserved: bytes, pki: Pki
) -> None:
    signed = finish(prepare_file(source, plan=leader_plan(pki), at=NOW), source, pki)
    assert signed == sign(reserved, leader_plan(pki), pki.leader, None)
    assert statuses(signed, pki)[0].bottom_line


def test_the_seal_is_put_on_a_file_on_disk(source: Path, led: bytes, pki: Pki) -> None:
    source.write_bytes(led)
    plan, target = organisation_plan(pki), source.with_name("sealed.pdf")
    prepared = prepare_file(source, plan=plan, at=NOW)
    value = pki.organisation.sign(prepared.to_be_signed)
    complete_file(
        prepared, source=source, target=target, plan=plan, value=value, timestamp_token=None
    )
    assert [status.bottom_line for status in statuses(target.read_bytes(), pki)] == [True, True]


def test_a_file_that_is_read_in_pieces_has_the_digest_of_the_whole(
    source: Path, reserved: bytes, pki: Pki
) -> None:
    large = appended(reserved, {size_of(reserved): b"<< >>" + b" " * (3 << 20)})
    source.write_bytes(large)
    found = prepare_file(source, plan=leader_plan(pki), at=NOW)
    expected = prepare(large, plan=leader_plan(pki), at=NOW)
    assert (found.digest, found.hole) == (expected.digest, expected.hole)
    assert large + found.update == expected.pdf
    assert finish(found, source, pki).startswith(large)


def test_a_file_that_is_not_plain_becomes_what_it_becomes_in_memory(
    source: Path, reserved: bytes, pki: Pki
) -> None:
    pdf = commented(reserved)
    source.write_bytes(pdf)
    signed = finish(prepare_file(source, plan=leader_plan(pki), at=NOW), source, pki)
    assert signed == sign(pdf, leader_plan(pki), pki.leader, None)
    assert source.read_bytes() == pdf


def test_a_seal_on_a_file_that_is_not_plain_becomes_what_it_becomes_in_memory(
    source: Path, led: bytes, pki: Pki, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_plain(*_given: object, **_named: object) -> None:
        raise NotPlainError(reason="test")

    monkeypatch.setattr("signing.files.prepare_tail", not_plain)
    source.write_bytes(led)
    plan = organisation_plan(pki)
    found, expected = prepare_file(source, plan=plan, at=NOW), the_long_way(led, plan)
    assert led + found.update == expected.pdf
    assert (found.digest, found.hole) == (expected.digest, expected.hole)


def data(pki: Pki, *, crls: int = 1) -> ValidationData:
    return ValidationData(certificates=(pki.root.der,), crls=(b"\x30\x00",) * crls, ocsps=())


def test_validation_data_and_a_timestamp_are_put_on_a_file_on_disk(
    source: Path, led: bytes, pki: Pki, tsa: Tsa
) -> None:
    source.write_bytes(led)
    found = augment_file(source, data(pki), level=Level.B_LTA)
    expected = prepare_timestamp(add_validation_data(led, data(pki)))
    assert led + found.update == expected.pdf
    assert (found.digest, found.hole) == (expected.digest, expected.hole)
    token = Timestamper("", tsa.transport).stamp(found.digest)
    stamped = led + complete_timestamp_update(found, token)
    assert stamped == complete_timestamp(expected, token)
    assert source.read_bytes() == led


def test_validation_data_alone_is_put_on_a_file_on_disk(source: Path, led: bytes, pki: Pki) -> None:
    source.write_bytes(led)
    extended = led + augment_file(source, data(pki), level=Level.B_LT).update
    assert extended == add_validation_data(led, data(pki))
    source.write_bytes(extended)
    assert augment_file(source, data(pki), level=Level.B_LT).update == b""


def test_a_large_file_that_is_not_plain_is_not_held_in_memory(
    source: Path, reserved: bytes, pki: Pki
) -> None:
    size = 24 << 20
    large = appended(reserved, {size_of(reserved): b"<< >>" + b" " * size})
    source.write_bytes(commented(large))
    plan = leader_plan(pki)
    prepare_file(source, plan=plan, at=NOW)
    tracemalloc.start()
    try:
        prepare_file(source, plan=plan, at=NOW)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < size // 3


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7 nothing"])
def test_a_file_that_cannot_be_read_strictly_is_refused(
    source: Path, pki: Pki, content: bytes
) -> None:
    source.write_bytes(content)
    with pytest.raises(UnreadablePdfError):
        prepare_file(source, plan=leader_plan(pki), at=NOW)


def test_a_file_that_shrinks_while_it_is_read_is_not_signed(
    source: Path, pki: Pki, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(_descriptor: int, _buffers: object, _offset: int) -> int:
        return 0

    monkeypatch.setattr(os, "preadv", nothing)
    with pytest.raises(CutShortError):
        prepare_file(source, plan=leader_plan(pki), at=NOW)


def test_a_file_under_an_update_is_not_written_to(source: Path) -> None:
    with overlaid(source) as file, pytest.raises(io.UnsupportedOperation):
        file.write(b"x")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda pdf: pdf.replace(b"595.28", b"595.29"), "digest"),
        (lambda pdf: pdf[:-1], "length"),
        (lambda pdf: pdf + b"\n", "length"),
    ],
    ids=["changed", "shorter", "longer"],
)
def test_a_file_that_changed_meanwhile_is_refused_and_nothing_is_left(
    source: Path, reserved: bytes, pki: Pki, change: object, reason: str
) -> None:
    prepared = prepare_file(source, plan=leader_plan(pki), at=NOW)
    source.write_bytes(change(reserved))
    with pytest.raises(PreparedMismatchError) as caught:
        finish(prepared, source, pki)
    assert caught.value.facts == {"reason": reason}
    assert [path.name for path in source.parent.iterdir()] == [source.name]


def test_a_hole_outside_of_the_update_is_refused(source: Path, pki: Pki) -> None:
    prepared = prepare_file(source, plan=leader_plan(pki), at=NOW)
    with pytest.raises(PreparedMismatchError) as caught:
        finish(replace(prepared, hole=(10, 20)), source, pki)
    assert caught.value.facts == {"reason": "hole"}


def test_a_value_of_another_key_leaves_no_file(source: Path, pki: Pki) -> None:
    prepared = prepare_file(source, plan=leader_plan(pki), at=NOW)
    with pytest.raises(ValueDoesNotVerifyError):
        complete_file(
            prepared,
            source=source,
            target=source.with_name("signed.pdf"),
            plan=leader_plan(pki),
            value=pki.organisation.sign(prepared.to_be_signed),
            timestamp_token=None,
        )
    assert [path.name for path in source.parent.iterdir()] == [source.name]


def test_what_prepare_returns_is_fresh_and_every_copy_is_not(reserved: bytes, pki: Pki) -> None:
    prepared = prepare(reserved, plan=leader_plan(pki), at=NOW)
    stored = Prepared(
        pdf=prepared.pdf,
        digest=prepared.digest,
        hole=prepared.hole,
        to_be_signed=prepared.to_be_signed,
    )
    travelled = pickle.loads(pickle.dumps(prepared))  # noqa: S301  # our own, just written
    copies = (stored, replace(prepared), copy(prepared), travelled)
    assert prepared.is_fresh
    assert [one.is_fresh for one in copies] == [False] * len(copies)
    assert all(one == prepared for one in copies)


def test_a_stored_record_over_changed_bytes_is_refused(reserved: bytes, pki: Pki) -> None:
    prepared = prepare(reserved, plan=leader_plan(pki), at=NOW)
    stored = replace(prepared, pdf=prepared.pdf.replace(b"595.28", b"595.29"))
    with pytest.raises(SigningError) as caught:
        complete(
            stored,
            plan=leader_plan(pki),
            value=pki.leader.sign(stored.to_be_signed),
            timestamp_token=None,
        )
    assert caught.value.facts == {"reason": "digest"}
