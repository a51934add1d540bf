"""A key whose holder types a PIN and a code: the request waits for them, and they stay nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy import inspect, text
from support import road, typed_keys
from support.remote_csc import OTP, PIN, Credential, Csc
from support.remote_service import Key, other_value
from support.typed_keys import NAME
from support.waiting import OneWorker, confirmed, require_nothing_signed

from docsvc.errors import CodedError
from docsvc.steps.sign.activation import (
    CodeTooSoonError,
    NothingToTypeError,
    RequestUnknownError,
)
from docsvc.workflow import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.demo import DemoInstance
    from support.road import Road

    from docsvc.bootstrap import Services
    from docsvc.documents.tables import Document

HOLDER, KEY = "leader-h99-12-05", "an"
NEEDED = "sign.activation-needed"


@dataclass(frozen=True, kw_only=True)
class Typist:
    """The leader before the page, and what stands behind it."""

    worker: OneWorker
    stand_in: Csc

    @property
    def services(self) -> Services:
        return self.worker.services

    @property
    def held(self) -> Credential:
        return self.stand_in.credentials[KEY]

    def asked(self) -> str:
        """Return the request for a document that the leader has just said yes to."""
        document_id = self.worker.asked()
        row = self.worker.request(document_id)
        assert row.code == NEEDED
        return row.transaction

    def document(self, transaction: str) -> Document:
        (one,) = self.services.activations.view(transaction, account="leader").documents
        return self.worker.document(one.id)

    def type(self, transaction: str, *, pin: str = "", code: str = "") -> None:
        self.services.activate(transaction, pin=pin, code=code, account="leader")


@pytest.fixture(scope="module")
def key(demo_instance: DemoInstance) -> Key:
    return typed_keys.key_of(demo_instance, HOLDER)


@pytest.fixture(scope="module", params=["v1", "v2"])
def stand_in(request: pytest.FixtureRequest, key: Key) -> Iterator[Csc]:
    with Csc({KEY: Credential(key)}, version=request.param) as made:
        yield made


@pytest.fixture(scope="module")
def opened(
    tmp_path_factory: pytest.TempPathFactory, demo_instance: DemoInstance, stand_in: Csc
) -> Iterator[Road]:
    folder = tmp_path_factory.mktemp("typed")
    table = typed_keys.table(stand_in, folder / "provider", requests_at_once=50, timeout_s=5)
    with road.opened(
        folder / "road", demo_instance, providers=[table], server_side_personal_keys=False
    ) as made:
        typed_keys.hand_out(made.services, KEY)
        yield made


@pytest.fixture
def typist(opened: Road, stand_in: Csc) -> Iterator[Typist]:
    stand_in.pin, stand_in.otp, stand_in.tries = PIN, OTP, 3
    stand_in.failing, stand_in.codes_sent, stand_in.value_of = 0, 0, None
    stand_in.deny = stand_in.no_codes = ""
    held = stand_in.credentials[KEY]
    held.wants, held.sends_code, held.mode = ("PIN", "OTP"), True, ""
    made = Typist(worker=OneWorker(opened), stand_in=stand_in)
    yield made
    made.worker.asker.stop()


def test_what_is_typed_signs_the_document(typist: Typist) -> None:
    transaction = typist.asked()
    shown = typist.services.activations.view(transaction, account="leader")
    assert shown.typed is not None
    assert (shown.typed.factors, shown.typed.sends_code) == ({"PIN", "OTP"}, True)
    typist.services.activations.send_code(transaction, account="leader")
    assert typist.stand_in.codes_sent == 1
    typist.type(transaction, pin=PIN, code=OTP)
    document_id = typist.document(transaction).id
    typist.worker.go(document_id)
    assert typist.worker.document(document_id).state is State.REGISTERED
    assert typist.worker.acts(transaction) == ["sign.activated"]


def test_what_was_typed_is_in_no_table_and_no_log(
    typist: Typist, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    transaction = typist.asked()
    # Long ones: six digits are found in any table by chance.
    wrong, pin, code = "wrong-one-640217358", "right-one-482913771", "code-738496120554"
    typist.stand_in.pin, typist.stand_in.otp = pin, code
    with pytest.raises(CodedError, match=r"signing\.pin-incorrect") as caught:
        typist.type(transaction, pin=wrong, code=code)
    typist.type(transaction, pin=pin, code=code)
    kept = "\n".join([caplog.text, repr(caught.value), repr(caught.value.facts), _rows(typist)])
    assert transaction in kept
    assert [one for one in (wrong, pin, code) if one in kept] == []


def _rows(typist: Typist) -> str:
    engine = typist.services.engine
    with engine.connect() as connection:
        names = inspect(engine).get_table_names()
        tables = [connection.execute(text(f'select * from "{name}"')).all() for name in names]  # noqa: S608  # names of our own tables
    return repr(tables)


def test_wrong_pin_or_code_keeps_the_request(typist: Typist) -> None:
    transaction = typist.asked()
    with pytest.raises(CodedError, match=r"signing\.pin-incorrect"):
        typist.type(transaction, pin="000000", code=OTP)
    with pytest.raises(CodedError, match=r"signing\.one-time-code-incorrect"):
        typist.type(transaction, pin=PIN, code="000000")
    with pytest.raises(CodedError, match=r"signing\.activation-missing"):
        typist.type(transaction, pin=PIN)
    row = typist.worker.request_of(transaction)
    assert (row.code, row.next_at) == (NEEDED, row.expires_at)
    assert typist.stand_in.tries == 2
    typist.stand_in.otp = OTP
    typist.type(transaction, pin=PIN, code=OTP)
    assert typist.worker.request_of(transaction).state == "answered"


def test_locked_pin_ends_the_request_and_says_so(typist: Typist) -> None:
    typist.held.wants, typist.stand_in.tries = ("PIN",), 1
    transaction = typist.asked()
    document_id = typist.document(transaction).id
    with pytest.raises(CodedError, match=r"signing\.pin-locked"):
        typist.type(transaction, pin="000000")
    require_nothing_signed(typist.worker, document_id, "signing.pin-locked")


def test_service_that_is_away_keeps_the_request(typist: Typist) -> None:
    transaction = typist.asked()
    typist.stand_in.failing = 503
    with pytest.raises(CodedError, match=r"signing\.signer-unreachable"):
        typist.type(transaction, pin=PIN, code=OTP)
    assert typist.worker.request_of(transaction).code == NEEDED


def test_value_of_another_key_signs_nothing(typist: Typist) -> None:
    typist.held.wants = ("PIN",)
    transaction = typist.asked()
    document_id = typist.document(transaction).id
    stranger = rsa.generate_private_key(65537, 2048)
    typist.stand_in.value_of = other_value(stranger)
    with pytest.raises(CodedError, match=r"signing\.value-does-not-verify"):
        typist.type(transaction, pin=PIN)
    require_nothing_signed(typist.worker, document_id, "signing.value-does-not-verify")


def test_holder_who_denies_has_refused(typist: Typist) -> None:
    typist.held.wants = ("PIN",)
    transaction = typist.asked()
    document_id = typist.document(transaction).id
    typist.stand_in.deny = "authorize"
    typist.type(transaction, pin=PIN)
    require_nothing_signed(typist.worker, document_id, "signing.refused")


def test_only_who_said_yes_may_type(typist: Typist) -> None:
    transaction = typist.asked()
    door = typist.services.activations
    for act in (door.view, door.send_code):
        with pytest.raises(RequestUnknownError):
            act(transaction, account="somebody")
    with pytest.raises(RequestUnknownError):
        typist.services.activate(transaction, pin=PIN, code=OTP, account="somebody")
    with pytest.raises(RequestUnknownError):
        door.view("0" * 32, account="leader")
    assert typist.stand_in.tries == 3


def test_codes_are_sent_with_a_pause(typist: Typist) -> None:
    transaction = typist.asked()
    door = typist.services.activations
    door.send_code(transaction, account="leader")
    with pytest.raises(CodeTooSoonError):
        door.send_code(transaction, account="leader")
    assert door.view(transaction, account="leader").codes_sent == 1
    assert typist.stand_in.codes_sent == 1


def test_code_that_the_holder_makes_is_not_sent(typist: Typist) -> None:
    typist.held.sends_code = False
    transaction = typist.asked()
    with pytest.raises(NothingToTypeError):
        typist.services.activations.send_code(transaction, account="leader")


def test_service_that_sends_no_code_is_said(typist: Typist) -> None:
    transaction = typist.asked()
    typist.stand_in.no_codes = "invalid_request"
    with pytest.raises(CodedError, match=r"signing\.remote-request-refused"):
        typist.services.activations.send_code(transaction, account="leader")


def test_two_tries_at_once_are_one(typist: Typist, monkeypatch: pytest.MonkeyPatch) -> None:
    transaction = typist.asked()
    door = typist.services.activations
    provider = typist.services.requests.providers.of(NAME)
    met: list[str] = []

    def second(activation: object) -> object:
        assert activation
        with pytest.raises(NothingToTypeError) as caught:
            typist.type(transaction, pin=PIN, code=OTP)
        met.append(caught.value.code)
        assert door.view(transaction, account="leader").typed is None
        monkeypatch.undo()
        return provider.activated(activation)  # type: ignore[misc,arg-type]

    class Once:
        activated = staticmethod(second)
        send_code = provider.send_code

    monkeypatch.setattr(type(typist.services.requests.providers), "of", lambda *_: Once)
    typist.type(transaction, pin=PIN, code=OTP)
    assert met == ["sign.nothing-to-type"]


def test_nobody_who_types_lets_the_request_run_out(typist: Typist) -> None:
    transaction = typist.asked()
    document_id = typist.document(transaction).id
    typist.worker.run_out(transaction)
    with pytest.raises(NothingToTypeError):
        typist.type(transaction, pin=PIN, code=OTP)
    typist.worker.ask()
    require_nothing_signed(typist.worker, document_id, "sign.request-expired")


def test_request_that_was_cancelled_meanwhile_signs_nothing(
    typist: Typist, monkeypatch: pytest.MonkeyPatch
) -> None:
    transaction = typist.asked()
    document_id = typist.document(transaction).id
    provider = typist.services.requests.providers.of(NAME)

    def first_cancel(activation: object) -> object:
        monkeypatch.undo()
        typist.services.cancel_signature(document_id, account="leader")
        return provider.activated(activation)  # type: ignore[misc,arg-type]

    class Once:
        activated = staticmethod(first_cancel)
        send_code = provider.send_code

    monkeypatch.setattr(type(typist.services.requests.providers), "of", lambda *_: Once)
    with pytest.raises(CodedError, match=r"signing\.pin-incorrect"):
        typist.type(transaction, pin="000000", code=OTP)
    require_nothing_signed(typist.worker, document_id, "sign.request-cancelled")


def test_key_whose_holder_agrees_elsewhere_signs_nothing(typist: Typist) -> None:
    typist.held.mode = "oauth2code"
    document_id = confirmed(typist.worker.opened)
    typist.worker.go(document_id)
    typist.worker.ask()
    require_nothing_signed(typist.worker, document_id, "signing.activation-missing")
