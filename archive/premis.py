"""PREMIS 3: every file with its fixity, every event with the agent who acted."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from archive.model import VIETNAM, Agent, AgentType
from archive.xml import Tag, to_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from archive.model import Deposit, PreservationEvent

SOFTWARE = Agent(identifier="urn:docsvc:software", name="docsvc", type=AgentType.SOFTWARE)
"""The agent that makes packages."""

MEDIA_TYPES: Mapping[str, str] = {
    "pdf": "application/pdf",
    "json": "application/json",
    "xml": "application/xml",
    "txt": "text/plain",
    "png": "image/png",
    "zip": "application/zip",
    "cer": "application/pkix-cert",
    "crl": "application/pkix-crl",
    "tsr": "application/timestamp-reply",
}


def media_type(name: str) -> str:
    """Give the media type of a file by the end of its name."""
    return MEDIA_TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream")


def iso(at: datetime) -> str:
    """Write a time as the circular wants it: to the second, ``+07:00`` shown."""
    return at.astimezone(VIETNAM).isoformat(timespec="seconds")


def write(deposit: Deposit, *, places: Mapping[str, str]) -> bytes:
    """Write the preservation metadata of a package.

    Args:
        deposit: files and events.
        places: name in `Deposit.files` to path in the package.
    """
    agents = {event.agent.identifier: event.agent for event in deposit.events}
    agents[SOFTWARE.identifier] = SOFTWARE
    return to_bytes(
        Tag(
            "premis",
            {
                "xmlns": "http://www.loc.gov/premis/v3",
                "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
                "version": "3.0",
            },
            (
                _whole(deposit),
                *(_file(places[name], data) for name, data in sorted(deposit.files.items())),
                *(_event(event, deposit, places) for event in deposit.events),
                *(_agent(agent) for _, agent in sorted(agents.items())),
            ),
        )
    )


def _identifier(kind: str, value: str, *, scheme: str) -> Tag:
    return Tag(
        f"{kind}Identifier",
        children=(
            Tag(f"{kind}IdentifierType", text=scheme),
            Tag(f"{kind}IdentifierValue", text=value),
        ),
    )


def _whole(deposit: Deposit) -> Tag:
    return Tag(
        "object",
        {"xsi:type": "intellectualEntity"},
        (
            _identifier("object", deposit.object_id, scheme="URI"),
            Tag("originalName", text=deposit.title or deposit.object_id),
        ),
    )


def _file(path: str, data: bytes) -> Tag:
    digest = Tag(
        "fixity",
        children=(
            Tag("messageDigestAlgorithm", text="SHA-256"),
            Tag("messageDigest", text=hashlib.sha256(data).hexdigest()),
        ),
    )
    form = Tag(
        "format",
        children=(Tag("formatDesignation", children=(Tag("formatName", text=media_type(path)),)),),
    )
    return Tag(
        "object",
        {"xsi:type": "file"},
        (
            _identifier("object", path, scheme="path"),
            Tag(
                "objectCharacteristics",
                children=(digest, Tag("size", text=str(len(data))), form),
            ),
        ),
    )


def _event(event: PreservationEvent, deposit: Deposit, places: Mapping[str, str]) -> Tag:
    detail = (
        (Tag("eventDetailInformation", children=(Tag("eventDetail", text=event.detail),)),)
        if event.detail
        else ()
    )
    concerned = ("path", places[event.file]) if event.file in places else ("URI", deposit.object_id)
    return Tag(
        "event",
        children=(
            _identifier("event", event.identifier, scheme="local"),
            Tag("eventType", text=event.type.value),
            Tag("eventDateTime", text=iso(event.at)),
            *detail,
            _outcome(event),
            Tag(
                "linkingAgentIdentifier",
                children=(
                    Tag("linkingAgentIdentifierType", text="URI"),
                    Tag("linkingAgentIdentifierValue", text=event.agent.identifier),
                ),
            ),
            Tag(
                "linkingObjectIdentifier",
                children=(
                    Tag("linkingObjectIdentifierType", text=concerned[0]),
                    Tag("linkingObjectIdentifierValue", text=concerned[1]),
                ),
            ),
        ),
    )


def _outcome(event: PreservationEvent) -> Tag:
    note = Tag("eventOutcomeDetailNote", text=event.outcome_detail)
    detail = (Tag("eventOutcomeDetail", children=(note,)),) if event.outcome_detail else ()
    return Tag(
        "eventOutcomeInformation",
        children=(Tag("eventOutcome", text=event.outcome), *detail),
    )


def _agent(agent: Agent) -> Tag:
    return Tag(
        "agent",
        children=(
            _identifier("agent", agent.identifier, scheme="URI"),
            Tag("agentName", text=agent.name),
            Tag("agentType", text=agent.type.value),
        ),
    )
