"""Records of the archive and the one Protocol it stands on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

VIETNAM = timezone(timedelta(hours=7))
"""The offset that every time in a package is written with."""


class ObjectStore(Protocol):
    """Bytes under keys: ``/``-separated relative paths, no renaming, no folders of their own.

    One writer a key at a time. A `put` that returns is durable; one that raises may or may not
    have happened, but never leaves half a file under the key.
    """

    def get(self, key: str) -> bytes:
        """Return the bytes under a key.

        Raises:
            MissingKeyError: nothing is stored there.
        """

    def put(self, key: str, data: bytes) -> None:
        """Store bytes under a key, in place of any that were there."""

    def exists(self, key: str) -> bool:
        """Tell whether bytes are stored under exactly this key."""

    def list(self, prefix: str) -> Iterator[str]:
        """Yield the keys that begin with a prefix; those of one folder come together."""

    def delete(self, key: str) -> None:
        """Remove a key; a key that is absent is no error."""


class AgentType(StrEnum):
    """Who acts in a preservation event (PREMIS agentType vocabulary)."""

    SOFTWARE = "software"
    ORGANIZATION = "organization"
    PERSON = "person"


class EventType(StrEnum):
    """What happened to a document (PREMIS eventType vocabulary, as far as used)."""

    CREATION = "creation"
    CAPTURE = "capture"
    VALIDATION = "validation"
    SIGNING = "digital signature generation"
    SIGNATURE_VALIDATION = "digital signature validation"
    REGISTRATION = "accession"
    INGESTION = "ingestion"
    FIXITY_CHECK = "fixity check"
    MODIFICATION = "modification"
    DELETION = "deletion"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """Who acted: an identifier that stays, a name to read."""

    identifier: str
    name: str
    type: AgentType = AgentType.SOFTWARE


@dataclass(frozen=True, slots=True, kw_only=True)
class PreservationEvent:
    """One thing that happened to the document, as PREMIS records it.

    Attributes:
        identifier: unique and stable; the same event has the same one in every package.
        outcome: a short word, "success" or an indication of the verification.
        file: name of the file in `Deposit.files` that it concerns; empty: the whole document.
    """

    identifier: str
    type: EventType
    at: datetime
    agent: Agent
    detail: str = ""
    outcome: str = "success"
    outcome_detail: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    """What is handed to the archive: the files of one document and all that is known of it.

    Attributes:
        object_id: ``urn:{fonds}:uuid:{UUID}``; identifies the object for ever.
        created: when the package was made; a retry hands in the same time.
        files: name to bytes. Names under ``metadata/`` stay where they are in the package,
            the others become data of the first representation.
        title: one line for people: the subject of the document.
        facts: descriptive fields by their name in TT 05/2025 (arcDocCode, codeNotation …).
        organisation: the body that made the document; the software alone if it is None.
    """

    object_id: str
    created: datetime
    files: Mapping[str, bytes]
    title: str
    events: tuple[PreservationEvent, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    organisation: Agent | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Who is named in the inventory for a version; the address is a URI."""

    name: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposited:
    """Where a deposit ended: the version that holds it, and whether that is a new one."""

    object_id: str
    version: str
    is_new: bool


class Severity(StrEnum):
    """Whether a finding makes the object invalid or only unusual."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong with stored material.

    Attributes:
        code: a code of the OCFL specification ("E092"), or of this library ("bag-missing").
        path: the file or inventory concerned, relative to the object, bag or package.
        detail: a fact that helps, never content.
    """

    code: str
    path: str
    detail: str = ""

    @property
    def severity(self) -> Severity:
        """Tell errors from warnings: the codes of warnings begin with ``W``."""
        return Severity.WARNING if self.code.startswith("W") else Severity.ERROR

    @property
    def reason(self) -> str:
        """Give the code under which the message catalogue has the sentence."""
        return f"archive.finding.{self.code.lower()}"
