from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import package, premis
from archive.errors import InvalidDepositError, InvalidKeyError, InvalidPackageError
from archive.model import Agent, AgentType, Deposit, EventType, Finding, PreservationEvent
from archive.package import build_aip, check, folder_name, read_document
from archive.paths import conflicts
from archive.xml import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

ID = "urn:H29.1:uuid:9C13E70E-08B2-4C54-8BAF-979B35D01B4D"
CLERK = Agent(identifier="urn:unit:vp", name="Văn phòng", type=AgentType.ORGANIZATION)
DEPOSIT = Deposit(
    object_id=ID,
    created=datetime(2026, 11, 20, 20, 4, 5, tzinfo=UTC),
    files={
        "original.pdf": b"%PDF-1.7",
        "final.pdf": b"%PDF-1.7 signed",
        "report.json": b"{}",
        "metadata/document.json": b'{"number": 12, "subject": "V\xe1\xbb\x81"}',
    },
    title='Về việc <thử> "gói" & chữ ký',
    events=(
        PreservationEvent(
            identifier="e-1",
            type=EventType.SIGNATURE_VALIDATION,
            at=datetime(2026, 11, 20, 1, 2, 3, tzinfo=UTC),
            agent=CLERK,
            detail="policy docsvc-1",
            outcome="TOTAL-PASSED",
            outcome_detail="both",
            file="final.pdf",
        ),
        PreservationEvent(
            identifier="e-2",
            type=EventType.INGESTION,
            at=datetime(2026, 11, 20, 1, 2, 4, tzinfo=UTC),
            agent=premis.SOFTWARE,
        ),
    ),
    facts={"codeNumber": "12", "codeNotation": "UBND-VP", "maintenance": "01"},
    organisation=CLERK,
)
PREMIS = "{http://www.loc.gov/premis/v3}"
METS = "{http://www.loc.gov/METS/}"


def _texts(raw: bytes, name: str) -> list[str | None]:
    return [element.text for element in parse(raw, path="").iter(name)]


def test_package_has_the_shape_of_the_circular() -> None:
    assert list(build_aip(DEPOSIT)) == [
        "METS.xml",
        "metadata/descriptive/EAD_doc.xml",
        "metadata/document.json",
        "metadata/preservation/PREMIS.xml",
        "representations/rep1/METS.xml",
        "representations/rep1/data/final.pdf",
        "representations/rep1/data/original.pdf",
        "representations/rep1/data/report.json",
    ]


def test_same_deposit_gives_the_same_bytes() -> None:
    shuffled = replace(DEPOSIT, files=dict(reversed(DEPOSIT.files.items())))
    assert build_aip(shuffled) == build_aip(DEPOSIT)


def test_every_other_file_is_in_the_mets_with_sha256_and_size() -> None:
    files = build_aip(DEPOSIT)
    root = parse(files["METS.xml"], path="")
    href = "{http://www.w3.org/1999/xlink}href"
    listed = {
        element.get(href): (element.get("SIZE"), element.get("CHECKSUM"))
        for element in root.iter(f"{METS}mdRef")
    } | {
        element[0].get(href): (element.get("SIZE"), element.get("CHECKSUM"))
        for element in root.iter(f"{METS}file")
    }
    assert listed == {
        path: (str(len(data)), hashlib.sha256(data).hexdigest())
        for path, data in files.items()
        if path != "METS.xml"
    }
    assert list(check(files)) == []


def test_identifiers_of_a_mets_are_unique_and_every_reference_leads_somewhere() -> None:
    root = parse(build_aip(DEPOSIT)["METS.xml"], path="")
    ids = [element.get("ID") for element in root.iter() if element.get("ID")]
    assert len(ids) == len(set(ids))
    references = {
        reference
        for element in root.iter()
        for name in ("ADMID", "DMDID", "FILEID")
        for reference in element.get(name, "").split()
    }
    assert references <= set(ids)


def test_header_says_what_the_package_is_and_when_it_was_made() -> None:
    root = parse(build_aip(DEPOSIT)["METS.xml"], path="")
    assert root.get("OBJID") == ID
    assert root.get("LABEL") == DEPOSIT.title
    assert root[0].get("CREATEDATE") == "2026-11-21T03:04:05+07:00"
    assert root[0].get("{https://DILCIS.eu/XML/METS/CSIPExtensionMETS}OAISPACKAGETYPE") == "AIP"
    agents = [agent[0].text for agent in root[0]]
    assert agents == ["docsvc", "Văn phòng"]


def test_person_without_organisation_is_an_individual() -> None:
    person = Agent(identifier="urn:p", name="p", type=AgentType.PERSON)
    root = parse(build_aip(replace(DEPOSIT, organisation=person))["METS.xml"], path="")
    assert root[0][1].get("TYPE") == "INDIVIDUAL"
    assert len(parse(build_aip(replace(DEPOSIT, organisation=None))["METS.xml"], path="")[0]) == 1


def test_fields_of_the_document_keep_their_names() -> None:
    root = parse(build_aip(DEPOSIT)["metadata/descriptive/EAD_doc.xml"], path="")
    assert root.tag == "simpledc"
    assert {element.tag: element.text for element in root} == {
        "title": DEPOSIT.title,
        **DEPOSIT.facts,
    }


def test_premis_has_fixity_of_every_file_and_every_event_with_its_agent() -> None:
    raw = build_aip(DEPOSIT)["metadata/preservation/PREMIS.xml"]
    digests = {hashlib.sha256(data).hexdigest() for data in DEPOSIT.files.values()}
    assert set(_texts(raw, f"{PREMIS}messageDigest")) == digests
    assert _texts(raw, f"{PREMIS}eventType") == [event.type.value for event in DEPOSIT.events]
    assert _texts(raw, f"{PREMIS}eventDateTime") == [
        "2026-11-20T08:02:03+07:00",
        "2026-11-20T08:02:04+07:00",
    ]
    assert _texts(raw, f"{PREMIS}eventOutcome") == ["TOTAL-PASSED", "success"]
    assert _texts(raw, f"{PREMIS}linkingObjectIdentifierValue") == [
        "representations/rep1/data/final.pdf",
        ID,
    ]
    linked = set(_texts(raw, f"{PREMIS}linkingAgentIdentifierValue"))
    assert linked <= set(_texts(raw, f"{PREMIS}agentIdentifierValue"))


def test_what_the_database_needs_comes_back() -> None:
    assert read_document(build_aip(DEPOSIT)) == {"number": 12, "subject": "Về"}
    plain = replace(DEPOSIT, files={"document.json": b"{}", "a.pdf": b""}, events=())
    assert read_document(build_aip(plain)) == {}


@pytest.mark.parametrize("raw", [None, b"{", b"[]", b"\xff", b"[" * 100_000])
def test_document_that_can_not_be_read_is_refused(raw: bytes | None) -> None:
    files = {} if raw is None else {package.DOCUMENT: raw}
    with pytest.raises(InvalidPackageError):
        read_document(files)


def test_document_beyond_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "MAX_DOCUMENT_BYTES", 1)
    with pytest.raises(InvalidPackageError):
        read_document({package.DOCUMENT: b"{}"})


@pytest.mark.parametrize(
    "change",
    [
        {"files": {}},
        {"files": {"../a": b""}, "events": ()},
        {"files": {"a": b"", "a/b": b""}, "events": ()},
        {"files": {"document.json": b"", "metadata/document.json": b""}, "events": ()},
        {"files": {"metadata/descriptive/EAD_doc.xml": b""}, "events": ()},
        {"files": {"original.pdf": b""}},
        {"object_id": ""},
        {"facts": {"no name": "x"}},
        {"facts": {"a": "\x00"}},
        {"title": "\ud800"},
        {"created": datetime(2026, 1, 1)},  # noqa: DTZ001 - the point of the test
        {"events": (replace(DEPOSIT.events[0], at=datetime(2026, 1, 1)),)},  # noqa: DTZ001 - same
    ],
)
def test_deposit_that_can_not_be_packed_is_refused(change: Mapping[str, object]) -> None:
    with pytest.raises(InvalidDepositError):
        build_aip(replace(DEPOSIT, **change))  # type: ignore[arg-type] # many fields at once


@pytest.mark.parametrize(
    ("path", "data", "finding"),
    [
        (
            "representations/rep1/data/final.pdf",
            b"%PDF-1.7 sigmed",
            Finding(code="package-changed", path="representations/rep1/data/final.pdf"),
        ),
        (
            "representations/rep1/data/extra",
            b"",
            Finding(code="package-unlisted", path="representations/rep1/data/extra"),
        ),
        (
            "metadata/document.json",
            None,
            Finding(code="package-missing", path="metadata/document.json"),
        ),
    ],
)
def test_package_that_disagrees_with_its_mets_is_found(
    path: str, data: bytes | None, finding: Finding
) -> None:
    files = dict(build_aip(DEPOSIT))
    if data is None:
        del files[path]
    else:
        files[path] = data
    assert finding in list(check(files))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"data/final.pdf", b"../../../../etc/passwd"),
        (b"data/final.pdf", b"data%2F..%2F..%2Fpasswd"),
        (b"SHA-256", b"MD5"),
        (b'SIZE="', b'SIZE="-'),
        (b'CHECKSUM="', b'CHECKSUM="x'),
        (b"<FLocat", b"<other"),
        (b"data/final.pdf", b"data/original.pdf"),
        (b"<mets ", b'<!DOCTYPE mets [<!ENTITY a "a">]><mets '),
        (b"</mets>", b""),
    ],
)
def test_hostile_mets_is_refused(old: bytes, new: bytes) -> None:
    files = dict(build_aip(DEPOSIT))
    assert old in files["METS.xml"]
    files["METS.xml"] = files["METS.xml"].replace(old, new)
    with pytest.raises(InvalidPackageError):
        list(check(files))


@pytest.mark.parametrize("path", ["METS.xml", "representations/rep1/METS.xml"])
def test_package_without_mets_is_refused(path: str) -> None:
    files = {name: data for name, data in build_aip(DEPOSIT).items() if name != path}
    with pytest.raises(InvalidPackageError):
        list(check(files))


def test_folder_name_follows_the_circular() -> None:
    assert folder_name(ID) == "urn_H29.1_uuid_9C13E70E-08B2-4C54-8BAF-979B35D01B4D"
    with pytest.raises(InvalidKeyError):
        folder_name("..")


_NAMES = st.text(alphabet="abc ơđ&<%#?'\"", min_size=1, max_size=8)


@given(st.dictionaries(_NAMES, st.binary(max_size=20), min_size=1, max_size=4), st.text(max_size=9))
def test_every_package_agrees_with_its_mets(files: dict[str, bytes], title: str) -> None:
    assert not conflicts(set(files))
    deposit = Deposit(object_id=ID, created=DEPOSIT.created, files=files, title=title)
    try:
        built = build_aip(deposit)
    except InvalidDepositError:
        assert not title.isprintable()
        return
    assert list(check(built)) == []
    assert {
        name.removeprefix("representations/rep1/data/"): data
        for name, data in built.items()
        if "/data/" in name
    } == files


def test_media_types_follow_the_end_of_the_name() -> None:
    assert premis.media_type("A.PDF") == "application/pdf"
    assert premis.media_type("pdf.unknown") == "application/octet-stream"


def test_document_is_plain_json_for_anybody() -> None:
    assert json.loads(build_aip(DEPOSIT)["metadata/document.json"])["number"] == 12
