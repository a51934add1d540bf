"""An RFC 3161 client without a network of its own: the caller hands in the transport."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from signing._pades import tsp
from signing.errors import TimestampUnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable

REQUEST_TYPE = "application/timestamp-query"
_NONCE_BITS = 64


class Timestamper:
    """One timestamp authority.

    Args:
        url: where it listens.
        transport: posts ``(url, body, content type)`` and returns the answer's body; it raises
            OSError (TimeoutError, ConnectionError …) when there is no answer.
        nonce: source of nonces, handed in by tests.
    """

    def __init__(
        self,
        url: str,
        transport: Callable[[str, bytes, str], bytes],
        *,
        nonce: Callable[[], int] = lambda: secrets.randbits(_NONCE_BITS),
    ) -> None:
        self.url = url
        self._transport = transport
        self._nonce = nonce

    def stamp(self, digest_of: bytes) -> bytes:
        """Return a TimeStampToken in DER.

        Args:
            digest_of: SHA-256 digest of what is to be stamped.

        Raises:
            TimestampUnreachableError: there was no answer.
            TimestampRefusedError: the authority refuses.
            TimestampInvalidError: the answer fails a check of RFC 3161 §2.4.2.
        """
        nonce = self._nonce()
        try:
            answer = self._transport(self.url, tsp.request(digest_of, nonce=nonce), REQUEST_TYPE)
        except OSError as error:
            raise TimestampUnreachableError(url=self.url) from error
        return tsp.token_of(answer, digest=digest_of, nonce=nonce)
