"""What is kept of a request while its holder thinks: everything, as text, for any process."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from signing.signers.mobile.errors import MobileHandleError

_VERSION = 1

Json: TypeAlias = "str | int | list[Json] | dict[str, Json] | None"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One item: SHA-256 of its signed attributes and of its byte range, and its name."""

    attributes_digest: bytes
    content_digest: bytes
    name: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handle:
    """A request under way. It holds a phone number: to be stored, never to be logged.

    Attributes:
        msisdn: of the phone.
        transaction: ours, without the number of the prompt.
        parts: all items.
        done: answers so far, in order; the items behind them are asked for now.
        asked: how many items the prompt under way has, whatever the settings say by now.
        operator_transaction: MSSP_TransID of the prompt that waits.
        expires_at: seconds since 1970.
        timeout_s: for which each prompt waits.
        prompt, code: what the phone shows.
        chain: certificates of the holder, as they were when it was asked.
    """

    msisdn: str = field(repr=False)
    transaction: str
    parts: tuple[Part, ...]
    done: tuple[bytes, ...] = field(default=(), repr=False)
    asked: int = 0
    operator_transaction: str = ""
    expires_at: int
    timeout_s: int
    prompt: str = field(repr=False)
    code: str
    chain: tuple[bytes, ...] = field(repr=False)

    @property
    def ap_transaction(self) -> str:
        """Return the AP_TransID of the prompt under way: an NCName, fresh for each prompt."""
        return f"T{self.transaction}.{len(self.done)}"

    @property
    def parts_asked(self) -> tuple[Part, ...]:
        """Return the items of the prompt under way."""
        start = len(self.done)
        return self.parts[start : start + self.asked]

    def asking(self, most: int) -> Handle:
        """Return the handle of the next prompt, with ``most`` items or what is left."""
        return replace(self, asked=min(most, len(self.parts) - len(self.done)))

    def answered(self, values: tuple[bytes, ...]) -> Handle:
        """Return the handle with the answers of one more prompt."""
        return replace(self, done=(*self.done, *values), operator_transaction="")

    def waiting(self, operator_transaction: str) -> Handle:
        """Return the handle of a prompt that the operator has accepted."""
        return replace(self, operator_transaction=operator_transaction)

    def encode(self) -> str:
        """Write the handle as ASCII."""
        parts: list[Json] = [
            [_text(one.attributes_digest), _text(one.content_digest), one.name]
            for one in self.parts
        ]
        written: dict[str, Json] = {
            "v": _VERSION,
            "msisdn": self.msisdn,
            "transaction": self.transaction,
            "parts": parts,
            "done": [_text(one) for one in self.done],
            "asked": self.asked,
            "mssp": self.operator_transaction,
            "expires": self.expires_at,
            "timeout": self.timeout_s,
            "prompt": self.prompt,
            "code": self.code,
            "chain": [_text(one) for one in self.chain],
        }
        return json.dumps(written, separators=(",", ":"))


def decode(handle: str) -> Handle:
    """Read a handle.

    Raises:
        MobileHandleError: it was not written by `Handle.encode`.
    """
    try:
        read = json.loads(handle)
        if read["v"] != _VERSION:
            raise MobileHandleError
        return Handle(
            msisdn=str(read["msisdn"]),
            transaction=str(read["transaction"]),
            parts=tuple(
                Part(attributes_digest=_bytes(a), content_digest=_bytes(c), name=str(name))
                for a, c, name in read["parts"]
            ),
            done=tuple(map(_bytes, read["done"])),
            asked=int(read["asked"]),
            operator_transaction=str(read["mssp"]),
            expires_at=int(read["expires"]),
            timeout_s=int(read["timeout"]),
            prompt=str(read["prompt"]),
            code=str(read["code"]),
            chain=tuple(map(_bytes, read["chain"])),
        )
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise MobileHandleError from error


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
