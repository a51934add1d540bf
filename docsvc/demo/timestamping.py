"""The demonstration timestamp authority: RFC 3161 answers, RFC 5816 certificate identifiers."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING

from asn1crypto import cms, core, tsp, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey

if TYPE_CHECKING:
    from datetime import datetime

# In the arc that ITU-T X.660 keeps for examples: nobody's policy.
POLICY = "2.999.3161.1"

_DIGEST_BYTES = {"sha256": 32, "sha384": 48, "sha512": 64}
_SERIAL_BITS = 63
_ACCURACY_S = 1


class _Answer(core.Sequence):  # type: ignore[misc]  # asn1crypto has no types
    """TimeStampResp with its token optional (RFC 3161 §2.4.2); asn1crypto's own demands one."""

    _fields = [  # noqa: RUF012  asn1crypto's way to declare a structure
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", cms.ContentInfo, {"optional": True}),
    ]


class TimestampAuthority:
    """Signs timestamp tokens with one certificate and its P-256 key.

    Args:
        certificate: of the authority, DER.
        key: that belongs to it.
    """

    def __init__(self, certificate: bytes, key: EllipticCurvePrivateKey) -> None:
        self._key = key
        self._certificate = x509.Certificate.load(certificate)
        # The parts that are the same in every token are made once.
        self._name = x509.GeneralName("directory_name", self._certificate.subject)
        self._signer = cms.SignerIdentifier(
            "issuer_and_serial_number",
            {
                "issuer": self._certificate.issuer,
                "serial_number": self._certificate.serial_number,
            },
        )
        # RFC 5816: SHA-256 is the default of ESSCertIDv2, so only the digest is written.
        identifier = tsp.ESSCertIDv2({"cert_hash": hashlib.sha256(certificate).digest()})
        self._fixed_attributes = [
            _attribute("content_type", "tst_info"),
            _attribute("signing_certificate_v2", tsp.SigningCertificateV2({"certs": [identifier]})),
        ]

    def answer(self, request: bytes, *, at: datetime) -> bytes:
        """Return the answer (DER TimeStampResp) to a request (DER TimeStampReq).

        The token's time is ``at`` in whole seconds. A request that can't be served gets an answer
        with the failure and without a token.
        """
        try:
            asked = tsp.TimeStampReq.load(request, strict=True)
            failure = _failure(asked)
        except (ValueError, TypeError):
            return _refusal("bad_data_format")
        if failure is not None:
            return _refusal(failure)
        token = self._token(asked, at=at.replace(microsecond=0))
        return bytes(_Answer({"status": {"status": "granted"}, "time_stamp_token": token}).dump())

    def _token(self, asked: tsp.TimeStampReq, *, at: datetime) -> cms.ContentInfo:
        info = self._info(asked, at=at).dump()
        digest = _attribute("message_digest", hashlib.sha256(info).digest())
        attributes = cms.CMSAttributes([*self._fixed_attributes, digest])
        signer = cms.SignerInfo(
            {
                "version": "v1",
                "sid": self._signer,
                "digest_algorithm": {"algorithm": "sha256"},
                "signed_attrs": attributes,
                "signature_algorithm": {"algorithm": "sha256_ecdsa"},
                "signature": self._key.sign(attributes.dump(), ECDSA(hashes.SHA256())),
            }
        )
        signed = {
            "version": "v3",  # RFC 5652 §5.1: for content other than id-data
            "digest_algorithms": [{"algorithm": "sha256"}],
            "encap_content_info": {
                "content_type": "tst_info",
                "content": cms.ParsableOctetString(info),
            },
            "signer_infos": [signer],
        }
        if asked["cert_req"].native:
            signed["certificates"] = [self._certificate]
        return cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(signed)})

    def _info(self, asked: tsp.TimeStampReq, *, at: datetime) -> tsp.TSTInfo:
        return tsp.TSTInfo(
            {
                "version": "v1",
                "policy": POLICY,
                "message_imprint": asked["message_imprint"],
                "serial_number": secrets.randbits(_SERIAL_BITS) + 1,
                "gen_time": at,
                "accuracy": {"seconds": _ACCURACY_S},
                "nonce": asked["nonce"],
                "tsa": self._name,
            }
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
    status = {"status": "rejection", "fail_info": {failure}}
    return bytes(_Answer({"status": status}).dump())


def _attribute(kind: str, value: object) -> cms.CMSAttribute:
    return cms.CMSAttribute({"type": kind, "values": [value]})
