from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive import inventory
from archive.errors import (
    DamagedObjectError,
    InvalidDepositError,
    NotAStorageRootError,
    ObjectNotFoundError,
)
from archive.model import Finding, User
from archive.ocfl import StorageRoot, object_path
from archive.paths import conflicts
from archive.stores import LocalFolder, MemoryStore

ID = "urn:H29.1:uuid:9C13E70E-08B2-4C54-8BAF-979B35D01B4D"
AT = datetime(2026, 11, 20, 3, 0, 0, 999, tzinfo=UTC)
USER = User(name="docsvc", address="urn:docsvc:software")

_NAMES = st.text(alphabet="abcXYZ ơđ.-_0%~", min_size=1, max_size=8).filter(
    lambda name: name not in {".", ".."}
)
_PATHS = st.lists(_NAMES, min_size=1, max_size=3).map("/".join)
_FILES = st.dictionaries(_PATHS, st.binary(max_size=20), min_size=1, max_size=5).filter(
    lambda files: not conflicts(set(files))
)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def root(store: MemoryStore) -> StorageRoot:
    root = StorageRoot(store)
    root.initialise()
    return root


def _deposit(root: StorageRoot, files: dict[str, bytes], object_id: str = ID) -> str:
    return root.deposit(object_id, files, message="test", at=AT, user=USER).version


@pytest.mark.parametrize(
    ("object_id", "path"),
    [
        (
            "object-01",
            "3c0/ff4/240/3c0ff4240c1e116dba14c7627f2319b58aa3d77606d0d90dfc6161608ac987d4",
        ),
        (
            "..hor/rib:le-$id",
            "487/326/d8c/487326d8c2a3c0b885e23da1469b4d6671fd4e76978924b4443e9e3c316cda6d",
        ),
    ],
)
def test_layout_maps_the_examples_of_extension_0004(object_id: str, path: str) -> None:
    assert object_path(object_id) == path


@given(st.lists(_FILES, min_size=1, max_size=4))
def test_every_version_reads_back_as_deposited(states: list[dict[str, bytes]]) -> None:
    root = StorageRoot(MemoryStore())
    root.initialise()
    versions = [_deposit(root, files) for files in states]
    assert list(root.audit(ID)) == []
    for version, files in zip(versions, states, strict=True):
        assert root.read(ID, version=version) == files
    assert root.read(ID) == states[-1]


@settings(max_examples=8)  # it waits for the disk
@given(_FILES, _FILES)
def test_folder_holds_what_memory_holds(first: dict[str, bytes], second: dict[str, bytes]) -> None:
    memory = MemoryStore()
    with tempfile.TemporaryDirectory() as name:
        folder = LocalFolder(Path(name))
        for store in (memory, folder):
            root = StorageRoot(store)
            root.initialise()
            _deposit(root, first)
            _deposit(root, second)
            assert list(root.audit(ID)) == []
        assert {key: folder.get(key) for key in folder.list("")} == {
            key: memory.get(key) for key in memory.list("")
        }


def test_same_content_makes_no_new_version(root: StorageRoot, store: MemoryStore) -> None:
    assert root.deposit(ID, {"a": b"1", "b": b"2"}, message="", at=AT, user=USER).is_new
    before = {key: store.get(key) for key in store.list("")}
    later = datetime(2030, 1, 1, tzinfo=UTC)
    again = root.deposit(ID, {"b": b"2", "a": b"1"}, message="again", at=later, user=USER)
    assert (again.version, again.is_new) == ("v1", False)
    assert {key: store.get(key) for key in store.list("")} == before


def test_content_that_is_held_already_is_not_stored_again(
    root: StorageRoot, store: MemoryStore
) -> None:
    _deposit(root, {"a": b"same", "b": b"same"})
    _deposit(root, {"c/d": b"same", "e": b"new"})
    stored = [key.removeprefix(f"{object_path(ID)}/") for key in store.list(object_path(ID))]
    assert [key for key in stored if "/content/" in key] == ["v1/content/a", "v2/content/e"]
    assert root.read(ID) == {"c/d": b"same", "e": b"new"}


def test_inventory_carries_sha256_as_fixity_and_vietnamese_time(root: StorageRoot) -> None:
    _deposit(root, {"a": b"1"})
    found = root.inventory(ID)
    assert found.digest_algorithm == "sha512"
    assert list(found.fixities()) == [
        (
            "v1/content/a",
            "sha256",
            "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b",
        )
    ]
    assert found.versions["v1"].created == "2026-11-20T10:00:00+07:00"


def test_object_ids_are_found_by_reading(root: StorageRoot) -> None:
    ids = [f"urn:test:{number}" for number in range(5)]
    for object_id in ids:
        _deposit(root, {"a": object_id.encode()}, object_id)
    assert sorted(root.object_ids()) == ids


def test_unreadable_object_is_left_out_of_the_ids(root: StorageRoot, store: MemoryStore) -> None:
    _deposit(root, {"a": b"1"})
    for name in ("inventory.json", "v1/inventory.json"):
        store.put(f"{object_path(ID)}/{name}", b"")
    assert list(root.object_ids()) == []


def test_one_file_can_be_read_alone(root: StorageRoot) -> None:
    _deposit(root, {"a": b"1", "b": b"2"})
    assert root.read_file(ID, "b") == b"2"
    with pytest.raises(ObjectNotFoundError):
        root.read_file(ID, "c")


def test_absent_object_is_not_found(root: StorageRoot) -> None:
    with pytest.raises(ObjectNotFoundError):
        root.read(ID)
    with pytest.raises(ObjectNotFoundError):
        list(root.audit(ID))
    _deposit(root, {"a": b"1"})
    with pytest.raises(ObjectNotFoundError):
        root.read(ID, version="v2")


@pytest.mark.parametrize("change", ["alter", "remove"])
def test_changed_content_is_never_handed_out(
    root: StorageRoot, store: MemoryStore, change: str
) -> None:
    _deposit(root, {"a": b"1"})
    key = f"{object_path(ID)}/v1/content/a"
    if change == "alter":
        store.put(key, b"2")
    else:
        store.delete(key)
    with pytest.raises(DamagedObjectError):
        root.read(ID)
    with pytest.raises(DamagedObjectError):
        _deposit(root, {"a": b"1"})
    with pytest.raises(DamagedObjectError):
        _deposit(root, {"a": b"1", "b": b"more"})
    assert {finding.code for finding in root.audit(ID)} >= {"E092"}


def test_object_in_the_wrong_place_is_found(root: StorageRoot, store: MemoryStore) -> None:
    _deposit(root, {"a": b"1"})
    wrong = object_path("urn:other")
    for key in list(store.list("")):
        if key.startswith(object_path(ID)):
            store.put(key.replace(object_path(ID), wrong), store.get(key))
    assert list(root.audit_path(wrong)) == [Finding(code="E083", path=wrong)]
    with pytest.raises(DamagedObjectError):
        root.read("urn:other")


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"../a": b""},
        {"/a": b""},
        {"a/": b""},
        {"a": b"", "a/b": b""},
        {"x" * 300: b""},
        {"/".join(["x" * 200] * 5): b""},
    ],
)
def test_files_that_can_not_be_stored_are_refused_before_anything_is_written(
    root: StorageRoot, store: MemoryStore, files: dict[str, bytes]
) -> None:
    before = list(store.list(""))
    with pytest.raises(InvalidDepositError):
        _deposit(root, files)
    assert list(store.list("")) == before


@pytest.mark.parametrize("object_id", ["", "a\nb", "a" * 1025, "\ud800"])
def test_identifier_that_can_not_be_kept_is_refused(root: StorageRoot, object_id: str) -> None:
    with pytest.raises(InvalidDepositError):
        _deposit(root, {"a": b""}, object_id)


def test_time_without_zone_is_refused(root: StorageRoot) -> None:
    with pytest.raises(InvalidDepositError):
        root.deposit(ID, {"a": b""}, message="", at=AT.replace(tzinfo=None), user=USER)


def test_store_that_was_never_initialised_takes_no_deposit(store: MemoryStore) -> None:
    with pytest.raises(NotAStorageRootError):
        _deposit(StorageRoot(store), {"a": b""})


def test_initialising_again_changes_nothing(root: StorageRoot, store: MemoryStore) -> None:
    _deposit(root, {"a": b"1"})
    before = {key: store.get(key) for key in store.list("")}
    root.initialise()
    assert {key: store.get(key) for key in store.list("")} == before


def test_folder_of_something_else_is_not_made_a_storage_root(store: MemoryStore) -> None:
    store.put("holiday.jpg", b"")
    with pytest.raises(NotAStorageRootError):
        StorageRoot(store).initialise()


@pytest.mark.parametrize(
    ("key", "data"),
    [
        ("0=ocfl_1.1", b"ocfl_1.0\n"),
        ("ocfl_layout.json", b"{"),
        ("ocfl_layout.json", b"[]"),
        ("ocfl_layout.json", b'{"extension": "0002-flat-direct-storage-layout"}'),
        ("extensions/0004-hashed-n-tuple-storage-layout/config.json", b'{"tupleSize": 2}'),
    ],
)
def test_root_of_another_layout_is_refused(
    root: StorageRoot, store: MemoryStore, key: str, data: bytes
) -> None:
    store.put(key, data)
    with pytest.raises(NotAStorageRootError):
        root.initialise()


def test_root_without_its_layout_is_refused(root: StorageRoot, store: MemoryStore) -> None:
    store.delete("ocfl_layout.json")
    with pytest.raises(NotAStorageRootError):
        root.require_root()


def test_layout_that_another_tool_wrote_differently_is_accepted(
    root: StorageRoot, store: MemoryStore
) -> None:
    store.put(
        "ocfl_layout.json",
        b'{"description":"x","extension":"%s"}' % b"0004-hashed-n-tuple-storage-layout",
    )
    root.initialise()


def _seal_as(store: MemoryStore, found: inventory.Inventory, *, versions: str = "") -> None:
    """Write an inventory to the object root (and a version directory) as another tool would."""
    raw = inventory.to_json(found)
    algorithm = found.digest_algorithm
    for folder in filter(None, ("/", f"/{versions}/" if versions else "")):
        store.put(f"{object_path(ID)}{folder}inventory.json", raw)
        store.put(
            f"{object_path(ID)}{folder}inventory.json.{algorithm}",
            inventory.sidecar(raw, algorithm=algorithm),
        )


def test_object_of_another_tool_keeps_its_ways(root: StorageRoot, store: MemoryStore) -> None:
    prefix = object_path(ID)
    _deposit(root, {"a": b"1"})
    found = root.inventory(ID)
    for key in list(store.list(f"{prefix}/")):
        store.delete(key)
    digest = "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"
    old = replace(
        found,
        manifest={digest: ("v1/stuff/a",)},
        versions={"v1": replace(found.versions["v1"], state={digest: ("a",)})},
        fixity={},
        digest_algorithm="sha256",
        content_directory="stuff",
        spec="https://ocfl.io/1.0/spec/#inventory",
    )
    store.put(f"{prefix}/0=ocfl_object_1.0", b"ocfl_object_1.0\n")
    store.put(f"{prefix}/v1/stuff/a", b"1")
    _seal_as(store, old)
    assert _deposit(root, {"a": b"1"}) == "v1"
    assert _deposit(root, {"a": b"1", "b": b"2"}) == "v2"
    assert {finding.code for finding in root.audit(ID)} == {"W004", "W010"}
    assert root.inventory(ID).spec == old.spec
    assert store.exists(f"{prefix}/v2/stuff/b")
    assert not store.exists(f"{prefix}/0=ocfl_object_1.1")


def test_object_with_padded_versions_is_read_but_not_written(
    root: StorageRoot, store: MemoryStore
) -> None:
    prefix = object_path(ID)
    _deposit(root, {"a": b"1"})
    found = root.inventory(ID)
    value = next(iter(found.manifest))
    padded = replace(
        found,
        head="v01",
        manifest={value: ("v01/content/a",)},
        fixity={},
        versions={"v01": found.versions["v1"]},
    )
    for key in list(store.list(f"{prefix}/v1/")):
        store.delete(key)
    store.put(f"{prefix}/v01/content/a", b"1")
    _seal_as(store, padded, versions="v01")
    assert root.read(ID) == {"a": b"1"}
    with pytest.raises(InvalidDepositError):
        _deposit(root, {"a": b"2"})


def test_places_tell_objects_from_strays(root: StorageRoot, store: MemoryStore) -> None:
    _deposit(root, {"a": b"1"})
    store.put("extensions/0001-digest-algorithms/config.json", b"{}")
    store.put("readme.txt", b"")
    store.put("000/111/222/" + "f" * 64 + "/inventory.json", b"")
    places = {(place.path, place.is_object) for place in root.places()}
    assert places == {
        (object_path(ID), True),
        ("readme.txt", False),
        ("000/111/222/" + "f" * 64 + "/inventory.json", False),
    }


def test_inventory_on_disk_is_json_with_the_keys_of_the_specification(
    root: StorageRoot, store: MemoryStore
) -> None:
    _deposit(root, {"a": b"1"})
    data = json.loads(store.get(f"{object_path(ID)}/inventory.json"))
    assert data.keys() == {
        "id",
        "type",
        "digestAlgorithm",
        "head",
        "manifest",
        "versions",
        "fixity",
    }
    assert data["type"] == "https://ocfl.io/1.1/spec/#inventory"
