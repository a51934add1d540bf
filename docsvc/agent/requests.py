"""What a page asks of the agent: the messages of the Government's helper (NORMS 4.2). Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from docsvc.agent.errors import (
    ForeignAddressError,
    OperationUnknownError,
    OriginInvalidError,
    RequestInvalidError,
)
from docsvc.catalog.wording import day_text, month_text
from docsvc.clock import VIETNAM
from signing.model import DAY_FIELD, MONTH_FIELD, NUMBER_FIELD

_MAX_FILES = 500
_MAX_TEXT = 4096
_NUMBER = re.compile(r"\d{1,8}")
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Operation(StrEnum):
    """What can be asked; the last part of the address."""

    APPROVED = "SignApproved"
    ISSUED = "SignIssued"
    APPENDIX = "SignAppendix"
    COPY = "SignCopy"
    INCOME = "SignIncome"
    FILES = "SignFiles"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One file: where it is fetched from and sent to, and what is done with it.

    ``certificates`` are SHA-256 (hex) of those that may sign it; none: the service does not say.
    ``values`` are of the reserved text fields, to be filled where they are empty still.
    """

    file_id: str
    name: str
    source: str
    target: str
    operation: Operation
    certificates: frozenset[str]
    values: Mapping[str, str]
    number: str = ""
    date: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request of a page: one file, or several at once."""

    origin: str
    items: tuple[Item, ...]
    is_batch: bool


def parse(operation: str, origin: str, message: str) -> Asked:
    """Read a request.

    Args:
        operation: what is asked.
        origin: whose page asks.
        message: JSON of the helper's protocol.

    Raises:
        OperationUnknownError: the agent does not do this.
        RequestInvalidError: the message is not of the protocol.
        ForeignAddressError: it names another place than the page's own.
    """
    try:
        wanted = Operation(operation)
    except ValueError as e:
        raise OperationUnknownError(operation=operation[:40]) from e
    told = _object(message)
    if wanted is Operation.FILES:
        return Asked(origin=origin, items=_batch(told, origin), is_batch=True)
    item = _item(told, wanted, origin, source=_text(told, "FileName"), file_id="")
    return Asked(origin=origin, items=(item,), is_batch=False)


def origin_of(text: str) -> str:
    """Return an origin as browsers write it.

    Raises:
        OriginInvalidError: there is more, or less, than scheme, host and port.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as e:
        raise OriginInvalidError(origin=text) from e
    bare = not (parts.path.strip("/") or parts.query or parts.fragment or parts.username)
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or not bare:
        raise OriginInvalidError(origin=text)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    shown = "" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{host}{shown}"


def _batch(told: Mapping[str, Any], origin: str) -> tuple[Item, ...]:
    files = told.get("Files")
    if not isinstance(files, list) or not 0 < len(files) <= _MAX_FILES:
        raise RequestInvalidError(field="Files")
    return tuple(_of_batch(one, told, origin) for one in files)


def _of_batch(one: object, told: Mapping[str, Any], origin: str) -> Item:
    """Read one file of several; what it leaves out is that of the whole."""
    if not isinstance(one, dict):
        raise RequestInvalidError(field="Files")
    merged = {**told, **{key: value for key, value in one.items() if value not in ("", None)}}
    try:
        wanted = Operation(_text(merged, "Operation") or Operation.ISSUED)
    except ValueError as e:
        raise RequestInvalidError(field="Operation") from e
    return _item(
        merged, wanted, origin, source=_text(merged, "URL"), file_id=_text(merged, "FileID")
    )


def _item(
    told: Mapping[str, Any], wanted: Operation, origin: str, *, source: str, file_id: str
) -> Item:
    target = _text(told, "FileUploadHandler")
    number, date = _text(told, "DocNumber"), _text(told, "IssuedDate")
    for address in (source, target):
        _require_own(address, origin)
    meta = _meta(told.get("MetaData"))
    return Item(
        file_id=file_id,
        name=_text(told, "FileName") if file_id else next(iter(meta.get("fileName", ())), ""),
        source=source,
        target=target,
        operation=wanted,
        certificates=frozenset(value.lower() for value in meta.get("certificate", ())),
        values=_values(number, date) if wanted is Operation.ISSUED else {},
        number=number,
        date=date,
    )


def _require_own(address: str, origin: str) -> None:
    """Files go from the page's own place to its own place: a page has no errands elsewhere."""
    try:
        parts = urlsplit(address)
        own = origin_of(f"{parts.scheme}://{parts.netloc}") == origin
    except (ValueError, OriginInvalidError) as e:
        raise ForeignAddressError(origin=origin) from e
    if not own:
        raise ForeignAddressError(origin=origin)


def _values(number: str, date: str) -> dict[str, str]:
    values: dict[str, str] = {}
    if found := _NUMBER.match(number):
        values[NUMBER_FIELD] = found.group()
    if date:
        try:
            moment = datetime.fromisoformat(date)
        except ValueError as e:
            raise RequestInvalidError(field="IssuedDate") from e
        day = (moment if moment.tzinfo is None else moment.astimezone(VIETNAM)).date()
        values |= {DAY_FIELD: day_text(day), MONTH_FIELD: month_text(day)}
    return values


def _meta(told: object) -> dict[str, list[str]]:
    """Return the values by their keys; one key may come several times."""
    found: dict[str, list[str]] = {}
    for entry in told if isinstance(told, list) else []:
        if isinstance(entry, dict) and {"Key", "Value"} <= entry.keys():
            found.setdefault(str(entry["Key"]), []).append(str(entry["Value"])[:_MAX_TEXT])
    return found


def _object(message: str) -> Mapping[str, Any]:
    try:
        told = json.loads(message)
    except (ValueError, RecursionError) as e:
        raise RequestInvalidError(field="JSON") from e
    if not isinstance(told, dict):
        raise RequestInvalidError(field="JSON")
    return told


def _text(told: Mapping[str, Any], key: str) -> str:
    value = told.get(key)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > _MAX_TEXT:
        raise RequestInvalidError(field=key)
    return value
