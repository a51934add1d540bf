"""What an interrupted deposit left in an object, and what to do about it.

A deposit writes content, then the inventory of its version with its sidecar, then the copies in
the object root. The moment of commitment is when inventory and sidecar of the version fit each
other: before it a version is debris and is cleared away, after it the version is complete and its
copies are written again.
Nothing that was ever committed is deleted; where that can't be told, the object is damaged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archive import inventory, validation
from archive.errors import DamagedObjectError
from archive.inventory import Inventory, number_of
from archive.stores import is_part, put_all

if TYPE_CHECKING:
    from archive.validation import ObjectView


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """The newest complete version of an object: its inventory, and the bytes of that."""

    inventory: Inventory
    raw: bytes


def newest(view: ObjectView, object_id: str | None) -> Committed | None:
    """Find the newest complete version; None if nothing was ever committed.

    Args:
        view: the files of the object.
        object_id: the identifier that the inventory must have; None: any.

    Raises:
        DamagedObjectError: something was committed, but which version can't be told.
    """
    root = _complete(view, inventory.NAME, object_id)
    known = number_of(root.inventory.head) if root else 0
    later = sorted((name for name in view.folders() if number_of(name) > known), key=number_of)
    # Without a root inventory nothing tells debris from a version that decayed: only the very
    # last one counts.
    for name in reversed(later if root else later[-1:]):
        version = _complete(view, f"{name}/{inventory.NAME}", object_id)
        if version is not None and version.inventory.head == name:
            return version
    if root is None and _was_committed(view, later):
        raise DamagedObjectError(object_id=object_id, path=view.root)
    return root


def settle(view: ObjectView, committed: Committed | None) -> None:
    """Clear away debris and write the root copies of a committed version again."""
    for name in sorted(_debris(view, committed)):
        view.store.delete(view.key(name))
    if committed is not None:
        seal(view, committed)


def seal(view: ObjectView, committed: Committed) -> None:
    """Write what makes a committed version the current one: the last step of a deposit."""
    algorithm = committed.inventory.digest_algorithm
    # An object that another tool made under OCFL 1.0 keeps the declaration it has.
    foreign = any(name.startswith("0=") and name != validation.DECLARATION for name in view.files())
    files = {} if foreign else {validation.DECLARATION: validation.DECLARATION_TEXT}
    files |= {
        inventory.NAME: committed.raw,
        inventory.sidecar_name(algorithm): inventory.sidecar(committed.raw, algorithm=algorithm),
    }
    stale = {
        view.key(name): data
        for name, data in files.items()
        if name not in view.names or view.read(name) != data
    }
    put_all(view.store, stale)


def _complete(view: ObjectView, path: str, object_id: str | None) -> Committed | None:
    """Read an inventory if it is whole: valid, with its sidecar, of the object expected."""
    if path not in view.names:
        return None
    raw = view.read(path)
    parsed = inventory.parse(raw).inventory
    if parsed is None or (object_id is not None and parsed.object_id != object_id):
        return None
    if any(validation.check_sidecar(view, path, raw, parsed)):
        return None
    return Committed(inventory=parsed, raw=raw)


def _was_committed(view: ObjectView, versions: list[str]) -> bool:
    """Tell whether a version was ever complete: then root files or a second version are there."""
    root = {name for name in view.files() if not is_part(name)}
    return bool(root) or len(versions) > 1


def _debris(view: ObjectView, committed: Committed | None) -> set[str]:
    if committed is None:
        return set(view.names)
    head = number_of(committed.inventory.head)
    kept = {path for path, _ in committed.inventory.content_paths()}
    return {
        name
        for name in view.names
        if number_of(name.partition("/")[0]) > head or (is_part(name) and name not in kept)
    }
