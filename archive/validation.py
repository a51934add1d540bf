"""Is what lies under a path a valid OCFL object? The checks in order, each with its codes.

OV-01 there are files, and one conformance declaration that holds (E003, E006, E007)
OV-02 nothing else lies in the object root (E001, E046, E067, W013)
OV-03 the root inventory and its sidecar hold (E033 … E111, E058, E060, E061, E063)
OV-04 version directories fit the inventory (E010, E015, E046, W002)
OV-05 earlier inventories agree with the root inventory (E019, E020, E037, E040, E064, E066,
      E103, W010, W011)
OV-06 content is there, and nothing more (E023, E092, E093)
OV-07 every digest fits its file (E092, E093)

A store of keys knows no empty folders, so E024 and W003 can't occur.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archive import digests, inventory
from archive.inventory import Inventory, number_of
from archive.model import Finding, ObjectStore, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


DECLARATION = "0=ocfl_object_1.1"
DECLARATION_TEXT = b"ocfl_object_1.1\n"

REGISTERED_EXTENSIONS = frozenset(
    {
        "0001-digest-algorithms",
        "0002-flat-direct-storage-layout",
        "0003-hash-and-id-n-tuple-storage-layout",
        "0004-hashed-n-tuple-storage-layout",
        "0005-mutable-head",
        "0006-flat-omit-prefix-storage-layout",
        "0007-n-tuple-omit-prefix-storage-layout",
        "0008-schema-registry",
        "0009-digest-algorithms",
        "0010-differential-n-tuple-omit-prefix-storage-layout",
        "0011-direct-clean-path-layout",
        "0012-hash-and-no-prefix-id-n-tuple-storage-layout",
        "initial",
    }
)

_DECLARATION_NAME = re.compile(r"0=ocfl_object_1\.[01]")
_VERSION_LIKE = re.compile(r"v[0-9]+")


@dataclass(frozen=True, slots=True)
class ObjectView:
    """The files of one object: their names relative to its root, and how to read them."""

    store: ObjectStore
    root: str
    names: frozenset[str]

    @classmethod
    def open(cls, store: ObjectStore, root: str) -> ObjectView:
        """List the files under a root; an empty root is the whole store."""
        prefix = f"{root}/" if root else ""
        return cls(store, root, frozenset(key[len(prefix) :] for key in store.list(prefix)))

    def key(self, name: str) -> str:
        """Give the key of a file of the object."""
        return f"{self.root}/{name}" if self.root else name

    def read(self, name: str) -> bytes:
        """Return the bytes of a file of the object."""
        return self.store.get(self.key(name))

    def files(self) -> set[str]:
        """Give the names of files directly in the object root."""
        return {name for name in self.names if "/" not in name}

    def folders(self) -> set[str]:
        """Give the names of folders directly in the object root."""
        return {name.partition("/")[0] for name in self.names if "/" in name}

    def inside(self, folder: str) -> set[str]:
        """Give the names of what lies in a folder, relative to it."""
        return {name[len(folder) + 1 :] for name in self.names if name.startswith(f"{folder}/")}


def validate(store: ObjectStore, root: str) -> Iterator[Finding]:
    """Yield what is wrong with the object under a root; one file at a time is in memory.

    Args:
        store: where the object lies.
        root: the key prefix of the object, without a slash at its end.
    """
    view = ObjectView.open(store, root)
    yield from _check_declaration(view)
    if inventory.NAME not in view.names:
        yield Finding(code="E063", path=inventory.NAME)
        yield from _check_root(view, versions=None)
        return
    raw = view.read(inventory.NAME)
    parsed = inventory.parse(raw)
    yield from parsed.findings
    yield from check_sidecar(view, inventory.NAME, raw, parsed.inventory)
    current = parsed.inventory
    yield from _check_root(view, versions=frozenset(current.versions) if current else None)
    if current is None:
        return
    yield from _check_version_directories(view, current)
    inventories = [current]
    yield from _check_version_inventories(view, current, raw, inventories)
    yield from _check_content(view, current, inventories)


def check_sidecar(
    view: ObjectView, path: str, raw: bytes, parsed: Inventory | None
) -> Iterator[Finding]:
    """Yield what is wrong with the sidecar of an inventory (OV-03)."""
    algorithm = parsed.digest_algorithm if parsed else _algorithm_of_sidecar(view, path)
    name = f"{path}.{algorithm}"
    if name not in view.names:
        yield Finding(code="E058", path=path)
        return
    value = inventory.sidecar_value(view.read(name))
    if value is None:
        yield Finding(code="E061", path=name)
    elif value != digests.digest(algorithm, raw):
        yield Finding(code="E060", path=path)


def _algorithm_of_sidecar(view: ObjectView, path: str) -> str:
    """Find the algorithm by the name of the sidecar where the inventory can't tell it."""
    return "sha256" if f"{path}.sha256" in view.names else "sha512"


def _check_declaration(view: ObjectView) -> Iterator[Finding]:
    names = sorted(name for name in view.files() if name.startswith("0="))
    if len(names) != 1:
        yield Finding(code="E003", path="", detail=str(len(names)))
    for name in names:
        if not _DECLARATION_NAME.fullmatch(name):
            yield Finding(code="E006", path=name)
        elif view.read(name) != f"{name[2:]}\n".encode():
            yield Finding(code="E007", path=name)


def _check_root(view: ObjectView, *, versions: frozenset[str] | None) -> Iterator[Finding]:
    """Check the object root (OV-02); without an inventory any version directory may be there."""
    for name in sorted(view.files()):
        sidecar = re.fullmatch(r"inventory\.json(\.[a-z0-9-]+)?", name)
        if not (name.startswith("0=") or sidecar):
            yield Finding(code="E001", path=name)
    for name in sorted(view.folders() - {"extensions", "logs"}):
        if not _VERSION_LIKE.fullmatch(name):
            yield Finding(code="E001", path=name)
        elif versions is not None and name not in versions:
            yield Finding(code="E046", path=name)
    yield from _check_extensions(view)


def _check_extensions(view: ObjectView) -> Iterator[Finding]:
    for name in sorted(view.inside("extensions")):
        extension, slash, _ = name.partition("/")
        if not slash:
            yield Finding(code="E067", path=f"extensions/{name}")
        elif extension not in REGISTERED_EXTENSIONS:
            yield Finding(code="W013", path=f"extensions/{extension}")


def _check_version_directories(view: ObjectView, current: Inventory) -> Iterator[Finding]:
    folders = view.folders()
    present = {number_of(name) for name in folders if number_of(name)}
    if present != set(range(1, max(present, default=0) + 1)):
        yield Finding(code="E010", path="")
    for name in sorted(current.versions, key=number_of):
        if name not in folders:
            yield Finding(code="E046", path=name)
        for inner in sorted(view.inside(name)):
            folder, slash, _ = inner.partition("/")
            if slash and folder != _content_directory(current):
                yield Finding(code="W002", path=f"{name}/{folder}")
            elif not slash and not re.fullmatch(r"inventory\.json(\.[a-z0-9-]+)?", inner):
                yield Finding(code="E015", path=f"{name}/{inner}")


def _check_version_inventories(
    view: ObjectView, current: Inventory, raw: bytes, inventories: list[Inventory]
) -> Iterator[Finding]:
    """Check the inventories of the versions (OV-05) and collect those that can be read."""
    earliest_allowed = current.spec
    for name in sorted(current.versions, key=number_of, reverse=True):
        path = f"{name}/{inventory.NAME}"
        if path not in view.names:
            yield Finding(code="W010", path=name)
            continue
        copy = view.read(path)
        if name == current.head:
            if copy != raw:
                yield Finding(code="E064", path=path)
            yield from check_sidecar(view, path, copy, inventory.parse(copy).inventory)
            continue
        parsed = inventory.parse(copy, path=path)
        yield from parsed.findings
        yield from check_sidecar(view, path, copy, parsed.inventory)
        if parsed.inventory is None:
            continue
        inventories.append(parsed.inventory)
        yield from _compare(path, parsed.inventory, current, name)
        if parsed.inventory.spec > earliest_allowed:
            yield Finding(code="E103", path=path)
        earliest_allowed = min(earliest_allowed, parsed.inventory.spec)


def _compare(path: str, prior: Inventory, current: Inventory, name: str) -> Iterator[Finding]:
    if prior.object_id != current.object_id:
        yield Finding(code="E037", path=path)
    if prior.head != name:
        yield Finding(code="E040", path=path)
    if prior.content_directory is None and current.content_directory is not None:
        yield Finding(code="E019", path=path)
    elif prior.content_directory != current.content_directory:
        yield Finding(code="E020", path=path)
    if {path for path, _ in prior.content_paths()} - {path for path, _ in current.content_paths()}:
        yield Finding(code="E023", path=path)
    for version in prior.versions.keys() - current.versions.keys():
        yield Finding(code="E066", path=path, detail=version)
    for version in sorted(prior.versions.keys() & current.versions.keys(), key=number_of):
        yield from _compare_version(path, version, prior, current)


def _compare_version(
    path: str, name: str, prior: Inventory, current: Inventory
) -> Iterator[Finding]:
    old, new = prior.versions[name], current.versions[name]
    was, now = dict(old.paths()), dict(new.paths())
    same_algorithm = prior.digest_algorithm == current.digest_algorithm
    if was.keys() != now.keys() or any(
        (was[logical] != now[logical])
        if same_algorithm
        # Other digests can only be compared by the files that they stand for.
        else not set(prior.manifest[was[logical]]) & set(current.manifest[now[logical]])
        for logical in was
    ):
        yield Finding(code="E066", path=path, detail=name)
    if (old.created, old.message, old.user) != (new.created, new.message, new.user):
        yield Finding(code="W011", path=path, detail=name)


def _check_content(
    view: ObjectView, current: Inventory, inventories: list[Inventory]
) -> Iterator[Finding]:
    manifest = {path for path, _ in current.content_paths()}
    stored = {
        f"{version}/{name}"
        for version in current.versions
        for name in view.inside(version)
        if name.startswith(f"{_content_directory(current)}/")
    }
    for path in sorted(stored - manifest):
        yield Finding(code="E023", path=path)
    for path in sorted(manifest - view.names):
        yield Finding(code="E092", path=path, detail="missing")
    in_fixity = {path for path, _, _ in current.fixities()}
    for path in sorted(in_fixity - view.names):
        yield Finding(code="E093", path=path, detail="missing")
    yield from _check_digests(view, _expected(inventories))


def _expected(inventories: list[Inventory]) -> Mapping[str, set[tuple[str, str, str]]]:
    """Collect for each content path (code, algorithm, digest) of all inventories."""
    expected: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
    for each in inventories:
        for path, value in each.content_paths():
            expected[path].add(("E092", each.digest_algorithm, value))
        for path, algorithm, value in each.fixities():
            expected[path].add(("E093", algorithm, value))
    return expected


def _check_digests(
    view: ObjectView, expected: Mapping[str, set[tuple[str, str, str]]]
) -> Iterator[Finding]:
    for path in sorted(expected.keys() & view.names):
        data = view.read(path)
        for code, algorithm, value in sorted(expected[path]):
            if digests.digest(algorithm, data) != value:
                yield Finding(code=code, path=path, detail=algorithm)


def _content_directory(current: Inventory) -> str:
    return current.content_directory or "content"


def has_error(findings: tuple[Finding, ...]) -> bool:
    """Tell whether one of the findings makes the object invalid."""
    return any(finding.severity is Severity.ERROR for finding in findings)
