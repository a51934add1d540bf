"""Bags (RFC 8493): packages on their way out, and foreign ones on their way in.

Written: BagIt 1.0, SHA-256 and SHA-512 for payload and tag files. Read: 0.97 and 1.0; a bag that
leaves files to be fetched is incomplete, nothing is ever fetched.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archive import digests, paths
from archive.errors import InvalidBagError, InvalidDepositError
from archive.model import VIETNAM, Finding
from archive.validation import ObjectView, has_error

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from archive.model import ObjectStore

MAX_TAG_BYTES = 64 * 2**20
"""A manifest of this size names some 500,000 files."""

_WRITTEN = ("sha256", "sha512")
_READ = ("sha512", "sha256", "sha1", "md5")
_SEPARATOR = "  "
_BAGIT = re.compile(
    r"BagIt-Version: (0\.97|1\.0)[ \t]*\r?\n"
    r"Tag-File-Character-Encoding: ([A-Za-z0-9_.:-]{1,40})[ \t]*(?:\r?\n)?"
)
_ENTRY = re.compile(r"([0-9a-fA-F]+)[ \t]+\*?(.+)")
_LABEL = re.compile(r"[^:\s][^:\r\n]*")
_ENCODINGS = frozenset({"utf-8", "us-ascii", "ascii", "iso-8859-1", "utf-16"})
# RFC 8493 §2.1.3: only these three are written as percent and two digits.
_ESCAPES = {"%25": "%", "%0A": "\n", "%0D": "\r"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bag:
    """What was in a bag: payload by path below ``data/``, and the lines of bag-info.txt."""

    files: Mapping[str, bytes]
    info: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Declared:
    version: str
    encoding: str


def write(
    store: ObjectStore,
    root: str,
    files: Mapping[str, bytes],
    *,
    info: Mapping[str, str],
    at: datetime,
) -> None:
    """Write a bag under a key prefix; ``bagit.txt`` comes last and tells that it is whole.

    Args:
        store: where to write; nothing may lie under the prefix.
        root: the name of the bag.
        files: the payload, by path.
        info: lines of bag-info.txt, for instance Source-Organization, External-Identifier.
        at: when the bag is made.

    Raises:
        InvalidDepositError: a path or a label can't be written, or something is there already.
    """
    wrong = {path for path in files if not paths.is_safe(f"{root}/data/{path}")}
    wrong |= paths.conflicts(set(files))
    wrong |= {label for label, text in info.items() if not _is_line(label, text)}
    if wrong or at.utcoffset() is None or ObjectView.open(store, root).names:
        raise InvalidDepositError(bag=root, wrong=sorted(wrong))
    payload = {f"data/{path}": data for path, data in files.items()}
    tags = {f"manifest-{algorithm}.txt": _manifest(algorithm, payload) for algorithm in _WRITTEN}
    octets = sum(map(len, files.values()))
    lines = {
        **info,
        "Bagging-Date": at.astimezone(VIETNAM).date().isoformat(),
        "Payload-Oxum": f"{octets}.{len(files)}",
    }
    tags["bag-info.txt"] = "".join(f"{k}: {v}\n" for k, v in lines.items()).encode()
    bagit = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    covered = {**tags, "bagit.txt": bagit}
    tags |= {
        f"tagmanifest-{algorithm}.txt": _manifest(algorithm, covered) for algorithm in _WRITTEN
    }
    for name, data in {**payload, **tags, "bagit.txt": bagit}.items():
        store.put(f"{root}/{name}", data)


def read(store: ObjectStore, root: str) -> Bag:
    """Return the payload of a bag.

    Raises:
        InvalidBagError: the bag does not hold; `check` says why.
    """
    findings = tuple(check(store, root))
    if has_error(findings):
        raise InvalidBagError(bag=root, findings=[f"{f.code} {f.path}" for f in findings])
    view = ObjectView.open(store, root)
    encoding = _declaration(view).encoding
    payload = sorted(name for name in view.names if name.startswith("data/"))
    return Bag(
        files={name.removeprefix("data/"): view.read(name) for name in payload},
        info=tuple(_info(view, encoding)),
    )


def check(store: ObjectStore, root: str) -> Iterator[Finding]:
    """Yield what is wrong with a bag; one file at a time is in memory.

    Complete: every file of the payload is in every payload manifest, every file of a manifest is
    there (RFC 8493 §3). Valid: all digests fit.
    """
    view = ObjectView.open(store, root)
    try:
        declared = _declaration(view)
        yield from _check_manifests(view, declared)
        yield from _check_oxum(view, declared.encoding)
    except InvalidBagError as e:
        yield Finding(code="bag-unreadable", path=str(e.facts["path"]))


def _declaration(view: ObjectView) -> _Declared:
    raw = _tag_file(view, "bagit.txt", "utf-8")
    match = _BAGIT.fullmatch(raw)
    if match is None or match[2].lower() not in _ENCODINGS:
        raise InvalidBagError(path="bagit.txt")
    return _Declared(version=match[1], encoding=match[2])


def _tag_file(view: ObjectView, name: str, encoding: str) -> str:
    if name not in view.names:
        raise InvalidBagError(path=name)
    raw = view.read(name)
    try:
        # RFC 8493 §2.1.1: a byte order mark is not allowed and would spoil the first name.
        return _require_short(raw, name).decode(encoding)
    except ValueError as e:
        raise InvalidBagError(path=name) from e


def _require_short(raw: bytes, name: str) -> bytes:
    if len(raw) > MAX_TAG_BYTES:
        raise InvalidBagError(path=name)
    return raw


def _check_manifests(view: ObjectView, declared: _Declared) -> Iterator[Finding]:
    payload = {name for name in view.names if name.startswith("data/")}
    manifests = {
        algorithm: _entries(view, f"manifest-{algorithm}.txt", declared)
        for algorithm in _READ
        if f"manifest-{algorithm}.txt" in view.names
    }
    if not manifests:
        raise InvalidBagError(path="manifest-sha256.txt")
    for algorithm, entries in manifests.items():
        for name in sorted(entries.keys() - payload):
            yield Finding(code="bag-missing", path=name)
        for name in sorted(payload - entries.keys()):
            yield Finding(code="bag-unlisted", path=name, detail=f"manifest-{algorithm}.txt")
    yield from _check_digests(view, manifests)
    tag_manifests = {
        algorithm: _entries(view, f"tagmanifest-{algorithm}.txt", declared)
        for algorithm in _READ
        if f"tagmanifest-{algorithm}.txt" in view.names
    }
    for entries in tag_manifests.values():
        for name in sorted(entries.keys() - view.names):
            yield Finding(code="bag-missing", path=name)
    yield from _check_digests(view, tag_manifests)


def _check_digests(
    view: ObjectView, manifests: Mapping[str, Mapping[str, str]]
) -> Iterator[Finding]:
    named = {name for entries in manifests.values() for name in entries}
    for name in sorted(named & view.names):
        data = view.read(name)
        for algorithm, entries in manifests.items():
            if name in entries and digests.digest(algorithm, data) != entries[name]:
                yield Finding(code="bag-changed", path=name, detail=algorithm)


def _entries(view: ObjectView, name: str, declared: _Declared) -> Mapping[str, str]:
    """Read a manifest: path to digest in lower case.

    Raises:
        InvalidBagError: a line has another form, a path leaves the bag, or one path has two
            digests.
    """
    entries: dict[str, str] = {}
    for line in re.split(r"\r\n|\r|\n", _tag_file(view, name, declared.encoding)):
        if not line:
            continue
        match = _ENTRY.fullmatch(line)
        path = _unescape(match[2], declared.version).removeprefix("./") if match else ""
        if match is None or not paths.is_safe(path) or path.startswith("~"):
            raise InvalidBagError(path=name)
        value = match[1].lower()
        if entries.setdefault(path, value) != value:
            raise InvalidBagError(path=name, twice=path)
    return entries


def _check_oxum(view: ObjectView, encoding: str) -> Iterator[Finding]:
    """Compare the size of the payload with what bag-info.txt says of it, if it does."""
    told = {text for label, text in _info(view, encoding) if label.lower() == "payload-oxum"}
    if not told:
        return
    payload = [name for name in view.names if name.startswith("data/")]
    octets = sum(len(view.read(name)) for name in payload)
    if told != {f"{octets}.{len(payload)}"}:
        yield Finding(code="bag-oxum", path="bag-info.txt")


def _info(view: ObjectView, encoding: str) -> Iterator[tuple[str, str]]:
    """Read bag-info.txt: labels may repeat, long lines go on after white space."""
    if "bag-info.txt" not in view.names:
        return
    text = re.sub(r"(?:\r\n|\r|\n)[ \t]+", " ", _tag_file(view, "bag-info.txt", encoding))
    for line in filter(None, re.split(r"\r\n|\r|\n", text)):
        label, colon, value = line.partition(":")
        if not colon or label != label.strip():
            raise InvalidBagError(path="bag-info.txt")
        yield label, value.strip()


def _is_line(label: str, text: str) -> bool:
    return bool(_LABEL.fullmatch(label)) and text.isprintable() and text == text.strip()


def _manifest(algorithm: str, files: Mapping[str, bytes]) -> bytes:
    return "".join(
        f"{digests.digest(algorithm, files[path])}{_SEPARATOR}{path.replace('%', '%25')}\n"
        for path in sorted(files)
    ).encode()


def _unescape(path: str, version: str) -> str:
    """Undo the escapes; BagIt 0.97 did not write a percent sign as one."""
    known = _ESCAPES if version == "1.0" else {"%0A": "\n", "%0D": "\r"}
    return re.sub("(?i)%(?:25|0[AD])", lambda match: known.get(match[0].upper(), match[0]), path)
