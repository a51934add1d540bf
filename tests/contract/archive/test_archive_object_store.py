"""What every object store must do; run on each implementation of the library."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from archive.errors import InvalidKeyError, MissingKeyError
from archive.stores import LocalFolder, MemoryStore
from docsvc.blobs.store import Objects
from docsvc.steps.deposit.store import ArchiveObjects, open_archive

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from archive.model import ObjectStore


@pytest.fixture(params=["memory", "folder", "service-folder", "service-bucket", "service-objects"])
def store(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> ObjectStore:
    local: dict[str, Callable[[], ObjectStore]] = {
        "memory": MemoryStore,
        "folder": lambda: LocalFolder(tmp_path / "root"),
        "service-folder": lambda: open_archive((tmp_path / "kho").as_uri()),
        "service-objects": lambda: ArchiveObjects(Objects((tmp_path / "kho").as_uri())),
    }
    if request.param in local:
        return local[request.param]()
    server = request.getfixturevalue("s3_server")
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return open_archive(server.create_bucket(f"test-{uuid4().hex}") + "/archive")


def test_what_was_put_is_what_is_got(store: ObjectStore) -> None:
    store.put("a/b c/ghế.pdf", b"\x00\xff")
    assert store.get("a/b c/ghế.pdf") == b"\x00\xff"


def test_empty_bytes_are_kept(store: ObjectStore) -> None:
    store.put("empty", b"")
    assert store.get("empty") == b""
    assert store.exists("empty")


def test_putting_again_replaces(store: ObjectStore) -> None:
    store.put("key", b"one, longer")
    store.put("key", b"two")
    assert store.get("key") == b"two"
    assert list(store.list("")) == ["key"]


def test_absent_key_is_missing(store: ObjectStore) -> None:
    assert not store.exists("absent")
    with pytest.raises(MissingKeyError):
        store.get("absent")


def test_folder_is_no_key(store: ObjectStore) -> None:
    store.put("a/b", b"")
    assert not store.exists("a")
    with pytest.raises(MissingKeyError):
        store.get("a")


def test_deleted_key_is_gone_and_its_neighbour_stays(store: ObjectStore) -> None:
    store.put("a/b/c", b"1")
    store.put("a/d", b"2")
    store.delete("a/b/c")
    assert list(store.list("")) == ["a/d"]


def test_deleting_an_absent_key_is_no_error(store: ObjectStore) -> None:
    store.delete("a/b/absent")
    assert list(store.list("")) == []


def test_key_can_be_put_again_after_its_folder_emptied(store: ObjectStore) -> None:
    store.put("a/b", b"1")
    store.delete("a/b")
    store.put("a", b"now a file")
    assert list(store.list("")) == ["a"]


def test_prefix_selects_by_characters_not_by_folders(store: ObjectStore) -> None:
    for key in ("a/b/1", "a/bc/2", "a/d/3", "b/4"):
        store.put(key, b"")
    assert list(store.list("a/b")) == ["a/b/1", "a/bc/2"]
    assert list(store.list("a/b/")) == ["a/b/1"]
    assert list(store.list("z/")) == []


def test_keys_of_a_folder_come_together(store: ObjectStore) -> None:
    for key in ("x/1", "y/1", "x/2", "x-1/1", "x/0/1", "y/0"):
        store.put(key, b"")
    tops = [key.partition("/")[0] for key in store.list("")]
    changes = [top for top, before in zip(tops, [None, *tops], strict=False) if top != before]
    assert sorted(changes) == ["x", "x-1", "y"]


@pytest.mark.parametrize("key", ["", "/a", "a/", "a//b", "../a", "a/../b", "./a", "a\\b", "a\x00"])
def test_key_that_leaves_its_folder_is_refused(store: ObjectStore, key: str) -> None:
    with pytest.raises(InvalidKeyError):
        store.put(key, b"")
    with pytest.raises(InvalidKeyError):
        store.get(key)
    with pytest.raises(InvalidKeyError):
        store.exists(key)
    with pytest.raises(InvalidKeyError):
        store.delete(key)
