from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from signing_stand_ins import NOW, Pki

from signing.complete import complete
from signing.errors import KeyNotFoundError, KeyStoreUnreadableError
from signing.prepare import prepare
from signing.signers.base import Completed, Item, Request
from signing.signers.pkcs12 import Pkcs12Signer

if TYPE_CHECKING:
    from signing_stand_ins import Party


def ask(key_id: str, to_be_signed: bytes) -> Request:
    return Request(key_id=key_id, items=(Item(to_be_signed=to_be_signed),))


def store(pki: Pki, party: Party, *, name: bytes | None = b"leader") -> bytes:
    return pkcs12.serialize_key_and_certificates(
        name,
        party.key,
        party.certificate,
        [pki.root.certificate, pki.ca.certificate],
        BestAvailableEncryption(b"password"),
    )


@pytest.mark.parametrize("curve", [None, ec.SECP256R1(), ec.SECP384R1()])
def test_a_pkcs12_value_completes_a_signature(
    pki: Pki, reserved: bytes, curve: ec.EllipticCurve | None
) -> None:
    party = pki.leader if curve is None else pki.party("EC", ec.generate_private_key(curve))
    signer = Pkcs12Signer(store(pki, party), "password")
    ((key_id, label, certificate),) = signer.keys()
    assert (label, certificate) == ("leader", party.der)
    plan = plan_for(signer.chain(key_id))
    prepared = prepare(reserved, plan=plan, at=NOW)
    outcome = signer.sign(ask(key_id.upper(), prepared.to_be_signed))
    assert isinstance(outcome, Completed)
    assert complete(prepared, plan=plan, value=outcome.values[0], timestamp_token=None)


def plan_for(chain: tuple[bytes, ...]) -> Any:
    from signing.model import LEADER_FIELD, Role, SignaturePlan  # noqa: PLC0415  # a short name

    return SignaturePlan(role=Role.LEADER, field_name=LEADER_FIELD, chain=chain)


def test_a_pkcs12_chain_leaves_the_root_out(pki: Pki) -> None:
    signer = Pkcs12Signer(store(pki, pki.leader), "password")
    assert signer.chain(signer.keys()[0].key_id) == (pki.leader.der, pki.ca.der)


def test_a_pkcs12_key_without_a_name_has_an_empty_label(pki: Pki) -> None:
    assert Pkcs12Signer(store(pki, pki.leader, name=None), "password").keys()[0].label == ""


def test_a_pkcs12_password_may_be_missing(pki: Pki) -> None:
    with pytest.raises(KeyStoreUnreadableError):
        Pkcs12Signer(store(pki, pki.leader), None)


def test_a_wrong_pkcs12_password_is_named(pki: Pki) -> None:
    with pytest.raises(KeyStoreUnreadableError) as caught:
        Pkcs12Signer(store(pki, pki.leader), "wrong")
    assert caught.value.facts == {"reason": "unreadable"}


def test_a_pkcs12_file_needs_a_key_we_sign_with(pki: Pki) -> None:
    party = pki.party("Edwards", ed25519.Ed25519PrivateKey.generate())
    with pytest.raises(KeyStoreUnreadableError) as caught:
        Pkcs12Signer(store(pki, party), "password")
    assert caught.value.facts == {"reason": "no-key"}


def test_an_unknown_pkcs12_key_is_named(pki: Pki) -> None:
    signer = Pkcs12Signer(store(pki, pki.leader), "password")
    with pytest.raises(KeyNotFoundError):
        signer.sign(ask("00", b""))
    with pytest.raises(KeyNotFoundError):
        signer.chain("00")


def test_nothing_secret_is_shown(pki: Pki) -> None:
    assert "password" not in repr(Pkcs12Signer(store(pki, pki.leader), "password"))
