"""The road on a real PKCS#11 token: SoftHSM."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pkcs11
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from pkcs11 import Attribute
from pkcs11.util.rsa import decode_rsa_private_key
from pkcs11.util.x509 import decode_x509_certificate
from signing_contract import SignerContract
from signing_stand_ins import NOW, Pki, Tsa, blank_pdf, places
from signing_steps import archived, leader_plan, organisation_plan, statuses

from signing.complete import complete
from signing.errors import (
    KeyNotFoundError,
    ModuleUnusableError,
    PinIncorrectError,
    TokenAmbiguousError,
    TokenBusyError,
    TokenNotFoundError,
    TokenRemovedError,
)
from signing.prepare import prepare
from signing.signers.base import Completed, Item, Request
from signing.signers.pkcs11 import PinState, Pkcs11Signer, survey
from signing.stamp import reserve
from signing.timestamp import Timestamper

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signing_stand_ins import Party

    from signing.model import SignaturePlan

PIN, LABEL = "824613", "signing-tests"
MODULES = [Path(folder) / "softhsm/libsofthsm2.so" for folder in ("/usr/lib", "/usr/local/lib")]
MODULE = next((str(path) for path in MODULES if path.exists()), "")

pytestmark = pytest.mark.skipif(
    not MODULE or shutil.which("softhsm2-util") is None, reason="softhsm2 is not installed"
)


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki()


@pytest.fixture(scope="module")
def parties(pki: Pki) -> dict[str, Party]:
    return {
        "a1": pki.leader,
        "a2": pki.organisation,
        "b1": pki.party("P-256", ec.generate_private_key(ec.SECP256R1())),
        "b2": pki.party("P-384", ec.generate_private_key(ec.SECP384R1())),
        "c1": pki.party("RSA-3072", rsa.generate_private_key(65537, 3072)),
        "c2": pki.party("RSA-4096", rsa.generate_private_key(65537, 4096)),
    }


@pytest.fixture(scope="module")
def token(
    tmp_path_factory: pytest.TempPathFactory, pki: Pki, parties: dict[str, Party]
) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    configuration = folder / "softhsm2.conf"
    configuration.write_text(
        f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(configuration))
        util("--init-token", "--free", "--label", LABEL, "--so-pin", "99887766", "--pin", PIN)
        for key_id, party in parties.items():
            path = folder / f"{key_id}.pem"
            path.write_bytes(
                party.key.private_bytes(
                    serialization.Encoding.PEM,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                )
            )
            util(
                "--import", str(path), "--token", LABEL, "--label", key_id, "--id", key_id,
                "--pin", PIN,
            )  # fmt: skip
        library = pkcs11.lib(MODULE)
        library.reinitialize()
        bring_certificates(library, pki, parties)
        yield LABEL
        library.finalize()


def util(*arguments: str) -> None:
    subprocess.run(["softhsm2-util", *arguments], check=True, capture_output=True)


def bring_certificates(library: pkcs11.lib, pki: Pki, parties: dict[str, Party]) -> None:
    with library.get_token(token_label=LABEL).open(rw=True, user_pin=PIN) as session:
        for key_id, party in {**parties, "ca": pki.ca, "00": pki.root}.items():
            session.create_object(
                decode_x509_certificate(party.der)
                | {
                    Attribute.ID: bytes.fromhex(key_id),
                    Attribute.LABEL: key_id,
                    Attribute.TOKEN: True,
                }
            )


@pytest.fixture
def signer(token: str) -> Iterator[Pkcs11Signer]:
    with Pkcs11Signer(MODULE, token, PIN) as made:
        yield made


def ask(key_id: str, to_be_signed: bytes) -> Request:
    return Request(key_id=key_id, items=(Item(to_be_signed=to_be_signed),))


def signed(pdf: bytes, plan: SignaturePlan, signer: Pkcs11Signer, key_id: str, tsa: Tsa) -> bytes:
    plan = replace(plan, chain=signer.chain(key_id))
    prepared = prepare(pdf, plan=plan, at=NOW)
    outcome = signer.sign(ask(key_id, prepared.to_be_signed))
    assert isinstance(outcome, Completed)
    (value,) = outcome.values
    stamp = Timestamper("", tsa.transport).stamp(hashlib.sha256(value).digest())
    return complete(prepared, plan=plan, value=value, timestamp_token=stamp)


@pytest.mark.parametrize(("leader", "organisation"), [("a1", "a2"), ("b1", "b2"), ("c1", "c2")])
def test_two_keys_of_a_token_take_a_document_to_b_lta(
    signer: Pkcs11Signer, pki: Pki, leader: str, organisation: str
) -> None:
    tsa = Tsa(pki.tsa)
    reserved = reserve(blank_pdf(), places())
    led = signed(reserved, leader_plan(pki), signer, leader, tsa)
    sealed = signed(led, organisation_plan(pki), signer, organisation, tsa)
    found = statuses(archived(sealed, pki, tsa), pki)
    assert [status.bottom_line for status in found] == [True, True]


def test_the_keys_are_those_with_a_certificate(
    signer: Pkcs11Signer, parties: dict[str, Party]
) -> None:
    held = signer.keys()
    found = {key.key_id: (key.label, key.certificate) for key in held}
    assert found == {key_id: (key_id, party.der) for key_id, party in parties.items()}


def test_the_chain_comes_from_the_token_without_its_root(signer: Pkcs11Signer, pki: Pki) -> None:
    assert signer.chain("a1") == (pki.leader.der, pki.ca.der)


def test_a_certificate_alone_is_no_key(signer: Pkcs11Signer) -> None:
    with pytest.raises(KeyNotFoundError):
        signer.sign(ask("ca", b"data"))


def test_a_session_opens_again_after_it_was_closed(signer: Pkcs11Signer) -> None:
    assert isinstance(signer.sign(ask("a1", b"data")), Completed)
    signer.close()
    assert isinstance(signer.sign(ask("a1", b"data")), Completed)


def test_a_wrong_pin_is_named(token: str) -> None:
    with pytest.raises(PinIncorrectError):
        Pkcs11Signer(MODULE, token, "000000").keys()


def test_a_second_session_of_the_process_is_refused(signer: Pkcs11Signer, token: str) -> None:
    assert signer.keys()
    with pytest.raises(TokenBusyError):
        Pkcs11Signer(MODULE, token, PIN).keys()


@pytest.mark.usefixtures("token")
def test_an_unknown_token_is_named() -> None:
    with pytest.raises(TokenNotFoundError):
        Pkcs11Signer(MODULE, "no such token", PIN).keys()


def test_a_module_that_is_none_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "module.so"
    broken.write_bytes(b"no library")
    with pytest.raises(ModuleUnusableError):
        Pkcs11Signer(str(broken), LABEL, PIN).keys()


def test_a_token_made_after_the_module_was_loaded_is_found(token: str) -> None:
    util("--init-token", "--free", "--label", "late", "--so-pin", "99887766", "--pin", PIN)
    assert token
    with Pkcs11Signer(MODULE, "late", PIN) as late:
        assert late.keys() == []


@dataclass(frozen=True, kw_only=True)
class OnToken:
    """What the contract suite wants to know."""

    signer: Pkcs11Signer
    key_id: str
    certificate: bytes


@pytest.mark.parametrize("key_id", ["a1", "b1", "b2"])
class TestContract(SignerContract):
    @pytest.fixture
    def made(self, signer: Pkcs11Signer, parties: dict[str, Party], key_id: str) -> OnToken:
        return OnToken(signer=signer, key_id=key_id, certificate=parties[key_id].der)


def bring_pair(party: Party, *, key_id: bytes, certificate_id: bytes, asks_each_time: bool) -> None:
    encoded = party.key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    library = pkcs11.lib(MODULE)
    with library.get_token(token_label=LABEL).open(rw=True, user_pin=PIN) as session:
        session.create_object(
            decode_rsa_private_key(encoded)
            | {
                Attribute.ID: key_id, Attribute.TOKEN: True, Attribute.PRIVATE: True,
                Attribute.ALWAYS_AUTHENTICATE: asks_each_time,
            }
        )  # fmt: skip
        session.create_object(
            decode_x509_certificate(party.der)
            | {Attribute.ID: certificate_id, Attribute.TOKEN: True}
        )


def take_away(*ids: bytes) -> None:
    library = pkcs11.lib(MODULE)
    with library.get_token(token_label=LABEL).open(rw=True, user_pin=PIN) as session:
        for key_id in ids:
            for one in list(session.get_objects({Attribute.ID: key_id})):
                one.destroy()


@pytest.fixture
def asking(token: str, pki: Pki) -> Iterator[Party]:
    """Bring a key that wants the PIN each time, with a certificate of another CKA_ID."""
    assert token
    party = pki.party("asks each time")
    bring_pair(party, key_id=b"\xd1", certificate_id=b"\xd2", asks_each_time=True)
    yield party
    take_away(b"\xd1", b"\xd2")


def test_a_key_is_found_by_its_public_key_and_given_its_pin_each_time(
    asking: Party, signer: Pkcs11Signer, pki: Pki
) -> None:
    held = signer.keys()
    (key_id,) = [key.key_id for key in held if key.certificate == asking.der]
    assert key_id == "d1"
    tsa = Tsa(pki.tsa)
    reserved = reserve(blank_pdf(), places())
    assert signed(reserved, leader_plan(pki), signer, key_id, tsa)


def test_a_lost_session_is_opened_again(signer: Pkcs11Signer) -> None:
    assert isinstance(signer.sign(ask("a1", b"data")), Completed)
    pkcs11.lib(MODULE).reinitialize()  # what a reader does that was pulled out and plugged in
    with pytest.raises(TokenRemovedError):
        signer.sign(ask("a1", b"data"))
    assert isinstance(signer.sign(ask("a1", b"data")), Completed)


def test_of_two_tokens_with_one_label_the_serial_says_which(token: str) -> None:
    assert token
    for _ in range(2):
        util("--init-token", "--free", "--label", "twin", "--so-pin", "99887766", "--pin", PIN)
    pkcs11.lib(MODULE).reinitialize()
    serials = [
        one.token.serial for one in survey(MODULE) if one.token and one.token.label == "twin"
    ]
    assert len(set(serials)) == 2
    with pytest.raises(TokenAmbiguousError):
        Pkcs11Signer(MODULE, "twin", PIN).keys()
    with Pkcs11Signer(MODULE, "twin", PIN, serial=serials[0]) as one:
        assert one.keys() == []


def test_a_survey_tells_certificates_and_tries_without_a_pin(
    token: str, parties: dict[str, Party]
) -> None:
    with pytest.raises(PinIncorrectError):
        Pkcs11Signer(MODULE, token, "000000").keys()
    (seen,) = [one.token for one in survey(MODULE) if one.token and one.token.label == token]
    assert seen.pin is PinState.FEW
    assert {party.der for party in parties.values()} <= {one.der for one in seen.certificates}
    with Pkcs11Signer(MODULE, token, PIN) as signer:
        assert signer.keys()
    (seen,) = [one.token for one in survey(MODULE) if one.token and one.token.label == token]
    assert seen.pin is PinState.FREE
