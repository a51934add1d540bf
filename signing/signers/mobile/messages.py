"""The messages of ETSI TS 102 204 as records, whatever their form on the wire."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from signing.signers.mobile.errors import MobileNumberError

_NUMBER = re.compile(r"[1-9][0-9]{8,14}")  # ITU-T E.164: fifteen digits at most
_SEPARATORS = str.maketrans("", "", " .-()")
_COUNTRY = "84"
_SHOWN_DIGITS = 3


class Mode(StrEnum):
    """How an answer comes (§6.4): in the same call, by asking again, by being called back."""

    SYNCH = "synch"
    POLL = "asynchClientServer"
    CALL_BACK = "asynchServerServer"


class Operation(StrEnum):
    """What the operator is asked for."""

    SIGNATURE = "MSS_Signature"
    STATUS = "MSS_StatusQuery"
    PROFILE = "MSS_ProfileQuery"
    RECEIPT = "MSS_Receipt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One thing to be signed: its SHA-256, and what the phone shows of it."""

    digest: bytes
    display: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One prompt on one phone.

    Attributes:
        msisdn: E.164 without plus.
        transaction: AP_TransID, an NCName.
        documents: the first is the ETSI one; more need the operator's batch service.
        mode: how the answer comes.
        timeout_s: how long the phone waits for its holder.
        at: Instant, the moment of the message.
        call_back: AP_URL, for `Mode.CALL_BACK`.
    """

    msisdn: str = field(repr=False)
    transaction: str
    documents: tuple[Document, ...] = ()
    mode: Mode = Mode.POLL
    timeout_s: int = 0
    at: datetime
    call_back: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is posted to the operator."""

    url: str
    body: bytes = field(repr=False)
    headers: dict[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the operator said.

    Attributes:
        status: StatusCode@Value.
        transaction: AP_TransID of the request it answers; empty if it does not say.
        operator_transaction: MSSP_TransID.
        msisdn: of the phone; empty if it does not say.
        signatures: what was displayed (empty for the ETSI signature) and the answer.
        certificates: of the holder, in DER, the first is the signing one; from MSS_Profile.
    """

    status: int
    transaction: str = ""
    operator_transaction: str = ""
    msisdn: str = field(default="", repr=False)
    signatures: tuple[tuple[str, bytes], ...] = ()
    certificates: tuple[bytes, ...] = ()


def msisdn_of(number: str) -> str:
    """Return a phone number as E.164 without plus: ``0912…`` and ``+84912…`` become ``84912…``.

    Raises:
        MobileNumberError: it is none.
    """
    digits = number.translate(_SEPARATORS)
    if digits.startswith("+"):
        digits = digits[1:]
    elif digits.startswith("00"):
        digits = digits[2:]
    elif digits.startswith("0"):
        digits = _COUNTRY + digits[1:]
    if not digits.isascii() or not _NUMBER.fullmatch(digits):
        raise MobileNumberError(key_id=masked(number))
    return digits


def masked(number: str) -> str:
    """Return the last digits of a phone number: enough to know it, too little to find it."""
    return "…" + number[-_SHOWN_DIGITS:]
