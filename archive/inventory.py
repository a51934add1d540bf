"""The inventory of an OCFL object: records, JSON and back (OCFL 1.1 §3.5)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from archive import digests, inventory_checks
from archive.model import Finding, Severity, User

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NAME = "inventory.json"
SPEC = "https://ocfl.io/1.1/spec/#inventory"

MAX_BYTES = 16 * 2**20
"""An inventory of ours has a few kB; one of 16 MiB would describe some 50,000 files."""

_SIDECAR = re.compile(rb"([0-9a-fA-F]+)[ \t]+inventory\.json\n?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version: when, why, by whom, and which digest every logical path had."""

    created: str
    state: Mapping[str, tuple[str, ...]]
    message: str | None = None
    user: User | None = None

    def paths(self) -> Iterator[tuple[str, str]]:
        """Yield (logical path, digest)."""
        for value, paths in self.state.items():
            for path in paths:
                yield path, value


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """An inventory whose inner rules hold; digests are in lower case."""

    object_id: str
    head: str
    manifest: Mapping[str, tuple[str, ...]]
    versions: Mapping[str, Version]
    fixity: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    digest_algorithm: str = "sha512"
    content_directory: str | None = None
    spec: str = SPEC

    def content_paths(self) -> Iterator[tuple[str, str]]:
        """Yield (content path, digest)."""
        for value, paths in self.manifest.items():
            for path in paths:
                yield path, value

    def fixities(self) -> Iterator[tuple[str, str, str]]:
        """Yield (content path, algorithm, digest) of the fixity block."""
        for algorithm, block in self.fixity.items():
            for value, paths in block.items():
                for path in paths:
                    yield path, algorithm, value


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What came out of reading an inventory; it is None where a rule is broken."""

    inventory: Inventory | None
    findings: tuple[Finding, ...]


def number_of(version: str) -> int:
    """Give the number of a version directory name, 0 if it is not one."""
    match = re.fullmatch(r"v0*([1-9][0-9]{0,8})", version)
    return int(match[1]) if match else 0


def parse(raw: bytes, *, path: str = NAME) -> Parsed:
    """Read an inventory and check every rule that it can break by itself.

    Args:
        raw: the bytes of the file.
        path: where it lies in the object, for the findings.
    """
    try:
        data = _load(raw)
    except (ValueError, RecursionError) as e:
        finding = Finding(code="E033", path=path, detail=type(e).__name__)
        return Parsed(inventory=None, findings=(finding,))
    findings = tuple(replace(finding, path=path) for finding in inventory_checks.check(data))
    broken = any(finding.severity is Severity.ERROR for finding in findings)
    return Parsed(inventory=None if broken else _build(data), findings=findings)


def to_json(inventory: Inventory) -> bytes:
    """Write an inventory; the same inventory gives the same bytes."""
    data: dict[str, Any] = {
        "id": inventory.object_id,
        "type": inventory.spec,
        "digestAlgorithm": inventory.digest_algorithm,
        "head": inventory.head,
        "manifest": inventory.manifest,
        "versions": {name: _version(block) for name, block in inventory.versions.items()},
    }
    if inventory.content_directory is not None:
        data["contentDirectory"] = inventory.content_directory
    if inventory.fixity:
        data["fixity"] = inventory.fixity
    return (json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def sidecar_name(algorithm: str) -> str:
    """Give the name of the file that holds the digest of the inventory beside it."""
    return f"{NAME}.{algorithm}"


def sidecar(raw: bytes, *, algorithm: str = "sha512") -> bytes:
    """Write the sidecar of an inventory."""
    return f"{digests.digest(algorithm, raw)} {NAME}\n".encode()


def sidecar_value(raw: bytes) -> str | None:
    """Read the digest in a sidecar, in lower case; None if it has another form."""
    match = _SIDECAR.fullmatch(raw)
    return match[1].decode().lower() if match else None


def _load(raw: bytes) -> Any:
    if len(raw) > MAX_BYTES:
        msg = "longer than an inventory may be"
        raise ValueError(msg)
    return json.loads(raw.decode(), object_pairs_hook=_without_duplicates)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object with a key twice: readers would not agree which one counts."""
    data = dict(pairs)
    if len(data) != len(pairs):
        msg = "duplicate key"
        raise ValueError(msg)
    return data


def _build(data: dict[str, Any]) -> Inventory:
    return Inventory(
        object_id=data["id"],
        head=data["head"],
        manifest=_block(data["manifest"]),
        versions={name: _build_version(block) for name, block in data["versions"].items()},
        fixity={name: _block(block) for name, block in data.get("fixity", {}).items()},
        digest_algorithm=data["digestAlgorithm"],
        content_directory=data.get("contentDirectory"),
        spec=data["type"],
    )


def _build_version(block: dict[str, Any]) -> Version:
    user = block.get("user")
    return Version(
        created=block["created"],
        state=_block(block["state"]),
        message=block.get("message"),
        user=User(name=user["name"], address=user.get("address", "")) if user else None,
    )


def _block(block: dict[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    return {value.lower(): tuple(paths) for value, paths in block.items()}


def _version(version: Version) -> dict[str, Any]:
    data: dict[str, Any] = {"created": version.created, "state": version.state}
    if version.message is not None:
        data["message"] = version.message
    if version.user is not None:
        data["user"] = {"name": version.user.name, "address": version.user.address}
    return data
