"""An OCFL 1.1 storage root on an object store: deposit, read, list, audit.

The store needs no renaming and no locks. One writer an object at a time is the duty of the
caller; a deposit that was interrupted is finished or cleared by the next one of the same object
(`recovery`).
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from archive import digests, inventory, paths, recovery
from archive.errors import (
    DamagedObjectError,
    InvalidDepositError,
    MissingKeyError,
    NotAStorageRootError,
    ObjectNotFoundError,
)
from archive.inventory import Inventory, Version
from archive.model import VIETNAM, Deposited, Finding
from archive.recovery import Committed
from archive.stores import is_part, put_all
from archive.validation import ObjectView, validate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from archive.model import ObjectStore, User

log = logging.getLogger(__name__)

DECLARATION = "0=ocfl_1.1"
LAYOUT = "0004-hashed-n-tuple-storage-layout"

MAX_ID_CHARACTERS = 1024
"""An identifier of ours has some 60 characters."""

_ROOT_FILES: Mapping[str, bytes] = {
    f"extensions/{LAYOUT}/config.json": json.dumps(
        {
            "extensionName": LAYOUT,
            "digestAlgorithm": "sha256",
            "tupleSize": 3,
            "numberOfTuples": 3,
            "shortObjectRoot": False,
        },
        indent=1,
    ).encode(),
    "ocfl_layout.json": json.dumps(
        {
            "extension": LAYOUT,
            "description": "SHA-256 of the object identifier, in three tuples of three characters",
        },
        indent=1,
    ).encode(),
    # Last, so that a root that bears its declaration is whole.
    DECLARATION: b"ocfl_1.1\n",
}

_OBJECT_KEY = re.compile(r"(([0-9a-f]{3})/([0-9a-f]{3})/([0-9a-f]{3})/\2\3\4[0-9a-f]{55})/.+")


def object_path(object_id: str) -> str:
    """Give the path of an object in the storage root (extension 0004)."""
    name = hashlib.sha256(object_id.encode()).hexdigest()
    return f"{name[:3]}/{name[3:6]}/{name[6:9]}/{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place of a storage root: an object, or a file that belongs to none."""

    path: str
    is_object: bool


class StorageRoot:
    """An OCFL storage root; the store is its top folder."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def initialise(self) -> None:
        """Make an empty store a storage root; do nothing if it is one already.

        Raises:
            NotAStorageRootError: the store holds other things, or a root of another layout.
        """
        if self._store.exists(DECLARATION):
            self.require_root()
            return
        for key in self._store.list(""):
            # Another worker may be at it at this moment.
            if key not in _ROOT_FILES and not is_part(key):
                raise NotAStorageRootError(path=key)
        for key, data in _ROOT_FILES.items():
            self._store.put(key, data)
        log.info("archive.initialised")

    def require_root(self) -> None:
        """Check that this is a storage root of our layout.

        Raises:
            NotAStorageRootError: it is not.
        """
        for key, data in _ROOT_FILES.items():
            try:
                found = self._store.get(key)
            except MissingKeyError as e:
                raise NotAStorageRootError(path=key) from e
            if not _means_the_same(found, data):
                raise NotAStorageRootError(path=key)

    def deposit(
        self,
        object_id: str,
        files: Mapping[str, bytes],
        *,
        message: str,
        at: datetime,
        user: User,
    ) -> Deposited:
        """Make files the current version of an object; the same files make no new version.

        Args:
            object_id: identifies the object for ever; a URI.
            files: the whole new state: logical path to bytes.
            message: why this version is made.
            at: when; a retry hands in the same time.
            user: who makes it.

        Raises:
            InvalidDepositError: the identifier, a path or the time can't be used.
            NotAStorageRootError: `initialise` was never called.
            DamagedObjectError: what is stored of the object does not hold.
        """
        _require_depositable(object_id, files, at)
        if not self._store.exists(DECLARATION):
            raise NotAStorageRootError(path=DECLARATION)
        root = object_path(object_id)
        view = ObjectView.open(self._store, root)
        current: Inventory | None = None
        if view.names:
            committed = recovery.newest(view, object_id)
            recovery.settle(view, committed)
            current = committed.inventory if committed else None
            view = ObjectView.open(self._store, root)
        version = Version(
            created=at.astimezone(VIETNAM).isoformat(timespec="seconds"),
            state=_state(files, current.digest_algorithm if current else "sha512"),
            message=message,
            user=user,
        )
        following = _following(object_id, current, version, files)
        self._require_intact(following, known=current)
        if current is not None and current.versions[current.head].state == version.state:
            return Deposited(object_id=object_id, version=current.head, is_new=False)
        _write(view, following, files)
        log.info("archive.deposited", extra={"object": object_id, "version": following.head})
        return Deposited(object_id=object_id, version=following.head, is_new=True)

    def inventory(self, object_id: str) -> Inventory:
        """Return the inventory of the newest complete version.

        Raises:
            ObjectNotFoundError: no version of the object was ever completed.
            DamagedObjectError: the inventory does not hold.
        """
        view = ObjectView.open(self._store, object_path(object_id))
        committed = recovery.newest(view, object_id)
        if committed is None:
            raise ObjectNotFoundError(object_id=object_id)
        return committed.inventory

    def read(self, object_id: str, *, version: str | None = None) -> Mapping[str, bytes]:
        """Return the files of a version, the newest if none is named; digests are checked.

        Raises:
            ObjectNotFoundError: there is no such object or version.
            DamagedObjectError: a file is missing or is not what was deposited.
        """
        current = self.inventory(object_id)
        block = current.versions.get(version or current.head)
        if block is None:
            raise ObjectNotFoundError(object_id=object_id, version=version)
        return {path: self._content(current, value) for path, value in sorted(block.paths())}

    def read_file(self, object_id: str, path: str) -> bytes:
        """Return one file of the newest version; its digest is checked.

        Raises:
            ObjectNotFoundError: there is no such object or file.
            DamagedObjectError: the file is missing or is not what was deposited.
        """
        current = self.inventory(object_id)
        state = dict(current.versions[current.head].paths())
        if path not in state:
            raise ObjectNotFoundError(object_id=object_id, path=path)
        return self._content(current, state[path])

    def places(self) -> Iterator[Place]:
        """Yield every object, and every file outside of objects that has no business there."""
        last = ""
        for key in self._store.list(""):
            match = _OBJECT_KEY.fullmatch(key)
            if match and match[1] != last:
                last = match[1]
                yield Place(path=last, is_object=True)
            elif not match and key not in _ROOT_FILES and not key.startswith("extensions/"):
                yield Place(path=key, is_object=False)

    def object_ids(self) -> Iterator[str]:
        """Yield the identifiers of the objects that can be read; `fixity` reports the others."""
        for place in self.places():
            if place.is_object and (object_id := self.object_id_at(place.path)):
                yield object_id

    def object_id_at(self, path: str) -> str | None:
        """Return the identifier of the object under a path, None if it can't be told."""
        try:
            committed = recovery.newest(ObjectView.open(self._store, path), None)
        except DamagedObjectError:
            log.warning("archive.object.unreadable", extra={"path": path})
            return None
        return committed.inventory.object_id if committed else None

    def audit(self, object_id: str) -> Iterator[Finding]:
        """Yield what is wrong with an object, one file at a time in memory.

        Raises:
            ObjectNotFoundError: nothing is stored for this identifier.
        """
        path = object_path(object_id)
        if next(iter(self._store.list(f"{path}/")), None) is None:
            raise ObjectNotFoundError(object_id=object_id)
        yield from self.audit_path(path)

    def audit_path(self, path: str) -> Iterator[Finding]:
        """Yield what is wrong with the object under a path, its place in the layout included."""
        yield from validate(self._store, path)
        object_id = self.object_id_at(path)
        if object_id is not None and object_path(object_id) != path:
            yield Finding(code="E083", path=path)

    def _content(self, current: Inventory, value: str) -> bytes:
        path = current.manifest[value][0]
        try:
            data = self._store.get(f"{object_path(current.object_id)}/{path}")
        except MissingKeyError as e:
            raise DamagedObjectError(object_id=current.object_id, path=path) from e
        if digests.digest(current.digest_algorithm, data) != value:
            raise DamagedObjectError(object_id=current.object_id, path=path)
        return data

    def _require_intact(self, following: Inventory, *, known: Inventory | None) -> None:
        """Check the stored files that the new version would stand on."""
        if known is None:
            return
        for value in sorted(following.versions[following.head].state.keys() & known.manifest):
            self._content(known, value)


def _means_the_same(found: bytes, expected: bytes) -> bool:
    """Compare files of the storage root; other tools may have written the JSON otherwise."""
    if not expected.startswith(b"{"):
        return found == expected
    try:
        told, wanted = json.loads(found), json.loads(expected)
    except ValueError:
        return False
    return isinstance(told, dict) and all(
        told.get(key, value) == value for key, value in wanted.items() if key != "description"
    )


def _require_depositable(object_id: str, files: Mapping[str, bytes], at: datetime) -> None:
    if not 0 < len(object_id) <= MAX_ID_CHARACTERS or not object_id.isprintable():
        raise InvalidDepositError(object_id=object_id[:MAX_ID_CHARACTERS])
    if at.utcoffset() is None:
        raise InvalidDepositError(object_id=object_id, at="without zone")
    wrong = {path for path in files if not paths.is_safe(f"{'0' * 96}/{path}")}
    wrong |= paths.conflicts(set(files))
    if wrong or not files:
        raise InvalidDepositError(object_id=object_id, paths=sorted(wrong))


def _state(files: Mapping[str, bytes], algorithm: str) -> dict[str, tuple[str, ...]]:
    state: dict[str, list[str]] = {}
    for path in sorted(files):
        state.setdefault(digests.digest(algorithm, files[path]), []).append(path)
    return {value: tuple(group) for value, group in state.items()}


def _following(
    object_id: str, current: Inventory | None, version: Version, files: Mapping[str, bytes]
) -> Inventory:
    """Make the inventory that follows: only content that is new gets a place (forward delta)."""
    base = current or Inventory(
        object_id=object_id, head="v0", manifest={}, versions={}, content_directory=None
    )
    head = f"v{len(base.versions) + 1}"
    if base.head != f"v{len(base.versions)}":
        raise InvalidDepositError(object_id=object_id, head=base.head)
    manifest = dict(base.manifest)
    fixity = {name: dict(block) for name, block in base.fixity.items()}
    sha256 = fixity.setdefault("sha256", {})
    for value, group in version.state.items():
        if value not in manifest:
            path = f"{head}/{base.content_directory or 'content'}/{group[0]}"
            manifest[value] = (path,)
            sha256[digests.digest("sha256", files[group[0]])] = (path,)
    return replace(
        base,
        head=head,
        manifest=manifest,
        fixity=fixity,
        versions={**base.versions, head: version},
    )


def _write(view: ObjectView, following: Inventory, files: Mapping[str, bytes]) -> None:
    """Write a version: content, then its inventory with the sidecar, then the root copies."""
    head = following.head
    state = following.versions[head].state
    content = {
        view.key(path): files[state[value][0]]
        for value, (path, *_) in following.manifest.items()
        if path.startswith(f"{head}/")
    }
    put_all(view.store, content)
    raw = inventory.to_json(following)
    algorithm = following.digest_algorithm
    commitment = {
        view.key(f"{head}/{inventory.NAME}"): raw,
        view.key(f"{head}/{inventory.sidecar_name(algorithm)}"): inventory.sidecar(
            raw, algorithm=algorithm
        ),
    }
    put_all(view.store, commitment)
    recovery.seal(view, Committed(inventory=following, raw=raw))
