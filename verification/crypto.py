"""Digests and raw signatures, by hashlib and cryptography."""

import hashlib
from collections.abc import Callable
from typing import TypeGuard

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature

from verification._pades.algorithms import SignatureAlgorithm

# RFC 8702 §3.1: what SHAKE gives as a digest in CMS.
_SHAKES = {
    "shake128": (hashlib.shake_128, 32),
    "shake128_len": (hashlib.shake_128, 32),
    "shake256": (hashlib.shake_256, 64),
    "shake256_len": (hashlib.shake_256, 64),
}
_HASHES: dict[str, Callable[[], hashes.HashAlgorithm]] = {
    "md5": hashes.MD5,
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
    "sha512_224": hashes.SHA512_224,
    "sha512_256": hashes.SHA512_256,
    "sha3_224": hashes.SHA3_224,
    "sha3_256": hashes.SHA3_256,
    "sha3_384": hashes.SHA3_384,
    "sha3_512": hashes.SHA3_512,
}


class UnknownAlgorithmError(Exception):
    """No such digest or scheme is known; kept inside this package."""


def digest(name: str, *parts: bytes | memoryview) -> bytes:
    """Return the digest of parts that follow each other.

    Raises:
        UnknownAlgorithmError: there is no such digest.
    """
    if name in _SHAKES:
        shake, size = _SHAKES[name]
        shaken = shake()
        for part in parts:
            shaken.update(part)
        return shaken.digest(size)
    if name not in _HASHES:
        raise UnknownAlgorithmError(name)
    state = hashlib.new(name, usedforsecurity=False)
    for part in parts:
        state.update(part)
    return state.digest()


def signature_holds(
    key: PublicKeyTypes,
    algorithm: SignatureAlgorithm,
    value: bytes,
    data: bytes,
    *,
    hashed: bool = False,
) -> bool:
    """Tell whether a signature value belongs to data and key.

    Args:
        key: the signer's public key.
        algorithm: as the container states it.
        value: the signature value.
        data: what was signed, or its digest.
        hashed: whether ``data`` is the digest already.

    Raises:
        UnknownAlgorithmError: key and scheme do not fit, or are not known.
    """
    try:
        _verify(key, algorithm, value, data, hashed=hashed)
    except InvalidSignature:
        return False
    except (UnsupportedAlgorithm, ValueError, TypeError) as e:
        raise UnknownAlgorithmError(algorithm.scheme) from e
    return True


def _verify(
    key: PublicKeyTypes, algorithm: SignatureAlgorithm, value: bytes, data: bytes, *, hashed: bool
) -> None:
    if _is_edwards(key, algorithm.scheme):
        key.verify(value, data)
        return
    chosen = _hash(algorithm.hash_name)
    over: hashes.HashAlgorithm | Prehashed = Prehashed(chosen) if hashed else chosen
    if isinstance(key, rsa.RSAPublicKey) and algorithm.scheme in ("rsa", "rsa-pss"):
        key.verify(value, data, _padding(algorithm), over)
    elif isinstance(key, ec.EllipticCurvePublicKey) and algorithm.scheme == "ecdsa":
        key.verify(value, data, ec.ECDSA(over))
    elif isinstance(key, ec.EllipticCurvePublicKey) and algorithm.scheme == "ecdsa-plain":
        key.verify(_in_der(value), data, ec.ECDSA(over))
    elif isinstance(key, dsa.DSAPublicKey) and algorithm.scheme == "dsa":
        key.verify(value, data, over)
    else:
        raise UnknownAlgorithmError(algorithm.scheme)


def _in_der(value: bytes) -> bytes:
    """Return the two halves of a plain value as ECDSA is written elsewhere (BSI TR-03111 §5.2)."""
    half = len(value) // 2
    return encode_dss_signature(
        int.from_bytes(value[:half], "big"), int.from_bytes(value[half:], "big")
    )


def _is_edwards(
    key: PublicKeyTypes, scheme: str
) -> TypeGuard[ed25519.Ed25519PublicKey | ed448.Ed448PublicKey]:
    """RFC 8419 §3: the curve has one scheme, and its name is the key's."""
    return (isinstance(key, ed25519.Ed25519PublicKey) and scheme == "ed25519") or (
        isinstance(key, ed448.Ed448PublicKey) and scheme == "ed448"
    )


def _padding(algorithm: SignatureAlgorithm) -> padding.AsymmetricPadding:
    if algorithm.scheme == "rsa":
        return padding.PKCS1v15()
    return padding.PSS(
        mgf=padding.MGF1(_hash(algorithm.mgf_hash_name)), salt_length=algorithm.salt_length
    )


def _hash(name: str) -> hashes.HashAlgorithm:
    if name not in _HASHES:
        raise UnknownAlgorithmError(name)
    return _HASHES[name]()
