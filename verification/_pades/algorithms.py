"""Names of digests and signatures as CMS identifies them."""

from dataclasses import dataclass
from typing import Any

# NIST's arcs for SHA-3, which asn1crypto 1.5 has no names for.
_SHA3 = {"sha3_224": 0, "sha3_256": 1, "sha3_384": 2, "sha3_512": 3}
_DIGESTS = {f"2.16.840.1.101.3.4.2.{7 + n}": name for name, n in _SHA3.items()}
_PLAIN = {1: 1, 2: 224, 3: 256, 4: 384, 5: 512}
_SIGNATURES = {
    **{f"{name}_ecdsa": ("ecdsa", name) for name in _SHA3},
    **{f"{name}_rsa": ("rsa", name) for name in _SHA3},
    # RFC 8017 appendix A.2.4; asn1crypto has no names for these two either.
    "1.2.840.113549.1.1.15": ("rsa", "sha512_224"),
    "1.2.840.113549.1.1.16": ("rsa", "sha512_256"),
    **{f"2.16.840.1.101.3.4.3.{9 + n}": ("ecdsa", name) for name, n in _SHA3.items()},
    **{f"2.16.840.1.101.3.4.3.{13 + n}": ("rsa", name) for name, n in _SHA3.items()},
    # BSI TR-03111 §5.2.1: the two numbers side by side, without DER around them.
    **{f"0.4.0.127.0.7.1.1.4.1.{n}": ("ecdsa-plain", f"sha{bits}") for n, bits in _PLAIN.items()},
    **{f"0.4.0.127.0.7.1.1.4.1.{8 + n}": ("ecdsa-plain", name) for name, n in _SHA3.items()},
}
# RFC 8702: known by name and by nothing else; no library here makes or checks them.
_NAMED = {
    "1.3.6.1.5.5.7.6.30": "rsa-pss-shake128",
    "1.3.6.1.5.5.7.6.31": "rsa-pss-shake256",
    "1.3.6.1.5.5.7.6.32": "ecdsa-shake128",
    "1.3.6.1.5.5.7.6.33": "ecdsa-shake256",
}
# RFC 8702 §3.1, RFC 8419 §3: what SHAKE gives in CMS, in bits, where the length is stated.
_SHAKE_BITS = {"shake128_len": 256, "shake256_len": 512}


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureAlgorithm:
    """``scheme`` is rsa, rsa-pss, ecdsa, ecdsa-plain, dsa, ed25519 or ed448.

    ``hash_name`` is as hashlib spells. A scheme that is not supported is its name, or its
    identifier in dots.
    """

    scheme: str
    hash_name: str
    mgf_hash_name: str = ""
    salt_length: int = 0


def digest_name(algorithm: Any) -> str:
    """Return a digest's name; what asn1crypto does not know by name it gives in dots.

    A SHAKE of another length than CMS has is another digest, and of no name that is known.
    """
    name = str(algorithm["algorithm"].native)
    stated = algorithm["parameters"].native if name in _SHAKE_BITS else None
    if stated is not None and stated != _SHAKE_BITS[name]:
        return f"{name}-{stated}"
    return _DIGESTS.get(name, name)


def signature_algorithm(algorithm: Any, digest_algorithm: Any) -> SignatureAlgorithm:
    """Return scheme and digest of a signature, by its algorithm and the one of its digest."""
    digest = digest_name(digest_algorithm)
    name = algorithm["algorithm"].native
    if name == "rsassa_pss":
        parameters = algorithm["parameters"]
        return SignatureAlgorithm(
            scheme="rsa-pss",
            hash_name=digest_name(parameters["hash_algorithm"]),
            mgf_hash_name=parameters["mask_gen_algorithm"]["parameters"]["algorithm"].native,
            salt_length=parameters["salt_length"].native,
        )
    if name in _SIGNATURES:
        scheme, digest = _SIGNATURES[name]
        return SignatureAlgorithm(scheme=scheme, hash_name=digest)
    try:
        scheme = algorithm.signature_algo.removeprefix("rsassa_").replace("pkcs1v15", "rsa")
    except ValueError:
        # A matter of what is supported, not of how the container is written.
        dotted = algorithm["algorithm"].dotted
        return SignatureAlgorithm(scheme=_NAMED.get(dotted, dotted), hash_name=digest)
    if name in ("rsassa_pkcs1v15", "rsa", "ecdsa", "dsa") or scheme.startswith("ed"):
        return SignatureAlgorithm(scheme=scheme, hash_name=digest)
    return SignatureAlgorithm(scheme=scheme, hash_name=algorithm.hash_algo)
