"""A deposit may be killed at any moment: the next one ends well and leaves no orphan."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

import pytest

from archive.errors import DamagedObjectError, ObjectNotFoundError
from archive.inventory import number_of
from archive.model import User
from archive.ocfl import StorageRoot, object_path
from archive.stores import MemoryStore
from archive.validation import has_error

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ID = "urn:H29.1:uuid:9C13E70E-08B2-4C54-8BAF-979B35D01B4D"
AT = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
USER = User(name="docsvc", address="urn:docsvc:software")

FIRST = {"final.pdf": b"one", "copy.pdf": b"one", "metadata/document.json": b"{}"}
SECOND = {"final.pdf": b"one, renewed", "copy.pdf": b"one", "metadata/document.json": b"{ }"}
THIRD = {"other.pdf": b"three"}


class Kind(StrEnum):
    """When the process dies: before the store acts, after, or in the middle of writing."""

    BEFORE = "before"
    AFTER = "after"
    TORN = "torn"


class DyingError(Exception):
    """The end of the process."""


class DyingStore:
    """A store whose user dies at the n-th change."""

    def __init__(self, inner: MemoryStore, *, after: int, kind: Kind) -> None:
        self._inner = inner
        self._left = after
        self._kind = kind
        self._lock = threading.Lock()

    def get(self, key: str) -> bytes:
        return self._inner.get(key)

    def exists(self, key: str) -> bool:
        return self._inner.exists(key)

    def list(self, prefix: str) -> Iterator[str]:
        return self._inner.list(prefix)

    def put(self, key: str, data: bytes) -> None:
        with self._lock:
            if self._is_last():
                match self._kind:
                    case Kind.BEFORE:
                        pass
                    case Kind.AFTER:
                        self._inner.put(key, data)
                    case Kind.TORN:
                        self._inner.put(key, data[: len(data) // 2])
                raise DyingError
            self._inner.put(key, data)

    def delete(self, key: str) -> None:
        if self._is_last():
            if self._kind is not Kind.BEFORE:
                self._inner.delete(key)
            raise DyingError
        self._inner.delete(key)

    def _is_last(self) -> bool:
        self._left -= 1
        if self._left < -1:
            raise DyingError  # the dead do nothing any more
        return self._left == -1


def _copy(store: MemoryStore) -> MemoryStore:
    copy = MemoryStore()
    for key in store.list(""):
        copy.put(key, store.get(key))
    return copy


def _root(store: MemoryStore) -> StorageRoot:
    root = StorageRoot(store)
    root.initialise()
    return root


def _deposit(store: MemoryStore | DyingStore, files: Mapping[str, bytes]) -> None:
    StorageRoot(store).deposit(ID, files, message="deposit", at=AT, user=USER)


def _crashes(before: MemoryStore, files: Mapping[str, bytes], kind: Kind) -> Iterator[MemoryStore]:
    """Yield what each possible crash of one deposit leaves behind."""
    for count in range(100):
        store = _copy(before)
        try:
            _deposit(DyingStore(store, after=count, kind=kind), files)
        except DyingError:
            yield store
        else:
            assert count > len(set(files.values()))
            return
    pytest.fail("the deposit never ended")


def _require_sound(store: MemoryStore, files: Mapping[str, bytes]) -> None:
    """Check that the object is valid, current, and that every key belongs to it."""
    root = StorageRoot(store)
    assert not has_error(tuple(root.audit(ID)))
    assert root.read(ID) == files
    found = root.inventory(ID)
    expected = {"0=ocfl_object_1.1", "inventory.json", "inventory.json.sha512"}
    expected |= {path for path, _ in found.content_paths()}
    for version in found.versions:
        expected |= {f"{version}/inventory.json", f"{version}/inventory.json.sha512"}
    prefix = f"{object_path(ID)}/"
    assert {key.removeprefix(prefix) for key in store.list(prefix)} == expected


def _existing(*states: Mapping[str, bytes]) -> MemoryStore:
    store = MemoryStore()
    _root(store)
    for files in states:
        _deposit(store, files)
    return store


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("following", [FIRST, THIRD], ids=["same", "other"])
def test_first_deposit_may_die_anywhere(kind: Kind, following: Mapping[str, bytes]) -> None:
    crashed = list(_crashes(_existing(), FIRST, kind))
    assert len(crashed) == 7
    for store in crashed:
        _deposit(store, following)
        _require_sound(store, following)


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("following", [FIRST, SECOND, THIRD], ids=["old", "same", "other"])
def test_second_version_may_die_anywhere(kind: Kind, following: Mapping[str, bytes]) -> None:
    crashed = list(_crashes(_existing(FIRST), SECOND, kind))
    assert len(crashed) == 6
    for store in crashed:
        _deposit(store, following)
        _require_sound(store, following)
        assert StorageRoot(store).read(ID, version="v1") == FIRST


@pytest.mark.parametrize("kind", Kind)
def test_recovery_may_die_too(kind: Kind) -> None:
    for once in _crashes(_existing(FIRST), SECOND, kind):
        for count in range(30):
            store = _copy(once)
            try:
                _deposit(DyingStore(store, after=count, kind=kind), THIRD)
            except DyingError:
                _deposit(store, THIRD)
                _require_sound(store, THIRD)
            else:
                break


@pytest.mark.parametrize("kind", Kind)
def test_reader_sees_the_old_or_the_new_state_and_nothing_between(kind: Kind) -> None:
    seen = [StorageRoot(store).read(ID) for store in _crashes(_existing(FIRST), SECOND, kind)]
    assert [files for files in seen if files not in (FIRST, SECOND)] == []
    assert FIRST in seen
    assert SECOND in seen


@pytest.mark.parametrize("kind", Kind)
def test_unfinished_first_deposit_is_no_object_yet(kind: Kind) -> None:
    for store in _crashes(_existing(), FIRST, kind):
        root = StorageRoot(store)
        try:
            assert root.read(ID) == FIRST
            assert list(root.object_ids()) == [ID]
        except ObjectNotFoundError:
            assert list(root.object_ids()) == []


@pytest.mark.parametrize("kind", Kind)
def test_initialising_may_die_anywhere(kind: Kind) -> None:
    for count in range(4):
        store = MemoryStore()
        try:
            StorageRoot(DyingStore(store, after=count, kind=kind)).initialise()
        except DyingError:
            if kind is Kind.TORN and store.exists("0=ocfl_1.1"):
                continue  # only a store that tears its files gets here, and it says so
            StorageRoot(store).initialise()
        StorageRoot(store).require_root()


def test_file_that_a_killed_process_was_writing_is_swept() -> None:
    store = _existing(FIRST)
    prefix = object_path(ID)
    store.put(f"{prefix}/.inventory.json.x1y2.part", b"{")
    store.put(f"{prefix}/v1/content/.final.pdf.x1y2.part", b"on")
    _deposit(store, SECOND)
    _require_sound(store, SECOND)


def test_deposited_file_that_is_named_like_debris_is_kept() -> None:
    files = {".a.part": b"1"}
    store = _existing(files)
    _deposit(store, files)
    _require_sound(store, files)


def test_file_that_another_worker_is_writing_does_not_stop_initialise() -> None:
    store = MemoryStore()
    store.put(".ocfl_layout.json.x1y2.part", b"{")
    StorageRoot(store).initialise()
    assert store.exists(".ocfl_layout.json.x1y2.part")


@pytest.mark.parametrize("lost", ["inventory.json", "v2/inventory.json"])
def test_one_lost_inventory_of_two_is_survived(lost: str) -> None:
    store = _existing(FIRST, SECOND)
    store.put(f"{object_path(ID)}/{lost}", b"rotten")
    assert StorageRoot(store).read(ID) == SECOND


def test_nothing_is_deleted_when_both_inventories_are_lost() -> None:
    store = _existing(FIRST, SECOND)
    for name in ("inventory.json", "v2/inventory.json"):
        store.put(f"{object_path(ID)}/{name}", b"rotten")
    before = list(store.list(""))
    with pytest.raises(DamagedObjectError):
        _deposit(store, THIRD)
    with pytest.raises(DamagedObjectError):
        StorageRoot(store).read(ID)
    assert list(store.list("")) == before


def test_first_version_that_lost_its_inventories_is_not_taken_for_debris() -> None:
    store = _existing(FIRST)
    for name in ("inventory.json", "v1/inventory.json"):
        store.delete(f"{object_path(ID)}/{name}")
    before = list(store.list(""))
    with pytest.raises(DamagedObjectError):
        _deposit(store, FIRST)
    assert list(store.list("")) == before


def test_version_that_names_another_head_is_not_taken_for_a_commit() -> None:
    store = _existing(FIRST)
    prefix = object_path(ID)
    for name in ("inventory.json", "inventory.json.sha512"):
        store.put(f"{prefix}/v2/{name}", store.get(f"{prefix}/v1/{name}"))
    _deposit(store, FIRST)
    _require_sound(store, FIRST)
    assert number_of(StorageRoot(store).inventory(ID).head) == 1
