"""Digest algorithms of OCFL and BagIt by their names, and the form of their values."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ADDRESSING = frozenset({"sha512", "sha256"})
"""What may identify content (OCFL 1.1 §2.2); the others only add fixity."""


def _size(data: bytes) -> str:
    return str(len(data))


# MD5 and SHA-1 are read in legacy material, never written and never trusted alone.
_ALGORITHMS: dict[str, tuple[Callable[[bytes], str], int]] = {
    "md5": (lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(), 32),
    "sha1": (lambda data: hashlib.sha1(data, usedforsecurity=False).hexdigest(), 40),
    "sha256": (lambda data: hashlib.sha256(data).hexdigest(), 64),
    "sha512": (lambda data: hashlib.sha512(data).hexdigest(), 128),
    "blake2b-512": (lambda data: hashlib.blake2b(data).hexdigest(), 128),
    # Registered by extension 0009.
    "blake2b-160": (lambda data: hashlib.blake2b(data, digest_size=20).hexdigest(), 40),
    "blake2b-256": (lambda data: hashlib.blake2b(data, digest_size=32).hexdigest(), 64),
    "blake2b-384": (lambda data: hashlib.blake2b(data, digest_size=48).hexdigest(), 96),
    "size": (_size, 0),
}

KNOWN = frozenset(_ALGORITHMS)


def digest(algorithm: str, data: bytes) -> str:
    """Compute a digest, in lower-case hexadecimal; the algorithm is one of `KNOWN`."""
    return _ALGORITHMS[algorithm][0](data)


def is_well_formed(algorithm: str, value: str) -> bool:
    """Tell whether a value has the form that the algorithm gives, in either case."""
    length = _ALGORITHMS[algorithm][1]
    pattern = rf"[0-9a-fA-F]{{{length}}}" if length else r"[0-9]{1,20}"
    return re.fullmatch(pattern, value) is not None
