"""Archival packages in the shape of TT 05/2025/TT-BNV and E-ARK CSIP: METS, simpledc, PREMIS.

```text
METS.xml                                    every other file, with SHA-256 and size
metadata/descriptive/EAD_doc.xml            the fields of the document (simpledc)
metadata/preservation/PREMIS.xml            files, events, agents
metadata/document.json …                    from the caller: all that rebuilds the database
representations/rep1/METS.xml               the files of the representation
representations/rep1/data/…                 original.pdf, final.pdf, report.json …
```
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from archive import mets, paths, premis
from archive.errors import InvalidDepositError, InvalidPackageError
from archive.model import Finding
from archive.xml import Tag, to_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from archive.model import Deposit

METS = "METS.xml"
DESCRIPTIVE = "metadata/descriptive/EAD_doc.xml"
PRESERVATION = "metadata/preservation/PREMIS.xml"
DOCUMENT = "metadata/document.json"
REPRESENTATION = "representations/rep1"

MAX_DOCUMENT_BYTES = 16 * 2**20
"""What the database knows of one document has some 20 kB."""

_FACT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}")
_RESERVED = frozenset({METS, DESCRIPTIVE, PRESERVATION})


def build_aip(deposit: Deposit) -> Mapping[str, bytes]:
    """Make the package of a document; the same deposit gives the same bytes.

    Args:
        deposit: files under ``metadata/`` keep their name, ``document.json`` goes there too; all
            others become data of the first representation.

    Raises:
        InvalidDepositError: a path, a field name or a time can't be used, or an event names a
            file that is not there.
    """
    _require_packable(deposit)
    places = {name: _place(name) for name in deposit.files}
    files = {places[name]: data for name, data in deposit.files.items()}
    if len(files) < len(deposit.files) or _RESERVED & files.keys():
        raise InvalidDepositError(object_id=deposit.object_id, paths=sorted(places))
    files[DESCRIPTIVE] = _describe(deposit)
    files[PRESERVATION] = premis.write(deposit, places=places)
    inner = {
        path.removeprefix(f"{REPRESENTATION}/"): data
        for path, data in files.items()
        if path.startswith(f"{REPRESENTATION}/")
    }
    files[f"{REPRESENTATION}/{METS}"] = mets.write_representation(deposit, inner)
    files[METS] = mets.write_package(deposit, files)
    return dict(sorted(files.items()))


def read_document(files: Mapping[str, bytes]) -> Mapping[str, Any]:
    """Return what the caller wrote about the document when it was deposited.

    Args:
        files: the files of a package, as the storage root gives them.

    Raises:
        InvalidPackageError: the file is missing, too large, or not a JSON object.
    """
    raw = files.get(DOCUMENT)
    if raw is None or len(raw) > MAX_DOCUMENT_BYTES:
        raise InvalidPackageError(path=DOCUMENT, size=-1 if raw is None else len(raw))
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError) as e:
        raise InvalidPackageError(path=DOCUMENT, reason=type(e).__name__) from e
    if not isinstance(document, dict):
        raise InvalidPackageError(path=DOCUMENT, reason=type(document).__name__)
    return document


def check(files: Mapping[str, bytes]) -> Iterator[Finding]:
    """Yield where a package and its METS disagree: files missing, changed, or not listed.

    Raises:
        InvalidPackageError: a METS file is missing or can't be read.
    """
    inner_prefix = f"{REPRESENTATION}/"
    inner = {
        name.removeprefix(inner_prefix): data
        for name, data in files.items()
        if name.startswith(inner_prefix)
    }
    for prefix, group in (("", files), (inner_prefix, inner)):
        if METS not in group:
            raise InvalidPackageError(path=f"{prefix}{METS}")
        listed = mets.read(group[METS], path=f"{prefix}{METS}")
        for name in sorted(listed.keys() - group.keys()):
            yield Finding(code="package-missing", path=f"{prefix}{name}")
        for name in sorted(group.keys() - listed.keys() - {METS}):
            yield Finding(code="package-unlisted", path=f"{prefix}{name}")
        for name in sorted(listed.keys() & group.keys()):
            data = group[name]
            if listed[name] != (len(data), hashlib.sha256(data).hexdigest()):
                yield Finding(code="package-changed", path=f"{prefix}{name}")


def folder_name(object_id: str) -> str:
    """Give the name of the package as a folder or ZIP: ``:`` becomes ``_`` (TT 05/2025)."""
    return paths.require_safe(object_id.replace(":", "_").replace("/", "_"))


def _place(name: str) -> str:
    if name == "document.json":
        return DOCUMENT
    return name if name.startswith("metadata/") else f"{REPRESENTATION}/data/{name}"


def _require_packable(deposit: Deposit) -> None:
    wrong = {name for name in deposit.files if not paths.is_safe(_place(name))}
    wrong |= paths.conflicts(set(deposit.files))
    wrong |= {name for name in deposit.facts if not _FACT_NAME.fullmatch(name)}
    wrong |= {event.file for event in deposit.events if event.file} - deposit.files.keys()
    times = (deposit.created, *(event.at for event in deposit.events))
    wrong |= {time.isoformat() for time in times if time.utcoffset() is None}
    if wrong or not deposit.files or not deposit.object_id:
        raise InvalidDepositError(object_id=deposit.object_id, wrong=sorted(wrong))


def _describe(deposit: Deposit) -> bytes:
    """Write the fields of the document as the circular's simpledc has them: one tag a field."""
    facts = {"title": deposit.title, **deposit.facts}
    return to_bytes(
        Tag("simpledc", children=tuple(Tag(name, text=text) for name, text in facts.items()))
    )
