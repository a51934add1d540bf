"""A store that fails says so by a name of ours, and never by the path it failed on."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from archive.errors import StoreFailureError
from docsvc.blobs.store import BlobMissingError, Blobs, Objects, StoreUnavailableError
from docsvc.steps.deposit.store import ArchiveObjects

ROOT = Path(__file__).parents[3]
DIGEST = "a" * 64


@pytest.fixture
def broken(tmp_path: Path) -> Objects:
    """A store whose folder has become a file."""
    objects = Objects(tmp_path.as_uri())
    (tmp_path / "sha256").write_bytes(b"")
    return objects


def test_a_store_that_cannot_write_is_unavailable(broken: Objects) -> None:
    with pytest.raises(StoreUnavailableError) as caught:
        Blobs(broken).put(b"x")
    assert caught.value.retryable
    assert "/" not in str(caught.value.facts)


def test_the_archive_is_told_in_its_own_words(broken: Objects) -> None:
    with pytest.raises(StoreFailureError):
        ArchiveObjects(broken).put("sha256/x", b"")


@pytest.mark.parametrize("operation", ["get", "put", "exists", "list", "delete"])
def test_every_operation_of_the_archive_names_the_failure(
    operation: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = Objects(tmp_path.as_uri())

    def fail(*_: object) -> None:
        raise StoreUnavailableError(problem="GenericError")

    for name in ("get", "put", "size", "list", "delete"):
        monkeypatch.setattr(objects, name, fail)
    store = ArchiveObjects(objects)
    arguments = ("key", b"") if operation == "put" else ("key",)
    with pytest.raises(StoreFailureError):
        list(getattr(store, operation)(*arguments))


def test_what_is_missing_may_come_back_with_a_restored_store() -> None:
    assert BlobMissingError.retryable


def test_a_root_that_is_a_file_url_may_have_any_name(tmp_path: Path) -> None:
    objects = Objects((tmp_path / "kho tệp %41").as_uri())
    objects.put("k", b"1")
    assert (tmp_path / "kho tệp %41" / "k").read_bytes() == b"1"


def test_what_a_cut_off_write_has_left_goes_and_the_blob_stays(tmp_path: Path) -> None:
    blobs = Blobs(Objects(tmp_path.as_uri()))
    digest = blobs.put(b"whole")
    place = next(p for p in tmp_path.rglob(digest))
    (left := place.with_name(f"{digest}#1")).write_bytes(b"who")

    blobs.tidy(digest)

    assert not left.exists()
    assert blobs.get(digest) == b"whole"


def test_a_blob_is_deleted_with_what_a_cut_off_write_has_left(tmp_path: Path) -> None:
    blobs = Blobs(Objects(tmp_path.as_uri()))
    place = next(p for p in tmp_path.rglob(blobs.put(b"whole")))
    place.with_name(f"{place.name}#1").write_bytes(b"who")

    blobs.delete(place.name)

    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


def test_what_a_kill_leaves_of_a_blob_in_pieces_is_no_blob_and_is_tidied(tmp_path: Path) -> None:
    writer = (
        "import os, signal, sys\n"
        "from docsvc.blobs.store import Blobs, Objects\n"
        "def pieces():\n"
        "    for _ in range(12):\n"
        "        yield bytes(1 << 20)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "Blobs(Objects(sys.argv[1])).put_pieces(sys.argv[2], 13 << 20, pieces())\n"
    )
    digest = "ab" * 32
    blobs = Blobs(Objects(tmp_path.as_uri()))
    killed = subprocess.run(
        [sys.executable, "-c", writer, tmp_path.as_uri(), digest], check=False, cwd=ROOT
    )
    assert killed.returncode == -signal.SIGKILL
    assert not blobs.exists(digest)
    assert any(path.is_file() for path in tmp_path.rglob("*"))

    blobs.tidy(digest)

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_store_that_cannot_be_tidied_is_unavailable(tmp_path: Path) -> None:
    blobs = Blobs(Objects(tmp_path.as_uri()))
    place = next(p for p in tmp_path.rglob(blobs.put(b"whole")))
    place.with_name(f"{place.name}#1").mkdir()

    with pytest.raises(StoreUnavailableError):
        blobs.tidy(place.name)
