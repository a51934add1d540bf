"""Bare PKCS #1 signatures (adbe.x509.rsa_sha1) as CMS, so that one road judges both."""

from asn1crypto import cms, core, x509

_OCTET_STRING = 0x04


def wrap(value: bytes, certificates: tuple[bytes, ...]) -> bytes:
    """Put a bare signature value and the signer's certificates into a SignedData.

    Args:
        value: DER octet string with the RSA signature over the SHA-1 digest, padding allowed
            (ISO 32000-1 §12.8.3.2).
        certificates: DER, the signer's first.

    Returns:
        DER; nothing if the value is no octet string or no certificate can be read.
    """
    if not value or value[0] != _OCTET_STRING or not certificates:
        return b""
    try:
        known = [x509.Certificate.load(one, strict=True) for one in certificates]
        signature = core.OctetString.load(value).native
        serial = {"issuer": known[0].issuer, "serial_number": known[0].serial_number}
        signer = {
            "version": "v1",
            "sid": {"issuer_and_serial_number": serial},
            "digest_algorithm": {"algorithm": "sha1"},
            "signature_algorithm": {"algorithm": "rsassa_pkcs1v15"},
            "signature": signature,
        }
        content = cms.SignedData(
            {
                "version": "v1",
                "digest_algorithms": [{"algorithm": "sha1"}],
                "encap_content_info": {"content_type": "data"},
                "certificates": known,
                "signer_infos": [signer],
            }
        )
        return bytes(cms.ContentInfo({"content_type": "signed_data", "content": content}).dump())
    except Exception:  # noqa: BLE001 -- asn1crypto raises many types on bad input
        return b""
