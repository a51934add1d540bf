"""What each status code of ETSI TS 102 204 means for a request that waits."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from signing.errors import SigningError
from signing.signers.mobile import errors

if TYPE_CHECKING:
    from collections.abc import Mapping


class Kind(StrEnum):
    """What becomes of the request."""

    PENDING = "pending"
    SIGNED = "signed"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a status says: ``refusal`` for REFUSED, ``error`` for FAILED."""

    kind: Kind
    refusal: str = ""
    error: type[SigningError] = errors.MobileUnknownStatusError


_PENDING, _SIGNED = Meaning(kind=Kind.PENDING), Meaning(kind=Kind.SIGNED)

EXPIRED = "signing.mobile-expired"
SIGNATURE, VALID_SIGNATURE = 500, 502
FAULT_WITHOUT_STATUS = 0


def _refused(code: str) -> Meaning:
    return Meaning(kind=Kind.REFUSED, refusal=f"signing.mobile-{code}")


def _failed(error: type[SigningError]) -> Meaning:
    return Meaning(kind=Kind.FAILED, error=error)


MEANINGS: Mapping[int, Meaning] = {
    100: _PENDING,  # REQUEST_OK
    101: _failed(errors.MobileWrongParameterError),
    102: _failed(errors.MobileMissingParameterError),
    103: _failed(errors.MobileWrongLengthError),
    104: _failed(errors.MobileUnauthorisedError),
    105: _failed(errors.MobileUnknownClientError),
    107: _failed(errors.MobileInappropriateDataError),
    108: _failed(errors.MobileIncompatibleError),
    109: _failed(errors.MobileProfileError),
    208: _refused("expired"),  # EXPIRED_TRANSACTION
    209: _failed(errors.MobileOutOfReachError),
    401: _refused("cancelled"),  # USER_CANCEL
    402: _refused("pin-blocked"),
    403: _refused("card-blocked"),
    404: _refused("no-key"),
    405: _refused("no-address"),  # NO_URL_FOUND
    406: _failed(errors.MobileBusyError),  # PB_SIGNATURE_PROCESS
    407: _refused("not-registered"),  # REGISTRATION_NOK
    422: _refused("no-certificate"),
    423: _refused("revocation-unknown"),  # CRL_PB
    424: _refused("revocation-stale"),  # CRL_EXPIRED
    425: _refused("certificate-unusable"),  # ERROR_CERTIFICATE
    SIGNATURE: _SIGNED,
    501: _refused("certificate-revoked"),
    VALID_SIGNATURE: _SIGNED,
    503: _refused("signature-invalid"),
    504: _PENDING,  # OUTSTANDING_TRANSACTION
    900: _failed(errors.MobileInternalError),
}


def meaning_of(status: int, *, also_signed: frozenset[int] = frozenset()) -> Meaning:
    """Say what a status means.

    Args:
        status: StatusCode@Value.
        also_signed: statuses that this operator uses for success beside 500 and 502; the
            signature itself decides.
    """
    if status in also_signed:
        return _SIGNED
    return MEANINGS.get(status, Meaning(kind=Kind.FAILED))
