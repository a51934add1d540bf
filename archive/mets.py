"""METS 1.12 with the E-ARK CSIP 2 profile: what is in a package, and where."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from archive import paths
from archive.errors import InvalidPackageError
from archive.model import Agent, AgentType
from archive.premis import SOFTWARE, iso, media_type
from archive.xml import Tag, parse, to_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from archive.model import Deposit

NAMESPACE = "http://www.loc.gov/METS/"
WRITER_VERSION = "1.0"
"""Raised when the same deposit would give other bytes than before."""

NAME = "METS.xml"

_HREF = "{http://www.w3.org/1999/xlink}href"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SIZE = re.compile(r"[0-9]{1,18}")

_ROOT_ATTRIBUTES = {
    "xmlns": NAMESPACE,
    "xmlns:csip": "https://DILCIS.eu/XML/METS/CSIPExtensionMETS",
    "xmlns:xlink": "http://www.w3.org/1999/xlink",
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "xsi:schemaLocation": (
        "http://www.loc.gov/METS/ https://www.loc.gov/standards/mets/mets.xsd"
        " https://DILCIS.eu/XML/METS/CSIPExtensionMETS"
        " https://earkcsip.dilcis.eu/schema/DILCISExtensionMETS.xsd"
        " http://www.w3.org/1999/xlink http://www.loc.gov/standards/xlink/xlink.xsd"
    ),
}


def write_package(deposit: Deposit, files: Mapping[str, bytes]) -> bytes:
    """Write the METS of the whole package: metadata by reference, all other files in groups.

    Args:
        deposit: whose package it is.
        files: all files of the package but this one, by path.
    """
    metadata = {path for path in files if path.startswith("metadata/")}
    preservation = {path for path in metadata if path.startswith("metadata/preservation/")}
    descriptive = sorted(metadata - preservation)
    data = sorted(files.keys() - metadata)
    return to_bytes(
        _mets(
            deposit,
            object_id=deposit.object_id,
            sections=(
                *(_descriptive(path, files[path], deposit) for path in descriptive),
                _administrative(sorted(preservation), files, deposit),
                _file_section(data, files, deposit, use="Representations/rep1"),
                _structure(deposit.object_id, descriptive, sorted(preservation), rep_mets=True),
            ),
        )
    )


def write_representation(deposit: Deposit, files: Mapping[str, bytes]) -> bytes:
    """Write the METS of the first representation; paths are relative to its folder."""
    return to_bytes(
        _mets(
            deposit,
            object_id="rep1",
            sections=(
                _file_section(sorted(files), files, deposit, use="Data"),
                _structure("rep1", [], [], rep_mets=False),
            ),
        )
    )


def read(raw: bytes, *, path: str) -> Mapping[str, tuple[int, str]]:
    """Return the files that a METS lists: path to (size, SHA-256 in lower case).

    Raises:
        InvalidPackageError: the METS can't be read, or lists a file without SHA-256 and size,
            or at a path that leaves the package.
    """
    listed: dict[str, tuple[int, str]] = {}
    for element in parse(raw, path=path).iter():
        locator = element
        if element.tag == f"{{{NAMESPACE}}}file":
            found = element.find(f"{{{NAMESPACE}}}FLocat")
            locator = element if found is None else found
        elif element.tag != f"{{{NAMESPACE}}}mdRef":
            continue
        target = unquote(locator.get(_HREF, ""))
        size, digest = element.get("SIZE", ""), element.get("CHECKSUM", "").lower()
        well_formed = _SIZE.fullmatch(size) and _SHA256.fullmatch(digest)
        known = element.get("CHECKSUMTYPE") == "SHA-256"
        if not (paths.is_safe(target) and well_formed and known) or target in listed:
            raise InvalidPackageError(path=path, listed=target)
        listed[target] = (int(size), digest)
    return listed


def identifier(*parts: str) -> str:
    """Make an xml:id that stays the same for the same thing."""
    return "ID-" + hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _mets(deposit: Deposit, *, object_id: str, sections: tuple[Tag, ...]) -> Tag:
    return Tag(
        "mets",
        {
            **_ROOT_ATTRIBUTES,
            "OBJID": object_id,
            "TYPE": "Mixed",
            "LABEL": deposit.title or deposit.object_id,
            "PROFILE": "https://earkcsip.dilcis.eu/profile/E-ARK-CSIP.xml",
            "csip:CONTENTINFORMATIONTYPE": "MIXED",
        },
        (_header(deposit), *sections),
    )


def _header(deposit: Deposit) -> Tag:
    software = Tag(
        "agent",
        {"ROLE": "CREATOR", "TYPE": "OTHER", "OTHERTYPE": "SOFTWARE"},
        (
            Tag("name", text=SOFTWARE.name),
            Tag("note", {"csip:NOTETYPE": "SOFTWARE VERSION"}, text=WRITER_VERSION),
        ),
    )
    return Tag(
        "metsHdr",
        {
            "CREATEDATE": iso(deposit.created),
            "RECORDSTATUS": "NEW",
            "csip:OAISPACKAGETYPE": "AIP",
        },
        (software, *((_agent(deposit.organisation),) if deposit.organisation else ())),
    )


def _agent(agent: Agent) -> Tag:
    kind = {"TYPE": "INDIVIDUAL"} if agent.type is AgentType.PERSON else {"TYPE": "ORGANIZATION"}
    return Tag(
        "agent",
        {"ROLE": "CREATOR", **kind},
        (
            Tag("name", text=agent.name),
            Tag("note", {"csip:NOTETYPE": "IDENTIFICATIONCODE"}, text=agent.identifier),
        ),
    )


def _facts(path: str, data: bytes, deposit: Deposit) -> dict[str, str]:
    return {
        "MIMETYPE": media_type(path),
        "SIZE": str(len(data)),
        "CREATED": iso(deposit.created),
        "CHECKSUM": hashlib.sha256(data).hexdigest(),
        "CHECKSUMTYPE": "SHA-256",
    }


def _reference(path: str, data: bytes, deposit: Deposit, *, kind: dict[str, str]) -> Tag:
    return Tag(
        "mdRef",
        {
            "ID": identifier("mdRef", path),
            "LOCTYPE": "URL",
            "xlink:type": "simple",
            "xlink:href": quote(path),
            **kind,
            **_facts(path, data, deposit),
        },
    )


def _descriptive(path: str, data: bytes, deposit: Deposit) -> Tag:
    name = path.rpartition("/")[2].partition(".")[0]
    return Tag(
        "dmdSec",
        {
            "ID": identifier("dmdSec", path),
            "CREATED": iso(deposit.created),
            "STATUS": "CURRENT",
        },
        (_reference(path, data, deposit, kind={"MDTYPE": "OTHER", "OTHERMDTYPE": name}),),
    )


def _administrative(preservation: list[str], files: Mapping[str, bytes], deposit: Deposit) -> Tag:
    return Tag(
        "amdSec",
        {"ID": identifier("amdSec")},
        tuple(
            Tag(
                "digiprovMD",
                {
                    "ID": identifier("digiprovMD", path),
                    "CREATED": iso(deposit.created),
                    "STATUS": "CURRENT",
                },
                (_reference(path, files[path], deposit, kind={"MDTYPE": "PREMIS"}),),
            )
            for path in preservation
        ),
    )


def _file_section(
    data: list[str], files: Mapping[str, bytes], deposit: Deposit, *, use: str
) -> Tag:
    group = Tag(
        "fileGrp",
        {
            "ID": identifier("fileGrp"),
            "USE": use,
            "csip:CONTENTINFORMATIONTYPE": "MIXED",
        },
        tuple(_file(path, files[path], deposit) for path in data),
    )
    return Tag("fileSec", {"ID": identifier("fileSec")}, (group,))


def _file(path: str, data: bytes, deposit: Deposit) -> Tag:
    location = {"LOCTYPE": "URL", "xlink:type": "simple", "xlink:href": quote(path)}
    return Tag(
        "file",
        {"ID": identifier("file", path), **_facts(path, data, deposit)},
        (Tag("FLocat", location),),
    )


def _structure(
    label: str, descriptive: list[str], preservation: list[str], *, rep_mets: bool
) -> Tag:
    references = {
        key: " ".join(identifier(section, path) for path in group)
        for key, section, group in (
            ("ADMID", "digiprovMD", preservation),
            ("DMDID", "dmdSec", descriptive),
        )
        if group
    }
    metadata = Tag("div", {"ID": identifier("div", "Metadata"), "LABEL": "Metadata", **references})
    name = "Representations/rep1" if rep_mets else "Data"
    pointer = {
        "LOCTYPE": "URL",
        "xlink:type": "simple",
        "xlink:href": f"representations/rep1/{NAME}",
        "xlink:title": identifier("file", f"representations/rep1/{NAME}"),
    }
    content = Tag(
        "div",
        {"ID": identifier("div", name), "LABEL": name},
        (
            *((Tag("mptr", pointer),) if rep_mets else ()),
            Tag("fptr", {"FILEID": identifier("fileGrp")}),
        ),
    )
    main = Tag("div", {"ID": identifier("div", "main"), "LABEL": label}, (metadata, content))
    return Tag(
        "structMap",
        {"ID": identifier("structMap"), "TYPE": "PHYSICAL", "LABEL": "CSIP"},
        (main,),
    )
