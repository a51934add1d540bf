"""What a verdict is judged by, as data with an id."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from verification.certificate_policies import PolicyInputs

_FOREVER = datetime(9999, 1, 1, tzinfo=UTC)
# What a public body may fill in after the leader has signed.
OWN_FIELDS = frozenset({"docsvc.number", "docsvc.day", "docsvc.month"})


class FormFilling(StrEnum):
    """Which form fields may be filled in after a signature that does not forbid it."""

    ANY = "any"
    OWN_FIELDS = "own-fields"


def _hashes() -> Mapping[str, datetime]:
    weak = {"sha1": datetime(2019, 1, 1, tzinfo=UTC), "md5": datetime(2005, 1, 1, tzinfo=UTC)}
    strong = (
        "sha224 sha256 sha384 sha512 sha512_224 sha512_256 "
        "sha3_224 sha3_256 sha3_384 sha3_512 shake128 shake256 shake256_len"
    )
    return MappingProxyType(weak | dict.fromkeys(strong.split(), _FOREVER))


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Dates until which algorithms hold, and how much is tolerated.

    Attributes:
        id: the name that reports carry.
        hashes: digest → the moment until which it is accepted.
        min_rsa_bits: shortest RSA key accepted.
        min_ec_bits: shortest elliptic curve key accepted.
        form_filling: which fields may be filled in after a signature.
        clock_grace: how far a claimed signing time may lie ahead of the proven one.
        local_time_offset: some tools write Vietnam's local time flagged UTC; ahead by this is a
            remark, not a fault.
        crl_max_age: how long a CRL or OCSP answer without nextUpdate is fresh.
        require_revocation: whether a chain without revocation data can pass.
        certificate_policies: what is asked of certificate policies along a chain.
        max_appearance_share: largest part of a page that a later signature may cover.
    """

    id: str
    hashes: Mapping[str, datetime] = field(default_factory=_hashes)
    min_rsa_bits: int = 2048
    min_ec_bits: int = 256
    form_filling: FormFilling = FormFilling.ANY
    clock_grace: timedelta = timedelta(seconds=60)
    local_time_offset: timedelta = timedelta(hours=7)
    crl_max_age: timedelta = timedelta(days=7)
    require_revocation: bool = True
    certificate_policies: PolicyInputs = field(default_factory=PolicyInputs)
    max_appearance_share: float = 0.25


DEFAULT_POLICY = Policy(id="docsvc-general-1")
ISSUED_POLICY = Policy(id="docsvc-issued-1", form_filling=FormFilling.OWN_FIELDS)
