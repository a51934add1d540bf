"""The rules that one inventory can break by itself, with the codes of OCFL 1.1.

Every function takes decoded JSON of any shape and yields findings without a path; nothing here
reads a store. A rule that needs the shape of a block is tried only where the shape is right.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from archive import digests, paths
from archive.model import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SPECS = frozenset({"https://ocfl.io/1.0/spec/#inventory", "https://ocfl.io/1.1/spec/#inventory"})

_KEYS = frozenset(
    {
        "id",
        "type",
        "digestAlgorithm",
        "head",
        "contentDirectory",
        "manifest",
        "versions",
        "fixity",
    }
)
_VERSION_KEYS = frozenset({"created", "state", "message", "user"})
_USER_KEYS = frozenset({"name", "address"})
_VERSION_NAME = re.compile(r"v(0*)([1-9][0-9]{0,8})")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]+)?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})"
)


def check(data: Any) -> Iterator[Finding]:
    """Yield what is wrong with a decoded inventory."""
    if not isinstance(data, dict):
        yield _found("E033", "not an object")
        return
    yield from _check_keys(data)
    yield from _check_identity(data)
    yield from _check_content_directory(data)
    yield from _check_versions(data)
    yield from _check_manifest(data)
    yield from _check_fixity(data)


def _found(code: str, detail: str = "") -> Finding:
    return Finding(code=code, path="", detail=detail)


def _check_keys(data: dict[str, Any]) -> Iterator[Finding]:
    for key in ("id", "type", "digestAlgorithm", "head"):
        if key not in data:
            yield _found("E036", key)
    for key in ("manifest", "versions"):
        if key not in data:
            yield _found("E041", key)
    for key in data.keys() - _KEYS:
        yield _found("E102", key)


def _check_identity(data: dict[str, Any]) -> Iterator[Finding]:
    object_id = data.get("id", "absent:")
    if not isinstance(object_id, str) or not object_id:
        yield _found("E037")
    elif not _URI.fullmatch(object_id):
        yield _found("W005")
    spec = data.get("type", "")
    if "type" in data and not (isinstance(spec, str) and spec in SPECS):
        yield _found("E038")
    algorithm = data.get("digestAlgorithm", "sha512")
    if not (isinstance(algorithm, str) and algorithm in digests.ADDRESSING):
        yield _found("E025")
    elif algorithm != "sha512":
        yield _found("W004")


def _check_content_directory(data: dict[str, Any]) -> Iterator[Finding]:
    name = data.get("contentDirectory", "content")
    if not isinstance(name, str) or not name or "/" in name:
        yield _found("E017")
    elif not paths.is_safe(name):
        yield _found("E018")


def _check_versions(data: dict[str, Any]) -> Iterator[Finding]:
    versions = data.get("versions", {})
    if not isinstance(versions, dict):
        yield _found("E044")
        return
    if "versions" in data:
        yield from _check_version_names(versions, head=data.get("head", ""))
    manifest = data.get("manifest")
    known = {value.lower() for value in manifest} if isinstance(manifest, dict) else set()
    for name, block in versions.items():
        if isinstance(block, dict):
            yield from _check_version(name, block, known)
        else:
            yield _found("E047", name)


def _check_version_names(versions: dict[str, Any], *, head: Any) -> Iterator[Finding]:
    if not versions:
        yield _found("E008")
        return
    parts = {name: match for name in versions if (match := _VERSION_NAME.fullmatch(name))}
    for name in versions.keys() - parts.keys():
        yield _found("E104", name)
    numbers = {int(match[2]): name for name, match in parts.items()}
    if 1 not in numbers:
        yield _found("E009")
    if sorted(numbers) != list(range(1, len(versions) + 1)):
        yield _found("E010")
    if not isinstance(head, str) or not numbers or head != numbers[max(numbers)]:
        yield _found("E040")
    yield from _check_padding(parts)


def _check_padding(parts: dict[str, re.Match[str]]) -> Iterator[Finding]:
    padded = {name for name, match in parts.items() if match[1]}
    if not padded:
        return
    yield _found("W001")
    for name in sorted(parts.keys() - padded):
        yield _found("E011", name)
        yield _found("E013", name)
    if len({len(name) for name in parts}) > 1:
        yield _found("E012")


def _check_version(name: str, block: dict[str, Any], known: set[str]) -> Iterator[Finding]:
    for key in ("created", "state"):
        if key not in block:
            yield _found("E048", f"{name} {key}")
    for key in block.keys() - _VERSION_KEYS:
        yield _found("E102", f"{name} {key}")
    if "created" in block and not _is_time(block["created"]):
        yield _found("E049", name)
    yield from _check_state(name, block.get("state", {}), known)
    yield from _check_message(name, block)
    yield from _check_user(name, block)


def _is_time(value: Any) -> bool:
    """Tell whether a value is an Internet date and time with seconds and offset (RFC 3339)."""
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return False
    try:
        datetime.fromisoformat(match[1] + match[2])
    except ValueError:
        return False
    return True


def _check_state(name: str, state: Any, known: set[str]) -> Iterator[Finding]:
    if not _is_block(state):
        yield _found("E050", name)
        return
    if unknown := {value.lower() for value in state} - known:
        yield _found("E050", f"{name} {min(unknown)}")
    logical = [path for group in state.values() for path in group]
    for path in logical:
        if path.startswith("/") or path.endswith("/"):
            yield _found("E053", path)
        elif not paths.is_safe(path):
            yield _found("E052", path)
    if len(set(logical)) < len(logical) or paths.conflicts(set(logical)):
        yield _found("E095", name)


def _check_message(name: str, block: dict[str, Any]) -> Iterator[Finding]:
    if "message" not in block:
        yield _found("W007", f"{name} message")
    elif not isinstance(block["message"], str):
        yield _found("E094", name)


def _check_user(name: str, block: dict[str, Any]) -> Iterator[Finding]:
    if "user" not in block:
        yield _found("W007", f"{name} user")
        return
    user = block["user"]
    if not isinstance(user, dict) or not isinstance(user.get("name"), str) or not user["name"]:
        yield _found("E054", name)
        return
    for key in user.keys() - _USER_KEYS:
        yield _found("E102", f"{name} {key}")
    address = user.get("address")
    if address is None:
        yield _found("W008", name)
    elif not isinstance(address, str):
        yield _found("E054", name)
    elif not _URI.fullmatch(address):
        yield _found("W009", name)


def _is_block(block: Any) -> bool:
    """Tell whether a value maps strings to lists of strings."""
    return isinstance(block, dict) and all(
        isinstance(group, list) and all(isinstance(path, str) for path in group)
        for group in block.values()
    )


def _check_manifest(data: dict[str, Any]) -> Iterator[Finding]:
    manifest = data.get("manifest", {})
    if not isinstance(manifest, dict):
        yield _found("E106")
        return
    if not _is_block(manifest):
        yield _found("E092")
        return
    yield from _check_digests(manifest, data.get("digestAlgorithm"), form="E025", twice="E096")
    content = [path for group in manifest.values() for path in group]
    yield from _check_content_paths(content)
    yield from _check_content_places(content, data)
    if len(set(content)) < len(content) or paths.conflicts(set(content)):
        yield _found("E101")
    for value in {value.lower() for value in manifest} - _used(data):
        yield _found("E107", value)


def _check_digests(
    block: Iterable[str], algorithm: Any, *, form: str, twice: str
) -> Iterator[Finding]:
    values = list(block)
    if isinstance(algorithm, str) and algorithm in digests.KNOWN:
        for value in values:
            if not digests.is_well_formed(algorithm, value):
                yield _found(form, value)
    if len({value.lower() for value in values}) < len(values):
        yield _found(twice)


def _check_content_paths(content: Iterable[str]) -> Iterator[Finding]:
    for path in content:
        if path.startswith("/") or path.endswith("/"):
            yield _found("E100", path)
        elif not paths.is_safe(path):
            yield _found("E099", path)


def _check_content_places(content: Iterable[str], data: dict[str, Any]) -> Iterator[Finding]:
    """Check that content lies in the content directory of a version that the inventory has."""
    versions = data.get("versions")
    names = set(versions) if isinstance(versions, dict) else set()
    directory = data.get("contentDirectory", "content")
    for path in content:
        version, _, rest = path.partition("/")
        if version not in names or not rest.startswith(f"{directory}/"):
            yield _found("E042", path)


def _used(data: dict[str, Any]) -> set[str]:
    """Collect the digests of all states whose shape is right."""
    versions = data.get("versions")
    blocks = versions.values() if isinstance(versions, dict) else ()
    states = [block.get("state") for block in blocks if isinstance(block, dict)]
    return {value.lower() for state in states if isinstance(state, dict) for value in state}


def _check_fixity(data: dict[str, Any]) -> Iterator[Finding]:
    fixity = data.get("fixity", {})
    if not isinstance(fixity, dict):
        yield _found("E111")
        return
    manifest = data.get("manifest")
    groups = manifest.values() if isinstance(manifest, dict) and _is_block(manifest) else ()
    known = {path for group in groups for path in group}
    for algorithm, block in fixity.items():
        if algorithm not in digests.KNOWN:
            yield _found("E056", algorithm)
        if not _is_block(block):
            yield _found("E057", algorithm)
            continue
        yield from _check_digests(block, algorithm, form="E057", twice="E097")
        content = [path for group in block.values() for path in group]
        yield from _check_content_paths(content)
        for path in set(content) - known:
            yield _found("E057", path)
