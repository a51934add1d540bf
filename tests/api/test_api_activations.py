"""A key whose holder types a PIN and a code: over the API and on the page, at a real service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support import typed_keys
from support.certificates import KEY, certificate
from support.remote_csc import OTP, PIN, Credential, Csc
from support.remote_service import Key
from support.waiting import wish

from docsvc.access.rules import Role
from docsvc.settings import Provider, Settings
from docsvc.steps.sign.asking import Asker
from docsvc.steps.sign.tables import SigningRequest
from docsvc.workflow import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from uuid import UUID

    from fastapi.testclient import TestClient

    from docsvc.bootstrap import Services

    AsRole = Callable[..., TestClient]
    Deliver = Callable[..., UUID]

LEADER = "leader.h99-12-05"


@pytest.fixture
def held() -> Credential:
    key = Key(KEY, (certificate("An"),))
    ecdsa = ("1.2.840.10045.4.3.2",)
    return Credential(key, algorithms=ecdsa, wants=("PIN", "OTP"), sends_code=True)


@pytest.fixture
def stand_in(held: Credential) -> Iterator[Csc]:
    with Csc({"an": held}) as made:
        yield made


@pytest.fixture
def settings(tmp_path: Path, stand_in: Csc) -> Settings:
    return Settings(
        data_dir=tmp_path,
        base_url="http://testserver",
        demonstration=True,
        providers=(Provider(**typed_keys.table(stand_in, tmp_path / "provider")),),
    )


@pytest.fixture
def leader(as_role: AsRole) -> TestClient:
    return as_role(Role.LEADER)


@pytest.fixture
def transaction(services: Services, deliver: Deliver) -> str:
    """Return the request for a document that the leader has said yes to."""
    document_id = deliver(until=Step.CONFIRM)
    services.confirm(document_id, Step.SIGN_LEADER, account=LEADER)
    wish(services, document_id, key_id="an")
    asker = Asker(services.requests, services.transactions, "worker-0")
    for one in asker.turn():
        one.result()
    asker.stop()
    return services.signing_requests(document_id)[0].transaction


def path(transaction: str, act: str = "") -> str:
    return f"/api/v1/signatures/{transaction}{act}"


def post(client: TestClient, path: str, **fields: str) -> Any:
    return client.post(path, data={"csrf": client.headers["X-CSRF-Token"]} | fields)


def test_program_is_told_what_to_type(leader: TestClient, transaction: str) -> None:
    said = leader.get(path(transaction)).json()
    assert said["request"]["code"] == "sign.activation-needed"
    assert (said["wants_pin"], said["wants_code"], said["sends_code"]) == (True, True, True)
    assert (said["one_is_enough"], said["codes_sent"], len(said["documents"])) == (False, 0, 1)
    waiting = leader.get(f"/api/v1/documents/{said['documents'][0]}/signature").json()["waiting"]
    assert waiting["transaction"] == transaction


def test_program_has_a_code_sent_and_signs(
    leader: TestClient, transaction: str, stand_in: Csc
) -> None:
    assert leader.post(path(transaction, "/code")).json()["codes_sent"] == 1
    assert stand_in.codes_sent == 1
    again = leader.post(path(transaction, "/code"))
    assert (again.status_code, again.json()["code"]) == (429, "sign.code-too-soon")
    said = leader.post(path(transaction, "/activate"), json={"pin": PIN, "code": OTP}).json()
    assert (said["request"]["state"], said["wants_pin"]) == ("answered", False)


def test_program_that_types_wrongly_is_told_which(leader: TestClient, transaction: str) -> None:
    wrong = leader.post(path(transaction, "/activate"), json={"pin": "000000", "code": OTP})
    assert (wrong.status_code, wrong.json()["code"]) == (403, "signing.pin-incorrect")
    assert "000000" not in wrong.text
    assert leader.get(path(transaction)).json()["wants_pin"]


def test_what_is_too_long_is_refused_without_repeating_it(
    leader: TestClient, transaction: str, stand_in: Csc
) -> None:
    asked = len(stand_in.heard)
    answer = leader.post(path(transaction, "/activate"), json={"pin": "7" * 65})
    assert answer.status_code == 422
    page = post(leader, f"/signatures/{transaction}/activate", pin="7" * 65)
    assert page.status_code == 422
    assert "7777" not in answer.text + page.text
    assert len(stand_in.heard) == asked


def test_page_asks_for_pin_and_code(leader: TestClient, transaction: str) -> None:
    page = leader.get(f"/signatures/{transaction}").text
    assert 'type="password" autocomplete="off"' in page
    assert 'autocomplete="one-time-code"' in page
    assert "Gửi mã cho tôi" in page
    assert "Thành lập Tổ công nghệ số cộng đồng" in page


def test_page_has_a_code_sent_and_signs(leader: TestClient, transaction: str) -> None:
    sent = post(leader, f"/signatures/{transaction}/code").text
    assert "Đã yêu cầu dịch vụ ký gửi mã" in sent
    assert "Gửi lại mã khác" in sent
    again = post(leader, f"/signatures/{transaction}/code")
    assert again.status_code == 429
    code = f" {OTP[:3]} {OTP[3:]} "
    done = post(leader, f"/signatures/{transaction}/activate", pin=PIN, code=code)
    assert done.status_code == 303
    assert done.headers["Location"].startswith("/documents/")
    over = leader.get(f"/signatures/{transaction}").text
    assert "hiện không chờ nhập mã" in over


def test_page_says_what_was_wrong_and_shows_nothing_of_it(
    leader: TestClient, transaction: str
) -> None:
    page = post(leader, f"/signatures/{transaction}/activate", pin="739201", code=OTP)
    assert page.status_code == 403
    assert "signing.pin-incorrect" in page.text
    assert "739201" not in page.text
    assert OTP not in page.text


def test_either_will_do_where_the_key_says_so(
    leader: TestClient, services: Services, transaction: str, held: Credential
) -> None:
    with services.transactions() as tx:
        row = tx.get_one(SigningRequest, transaction)
        told = {"factors": ["OTP", "PIN"], "any_is_enough": True, "sends_code": False}
        row.facts = {"activation": told}
    page = leader.get(f"/signatures/{transaction}").text
    assert "Chỉ cần một trong hai" in page
    assert "required" not in page.partition('id="pin"')[2].partition(">")[0]
    assert "Gửi mã cho tôi" not in page
    held.wants = ("PIN",)
    assert post(leader, f"/signatures/{transaction}/activate", pin=PIN).status_code == 303


def test_document_page_leads_its_leader_there_and_nobody_else(
    leader: TestClient, as_role: AsRole, transaction: str
) -> None:
    document = leader.get(path(transaction)).json()["documents"][0]
    link = f'href="/signatures/{transaction}"'
    page = leader.get(f"/documents/{document}").text
    assert link in page
    assert "Đang chờ người ký nhập mã" in page
    clerk = as_role(Role.CLERK)
    assert link not in clerk.get(f"/documents/{document}").text
    assert clerk.get(f"/signatures/{transaction}").status_code == 404
    refused = clerk.post(path(transaction, "/activate"), json={"pin": PIN, "code": OTP})
    assert (refused.status_code, refused.json()["code"]) == (404, "sign.request-unknown")
