"""Leader or organisation: read off a certificate where no inventory knows it."""

import unicodedata
from collections.abc import Mapping

from verification.certificates import Certificate
from verification.model import Role

# What names of bodies begin with, folded: no accents, lower case.
_BODIES = (
    "ubnd",
    "uy ban",
    "hdnd",
    "hoi dong",
    "dang uy",
    "huyen uy",
    "tinh uy",
    "thanh uy",
    "chi bo",
    "ban",
    "van phong",
    "phong",
    "truong",
    "trung tam",
    "tram",
    "hoi",
    "doan",
    "so",
    "cuc",
    "chi cuc",
    "bo",
    "tong cuc",
    "vien",
    "cong an",
    "mat tran",
    "lien doan",
    "cong bao",
    "thanh tra",
)


def role_of(signer: Certificate, inventory: Mapping[str, Role]) -> Role:
    """Return the role a certificate signs in.

    Args:
        signer: the signer's certificate.
        inventory: SHA-256 of a certificate in hex → role; it decides if it knows the certificate.

    Returns:
        The inventory's role, or the one the common name speaks for.
    """
    known = inventory.get(signer.sha256)
    if known is not None:
        return known
    name = fold(signer.common_name or "")
    if any(name == body or name.startswith(body + " ") for body in _BODIES):
        return Role.ORGANISATION
    return Role.LEADER


def fold(text: str) -> str:
    """Return text without accents and capitals: Đ is d (NFD leaves it alone)."""
    plain = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())
