"""The road on a second, independent PKCS#11 module: NSS softokn."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from signing_stand_ins import NOW, Pki, Tsa, blank_pdf, places
from signing_steps import archived, leader_plan, organisation_plan, statuses
from support import nss

from signing.complete import complete
from signing.errors import PinIncorrectError
from signing.prepare import prepare
from signing.signers.base import Completed, Item, Request
from signing.signers.pkcs11 import PinState, Pkcs11Signer, survey
from signing.stamp import reserve
from signing.timestamp import Timestamper

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from signing_stand_ins import Party

    from signing.model import SignaturePlan

PIN = "824613-nss"

pytestmark = pytest.mark.skipif(bool(nss.missing()), reason=f"not installed: {nss.missing()}")


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki()


@pytest.fixture(scope="module")
def parties(pki: Pki) -> dict[str, Party]:
    return {
        "RSA-3072": pki.party("RSA-3072", rsa.generate_private_key(65537, 3072)),
        "P-256": pki.party("P-256", ec.generate_private_key(ec.SECP256R1())),
        "P-384": pki.party("P-384", ec.generate_private_key(ec.SECP384R1())),
        "RSA-2048": pki.leader,
    }


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory, pki: Pki, parties: dict[str, Party]) -> str:
    folder: Path = tmp_path_factory.mktemp("nss")
    made = nss.make(folder, PIN)
    issuers = [pki.ca.certificate, pki.root.certificate]
    for name, party in parties.items():
        nss.bring(folder, name, party.key, party.certificate, issuers)
    return str(made)


@pytest.fixture
def signer(module: str) -> Iterator[Pkcs11Signer]:
    with Pkcs11Signer(module, nss.LABEL, PIN) as made:
        yield made


def key_of(signer: Pkcs11Signer, party: Party) -> str:
    held = signer.keys()
    (found,) = [key.key_id for key in held if key.certificate == party.der]
    return found


def signed(pdf: bytes, plan: SignaturePlan, signer: Pkcs11Signer, key_id: str, tsa: Tsa) -> bytes:
    plan = replace(plan, chain=signer.chain(key_id))
    prepared = prepare(pdf, plan=plan, at=NOW)
    asked = Request(key_id=key_id, items=(Item(to_be_signed=prepared.to_be_signed),))
    outcome = signer.sign(asked)
    assert isinstance(outcome, Completed)
    (value,) = outcome.values
    stamp = Timestamper("", tsa.transport).stamp(hashlib.sha256(value).digest())
    return complete(prepared, plan=plan, value=value, timestamp_token=stamp)


@pytest.mark.parametrize(("leader", "organisation"), [("RSA-2048", "P-384"), ("P-256", "RSA-3072")])
def test_two_keys_of_nss_take_a_document_to_b_lta(
    signer: Pkcs11Signer, pki: Pki, parties: dict[str, Party], leader: str, organisation: str
) -> None:
    tsa = Tsa(pki.tsa)
    reserved = reserve(blank_pdf(), places())
    first = key_of(signer, parties[leader])
    led = signed(reserved, leader_plan(pki), signer, first, tsa)
    second = key_of(signer, parties[organisation])
    sealed = signed(led, organisation_plan(pki), signer, second, tsa)
    found = statuses(archived(sealed, pki, tsa), pki)
    assert [status.bottom_line for status in found] == [True, True]


def test_every_key_comes_with_its_certificate(
    signer: Pkcs11Signer, parties: dict[str, Party]
) -> None:
    held = signer.keys()
    assert {key.certificate for key in held} == {party.der for party in parties.values()}


def test_a_wrong_pin_is_named(module: str) -> None:
    with pytest.raises(PinIncorrectError):
        Pkcs11Signer(module, nss.LABEL, "wrong").keys()


def test_a_survey_shows_the_certificates_without_a_pin(
    module: str, parties: dict[str, Party]
) -> None:
    tokens = [slot.token for slot in survey(module) if slot.token]
    (ours,) = [token for token in tokens if token.label == nss.LABEL]
    shown = {one.der for one in ours.certificates}
    assert {party.der for party in parties.values()} <= shown
    assert ours.pin is not PinState.LOCKED
