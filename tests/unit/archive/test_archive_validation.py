from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from archive import inventory
from archive.model import User
from archive.ocfl import StorageRoot, object_path
from archive.stores import MemoryStore
from archive.validation import validate

if TYPE_CHECKING:
    from collections.abc import Callable

    from archive.inventory import Inventory

ID = "urn:test:1"
ROOT = object_path(ID)
AT = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
USER = User(name="docsvc", address="urn:docsvc:software")


@pytest.fixture
def store() -> MemoryStore:
    """Hold one sound object with two versions."""
    store = MemoryStore()
    root = StorageRoot(store)
    root.initialise()
    root.deposit(ID, {"a": b"1", "b": b"2"}, message="first", at=AT, user=USER)
    root.deposit(ID, {"a": b"1", "b": b"3"}, message="second", at=AT, user=USER)
    return store


def _codes(store: MemoryStore) -> set[str]:
    return {finding.code for finding in validate(store, ROOT)}


def _rewrite(
    store: MemoryStore, folders: tuple[str, ...], change: Callable[[Inventory], Inventory]
) -> None:
    """Change the inventory in some folders, with a sidecar that fits."""
    for folder in folders:
        key = f"{ROOT}/{folder}inventory.json"
        found = inventory.parse(store.get(key)).inventory
        assert found is not None
        raw = inventory.to_json(change(found))
        store.put(key, raw)
        store.delete(f"{key}.sha512")
        algorithm = change(found).digest_algorithm
        store.put(f"{key}.{algorithm}", inventory.sidecar(raw, algorithm=algorithm))


def test_sound_object_has_no_findings(store: MemoryStore) -> None:
    assert _codes(store) == set()


def test_object_at_the_top_of_a_store_is_validated_too(store: MemoryStore) -> None:
    top = MemoryStore()
    for key in store.list(f"{ROOT}/"):
        top.put(key.removeprefix(f"{ROOT}/"), store.get(key))
    assert list(validate(top, "")) == []


def test_nothing_at_all_is_no_object() -> None:
    assert {finding.code for finding in validate(MemoryStore(), "x")} == {"E003", "E063"}


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("0=ocfl_object_1.0", b"ocfl_object_1.0\n", "E003"),
        ("0=ocfl_object_2.0", b"ocfl_object_2.0\n", "E006"),
        ("0=ocfl_object_1.1", b"ocfl_object_1.1", "E007"),
        ("notes.txt", b"", "E001"),
        ("stuff/a", b"", "E001"),
        ("v3/content/a", b"", "E046"),
        ("extensions/file", b"", "E067"),
        ("extensions/mine/file", b"", "W013"),
        ("v1/notes.txt", b"", "E015"),
        ("v1/stuff/a", b"", "W002"),
        ("v1/content/c", b"", "E023"),
        ("v1/content/a", b"x", "E092"),
        ("v1/content/a", b"x", "E093"),
        ("inventory.json", b"{", "E033"),
        ("inventory.json.sha512", b"{", "E061"),
        ("inventory.json.sha512", b"00 inventory.json\n", "E060"),
        ("v1/inventory.json.sha512", b"00 inventory.json\n", "E060"),
        ("v1/inventory.json", b"{", "E033"),
        ("v2/inventory.json", b"{}", "E064"),
    ],
)
def test_file_that_should_not_be_so_is_found(
    store: MemoryStore, name: str, data: bytes, code: str
) -> None:
    store.put(f"{ROOT}/{name}", data)
    assert code in _codes(store)


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("0=ocfl_object_1.1", {"E003"}),
        ("inventory.json", {"E063"}),
        ("inventory.json.sha512", {"E058"}),
        ("v1/inventory.json", {"W010"}),
        ("v2/inventory.json.sha512", {"E058"}),
        ("v1/content/a", {"E092", "E093"}),
    ],
)
def test_file_that_is_missing_is_found(store: MemoryStore, name: str, codes: set[str]) -> None:
    store.delete(f"{ROOT}/{name}")
    assert _codes(store) == codes


def test_missing_version_directory_is_found(store: MemoryStore) -> None:
    for key in list(store.list(f"{ROOT}/v1/")):
        store.delete(key)
    assert _codes(store) == {"E010", "E046", "W010", "E092", "E093"}


def test_registered_extension_and_logs_are_allowed(store: MemoryStore) -> None:
    store.put(f"{ROOT}/extensions/0001-digest-algorithms/config.json", b"{}")
    store.put(f"{ROOT}/logs/audit.log", b"")
    assert _codes(store) == set()


def test_sidecar_of_an_unreadable_inventory_is_found_by_its_name(store: MemoryStore) -> None:
    store.put(f"{ROOT}/inventory.json", b"{")
    store.delete(f"{ROOT}/inventory.json.sha512")
    store.put(f"{ROOT}/inventory.json.sha256", inventory.sidecar(b"{", algorithm="sha256"))
    assert _codes(store) == {"E033"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda found: replace(found, object_id="urn:test:2"), "E037"),
        (lambda found: replace(found, content_directory="content"), "E020"),
        (lambda found: replace(found, spec="https://ocfl.io/1.0/spec/#inventory"), None),
        (
            lambda found: replace(
                found, versions={"v1": replace(found.versions["v1"], message="other")}
            ),
            "W011",
        ),
        (
            lambda found: replace(
                found,
                versions={
                    "v1": replace(
                        found.versions["v1"],
                        state={
                            value: tuple(f"{path}x" for path in paths)
                            for value, paths in found.versions["v1"].state.items()
                        },
                    )
                },
            ),
            "E066",
        ),
        (
            lambda found: replace(
                found,
                manifest={
                    value: tuple(path + "x" for path in paths)
                    for value, paths in found.manifest.items()
                },
                fixity={},
            ),
            "E023",
        ),
        (
            lambda found: replace(
                found, head="v2", versions={**found.versions, "v2": found.versions["v1"]}
            ),
            "E040",
        ),
    ],
)
def test_earlier_inventory_that_disagrees_is_found(
    store: MemoryStore, change: Callable[[Inventory], Inventory], code: str | None
) -> None:
    _rewrite(store, ("v1/",), change)
    assert (_codes(store) == set()) if code is None else (code in _codes(store))


def test_content_directory_set_late_is_found(store: MemoryStore) -> None:
    _rewrite(store, ("", "v2/"), lambda found: replace(found, content_directory="content"))
    assert _codes(store) == {"E019"}


def test_later_version_of_an_earlier_specification_is_found(store: MemoryStore) -> None:
    old = "https://ocfl.io/1.0/spec/#inventory"
    _rewrite(store, ("", "v2/"), lambda found: replace(found, spec=old))
    assert _codes(store) == {"E103"}


def test_version_that_the_root_does_not_know_is_found(store: MemoryStore) -> None:
    def grow(found: Inventory) -> Inventory:
        extra = {f"v{number}": found.versions["v1"] for number in range(1, 4)}
        return replace(found, head="v3", versions=extra)

    _rewrite(store, ("v1/",), grow)
    assert _codes(store) >= {"E066", "E040"}


def test_state_of_another_algorithm_is_compared_by_files(store: MemoryStore) -> None:
    values = {
        "a": "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b",
        "b": "d4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35",
    }

    def convert(found: Inventory) -> Inventory:
        return replace(
            found,
            digest_algorithm="sha256",
            manifest={value: (f"v1/content/{name}",) for name, value in values.items()},
            versions={
                "v1": replace(
                    found.versions["v1"], state={value: (name,) for name, value in values.items()}
                )
            },
        )

    _rewrite(store, ("v1/",), convert)
    assert _codes(store) == {"W004"}

    def swap(found: Inventory) -> Inventory:
        state = {values["a"]: ("b",), values["b"]: ("a",)}
        return replace(found, versions={"v1": replace(found.versions["v1"], state=state)})

    key = f"{ROOT}/v1/inventory.json"
    store.delete(f"{key}.sha256")
    _rewrite(store, ("v1/",), swap)
    assert _codes(store) == {"W004", "E066"}
