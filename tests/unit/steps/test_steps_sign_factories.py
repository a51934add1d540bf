"""The settings of each kind of provider become a signer; what nobody understands is refused."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from docsvc.clock import SystemClock
from docsvc.http import FetchRefusedError, Outbound
from docsvc.settings import Provider as ProviderSettings
from docsvc.steps.sign.factories import Surroundings, factories
from docsvc.steps.sign.providers import (
    CallBack,
    CallBackRefusedError,
    Providers,
    ProviderUnusableError,
)
from signing.errors import KeyNotFoundError, SignerUnreachableError, SigningError
from signing.signers.base import Item, Request
from signing.signers.mobile.errors import MobileNotAuthenticError
from signing.signers.mobile.signer import MobileSigner
from signing.signers.remote.csc import CscSigner
from signing.signers.remote.mysign import MySignSigner
from signing.signers.remote.smartca import SmartCaSigner

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from docsvc.steps.sign.providers import Provider

URL = "https://provider.example/service"
CHAIN = (b"leaf", b"issuer")
KINDS: dict[str, tuple[type, dict[str, str]]] = {
    "mobile-soap": (MobileSigner, {"soap": "V1_1", "profile": "urn:x", "sent": "DIGEST_INFO"}),
    "mobile-json": (MobileSigner, {"signs_content": "true", "also_signed": "500 502"}),
    "csc": (CscSigner, {"version": "V2", "token_url": "https://login.example/token"}),
    "smartca": (SmartCaSigner, {}),
    "mysign": (MySignSigner, {"profile_id": "adss:ras:profile:002"}),
}


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text("of both, and long enough to be a key\n")
    return path


@pytest.fixture
def posted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Keep what is asked of the network; nobody answers."""
    asked: list[str] = []

    def exchange(_self: Outbound, url: str, *_: object, **__: object) -> Any:
        asked.append(url)
        raise FetchRefusedError(host="provider.example")

    monkeypatch.setattr(Outbound, "exchange", exchange)
    return asked


@pytest.fixture
def made(secret: Path) -> Iterator[Any]:
    opened: list[Providers] = []

    def make(kind: str, options: Mapping[str, str] | None = None, **more: object) -> Provider:
        settings = ProviderSettings.model_validate(
            {"name": "it", "kind": kind, "url": URL, "account": "us", "secret_file": secret,
             "callback_secret_file": secret, "options": dict(options or {}), **more}
        )  # fmt: skip
        around = Surroundings(clock=SystemClock(), chains=lambda _name: {"0912345678": CHAIN})
        opened.append(Providers((settings,), factories(around), base_url="https://we.example"))
        return opened[-1].of("it")

    yield make
    for each in opened:
        each.close()


@pytest.mark.parametrize("kind", KINDS)
def test_settings_become_the_signer_of_their_kind(made: Any, kind: str) -> None:
    signer, options = KINDS[kind]
    assert isinstance(made(kind, options).signer, signer)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("options", [{"no-such": "x"}, {"sent": "?", "version": "?", "soap": "?"}])
def test_an_option_that_nobody_knows_is_refused(
    made: Any, kind: str, options: dict[str, str]
) -> None:
    with pytest.raises(ProviderUnusableError):
        made(kind, options)


def test_a_flag_is_true_or_false(made: Any) -> None:
    with pytest.raises(ProviderUnusableError):
        made("mobile-json", {"signs_content": "yes"})


def test_an_address_that_is_none_is_refused(made: Any) -> None:
    with pytest.raises(ProviderUnusableError):
        made("smartca", url="ftp://provider.example")


def test_a_secret_that_cannot_be_read_is_told_as_such(made: Any, tmp_path: Path) -> None:
    with pytest.raises(ProviderUnusableError):
        made("smartca", secret_file=tmp_path / "none")


@pytest.mark.parametrize("kind", ["csc", "smartca", "mysign"])
def test_an_address_that_may_not_be_called_is_a_service_that_does_not_answer(
    made: Any, posted: list[str], kind: str
) -> None:
    with pytest.raises(SignerUnreachableError):
        made(kind).signer.chain("account:5401")
    assert posted
    assert all(url.startswith(URL) for url in posted)


def test_certificates_of_phones_come_from_the_inventory(made: Any, posted: list[str]) -> None:
    signer = made("mobile-json").signer
    assert signer.chain("84912345678") == CHAIN
    assert signer.chain("0912345678") == CHAIN
    with pytest.raises(KeyNotFoundError):
        signer.chain("0987654321")
    assert posted == []


def test_a_phone_is_asked_through_its_operator(made: Any, posted: list[str]) -> None:
    request = Request(key_id="0912345678", items=(Item(to_be_signed=b"x"),), transaction="a1")
    with pytest.raises(SignerUnreachableError):
        made("mobile-soap", mode="synch").signer.sign(request)
    assert posted == [URL]


@pytest.mark.parametrize(
    ("mode", "valid_for_s", "limit_s"),
    [
        # The call lasts as long as the holder takes, and the way back.
        ("synch", 240, 270),
        # A little time is left of a request that is sent again.
        ("synch", 10, 40),
        # The settings bound what a library may ask for.
        ("synch", 3600, 330),
        # What is asked for later takes a call's time.
        ("asynchClientServer", 240, 20),
    ],
)
def test_a_call_may_last_as_long_as_its_mode_needs(
    made: Any, monkeypatch: pytest.MonkeyPatch, mode: str, valid_for_s: float, limit_s: float
) -> None:
    limits: list[float] = []

    def request(_self: Outbound, _method: str, _url: str, deadline: float, *_: object) -> Any:
        limits.append(deadline - time.monotonic())
        raise FetchRefusedError(host="provider.example")

    monkeypatch.setattr(Outbound, "_request", request)
    asked = Request(
        key_id="0912345678",
        items=(Item(to_be_signed=b"x"),),
        transaction="a1",
        valid_for_s=valid_for_s,
    )
    with pytest.raises(SignerUnreachableError):
        made("mobile-soap", mode=mode, timeout_s=20, valid_for_s=300).signer.sign(asked)
    assert limits[-1] == pytest.approx(limit_s, abs=5)


@pytest.mark.parametrize(("status", "good"), [(200, True), (500, True), (404, False)])
def test_a_fault_of_an_operator_is_an_answer_and_another_status_is_none(
    made: Any, monkeypatch: pytest.MonkeyPatch, status: int, *, good: bool
) -> None:
    monkeypatch.setattr(Outbound, "exchange", lambda *_, **__: (status, b"neither"))
    request = Request(key_id="0912345678", items=(Item(to_be_signed=b"x"),), transaction="a1")
    with pytest.raises(SigningError) as caught:
        made("mobile-soap").signer.sign(request)
    assert isinstance(caught.value, SignerUnreachableError) is not good


def test_call_backs_of_operators_show_the_secret_of_their_transaction(made: Any) -> None:
    assert made("mobile-json").read_call_back is None
    read = made("mobile-json", mode="asynchServerServer").read_call_back
    with pytest.raises(MobileNotAuthenticError):
        read(CallBack(body=b"{}", headers={}, path="Ta1.0/wrong"))


def test_call_backs_of_mysign_show_the_bearer_token(made: Any, secret: Path) -> None:
    read = made("mysign", mode="asynchServerServer").read_call_back
    with pytest.raises(CallBackRefusedError):
        read(CallBack(body=b"{}", headers={"authorization": "Bearer other"}))
    token = secret.read_text().strip()
    with pytest.raises(SigningError):
        read(CallBack(body=b"{}", headers={"authorization": f"Bearer {token}"}))
    assert made("mysign", callback_secret_file=None).read_call_back is None


def test_call_backs_of_smartca_are_read_by_its_library(made: Any) -> None:
    with pytest.raises(SigningError):
        made("smartca").read_call_back(CallBack(body=b"{}", headers={}))
