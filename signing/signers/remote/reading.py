"""Reads what a service says: JSON of bounded size, each field of the kind its documents name."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import TYPE_CHECKING, NoReturn, TypeGuard

from signing.errors import UnusableCertificateError
from signing.signers._chain import chain_of
from signing.signers.remote.errors import RemoteAnswerInvalidError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# 500 values of RSA 4096 in base64 are 350 KB.
MAX_BYTES = 4 * 1024 * 1024
# A certificate, its sub-CA and root are three; a cross-signed root makes it four.
_MAX_CERTIFICATES = 8
_MAX_DIGITS = 12
_HALVES = re.compile("[\ud800-\udfff]")


class Fields:
    """One JSON object of an answer.

    A field that is absent and one that is null are the same: services use both.

    Args:
        service: name of the service, for errors.
        data: the object.
    """

    __slots__ = ("_data", "_service")

    def __init__(self, service: str, data: Mapping[str, object]) -> None:
        self._service = service
        self._data = data

    def text(self, name: str) -> str:
        """Return a text that has to be there and not empty.

        Raises:
            RemoteAnswerInvalidError: it is missing, empty or something else.
        """
        return self.text_or(name) or self.wrong(name)

    def text_or(self, name: str, default: str = "") -> str:
        """Return a text, or ``default`` where there is none; a number counts as its digits."""
        value = self._data.get(name)
        if value is None:
            return default
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        return value if _is_text(value) else self.wrong(name)

    def number_or(self, name: str, default: int) -> int:
        """Return a number that is not negative; services write some of them as text."""
        text = self.text_or(name)
        if not text:
            return default
        if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS):
            self.wrong(name)
        return int(text)

    def flag(self, name: str) -> bool:
        """Tell whether a field says true, as JSON or as text; one that is not there does not."""
        value = self._data.get(name)
        return value if isinstance(value, bool) else self.text_or(name).lower() == "true"

    def texts(self, name: str) -> list[str]:
        """Return a list of texts; empty where there is none."""
        return [one if _is_text(one) else self.wrong(name) for one in self._list(name)]

    def objects(self, name: str) -> list[Fields]:
        """Return a list of objects; empty where there is none."""
        return [
            Fields(self._service, one) if isinstance(one, dict) else self.wrong(name)
            for one in self._list(name)
        ]

    def part(self, name: str) -> Fields:
        """Return an object; an empty one where there is none."""
        value = self._data.get(name)
        if value is None:
            return Fields(self._service, {})
        return Fields(self._service, value) if isinstance(value, dict) else self.wrong(name)

    def has(self, name: str) -> bool:
        """Tell whether a field is there and not null."""
        return self._data.get(name) is not None

    def chain(self, name: str) -> tuple[bytes, ...]:
        """Return a list of certificates in base64 as a chain in DER, the signer's first.

        Raises:
            RemoteAnswerInvalidError: there is none, or one can't be read.
        """
        return chain_from(self._service, self.texts(name), field=name)

    def wrong(self, name: str) -> NoReturn:
        """Say that a field is not what it has to be.

        Raises:
            RemoteAnswerInvalidError: always.
        """
        raise RemoteAnswerInvalidError(service=self._service, field=name)

    def _list(self, name: str) -> list[object]:
        value = self._data.get(name)
        if value is None:
            return []
        return value if isinstance(value, list) else self.wrong(name)


def objects_of(service: str, body: bytes) -> list[Fields]:
    """Read an answer that is one JSON object or a list of them.

    Raises:
        RemoteAnswerInvalidError: it is too large, no JSON, or JSON of another kind.
    """
    value = _decoded(service, body)
    found = value if isinstance(value, list) else [value]
    objects = [Fields(service, one) for one in found if isinstance(one, dict)]
    if len(objects) != len(found):
        raise RemoteAnswerInvalidError(service=service, field="")
    return objects


def object_of(service: str, body: bytes) -> Fields:
    """Read an answer that is one JSON object; raises as `objects_of` does."""
    value = _decoded(service, body)
    if not isinstance(value, dict):
        raise RemoteAnswerInvalidError(service=service, field="")
    return Fields(service, value)


def octets(service: str, text: str, *, field: str) -> bytes:
    """Decode base64, whose lines may be broken, and nothing that only looks like it.

    Raises:
        RemoteAnswerInvalidError: it is none, or empty.
    """
    try:
        decoded = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise RemoteAnswerInvalidError(service=service, field=field) from error
    if not decoded:
        raise RemoteAnswerInvalidError(service=service, field=field)
    return decoded


def chain_from(service: str, texts: Sequence[str], *, field: str) -> tuple[bytes, ...]:
    """Decode certificates, the signer's first, and put the others in their order, without root.

    Raises:
        RemoteAnswerInvalidError: there is none, there are too many, or one can't be read.
    """
    if not 0 < len(texts) <= _MAX_CERTIFICATES:
        raise RemoteAnswerInvalidError(service=service, field=field)
    leaf, *others = (octets(service, text, field=field) for text in texts)
    try:
        return chain_of(leaf, others)
    except ValueError as error:
        raise UnusableCertificateError(reason="unreadable") from error


def _is_text(value: object) -> TypeGuard[str]:
    """Tell whether a value is text; JSON can also spell halves of letters, which are none."""
    return isinstance(value, str) and _HALVES.search(value) is None


def _decoded(service: str, body: bytes) -> object:
    if len(body) > MAX_BYTES:
        raise RemoteAnswerInvalidError(service=service, field="")
    try:
        value: object = json.loads(body, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise RemoteAnswerInvalidError(service=service, field="") from error
    return value


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Refuse an object that says a thing twice: readers differ in which of them they take."""
    found = dict(pairs)
    if len(found) != len(pairs):
        msg = "a name stands twice"
        raise ValueError(msg)
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)
