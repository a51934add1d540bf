"""Leader or organisation: read off a certificate where no inventory knows it."""

import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache

from verification.certificates import Certificate
from verification.model import Role

# What names of bodies begin with. Accents count: Trường is a school, Trương a family name.
_BODIES = (
    "ubnd",
    "ủy ban",
    "uỷ ban",
    "hđnd",
    "hội đồng",
    "đảng ủy",
    "đảng uỷ",
    "đảng bộ",
    "huyện ủy",
    "huyện uỷ",
    "tỉnh ủy",
    "tỉnh uỷ",
    "thành ủy",
    "thành uỷ",
    "chi bộ",
    "ban",
    "văn phòng",
    "phòng",
    "trường",
    "trung tâm",
    "trạm",
    "hội",
    "sở",
    "cục",
    "chi cục",
    "tổng cục",
    "bộ",
    "viện",
    "công an",
    "công báo",
    "thanh tra",
    "mặt trận",
    "liên đoàn",
    # Đoàn is a family name too: only with what follows it does it speak for a body.
    "đoàn thanh niên",
    "đoàn tncs",
    "đoàn xã",
    "đoàn phường",
    "đoàn khối",
    "đoàn luật sư",
    "đoàn đại biểu",
    "đoàn đbqh",
)
# Where a name is written without accents, these could be either.
_AMBIGUOUS = frozenset({"truong", "ban", "hoi"})


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
    return Role.ORGANISATION if _is_body(signer.common_name or "") else Role.LEADER


def _is_body(common_name: str) -> bool:
    name = " ".join(unicodedata.normalize("NFC", common_name).casefold().split())
    if not name.isascii():
        return _begins(name, _BODIES)
    return _begins(name, _folded_bodies())


@cache
def _folded_bodies() -> frozenset[str]:
    return frozenset(fold(body) for body in _BODIES) - _AMBIGUOUS


def _begins(name: str, bodies: Iterable[str]) -> bool:
    return any(name == body or name.startswith(body + " ") for body in bodies)


def fold(text: str) -> str:
    """Return text without accents and capitals: Đ is d (NFD leaves it alone)."""
    plain = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())
