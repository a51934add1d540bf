"""How a service is asked: over TLS only, and with a token that is renewed in time."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from signing.errors import SignerUnreachableError
from signing.signers.remote.errors import RemoteAnswerInvalidError
from signing.signers.remote.reading import Fields
from signing.signers.remote.service import Answer, Service, Tokens

if TYPE_CHECKING:
    from collections.abc import Mapping


def service(status: int = 200, body: bytes = b"{}", url: str = "https://sign.example") -> Service:
    return Service(name="csc", url=url, transport=lambda *_: (status, body))


@pytest.mark.parametrize(
    "url",
    ["https://sign.example/csc/v1", "http://127.0.0.1:9000", "http://localhost/", "http://[::1]:1"],
)
def test_an_address_over_tls_or_on_this_machine_is_taken(url: str) -> None:
    assert service(url=url).ask("info", {}).is_good


@pytest.mark.parametrize(
    "url",
    [
        "http://sign.example",
        "http://127.0.0.1.example",
        "ftp://sign.example",
        "sign.example/csc",
        "https://",
        "https://user:hush-hush@sign.example",
        "https://sign.example?key=hush-hush",
        "https://sign.example#hush-hush",
    ],
)
def test_an_address_that_gives_secrets_away_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="https") as caught:
        service(url=url)
    assert "hush" not in str(caught.value)


def test_paths_follow_the_address() -> None:
    asked: list[str] = []

    def transport(url: str, _body: bytes, _headers: Mapping[str, str]) -> tuple[int, bytes]:
        asked.append(url)
        return 200, b"{}"

    one = Service(name="csc", url="https://sign.example/csc/v1/", transport=transport)
    one.ask("info", {})
    one.ask_form({})
    assert asked == ["https://sign.example/csc/v1/info", "https://sign.example/csc/v1"]
    assert repr(one) == "Service(name='csc', url='https://sign.example/csc/v1')"


@pytest.mark.parametrize("status", [408, 429, 500, 503, 599])
def test_a_service_that_says_later_is_unreachable(status: int) -> None:
    with pytest.raises(SignerUnreachableError) as caught:
        service(status).ask("info", {})
    assert caught.value.retryable
    assert caught.value.facts == {"service": "csc", "status": status}


@pytest.mark.parametrize("failure", [TimeoutError, ConnectionError, OSError])
def test_a_service_that_says_nothing_is_unreachable(failure: type[OSError]) -> None:
    def transport(*_: object) -> tuple[int, bytes]:
        raise failure

    with pytest.raises(SignerUnreachableError):
        Service(name="csc", url="https://sign.example", transport=transport).ask("info", {})


def test_a_good_answer_has_to_be_json_and_a_failure_may_be_anything() -> None:
    with pytest.raises(RemoteAnswerInvalidError):
        service(body=b"<html>").ask("info", {}).fields()
    failed = service(404, b"<html>").ask("info", {})
    assert failed.fields().text_or("error") == ""
    assert [one.text_or("error") for one in failed.several()] == [""]


class Authority:
    """Gives tokens that last an hour, or as long as it is told."""

    def __init__(self, **lasts: object) -> None:
        self.lasts = lasts or {"expires_in": 3600}
        self.given: list[str] = []
        self.now = 0.0
        self.tokens = Tokens(self.login, clock=lambda: self.now)

    def login(self, account: str) -> Fields:
        self.given.append(account)
        return Fields("csc", {"access_token": f"t{len(self.given)}", **self.lasts})

    def used(self, account: str = "an", *, refused: frozenset[str] = frozenset()) -> str:
        asked: list[str] = []

        def ask(token: str) -> Answer:
            asked.append(token)
            status = HTTPStatus.UNAUTHORIZED if token in refused else HTTPStatus.OK
            return Answer(service="csc", status=status, body=b"{}")

        self.tokens.use(account, ask)
        return " ".join(asked)


def test_a_token_is_kept_until_shortly_before_its_end() -> None:
    authority = Authority()
    found = []
    for authority.now in (0, 3539, 3540, 3600):
        found.append(authority.used())
    assert found == ["t1", "t1", "t2", "t2"]


def test_each_account_has_its_own_token() -> None:
    authority = Authority()
    assert [authority.used("an"), authority.used("binh"), authority.used("an")] == [
        "t1", "t2", "t1",
    ]  # fmt: skip


def test_a_token_that_is_not_accepted_is_renewed_once() -> None:
    authority = Authority()
    assert authority.used(refused=frozenset({"t1"})) == "t1 t2"
    assert authority.used(refused=frozenset({"t2", "t3", "t4"})) == "t2 t3"


def test_a_token_of_unknown_length_is_kept_for_minutes() -> None:
    authority = Authority(token_type="Bearer")
    found = []
    for authority.now in (0, 239, 240):
        found.append(authority.used())
    assert found == ["t1", "t1", "t2"]
