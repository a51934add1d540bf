"""Trusted lists of the EU (ETSI TS 119 612): which services were qualified, and when.

A list of the lists names the national lists and who signs them; a national list names the services
with the history of their status. Nothing is read but what the right signer signed. The XML is
hostile: it may hold no document type, and its size, depth and number of elements are bounded
before anything else looks at it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, NoReturn, TypeVar
from xml.parsers import expat  # document types and so entities are refused below

from verification import certificates
from verification.errors import (
    TrustedListError,
    TrustedListExpiredError,
    TrustedListSignatureError,
    TrustedListSupportError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import ModuleType

_Read = TypeVar("_Read")

# The largest national list has some 10 MB and 150,000 elements, the deepest 20 levels.
MAX_BYTES = 32 << 20
_MAX_ELEMENTS = 1_000_000
_MAX_DEPTH = 64
# A whole trust store of the EU has a few thousand services.
_MAX_SERVICES = 20_000


class ServiceKind(StrEnum):
    """What a qualified service does: it certifies signers, or attests times."""

    CA = "ca"
    TSA = "tsa"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A certificate (DER) of a service and one period in which the service was granted.

    ``until`` is when the status was withdrawn; None: it is granted still.
    """

    territory: str
    kind: ServiceKind
    name: str
    certificate: bytes
    since: datetime
    until: datetime | None

    @property
    def sha256(self) -> str:
        """Return the SHA-256 of the certificate, in hex."""
        return hashlib.sha256(self.certificate).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer:
    """Whose national list is where, and the certificates (DER) of who may sign it."""

    territory: str
    location: str
    signers: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What a list says of itself; without ``next_update`` it is closed for ever."""

    territory: str
    number: int
    issued: datetime
    next_update: datetime | None
    is_list_of_lists: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOfLists:
    """A list of the lists whose signature holds."""

    statement: Statement
    pointers: tuple[Pointer, ...]

    def of(self, territory: str) -> Pointer | None:
        """Return the pointer to the list of a country; several become one."""
        found = [one for one in self.pointers if one.territory == territory]
        signers = dict.fromkeys(signer for one in found for signer in one.signers)
        return replace(found[0], signers=tuple(signers)) if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class NationalList:
    """A national list whose signature holds: services by certificate, each once."""

    statement: Statement
    services: tuple[Service, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a list is read: at which moment, and whether one may be that is out of date."""

    at: datetime
    expired: bool = False


def bundled_signers() -> tuple[bytes, ...]:
    """Return signers of the list of the lists as pyHanko carries them, DER, to be compared.

    Raises:
        TrustedListSupportError: the extra is not installed.
    """
    signers: tuple[bytes, ...] = _reader().bundled_signers()
    return signers


def read_list_of_lists(
    data: bytes, signers: Iterable[bytes], how: Reading, *, file: str
) -> ListOfLists:
    """Read a list of the lists.

    Args:
        data: its XML.
        signers: certificates (DER), one of which has to have signed it.
        how: moment and tolerance.
        file: its name, for errors.

    Raises:
        TrustedListSupportError: the extra is not installed.
        TrustedListError: it is no list of the lists, or breaks a limit.
        TrustedListSignatureError: none of the signers signed it.
        TrustedListExpiredError: its next update is overdue.
    """
    reader = _reader()
    signed = _signed(reader, _text(data, file), signers, how, file)
    said = _fresh(reader, signed, how, file)
    if not said.is_list_of_lists:
        raise TrustedListError(file=file, problem="TSLType")
    pointers = _tried(lambda: tuple(reader.pointers(signed)), file)
    return ListOfLists(statement=said, pointers=pointers)


def read_national(data: bytes, above: ListOfLists, how: Reading, *, file: str) -> NationalList:
    """Read a national list that a list of the lists names; raises as `read_list_of_lists` does."""
    reader = _reader()
    text = _text(data, file)
    claimed = str(_tried(lambda: reader.statement(text), file).territory)
    pointer = above.of(claimed)
    if pointer is None:
        raise TrustedListError(file=file, problem="SchemeTerritory")
    signed = _signed(reader, text, pointer.signers, how, file)
    said = _fresh(reader, signed, how, file)
    # What was claimed chose the signers: what was signed has to be of the same country.
    if said.is_list_of_lists or said.territory != claimed:
        raise TrustedListError(file=file, problem="SchemeTerritory")
    found = _tried(lambda: tuple(reader.services(signed, claimed)), file)
    if len(found) > _MAX_SERVICES:
        raise TrustedListError(file=file, problem="services")
    return NationalList(statement=said, services=tuple(_together(found)))


def _reader() -> ModuleType:
    try:
        from verification._pades import eutl  # noqa: PLC0415  # an extra that most do without
    except ModuleNotFoundError as e:
        raise TrustedListSupportError(package=e.name or "") from e
    return eutl


def _signed(
    reader: ModuleType, text: str, signers: Iterable[bytes], how: Reading, file: str
) -> str:
    readable = [one.der for one in certificates.load_all(signers)]
    try:
        signed: str = reader.signed_part(text, readable, how.at)
    except Exception as e:
        # signxml, lxml and pyHanko each have errors of their own; all of them mean no.
        raise TrustedListSignatureError(file=file, problem=type(e).__name__) from e
    return signed


def _fresh(reader: ModuleType, signed: str, how: Reading, file: str) -> Statement:
    said: Statement = _tried(lambda: reader.statement(signed), file)
    if _utc(said.issued) > how.at:
        raise TrustedListError(file=file, problem="ListIssueDateTime")
    following = None if said.next_update is None else _utc(said.next_update)
    if not how.expired and (following is None or following < how.at):
        raise TrustedListExpiredError(
            file=file, next_update="–" if following is None else following.isoformat()
        )
    return replace(said, issued=_utc(said.issued), next_update=following)


def _tried(read: Callable[[], _Read], file: str) -> _Read:
    try:
        return read()
    except Exception as e:
        # Generated classes and pyHanko raise AttributeError, TypeError and more on odd lists.
        raise TrustedListError(file=file, problem=type(e).__name__) from e


def _utc(moment: datetime) -> datetime:
    """Return a moment in UTC; the standard wants it there, so one without a zone is."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _together(found: Iterable[Service]) -> Iterator[Service]:
    """Join the periods of each certificate; of those with a gap between them the last counts.

    A certificate that cannot be read could be no anchor, and is left out.
    """
    groups: dict[tuple[ServiceKind, bytes], list[Service]] = {}
    for one in found:
        until = None if one.until is None else _utc(one.until)
        each = replace(one, since=_utc(one.since), until=until)
        groups.setdefault((one.kind, one.certificate), []).append(each)
    readable = {one.der for one in certificates.load_all(der for _, der in groups)}
    for group in (group for (_, der), group in groups.items() if der in readable):
        ordered = sorted(group, key=lambda one: one.since)
        last = ordered[0]
        for one in ordered[1:]:
            last = _joined(last, one)
        yield last


def _joined(one: Service, later: Service) -> Service:
    if one.until is not None and one.until < later.since:
        return later
    if one.until is None or later.until is None:
        return replace(later, since=one.since, until=None)
    return replace(later, since=one.since, until=max(one.until, later.until))


def _text(data: bytes, file: str) -> str:
    """Return the XML as text once it is known to be harmless."""
    if len(data) > MAX_BYTES:
        raise TrustedListError(file=file, problem="size")
    try:
        text = data.decode("utf-8-sig")
        _Screen().read(text.encode())
    except (ValueError, expat.ExpatError) as e:
        problem = str(e) if isinstance(e, _HostileError) else type(e).__name__
        raise TrustedListError(file=file, problem=problem) from e
    return text


class _HostileError(ValueError):
    """The XML holds what no trusted list does; the message says what."""


class _Screen:
    """Looks at XML as it streams by, before a tree is built of it."""

    def __init__(self) -> None:
        self._elements = 0
        self._depth = 0

    def read(self, data: bytes) -> None:
        """Read to the end.

        Raises:
            _HostileError: a limit is broken, or there is a document type.
            ExpatError: it is not well-formed.
        """
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartDoctypeDeclHandler = self._doctype
        parser.XmlDeclHandler = self._declaration
        parser.Parse(data, True)  # noqa: FBT003  # takes no keywords

    def _start(self, _name: str, _attributes: dict[str, str]) -> None:
        self._elements += 1
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise _HostileError("depth")  # noqa: EM101  # a word for a fact
        if self._elements > _MAX_ELEMENTS:
            raise _HostileError("elements")  # noqa: EM101  # a word for a fact

    def _end(self, _name: str) -> None:
        self._depth -= 1

    def _doctype(self, *_: object) -> NoReturn:
        raise _HostileError("DOCTYPE")  # noqa: EM101  # a word for a fact

    def _declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        # Another encoding could show the next reader something else than was looked at here.
        if encoding is not None and encoding.lower() != "utf-8":
            raise _HostileError("encoding")  # noqa: EM101  # a word for a fact
