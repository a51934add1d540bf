"""RFC 3161 messages: the request as DER, the answer checked before it is used."""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar

from asn1crypto import cms, core, tsp

from signing._pades import der
from signing._pades.check import BrokenCmsError, require_intact, signed_data
from signing.errors import (
    TimestampInvalidError,
    TimestampRefusedError,
    TimestampUnreachableError,
)

_GRANTED = ("granted", "granted_with_mods")
_OUT_OF_ORDER = frozenset({"system_failure", "time_not_available"})  # it may be well again later


class _Response(core.Sequence):  # type: ignore[misc]  # asn1crypto is not typed
    """TimeStampResp; asn1crypto's own forgets that a refusal comes without a token."""

    _fields: ClassVar[list[Any]] = [
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", cms.ContentInfo, {"optional": True}),
    ]


def request(digest: bytes, *, nonce: int) -> bytes:
    """Return a TimeStampReq over a SHA-256 digest that asks for the authority's certificate."""
    algorithm = der.sequence(der.ID_SHA256, der.NULL)
    imprint = der.sequence(algorithm, der.tlv(der.OCTET_STRING, digest))
    wants_certificate = der.tlv(der.BOOLEAN, b"\xff")
    return der.sequence(der.integer(1), imprint, der.integer(nonce), wants_certificate)


def token_of(answer: bytes, *, digest: bytes, nonce: int) -> bytes:
    """Take the token out of a TimeStampResp.

    Raises:
        TimestampUnreachableError: the authority says that it is out of order.
        TimestampRefusedError: the authority did not grant it.
        TimestampInvalidError: the answer is not a token over this digest with this nonce.
    """
    try:
        response = _Response.load(answer)
        status = response["status"]
        state, failure = status["status"].native, status["fail_info"].native
        token: bytes = response["time_stamp_token"].dump()
    except (ValueError, TypeError, KeyError) as error:
        raise TimestampInvalidError(reason="unreadable") from error
    if _OUT_OF_ORDER.intersection(failure or ()):
        raise TimestampUnreachableError(status=state, failure=sorted(failure))
    if state not in _GRANTED:
        raise TimestampRefusedError(status=state, failure=sorted(failure or ()))
    found = _require_token(token, digest=digest)
    # RFC 3161 §2.4.2: an answer that drops our nonce may be a replay.
    if found["nonce"].native != nonce:
        raise TimestampInvalidError(reason="nonce")
    return token


def require_token(token: bytes, *, digest: bytes) -> None:
    """Check that a TimeStampToken is whole and stamps this SHA-256 digest.

    Raises:
        TimestampInvalidError: it does not.
    """
    _require_token(token, digest=digest)


def _require_token(token: bytes, *, digest: bytes) -> Any:
    try:
        data = signed_data(token)
        content = data["encap_content_info"]
        if content["content_type"].native != "tst_info":
            raise TimestampInvalidError(reason="content-type")
        encoded = bytes(content["content"])
        require_intact(data, lambda name: hashlib.new(name, encoded).digest())
        info = tsp.TSTInfo.load(encoded, strict=True)
        imprint = info["message_imprint"]
        stamped = (imprint["hash_algorithm"]["algorithm"].native, imprint["hashed_message"].native)
        _ = info["nonce"].native, info["gen_time"].native
    except BrokenCmsError as error:
        raise TimestampInvalidError(reason=error.reason) from error
    except (ValueError, TypeError, KeyError) as error:
        raise TimestampInvalidError(reason="unreadable") from error
    if stamped != ("sha256", digest):
        raise TimestampInvalidError(reason="imprint")
    return info
