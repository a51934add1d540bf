"""The demonstration timestamp authority: RFC 3161 answers, RFC 5816 certificate identifiers.

The token is put together from encoded parts: asn1crypto took 17 ms of CPU for one, encoding the
same inner values over and over; this takes less than one.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC
from typing import TYPE_CHECKING

from asn1crypto import tsp, x509
from asn1crypto.core import Integer, ObjectIdentifier
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey

if TYPE_CHECKING:
    from datetime import datetime

# In the arc that ITU-T X.660 keeps for examples: nobody's policy.
POLICY = "2.999.3161.1"

_DIGEST_BYTES = {"sha256": 32, "sha384": 48, "sha512": 64}
_SERIAL_BITS = 63

_OCTETS, _TIME, _SEQUENCE, _SET, _TAG_0, _TAG_4 = 0x04, 0x18, 0x30, 0x31, 0xA0, 0xA4


def _der(tag: int, *parts: bytes) -> bytes:
    """Encode a value from its encoded parts."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:  # noqa: PLR2004  X.690 §8.1.3: up to here the length is one byte
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def _oid(name: str) -> bytes:
    return bytes(ObjectIdentifier(name).dump())


def _integer(value: int) -> bytes:
    return bytes(Integer(value).dump())


_SIGNED_DATA = _oid("1.2.840.113549.1.7.2")
_TST_INFO = _oid("1.2.840.113549.1.9.16.1.4")
_CONTENT_TYPE = _oid("1.2.840.113549.1.9.3")
_MESSAGE_DIGEST = _oid("1.2.840.113549.1.9.4")
_SIGNING_CERTIFICATE_V2 = _oid("1.2.840.113549.1.9.16.2.47")
_SHA256 = _der(_SEQUENCE, _oid("2.16.840.1.101.3.4.2.1"))
_ECDSA_SHA256 = _der(_SEQUENCE, _oid("1.2.840.10045.4.3.2"))
_ONE, _THREE = _integer(1), _integer(3)
_ACCURACY_1_S = _der(_SEQUENCE, _ONE)


class TimestampAuthority:
    """Signs timestamp tokens with one certificate and its P-256 key.

    Args:
        certificate: of the authority, DER.
        key: that belongs to it.
    """

    def __init__(self, certificate: bytes, key: EllipticCurvePrivateKey) -> None:
        self._key = key
        self._certificate = certificate
        known = x509.Certificate.load(certificate)
        self._name = _der(_TAG_0, _der(_TAG_4, known.subject.dump()))
        self._signer = _der(_SEQUENCE, known.issuer.dump(), _integer(known.serial_number))
        # RFC 5816: SHA-256 is the default of ESSCertIDv2, so only the digest is written.
        identifier = _der(_SEQUENCE, _der(_OCTETS, hashlib.sha256(certificate).digest()))
        identifiers = _der(_SEQUENCE, _der(_SEQUENCE, identifier))
        self._fixed_attributes = (
            _attribute(_CONTENT_TYPE, _TST_INFO),
            _attribute(_SIGNING_CERTIFICATE_V2, identifiers),
        )

    def answer(self, request: bytes, *, at: datetime) -> bytes:
        """Return the answer (DER TimeStampResp) to a request (DER TimeStampReq).

        The token's time is ``at`` in whole seconds, UTC. A request that can't be served gets an
        answer with the failure and without a token.
        """
        try:
            asked = tsp.TimeStampReq.load(request, strict=True)
            failure = _failure(asked)
        except (ValueError, TypeError):
            return _refusal("bad_data_format")
        if failure is not None:
            return _refusal(failure)
        granted = tsp.PKIStatusInfo({"status": "granted"})
        return _der(_SEQUENCE, granted.dump(), self._token(asked, at=at))

    def _token(self, asked: tsp.TimeStampReq, *, at: datetime) -> bytes:
        """Return the token: a CMS SignedData (RFC 5652 §5.1) around a TSTInfo."""
        info = self._info(asked, at=at)
        certificates = _der(_TAG_0, self._certificate) if asked["cert_req"].native else b""
        signed = _der(
            _SEQUENCE,
            _THREE,  # the version that content other than plain data asks for
            _der(_SET, _SHA256),
            _der(_SEQUENCE, _TST_INFO, _der(_TAG_0, _der(_OCTETS, info))),
            certificates,
            _der(_SET, self._signer_info(info)),
        )
        return _der(_SEQUENCE, _SIGNED_DATA, _der(_TAG_0, signed))

    def _signer_info(self, info: bytes) -> bytes:
        digest = _attribute(_MESSAGE_DIGEST, _der(_OCTETS, hashlib.sha256(info).digest()))
        # X.690 §11.6: the members of a SET OF are sorted by their encoding.
        attributes = sorted((*self._fixed_attributes, digest))
        # RFC 5652 §5.4: signed with the tag of a SET, embedded with the tag [0].
        value = self._key.sign(_der(_SET, *attributes), ECDSA(hashes.SHA256()))
        return _der(
            _SEQUENCE,
            _ONE,
            self._signer,
            _SHA256,
            _der(_TAG_0, *attributes),
            _ECDSA_SHA256,
            _der(_OCTETS, value),
        )

    def _info(self, asked: tsp.TimeStampReq, *, at: datetime) -> bytes:
        """Return the TSTInfo (RFC 3161 §2.4.2)."""
        return _der(
            _SEQUENCE,
            _ONE,
            _oid(POLICY),
            asked["message_imprint"].dump(),
            _integer(secrets.randbits(_SERIAL_BITS) + 1),
            _der(_TIME, at.astimezone(UTC).strftime("%Y%m%d%H%M%SZ").encode()),
            _ACCURACY_1_S,
            asked["nonce"].dump(),
            self._name,
        )


def _failure(asked: tsp.TimeStampReq) -> str | None:
    """Return why a request can't be served, as a name of PKIFailureInfo, or None."""
    imprint = asked["message_imprint"]
    algorithm = imprint["hash_algorithm"]["algorithm"].native
    if algorithm not in _DIGEST_BYTES:
        return "bad_alg"
    if len(imprint["hashed_message"].native) != _DIGEST_BYTES[algorithm]:
        return "bad_data_format"
    if asked["req_policy"].native not in (None, POLICY):
        return "unaccepted_policy"
    if asked["extensions"].native:
        return "unaccepted_extensions"
    return None


def _refusal(failure: str) -> bytes:
    status = tsp.PKIStatusInfo({"status": "rejection", "fail_info": {failure}})
    return _der(_SEQUENCE, status.dump())


def _attribute(kind: bytes, value: bytes) -> bytes:
    return _der(_SEQUENCE, kind, _der(_SET, value))
