from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from archive import fixity, package
from archive.errors import NotAStorageRootError, ObjectNotFoundError
from archive.model import Deposit, Finding, User
from archive.ocfl import StorageRoot, object_path
from archive.stores import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Mapping

AT = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
USER = User(name="docsvc", address="urn:docsvc:software")
ID = "urn:test:1"


def _package(object_id: str = ID) -> Mapping[str, bytes]:
    return package.build_aip(
        Deposit(object_id=object_id, created=AT, title="t", files={"final.pdf": b"%PDF"})
    )


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def root(store: MemoryStore) -> StorageRoot:
    root = StorageRoot(store)
    root.initialise()
    root.deposit(ID, _package(), message="deposit", at=AT, user=USER)
    return root


def test_sound_object_has_no_findings(root: StorageRoot) -> None:
    assert list(fixity.audit_object(root, ID)) == []


def test_absent_object_is_not_found(root: StorageRoot) -> None:
    with pytest.raises(ObjectNotFoundError):
        list(fixity.audit_object(root, "urn:absent"))


@pytest.mark.parametrize("position", [0, 2, 3])
def test_one_flipped_bit_is_found(root: StorageRoot, store: MemoryStore, position: int) -> None:
    key = f"{object_path(ID)}/v1/content/representations/rep1/data/final.pdf"
    data = bytearray(store.get(key))
    data[position] ^= 1
    store.put(key, bytes(data))
    assert {finding.code for finding in fixity.audit_object(root, ID)} == {"E092", "E093"}


def test_package_that_disagrees_with_its_mets_is_found(root: StorageRoot) -> None:
    files = {**_package(), "representations/rep1/data/extra.pdf": b""}
    root.deposit(ID, files, message="extra", at=AT, user=USER)
    assert {finding.code for finding in fixity.audit_object(root, ID)} == {"package-unlisted"}


def test_package_without_mets_is_found(root: StorageRoot) -> None:
    root.deposit(ID, {"a": b""}, message="bare", at=AT, user=USER)
    assert list(fixity.audit_object(root, ID)) == [
        Finding(code="package-unreadable", path="METS.xml")
    ]


def test_whole_root_is_audited_place_by_place(root: StorageRoot, store: MemoryStore) -> None:
    for name in ("urn:test:2", "urn:test:3", "urn:test:4"):
        root.deposit(name, _package(name), message="deposit", at=AT, user=USER)
    store.put(f"{object_path('urn:test:2')}/v1/content/METS.xml", b"rotten")
    for name in ("inventory.json", "v1/inventory.json"):
        store.put(f"{object_path('urn:test:3')}/{name}", b"rotten")
    store.put("readme.txt", b"")
    found = {audited.path: audited for audited in fixity.audit_root(root)}
    assert {path: audited.is_intact for path, audited in found.items()} == {
        object_path("urn:test:1"): True,
        object_path("urn:test:2"): False,
        object_path("urn:test:3"): False,
        object_path("urn:test:4"): True,
        "readme.txt": False,
    }
    assert found[object_path("urn:test:4")].object_id == "urn:test:4"
    assert found[object_path("urn:test:3")].object_id is None
    assert found["readme.txt"].findings == (Finding(code="E072", path="readme.txt"),)


def test_object_that_changes_during_the_audit_is_found(
    root: StorageRoot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(object_id: str) -> Mapping[str, bytes]:
        raise ObjectNotFoundError(object_id=object_id)

    monkeypatch.setattr(root, "read", gone)
    assert list(fixity.audit_object(root, ID)) == [
        Finding(code="object-changed", path="", detail="archive.object-not-found")
    ]


def test_folder_that_is_no_storage_root_is_not_audited(store: MemoryStore) -> None:
    with pytest.raises(NotAStorageRootError):
        next(fixity.audit_root(StorageRoot(store)))
