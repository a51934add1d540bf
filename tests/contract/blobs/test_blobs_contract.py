"""What the blob store must do, in a folder and on S3 alike."""

from __future__ import annotations

import hashlib
import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from docsvc.blobs.store import (
    BlobCorruptError,
    BlobMissingError,
    Blobs,
    Objects,
    StoreUnavailableError,
)

BYTES = "văn bản".encode() * 1000
DIGEST = hashlib.sha256(BYTES).hexdigest()


@pytest.fixture
def objects(store_url: str) -> Objects:
    return Objects(store_url)


@pytest.fixture
def blobs(objects: Objects) -> Blobs:
    return Blobs(objects)


def key_of(digest: str) -> str:
    return f"sha256/{digest[:2]}/{digest[2:4]}/{digest}"


def test_what_was_put_is_got_by_its_digest(blobs: Blobs) -> None:
    assert blobs.put(BYTES) == DIGEST
    assert blobs.get(DIGEST) == BYTES
    assert blobs.exists(DIGEST)


def test_empty_bytes_are_bytes(blobs: Blobs) -> None:
    digest = blobs.put(b"")
    assert digest == hashlib.sha256(b"").hexdigest()
    assert blobs.get(digest) == b""


def test_putting_twice_writes_once(
    blobs: Blobs, objects: Objects, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    put = objects.put

    def counted(key: str, data: bytes) -> None:
        written.append(key)
        put(key, data)

    monkeypatch.setattr(objects, "put", counted)
    assert blobs.put(BYTES) == blobs.put(BYTES) == DIGEST
    assert written == [key_of(DIGEST)]


def test_what_a_power_cut_left_of_a_blob_is_written_again(blobs: Blobs, objects: Objects) -> None:
    objects.put(key_of(DIGEST), b"")
    blobs.put(BYTES)
    assert blobs.get(DIGEST) == BYTES


@pytest.mark.parametrize("count", [0, 1, 3, 900])  # the last is more than a store takes at once
def test_what_was_put_in_pieces_is_fetched_in_pieces(blobs: Blobs, count: int) -> None:
    pieces = [BYTES] * count
    whole = b"".join(pieces)
    digest = hashlib.sha256(whole).hexdigest()
    blobs.put_pieces(digest, len(whole), iter(pieces))
    fetched = io.BytesIO()
    blobs.fetch(digest, fetched)
    assert fetched.getvalue() == whole == blobs.get(digest)


def test_pieces_of_what_is_there_are_not_read(blobs: Blobs) -> None:
    blobs.put(BYTES)
    pieces = iter([BYTES])
    blobs.put_pieces(DIGEST, len(BYTES), pieces)
    assert list(pieces) == [BYTES]


@pytest.mark.parametrize("count", [1, 900])
def test_pieces_that_changed_meanwhile_are_not_written(blobs: Blobs, count: int) -> None:
    with pytest.raises(BlobCorruptError) as caught:
        blobs.put_pieces(DIGEST, len(BYTES) * count + 1, iter([BYTES, *[BYTES] * count]))
    assert caught.value.facts == {"digest": DIGEST}
    assert not blobs.exists(DIGEST)
    assert list(blobs.digests()) == []


def test_nothing_that_is_missing_or_changed_is_fetched(blobs: Blobs, objects: Objects) -> None:
    with pytest.raises(BlobMissingError):
        blobs.fetch(DIGEST, io.BytesIO())
    objects.put(key_of(DIGEST), BYTES + b"x")
    with pytest.raises(BlobCorruptError):
        blobs.fetch(DIGEST, io.BytesIO())


def test_a_full_disk_is_the_fault_of_no_document(blobs: Blobs) -> None:
    blobs.put(BYTES)
    with Path("/dev/full").open("wb", buffering=0) as full, pytest.raises(StoreUnavailableError):
        blobs.fetch(DIGEST, full)


def test_many_writers_of_the_same_bytes_leave_one_whole_blob(store_url: str) -> None:
    blobs = Blobs(Objects(store_url))
    with ThreadPoolExecutor(8) as pool:
        digests = set(pool.map(blobs.put, [BYTES] * 16))
    assert digests == {DIGEST}
    assert list(blobs.digests()) == [DIGEST]
    assert blobs.get(DIGEST) == BYTES


def test_absent_bytes_are_missing(blobs: Blobs) -> None:
    assert not blobs.exists(DIGEST)
    with pytest.raises(BlobMissingError) as caught:
        blobs.get(DIGEST)
    assert DIGEST in str(caught.value.facts["key"])


def test_bytes_that_changed_in_the_store_are_not_given_out(blobs: Blobs, objects: Objects) -> None:
    blobs.put(BYTES)
    objects.put(key_of(DIGEST), BYTES + b"x")
    with pytest.raises(BlobCorruptError) as caught:
        blobs.get(DIGEST)
    assert caught.value.facts == {"digest": DIGEST}


def test_deleted_bytes_are_gone_and_others_stay(blobs: Blobs) -> None:
    kept = blobs.put(b"kept")
    blobs.put(BYTES)
    blobs.delete(DIGEST)
    assert not blobs.exists(DIGEST)
    assert list(blobs.digests()) == [kept]


def test_deleting_what_is_not_there_is_no_error(blobs: Blobs) -> None:
    blobs.delete(DIGEST)


def test_every_digest_is_listed_and_nothing_else(blobs: Blobs, objects: Objects) -> None:
    objects.put("sha256-of-something/else", b"")
    objects.put("other/key", b"")
    put = {blobs.put(bytes([n])) for n in range(40)}
    assert set(blobs.digests()) == put


def test_an_empty_store_lists_nothing(blobs: Blobs) -> None:
    assert list(blobs.digests()) == []


def test_a_store_is_found_again(store_url: str) -> None:
    Blobs(Objects(store_url)).put(BYTES)
    assert Blobs(Objects(store_url)).get(DIGEST) == BYTES


def test_a_blob_can_be_put_again_after_it_was_deleted(blobs: Blobs) -> None:
    blobs.put(BYTES)
    blobs.delete(DIGEST)
    blobs.put(BYTES)
    assert blobs.get(DIGEST) == BYTES
