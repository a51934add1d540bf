"""What `MobileSigner` needs of an operator, and how ETSI TS 102 204 gives it.

An operator with an interface of its own (Viettel, VinaPhone) fits in as another `Adapter`: see
docs/reference/mobile.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from typing_extensions import override

from signing.errors import SignerUnreachableError
from signing.signers.mobile.errors import MobileUnknownClientError
from signing.signers.mobile.messages import Mode
from signing.signers.mobile.statuses import Kind, meaning_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from signing.signers.mobile.messages import Message, Order, Reply
    from signing.signers.mobile.wire import Operator, Wire

_CALL_LIMIT_S = 30.0


class Transport(Protocol):
    """Posts a message over TLS whose certificate it verifies."""

    def __call__(
        self, url: str, body: bytes, headers: Mapping[str, str], *, timeout_s: float
    ) -> bytes:
        """Return the body of the answer; a fault (HTTP status 500) is an answer too.

        Raises:
            OSError: there was no answer.
        """
        ...


class Adapter(Protocol):
    """One operator: how a holder is found, asked, asked about, and how it calls back."""

    @property
    def operator(self) -> Operator:
        """Return the settings of the account."""
        ...

    def get_certificate(self, order: Order) -> tuple[bytes, ...]:
        """Return the certificates of a phone in DER, the signing one first; empty: unknown.

        Raises:
            SigningError: the operator could not be asked.
        """
        ...

    def sign_hash(self, order: Order) -> Reply:
        """Let the phone ask its holder.

        Raises:
            SigningError: the operator could not be asked.
        """
        ...

    def poll(self, order: Order, operator_transaction: str) -> Reply:
        """Ask what became of it; raises as `sign_hash` does."""
        ...

    def cancel(self, order: Order, operator_transaction: str) -> None:
        """Take the prompt back where the operator can; raises as `sign_hash` does."""
        ...

    def acknowledge(self, order: Order, operator_transaction: str, text: str) -> None:
        """Tell the holder on the phone what became of it; raises as `sign_hash` does."""
        ...

    def read(self, body: bytes) -> Reply:
        """Read a call-back.

        Raises:
            MobileAnswerUnreadableError: it is none.
        """
        ...


class EtsiAdapter:
    """An operator that speaks ETSI TS 102 204, in SOAP or in JSON.

    Args:
        operator: the account.
        wire: the form of the messages.
        transport: posts them.
    """

    def __init__(self, operator: Operator, wire: Wire, transport: Transport) -> None:
        self.operator = operator
        self._wire = wire
        self._transport = transport

    @override
    def __repr__(self) -> str:
        return f"EtsiAdapter({self.operator.url!r}, {type(self._wire).__name__})"

    def get_certificate(self, order: Order) -> tuple[bytes, ...]:
        """Ask MSS_ProfileQuery, if the operator answers it with certificates; see `Adapter`."""
        if not self.operator.has_profiles:
            return ()
        reply = self._asked(self._wire.profile(order))
        meaning = meaning_of(reply.status)
        if meaning.kind is Kind.FAILED and meaning.error is not MobileUnknownClientError:
            raise meaning.error(status=reply.status)
        return reply.certificates

    def sign_hash(self, order: Order) -> Reply:
        """Send MSS_Signature; see `Adapter`."""
        # In the synchronous mode the call itself lasts as long as the holder takes.
        waits = order.timeout_s if order.mode is Mode.SYNCH else 0
        return self._asked(self._wire.signature(order), limit_s=waits + _CALL_LIMIT_S)

    def poll(self, order: Order, operator_transaction: str) -> Reply:
        """Send MSS_StatusQuery; see `Adapter`."""
        return self._asked(self._wire.status(order, operator_transaction))

    def cancel(self, order: Order, operator_transaction: str) -> None:
        """Do nothing: the standard has no message that takes a prompt back; it runs out."""

    def acknowledge(self, order: Order, operator_transaction: str, text: str) -> None:
        """Send MSS_Receipt; see `Adapter`."""
        self._asked(self._wire.receipt(order, operator_transaction, text))

    def read(self, body: bytes) -> Reply:
        """Read a notification; see `Adapter`."""
        return self._wire.read(body)

    def _asked(self, message: Message, *, limit_s: float = _CALL_LIMIT_S) -> Reply:
        try:
            body = self._transport(message.url, message.body, message.headers, timeout_s=limit_s)
        except OSError as error:
            raise SignerUnreachableError(url=message.url) from error
        return self._wire.read(body)
