"""Signers of remote services and the stand-ins they speak with, for tests that steer both."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from signing_stand_ins import Pki
from support import remote_csc, remote_mysign, remote_smartca
from support.remote_service import Key

from signing.signers.base import Completed, Item, Request
from signing.signers.remote.credential import Version
from signing.signers.remote.csc import CscSigner
from signing.signers.remote.csc_api import CscAccount, OAuthClient
from signing.signers.remote.mysign import MySignAccount, MySignSigner
from signing.signers.remote.smartca import SmartCaAccount, SmartCaSigner

if TYPE_CHECKING:
    from collections.abc import Callable

    from signing_stand_ins import PrivateKey

ECDSA = "1.2.840.10045.4.3.2"
PERSON = "162952530"
# The versions of the CSC API; without this mark the stand-in speaks the first.
BOTH = pytest.mark.parametrize("version", ["v1", "v2"])


@cache
def pki() -> Pki:
    return Pki()


def _key(name: str, private: PrivateKey | None, *, side_by_side: bool = False) -> Key:
    party = pki().party(name, private)
    return Key(party.key, (party.der, pki().ca.der, pki().root.der), side_by_side=side_by_side)


@cache
def rsa_key(name: str = "Nguyễn Văn An") -> Key:
    """Return a key with its certificate, made once for each name."""
    return _key(name, None)


@cache
def elliptic_key(*, side_by_side: bool = True, p384: bool = False) -> Key:
    curve = ec.SECP384R1() if p384 else ec.SECP256R1()
    return _key("Trần Thị Bình", ec.generate_private_key(curve), side_by_side=side_by_side)


def request(key_id: str, count: int = 1, **changes: Any) -> Request:
    """Ask for some signatures over bytes that are no attributes, but hashed all the same."""
    items = tuple(
        Item(to_be_signed=b"attributes %d" % number, name=f"{number}/QĐ-UBND")
        for number in range(count)
    )
    plain = Request(
        key_id=key_id,
        items=items,
        transaction="t-2026-1",
        prompt="Ký Quyết định 123/QĐ-UBND ngày 12/03/2024",
        control_code="4F7K",
    )
    return replace(plain, **changes)


def stored(*handles: str) -> Callable[[str], str | None]:
    """Return what finds a handle by its beginning, as the table of what waits does."""
    return lambda start: next((one for one in handles if one.startswith(start)), None)


def digests(count: int = 1) -> list[bytes]:
    return [hashlib.sha256(b"attributes %d" % number).digest() for number in range(count)]


def done(outcome: object) -> Completed:
    assert isinstance(outcome, Completed)
    return outcome


def csc_account(stand_in: remote_csc.Csc, **changes: Any) -> CscAccount:
    plain = CscAccount(
        url=stand_in.address, version=Version(stand_in.version), bearer=remote_csc.BEARER
    )
    return replace(plain, **changes)


def csc_signer(stand_in: remote_csc.Csc, *, activation: Any = None, **changes: Any) -> CscSigner:
    account = csc_account(stand_in, **changes)
    return CscSigner(account, stand_in.transport, activation=activation)


def oauth(stand_in: remote_csc.Csc) -> OAuthClient:
    return OAuthClient(
        token_url=stand_in.token_url,
        client_id=remote_csc.CLIENT_ID,
        client_secret=remote_csc.CLIENT_SECRET,
    )


def smartca() -> remote_smartca.SmartCa:
    """A person with two certificates, one of them a body's."""
    return remote_smartca.SmartCa(
        {
            PERSON: [
                remote_smartca.Certificate(rsa_key(), "540101aa"),
                remote_smartca.Certificate(rsa_key("UBND xã"), "540101bb", service="ESEAL"),
            ]
        }
    )


def smartca_signer(stand_in: remote_smartca.SmartCa, **changes: Any) -> SmartCaSigner:
    account = SmartCaAccount(
        url=stand_in.address, sp_id=remote_smartca.SP_ID, sp_password=remote_smartca.SP_PASSWORD
    )
    return SmartCaSigner(replace(account, **changes), stand_in.transport)


def mysign() -> remote_mysign.MySign:
    """A person with one certificate."""
    return remote_mysign.MySign({"CMT_0123": [remote_mysign.Credential(rsa_key(), "0123_2022")]})


def mysign_signer(stand_in: remote_mysign.MySign, **changes: Any) -> MySignSigner:
    account = MySignAccount(
        url=stand_in.address,
        client_id=remote_mysign.CLIENT_ID,
        client_secret=remote_mysign.CLIENT_SECRET,
    )
    return MySignSigner(replace(account, **changes), stand_in.transport)
