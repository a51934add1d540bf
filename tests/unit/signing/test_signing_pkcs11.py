"""What SoftHSM and NSS can't be made to do; the road itself is tested on both."""

from __future__ import annotations

import pickle
import threading
import time
from typing import TYPE_CHECKING

import pkcs11
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from pkcs11 import Attribute, KeyType, Mechanism, TokenFlag
from pkcs11 import exceptions as failures
from signing_tokens import (
    KEY_PAD,
    PIN,
    READY,
    Module,
    Token,
    certificate,
    public_key,
    public_of,
    with_leader,
)

from signing.errors import (
    KeyNotFoundError,
    ModuleUnusableError,
    PinIncorrectError,
    PinIncorrectLastTryError,
    PinLastTryError,
    PinLockedError,
    PinNeededError,
    SigningError,
    TokenAmbiguousError,
    TokenBusyError,
    TokenNotFoundError,
    TokenRemovedError,
)
from signing.signers.base import Completed, Item, Key, Refused, Request
from signing.signers.pkcs11 import Pin, PinState, Pkcs11Signer, survey, tokens

if TYPE_CHECKING:
    from signing_stand_ins import Pki


def ask(key_id: str = "a1", *, items: int = 1) -> Request:
    return Request(key_id=key_id, items=(Item(to_be_signed=b"data"),) * items)


def signer(pin: str | Pin | None = PIN, label: str = "token", **more: object) -> Pkcs11Signer:
    return Pkcs11Signer("module.so", label, pin, **more)  # type: ignore[arg-type]  # per test


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Module:
    made = Module([])
    monkeypatch.setattr(pkcs11, "lib", lambda _path: made)
    monkeypatch.setattr(time, "sleep", lambda _s: None)
    return made


@pytest.fixture
def token(pki: Pki, module: Module) -> Token:
    made = with_leader(pki)
    module.tokens.append(made)
    return made


class TestSession:
    def test_one_session_serves_all_calls(self, token: Token, pki: Pki) -> None:
        with signer() as ours:
            assert ours.keys() == [Key("a1", "leader", pki.leader.der)]
            assert ours.chain("A1") == (pki.leader.der, pki.ca.der)
            assert isinstance(ours.sign(ask()), Completed)
        assert (token.opened, token.closed) == (1, 1)

    @pytest.mark.usefixtures("token")
    def test_closing_what_was_never_opened_does_nothing(self, token: Token) -> None:
        signer().close()
        assert token.closed == 0

    @pytest.mark.parametrize("failure", [failures.DeviceRemoved(), failures.SessionHandleInvalid()])
    def test_after_the_token_was_pulled_out_a_new_session_opens(
        self, token: Token, failure: Exception
    ) -> None:
        ours = signer()
        token.failure = failure
        with pytest.raises(TokenRemovedError) as caught:
            ours.sign(ask())
        assert caught.value.retryable
        token.failure = None
        assert isinstance(ours.sign(ask()), Completed)
        assert token.opened == 2

    def test_another_token_with_the_same_label_is_not_given_the_pin(
        self, token: Token, module: Module, pki: Pki
    ) -> None:
        ours = signer()
        assert isinstance(ours.sign(ask()), Completed)
        token.failure = failures.DeviceRemoved()
        with pytest.raises(TokenRemovedError):
            ours.sign(ask())
        other = with_leader(pki)
        other.serial = b"0002"
        module.tokens[:] = [other]
        with pytest.raises(TokenNotFoundError):
            ours.sign(ask())
        assert other.pins == []

    @pytest.mark.parametrize("failure", [failures.FunctionCancelled(), failures.FunctionRejected()])
    def test_a_no_on_the_key_pad_is_a_refusal(self, token: Token, failure: Exception) -> None:
        token.failure = failure
        assert signer().sign(ask()) == Refused(code="signing.refused")

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
        self, token: Token, failure: Exception, expected: type[SigningError]
    ) -> None:
        token.open_failure = failure
        with pytest.raises(expected) as caught:
            signer().sign(ask())
        assert caught.value.facts["token"] == "token"
        assert PIN not in repr(caught.value)


class TestChoosing:
    def test_a_token_that_is_slow_to_appear_is_waited_for(
        self, token: Token, module: Module
    ) -> None:
        module.missing = 2
        assert signer().keys()
        assert module.reinitialised == 2
        assert token.opened == 1

    def test_a_token_that_never_appears_is_named(self, module: Module) -> None:
        with pytest.raises(TokenNotFoundError) as caught:
            signer().keys()
        assert caught.value.facts == {"token": "token", "reason": "NoSuchToken"}
        assert module.tokens == []

    def test_of_two_tokens_with_one_label_none_is_guessed(
        self, token: Token, module: Module
    ) -> None:
        module.tokens.append(Token(serial=b"0002"))
        with pytest.raises(TokenAmbiguousError):
            signer().keys()
        assert token.pins == []

    def test_the_serial_says_which_of_them_is_meant(self, token: Token, module: Module) -> None:
        other = Token(serial=b"0002")
        module.tokens.append(other)
        assert signer(serial="0001").keys()
        assert (token.opened, other.opened) == (1, 0)

    def test_without_label_the_only_token_is_taken(self, token: Token) -> None:
        assert signer(label="").keys()
        assert token.opened == 1

    def test_an_empty_slot_and_a_label_padded_with_nul_are_no_trouble(
        self, token: Token, module: Module
    ) -> None:
        token.label = "token\0\0"
        module.tokens.insert(0, Token(absent=failures.TokenNotRecognised()))
        assert signer().keys()

    @pytest.mark.parametrize("error", [RuntimeError(), OSError(), failures.PKCS11Error("no")])
    def test_a_module_that_cannot_be_loaded_is_named(
        self, monkeypatch: pytest.MonkeyPatch, error: Exception
    ) -> None:
        def lib(_path: str) -> None:
            raise error

        monkeypatch.setattr(pkcs11, "lib", lib)
        with pytest.raises(ModuleUnusableError):
            signer().keys()

    def test_all_signers_of_a_module_stand_in_one_queue(self, token: Token) -> None:
        ours, done = signer(), threading.Event()

        def other() -> None:
            signer().close()
            done.set()

        with tokens.queue_of("module.so"):
            waiting = threading.Thread(target=other, daemon=True)
            waiting.start()
            assert isinstance(ours.sign(ask()), Completed)
            assert not done.is_set()
        waiting.join(10)
        assert done.is_set()
        assert token.opened == 1


class TestPin:
    def test_a_wrong_pin_is_tried_once(self, token: Token) -> None:
        token.open_failure = failures.PinIncorrect()
        ours = signer()
        for _ in range(3):
            with pytest.raises(PinIncorrectError) as caught:
                ours.sign(ask())
            assert caught.value.facts["token"] == "token"
        assert token.opened == 1

    def test_a_wrong_pin_that_leaves_one_try_says_so(self, token: Token) -> None:
        token.open_failure = failures.PinIncorrect()
        token.flags_after_wrong_pin = READY | TokenFlag.USER_PIN_FINAL_TRY
        with pytest.raises(PinIncorrectLastTryError):
            signer().sign(ask())

    def test_a_wrong_pin_that_locks_the_token_says_so(self, token: Token) -> None:
        token.open_failure = failures.PinIncorrect()
        token.flags_after_wrong_pin = READY | TokenFlag.USER_PIN_LOCKED
        with pytest.raises(PinLockedError):
            signer().sign(ask())

    def test_the_last_try_is_not_used(self, token: Token) -> None:
        token.flags |= TokenFlag.USER_PIN_FINAL_TRY
        with pytest.raises(PinLastTryError):
            signer().sign(ask())
        assert token.opened == 0

    def test_the_last_try_is_used_when_its_owner_says_so(self, token: Token) -> None:
        token.flags |= TokenFlag.USER_PIN_FINAL_TRY
        assert isinstance(signer(use_last_try=True).sign(ask()), Completed)

    def test_a_locked_token_is_not_even_tried(self, token: Token) -> None:
        token.flags |= TokenFlag.USER_PIN_LOCKED
        with pytest.raises(PinLockedError):
            signer(use_last_try=True).sign(ask())
        assert token.opened == 0

    @pytest.mark.parametrize("pin", [None, PIN])
    def test_a_key_pad_asks_for_the_pin_itself(self, token: Token, pin: str | None) -> None:
        token.flags |= KEY_PAD.flag
        assert isinstance(signer(pin).sign(ask()), Completed)
        assert token.pins == [KEY_PAD.pin]

    def test_without_a_key_pad_a_pin_is_needed(self, token: Token) -> None:
        with pytest.raises(PinNeededError):
            signer(None).sign(ask())
        assert token.opened == 0

    def test_a_pin_that_is_over_ends_the_session(self, token: Token) -> None:
        moment = [0.0]
        ours = signer(Pin(PIN, valid_for_s=60, now=lambda: moment[0]))
        assert isinstance(ours.sign(ask()), Completed)
        moment[0] = 60.0
        with pytest.raises(PinNeededError):
            ours.sign(ask())
        assert (token.opened, token.closed) == (1, 1)

    def test_a_batch_that_a_pin_is_not_enough_for_is_not_begun(self, token: Token) -> None:
        ours = signer(Pin(PIN, uses=3))
        assert isinstance(ours.sign(ask(items=2)), Completed)
        with pytest.raises(PinNeededError):
            ours.sign(ask(items=2))
        assert len(token.asked) == 2

    def test_a_pin_is_neither_shown_nor_carried_away(self) -> None:
        pin = Pin(PIN)
        assert PIN not in repr(pin) + repr(signer(pin))
        with pytest.raises(TypeError):
            pickle.dumps(pin)

    def test_a_pin_that_was_forgotten_is_overwritten(self) -> None:
        pin = Pin(PIN)
        kept = pin._value
        assert kept is not None
        pin.forget()
        pin.forget()
        assert bytes(kept) == bytes(len(PIN))
        assert pin.revealed() is None

    def test_a_key_that_always_asks_is_given_the_pin_each_time(
        self, token: Token, pki: Pki
    ) -> None:
        token.private_key(b"\xa2", attributes={Attribute.ALWAYS_AUTHENTICATE: True})
        token.objects.append(certificate(pki.organisation, b"\xa2"))
        assert isinstance(signer().sign(ask("a2", items=2)), Completed)
        assert token.asked == [(Mechanism.RSA_PKCS, PIN)] * 2
        assert isinstance(signer().sign(ask("a1")), Completed)
        assert token.asked[-1] == (Mechanism.RSA_PKCS, None)

    def test_a_key_that_always_asks_leaves_it_to_the_key_pad(self, token: Token, pki: Pki) -> None:
        token.flags |= KEY_PAD.flag
        token.private_key(b"\xa2", attributes={Attribute.ALWAYS_AUTHENTICATE: True})
        token.objects.append(certificate(pki.organisation, b"\xa2"))
        assert isinstance(signer(None).sign(ask("a2")), Completed)
        assert token.asked == [(Mechanism.RSA_PKCS, "")]

    def test_a_wrong_pin_for_a_key_that_always_asks_is_not_tried_again(
        self, token: Token, pki: Pki
    ) -> None:
        token.private_key(b"\xa2", attributes={Attribute.ALWAYS_AUTHENTICATE: True})
        token.objects.append(certificate(pki.organisation, b"\xa2"))
        ours = signer()
        token.failure = failures.PinIncorrect()
        with pytest.raises(PinIncorrectError):
            ours.sign(ask("a2"))
        token.failure = None
        with pytest.raises(PinIncorrectError):
            ours.sign(ask("a2"))
        assert token.asked == []


class TestKeys:
    def test_a_key_without_a_certificate_is_left_out(self, token: Token) -> None:
        del token.objects[1:]
        assert signer().keys() == []

    def test_an_unknown_key_is_named(self, token: Token) -> None:
        with pytest.raises(KeyNotFoundError):
            signer().sign(ask("ff"))
        assert token.opened == 1

    def test_of_two_certificates_the_later_one_counts(self, token: Token, pki: Pki) -> None:
        token.objects.insert(0, certificate(pki.root, b"\xa1"))
        expected = max((pki.root, pki.leader), key=lambda p: p.certificate.not_valid_after_utc)
        assert signer().keys()[0].certificate == expected.der

    def test_the_public_key_finds_a_certificate_of_another_id(self, token: Token, pki: Pki) -> None:
        token.private_key(b"\xb1", attributes=public_of(pki.organisation))
        token.objects.append(certificate(pki.organisation, b"\xee"))
        found = {key.key_id: key.certificate for key in signer().keys()}  # noqa: SIM118
        assert found == {"a1": pki.leader.der, "b1": pki.organisation.der}

    @pytest.mark.parametrize("wrapped", [True, False])
    @pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1()])
    def test_the_public_key_beside_it_finds_the_certificate_of_an_elliptic_key(
        self, token: Token, pki: Pki, curve: ec.EllipticCurve, *, wrapped: bool
    ) -> None:
        party = pki.party("EC", ec.generate_private_key(curve))
        token.private_key(b"\xb1", attributes={Attribute.KEY_TYPE: KeyType.EC})
        token.objects += [
            public_key(party, b"\xb1", wrapped=wrapped),
            certificate(party, b"\xee"),
        ]
        assert signer().chain("b1")[0] == party.der

    def test_a_certificate_of_the_same_id_but_another_key_is_not_taken(
        self, token: Token, pki: Pki
    ) -> None:
        token.private_key(b"\xb1", attributes=public_of(pki.organisation))
        token.objects.append(certificate(pki.tsa, b"\xb1"))
        assert [key.key_id for key in signer().keys()] == ["a1"]  # noqa: SIM118  # a token

    def test_keys_that_share_an_id_are_named_by_their_public_key(
        self, token: Token, pki: Pki
    ) -> None:
        token.objects.clear()
        for party in (pki.leader, pki.organisation):
            token.private_key(b"", attributes=public_of(party))
            token.objects.append(certificate(party, b""))
        token.private_key(b"")  # says nothing of itself: nobody can tell whose it is
        found = {key.certificate for key in signer().keys()}  # noqa: SIM118  # a token
        assert found == {pki.leader.der, pki.organisation.der}
        assert all(len(key.key_id) == 40 for key in signer().keys())  # noqa: SIM118  # a token

    def test_a_key_that_may_not_sign_is_left_out(self, token: Token) -> None:
        token.objects[0][Attribute.SIGN] = False
        assert signer().keys() == []

    def test_what_is_no_certificate_of_ours_is_passed_over(self, token: Token, pki: Pki) -> None:
        strange = pki.party("Edwards", ed25519.Ed25519PrivateKey.generate())  # type: ignore[arg-type]
        broken = certificate(pki.tsa, b"\xa1")
        broken[Attribute.VALUE] = b"no certificate"
        token.objects += [broken, certificate(strange, b"\xa1")]
        assert [key.certificate for key in signer().keys()] == [pki.leader.der]  # noqa: SIM118


class TestMechanisms:
    def test_a_token_that_hashes_itself_is_sent_what_is_signed(
        self, token: Token, pki: Pki
    ) -> None:
        token.mechanisms = {Mechanism.SHA256_RSA_PKCS, Mechanism.ECDSA_SHA256}
        token.private_key(b"\xb1", attributes={Attribute.KEY_TYPE: KeyType.EC})
        token.objects.append(
            certificate(pki.party("EC", ec.generate_private_key(ec.SECP256R1())), b"\xb1")
        )
        ours = signer()
        assert isinstance(ours.sign(ask("a1")), Completed)
        assert isinstance(ours.sign(ask("b1")), Completed)
        assert [one for one, _ in token.asked] == [
            Mechanism.SHA256_RSA_PKCS,
            Mechanism.ECDSA_SHA256,
        ]


class TestSurvey:
    def test_a_survey_needs_no_pin(self, token: Token, module: Module, pki: Pki) -> None:
        token.objects.append(public_key(pki.leader, b"\xa1"))
        module.tokens += [
            Token(absent=failures.TokenNotPresent()),
            Token(absent=failures.DeviceError()),
            Token(flags=TokenFlag.RNG),
        ]
        found = survey("module.so")
        assert [one.code for one in found] == ["", "", "signing.token-removed", ""]
        first, empty, _, blank = (one.token for one in found)
        assert first is not None
        assert (first.label, first.serial, first.manufacturer) == ("token", "0001", "maker")
        assert [one.has_key for one in first.certificates] == [True, None]
        assert [one.der for one in first.certificates] == [pki.leader.der, pki.ca.der]
        assert empty is None
        assert blank is not None
        assert (blank.pin, blank.certificates) == (PinState.UNSET, ())
        assert token.pins == []
        assert token.closed == token.opened

    @pytest.mark.parametrize(
        ("flag", "state"),
        [
            (TokenFlag.USER_PIN_COUNT_LOW, PinState.FEW),
            (TokenFlag.USER_PIN_FINAL_TRY | TokenFlag.USER_PIN_COUNT_LOW, PinState.LAST),
            (TokenFlag.USER_PIN_LOCKED, PinState.LOCKED),
            (TokenFlag.RNG, PinState.FREE),
        ],
    )
    def test_a_survey_tells_what_tries_are_left(
        self, token: Token, flag: TokenFlag, state: PinState
    ) -> None:
        token.flags |= flag
        found = survey("module.so")[0].token
        assert found is not None
        assert found.pin is state
        assert not found.has_key_pad
