"""Tasks over files on the disk give what those over bytes give."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

import pytest
from signing_stand_ins import NOW, Pki, Tsa, blank_pdf, places, seal_png
from signing_steps import leader_plan, sign

from docsvc.confined import OpenFile
from docsvc.errors import CodedError
from docsvc.steps.sign.tasks import complete, complete_update, prepare, prepare_on_disk
from docsvc.steps.timestamp import tasks as timestamping
from signing.model import Level, Prepared, PreparedFile
from signing.stamp import reserve

if TYPE_CHECKING:
    from docsvc.confined import Answer

AT = NOW.isoformat()


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki()


@pytest.fixture(scope="module")
def reserved() -> bytes:
    return reserve(blank_pdf(), places())


@pytest.fixture(scope="module")
def led(reserved: bytes, pki: Pki) -> bytes:
    """Return a file with the leader's signature."""
    return sign(reserved, leader_plan(pki), pki.leader, Tsa(pki.tsa))


def first_half(answer: Answer) -> PreparedFile:
    update, digest, to_be_signed = answer.frames
    return PreparedFile(
        length=answer.facts["length"],
        update=update,
        digest=digest,
        hole=answer.facts["hole"],
        to_be_signed=to_be_signed,
    )


@pytest.mark.parametrize("image", [None, seal_png()], ids=["unseen", "image"])
def test_a_signature_on_the_disk_is_the_one_in_memory(pki: Pki, image: bytes | None) -> None:
    plan = replace(leader_plan(pki), image=image)
    whole = prepare(blank_pdf(), plan, AT, places())
    with TemporaryFile() as base, TemporaryFile() as made:
        base.write(blank_pdf())
        base.flush()
        files = (OpenFile(descriptor=one.fileno()) for one in (base, made))
        first = first_half(prepare_on_disk(*files, plan, AT, places()))
        rewritten = made.read()
    assert rewritten + first.update == whole.frames[0]
    assert (first.digest, first.to_be_signed) == whole.frames[1:]
    value = pki.leader.sign(first.to_be_signed)
    expected = complete(
        Prepared(
            pdf=whole.frames[0],
            digest=first.digest,
            hole=first.hole,
            to_be_signed=first.to_be_signed,
        ),
        plan,
        value,
        None,
    )
    signed = complete_update(first, plan, value, None)
    assert rewritten + signed.frames[0] == expected.frames[0]


def test_a_file_whose_places_are_reserved_is_signed_as_it_is(pki: Pki, reserved: bytes) -> None:
    with TemporaryFile() as base, TemporaryFile() as made:
        base.write(reserved)
        base.flush()
        files = (OpenFile(descriptor=one.fileno()) for one in (base, made))
        first = first_half(prepare_on_disk(*files, leader_plan(pki), AT, None))
        assert made.read() == b""
    assert reserved + first.update == prepare(reserved, leader_plan(pki), AT, None).frames[0]


def test_a_disk_that_is_full_says_nothing_about_the_document(pki: Pki) -> None:
    with TemporaryFile() as base, Path("/dev/full").open("wb") as full:
        base.write(blank_pdf())
        base.flush()
        files = (OpenFile(descriptor=one.fileno()) for one in (base, full))
        with pytest.raises(CodedError) as caught:
            prepare_on_disk(*files, leader_plan(pki), AT, places())
    assert (caught.value.code, caught.value.retryable) == ("blobs.unavailable", True)


def test_a_timestamp_on_the_disk_is_the_one_in_memory(led: bytes, tmp_path: Path) -> None:
    whole = timestamping.augment(led, str(tmp_path), None, Level.B_LTA)
    with TemporaryFile() as base:
        base.write(led)
        base.flush()
        file = OpenFile(descriptor=base.fileno())
        found = timestamping.augment_on_disk(file, str(tmp_path), None)
    assert led + found.frames[0] == whole.frames[0]
    assert found.frames[1] == whole.frames[1]
    assert found.facts == whole.facts | {"length": len(led)}
