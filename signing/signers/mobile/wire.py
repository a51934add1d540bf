"""What both forms of the wire share: the operator's settings, and what is read with limits."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from signing.signers.mobile.errors import MobileAnswerUnreadableError
from signing.signers.mobile.messages import Mode, Operation
from signing.signers.mobile.statuses import FAULT_WITHOUT_STATUS

if TYPE_CHECKING:
    from signing.signers.mobile.messages import Message, Order, Reply

NAMESPACE = "http://uri.etsi.org/TS102204/v1.1.2#"
VALIDATE = f"{NAMESPACE}validate"
BATCH = "http://www.methics.fi/TS102204/ext/v1.0.0#BatchSignature"
EXTENSION = "http://www.methics.fi/TS102204/ext/v1.0.0"
NON_REPUDIATION = "http://alauda.mobi/nonRepudiation"

_STATUS = re.compile(r"(?:^|:|_)([0-9]{3})$")
_MAX_ANSWER = 256 * 1024
# DigestInfo of SHA-256 without the digest (RFC 8017 §9.2).
_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


class Sent(StrEnum):
    """What an operator signs: the MIME type of the data to be signed."""

    DIGEST = "application/x-sha256"  # the 32 bytes
    DIGEST_INFO = "application/octet-stream"  # DER of a DigestInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """The account with one operator (MSSP), and what it offers.

    Attributes:
        url: where requests are posted.
        urls: addresses of single operations, where they differ.
        ap_id: our name there (AP_ID).
        secret: AP_PWD of the SOAP form, API key of the JSON form.
        mssp_id: URI of the operator (MSSP_ID); left out if empty.
        mode: how answers come.
        profile: SignatureProfile.
        signature_format: MSS_Format, such as PKCS#1 or PKCS#7; left out if empty.
        services: additional services asked for, by URI.
        sent: what is sent as the data to be signed.
        signs_content: the operator wraps a CMS of its own attributes round the digest it is sent,
            so it is sent that of the byte range; else that of our signed attributes.
        batch_max: documents of one prompt; more than one needs the batch service.
        also_signed: statuses that mean success there beside 500 and 502.
        has_profiles: MSS_ProfileQuery gives the holder's certificates.
        call_back_url: where we are called back; a path is added.
        call_back_key: at least 32 random bytes; makes the secret of each transaction.
    """

    url: str
    ap_id: str
    secret: str = field(repr=False)
    urls: Mapping[Operation, str] = field(default_factory=dict)
    mssp_id: str = ""
    mode: Mode = Mode.POLL
    profile: str = NON_REPUDIATION
    signature_format: str = ""
    services: tuple[str, ...] = (VALIDATE,)
    sent: Sent = Sent.DIGEST
    signs_content: bool = False
    batch_max: int = 1
    also_signed: frozenset[int] = frozenset()
    has_profiles: bool = False
    call_back_url: str = ""
    call_back_key: bytes = field(default=b"", repr=False)

    def url_of(self, operation: Operation) -> str:
        """Return where an operation is posted."""
        return self.urls.get(operation, self.url)

    def data_of(self, digest: bytes) -> str:
        """Return the data to be signed in base64."""
        prefix = _DIGEST_INFO if self.sent is Sent.DIGEST_INFO else b""
        return base64.b64encode(prefix + digest).decode("ascii")


class Wire(Protocol):
    """One form of the messages."""

    def signature(self, order: Order) -> Message:
        """Write MSS_SignatureReq."""
        ...

    def status(self, order: Order, operator_transaction: str) -> Message:
        """Write MSS_StatusReq."""
        ...

    def profile(self, order: Order) -> Message:
        """Write MSS_ProfileReq."""
        ...

    def receipt(self, order: Order, operator_transaction: str, text: str) -> Message:
        """Write MSS_ReceiptReq: ``text`` is shown to the holder."""
        ...

    def read(self, body: bytes) -> Reply:
        """Read whatever the operator answers with, a fault too.

        Raises:
            MobileAnswerUnreadableError: it is not one.
        """
        ...


def status_in(text: str) -> int:
    """Return the status code at the end of ``500``, ``mss:_401`` or ``_401``."""
    found = _STATUS.search(text.strip())
    return int(found[1]) if found else FAULT_WITHOUT_STATUS


def decoded(text: str) -> bytes:
    """Decode base64, with line breaks as operators send it.

    Raises:
        MobileAnswerUnreadableError: it is none, or too long.
    """
    if len(text) > _MAX_ANSWER * 4 // 3:
        raise MobileAnswerUnreadableError(reason="size")
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise MobileAnswerUnreadableError(reason="base64") from error
