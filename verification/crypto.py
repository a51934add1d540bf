"""Digests and raw signatures, by hashlib and cryptography."""

import hashlib
from collections.abc import Callable

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from verification._pades.cms import SignatureAlgorithm

_SHAKE256_BYTES = 64
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
    if name in ("shake256", "shake256_len"):
        shaken = hashlib.shake_256()
        for part in parts:
            shaken.update(part)
        return shaken.digest(_SHAKE256_BYTES)
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
    if isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
        key.verify(value, data)
        return
    chosen = _hash(algorithm.hash_name)
    over: hashes.HashAlgorithm | Prehashed = Prehashed(chosen) if hashed else chosen
    if isinstance(key, rsa.RSAPublicKey) and algorithm.scheme in ("rsa", "rsa-pss"):
        key.verify(value, data, _padding(algorithm), over)
    elif isinstance(key, ec.EllipticCurvePublicKey) and algorithm.scheme == "ecdsa":
        key.verify(value, data, ec.ECDSA(over))
    elif isinstance(key, dsa.DSAPublicKey) and algorithm.scheme == "dsa":
        key.verify(value, data, over)
    else:
        raise UnknownAlgorithmError(algorithm.scheme)


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
