from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pkcs11
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from pkcs11 import Attribute, KeyType, ObjectClass
from pkcs11 import exceptions as failures
from signing_stand_ins import NOW, Pki

from signing.complete import complete
from signing.errors import (
    KeyNotFoundError,
    KeyStoreUnreadableError,
    ModuleUnusableError,
    PinIncorrectError,
    PinLockedError,
    SigningError,
    TokenBusyError,
    TokenNotFoundError,
    TokenRemovedError,
)
from signing.prepare import prepare
from signing.signers import pkcs11 as module
from signing.signers.base import Completed, Item, Key, Refused, Request
from signing.signers.pkcs11 import Pkcs11Signer
from signing.signers.pkcs12 import Pkcs12Signer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signing_stand_ins import Party

PIN = "1234-secret"


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
    assert PIN not in repr(Pkcs11Signer("module.so", "token", PIN))


# The rest needs failures that SoftHSM can't be made to show; the road itself is tested on it.


class Handle:
    """A private key on a token that misbehaves when told to."""

    id = b"\xa1"
    label = "leader"
    key_type = KeyType.RSA

    def __init__(self, token: Token) -> None:
        self.token = token

    def sign(self, data: bytes, *, mechanism: object) -> bytes:
        assert mechanism is not None
        if self.token.failure is not None:
            raise self.token.failure
        return self.token.party.sign_raw(data)


class Token:
    """A module, its token and its session in one."""

    def __init__(self, party: Any) -> None:
        self.party = party
        self.failure: Exception | None = None
        self.open_failure: Exception | None = None
        self.missing = 0
        self.opened = self.closed = self.reinitialised = 0

    def get_token(self, *, token_label: str) -> Token:
        assert token_label == "token"
        if self.missing:
            self.missing -= 1
            raise failures.NoSuchToken
        return self

    def reinitialize(self) -> None:
        self.reinitialised += 1

    def open(self, *, user_pin: str) -> Token:
        assert user_pin == PIN
        self.opened += 1
        if self.open_failure is not None:
            raise self.open_failure
        return self

    def close(self) -> None:
        self.closed += 1

    def get_objects(self, template: dict[Attribute, object]) -> Iterator[Any]:
        if template[Attribute.CLASS] is ObjectClass.CERTIFICATE:
            yield from self.party.certificates
        else:
            yield Handle(self)


class Holder:
    def __init__(self, pki: Pki) -> None:
        self.certificates = [
            {Attribute.ID: b"\xa1", Attribute.VALUE: pki.leader.der},
            {Attribute.ID: b"\xca", Attribute.VALUE: pki.ca.der},
        ]

    def sign_raw(self, data: bytes) -> bytes:
        return hashlib.sha256(data).digest()


@pytest.fixture
def token(pki: Pki, monkeypatch: pytest.MonkeyPatch) -> Token:
    made = Token(Holder(pki))
    monkeypatch.setattr(pkcs11, "lib", lambda _path: made)
    monkeypatch.setattr(module.time, "sleep", lambda _s: None)
    return made


def signer() -> Pkcs11Signer:
    return Pkcs11Signer("module.so", "token", PIN)


def test_one_session_serves_all_calls(token: Token, pki: Pki) -> None:
    with signer() as ours:
        assert ours.keys() == [Key("a1", "leader", pki.leader.der)]
        assert ours.chain("A1") == (pki.leader.der, pki.ca.der)
        assert isinstance(ours.sign(ask("a1", b"data")), Completed)
    assert (token.opened, token.closed) == (1, 1)


def test_closing_what_was_never_opened_does_nothing(token: Token) -> None:
    signer().close()
    assert token.closed == 0


def test_a_key_without_a_certificate_is_left_out(token: Token) -> None:
    token.party.certificates.clear()
    assert signer().keys() == []


def test_of_two_certificates_the_later_one_counts(token: Token, pki: Pki) -> None:
    token.party.certificates.insert(0, {Attribute.ID: b"\xa1", Attribute.VALUE: pki.root.der})
    expected = max((pki.root, pki.leader), key=lambda p: p.certificate.not_valid_after_utc)
    assert signer().keys()[0].certificate == expected.der


def test_an_unknown_key_is_named(token: Token) -> None:
    with pytest.raises(KeyNotFoundError):
        signer().sign(ask("ff", b"data"))
    assert token.opened == 1


def test_a_token_that_is_slow_to_appear_is_waited_for(token: Token) -> None:
    token.missing = 2
    assert signer().keys()
    assert token.reinitialised == 2


def test_a_token_that_never_appears_is_named(token: Token) -> None:
    token.missing = 99
    with pytest.raises(TokenNotFoundError) as caught:
        signer().keys()
    assert caught.value.facts == {"token": "token", "reason": "NoSuchToken"}


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (failures.PinIncorrect(), PinIncorrectError),
        (failures.PinLocked(), PinLockedError),
        (failures.PinExpired(), PinLockedError),
        (failures.UserAlreadyLoggedIn(), TokenBusyError),
        (failures.TokenNotPresent(), TokenRemovedError),
        (failures.GeneralError(), ModuleUnusableError),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_a_failure_to_open_has_its_name(
    token: Token, failure: Exception, expected: type[SigningError]
) -> None:
    token.open_failure = failure
    with pytest.raises(expected) as caught:
        signer().sign(ask("a1", b"data"))
    assert PIN not in repr(caught.value)


def test_a_wrong_pin_is_tried_once(token: Token) -> None:
    token.open_failure = failures.PinIncorrect()
    ours = signer()
    for _ in range(3):
        with pytest.raises(PinIncorrectError):
            ours.sign(ask("a1", b"data"))
    assert token.opened == 1


@pytest.mark.parametrize("failure", [failures.DeviceRemoved(), failures.SessionHandleInvalid()])
def test_after_the_token_was_pulled_out_a_new_session_opens(
    token: Token, failure: Exception
) -> None:
    ours = signer()
    token.failure = failure
    with pytest.raises(TokenRemovedError) as caught:
        ours.sign(ask("a1", b"data"))
    assert caught.value.retryable
    token.failure = None
    assert isinstance(ours.sign(ask("a1", b"data")), Completed)
    assert token.opened == 2


@pytest.mark.parametrize("failure", [failures.FunctionCancelled(), failures.FunctionRejected()])
def test_a_no_on_the_key_pad_is_a_refusal(token: Token, failure: Exception) -> None:
    token.failure = failure
    assert signer().sign(ask("a1", b"data")) == Refused(code="signing.refused")


def test_a_module_that_cannot_be_loaded_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def lib(_path: str) -> None:
        raise RuntimeError

    monkeypatch.setattr(pkcs11, "lib", lib)
    with pytest.raises(ModuleUnusableError):
        signer().keys()
