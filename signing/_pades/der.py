"""The few lines of DER that a signature needs: built by concatenation, so it costs microseconds."""

from __future__ import annotations

SEQUENCE, SET, INTEGER, OCTET_STRING, BOOLEAN = 0x30, 0x31, 0x02, 0x04, 0x01
NULL = bytes.fromhex("0500")
ID_DATA = bytes.fromhex("06092a864886f70d010701")
ID_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
ID_CONTENT_TYPE = bytes.fromhex("06092a864886f70d010903")
ID_MESSAGE_DIGEST = bytes.fromhex("06092a864886f70d010904")
ID_SIGNING_CERTIFICATE_V2 = bytes.fromhex("060b2a864886f70d010910022f")
ID_SIGNATURE_TIMESTAMP = bytes.fromhex("060b2a864886f70d010910020e")
ID_SHA256 = bytes.fromhex("0609608648016503040201")
ID_SHA256_WITH_RSA = bytes.fromhex("06092a864886f70d01010b")
ID_ECDSA_WITH_SHA256 = bytes.fromhex("06082a8648ce3d040302")


def tlv(tag: int, *parts: bytes) -> bytes:
    """Encode one value: tag, definite length, contents."""
    length = sum(map(len, parts))
    if length < 0x80:  # noqa: PLR2004  # X.690 §8.1.3.4: the short form
        header = bytes((tag, length))
    else:
        octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
        header = bytes((tag, 0x80 | len(octets))) + octets
    return b"".join((header, *parts))


def sequence(*parts: bytes) -> bytes:
    """Encode a SEQUENCE."""
    return tlv(SEQUENCE, *parts)


def set_of(*parts: bytes) -> bytes:
    """Encode a SET OF: DER wants its members in the order of their encodings (X.690 §11.6)."""
    return tlv(SET, *sorted(parts))


def integer(value: int) -> bytes:
    """Encode a non-negative INTEGER."""
    return tlv(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))
