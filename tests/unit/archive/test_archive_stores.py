from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from archive.errors import InvalidKeyError, MissingKeyError, StoreFailureError, TooLargeError
from archive.ocfl import StorageRoot
from archive.stores import LocalFolder, is_part, put_all


def test_file_beyond_the_limit_is_not_read(tmp_path: Path) -> None:
    store = LocalFolder(tmp_path, max_bytes=3)
    store.put("key", b"four")
    with pytest.raises(TooLargeError) as caught:
        store.get("key")
    assert caught.value.facts == {"key": "key", "size": 4, "limit": 3}


def test_links_are_neither_read_nor_listed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(secret)
    (root / "folder").symlink_to(tmp_path)
    store = LocalFolder(root)
    assert list(store.list("")) == []
    assert not store.exists("link")
    with pytest.raises(MissingKeyError):
        store.get("link")


def test_failed_put_leaves_the_old_file_and_no_debris(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = LocalFolder(tmp_path)
    store.put("a/key", b"old")

    def full(_: int) -> None:
        raise OSError(28, "no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreFailureError) as caught:
        store.put("a/key", b"new")
    assert caught.value.retryable
    assert caught.value.facts == {"key": "a/key", "errno": 28}
    assert store.get("a/key") == b"old"
    assert list(store.list("")) == ["a/key"]


def test_file_and_folders_are_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    original = os.fsync

    def watch(number: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{number}").readlink()))
        original(number)

    monkeypatch.setattr(os, "fsync", watch)
    LocalFolder(tmp_path).put("a/b/key", b"")
    assert synced[0].endswith(".part")
    assert set(synced[1:]) == {str(tmp_path), str(tmp_path / "a"), str(tmp_path / "a" / "b")}


def test_put_below_a_file_fails_with_a_code(tmp_path: Path) -> None:
    store = LocalFolder(tmp_path)
    store.put("a", b"")
    with pytest.raises(StoreFailureError):
        store.put("a/b", b"")
    assert list(store.list("a/")) == []


def test_pipes_are_passed_over(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert list(LocalFolder(tmp_path).list("")) == []


def test_delete_goes_on_when_a_parent_is_gone_already(tmp_path: Path) -> None:
    store = LocalFolder(tmp_path)
    store.put("a/other", b"")
    store.delete("a/b/c/absent")
    assert list(store.list("")) == ["a/other"]


def test_name_of_the_greatest_length_can_be_written(tmp_path: Path) -> None:
    store = LocalFolder(tmp_path)
    name = "\U0001f58b" * 63
    store.put(name, b"1")
    assert store.get(name) == b"1"


def test_many_workers_may_initialise_one_folder_at_a_time(tmp_path: Path) -> None:
    root = StorageRoot(LocalFolder(tmp_path))
    with ThreadPoolExecutor(8) as pool:
        for waiting in [pool.submit(root.initialise) for _ in range(16)]:
            waiting.result()
    root.require_root()
    assert not [key for key in LocalFolder(tmp_path).list("") if is_part(key)]


def test_first_failure_of_many_puts_is_raised(tmp_path: Path) -> None:
    store = LocalFolder(tmp_path)
    with pytest.raises(InvalidKeyError):
        put_all(store, {"a": b"", "../b": b"", "c": b""})
    put_all(store, {})
