"""Signatures that come later and batches, for programs and on pages."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import openpyxl
import pytest
from support import officers
from support.waiting import waiting_of, wish

from docsvc.access.rules import Role
from docsvc.documents import service as documents
from docsvc.settings import Provider, Settings
from docsvc.steps.sign import factories, providers
from docsvc.steps.sign.providers import CallBack, CallBackRefusedError
from docsvc.steps.sign.tables import SigningRequest
from docsvc.workflow import Step
from signing.signers.base import Outcome, Pending, Refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fastapi.testclient import TestClient

    from docsvc.bootstrap import Services
    from tests.api.conftest import FixedClock

    AsRole = Callable[..., TestClient]
    Deliver = Callable[..., UUID]

ASIDE = "H99.12.06"
PHONE = "84900000001"


class Signer:
    """Would ask a holder; nobody asks it here but for its call-backs."""

    def chain(self, key_id: str) -> tuple[bytes, ...]:
        return (key_id.encode(),)

    def sign(self, request: object) -> Outcome:
        return Pending(handle=str(request))

    def poll(self, handle: str) -> Outcome:
        return Pending(handle=handle)

    def cancel(self, handle: str) -> None:
        """Give it up."""


def read(said: CallBack) -> tuple[str, Outcome]:
    if said.path:
        name, _, secret = said.path.partition("/")
        return str(said.by_name(name) or said.by_beginning(secret)), Refused(code="signing.refused")
    if said.headers.get("x-secret") != "of both":
        raise CallBackRefusedError
    return said.body.decode(), Refused(code="signing.refused")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    made = providers.Provider(signer=Signer(), read_call_back=read)
    monkeypatch.setitem(factories.MAKERS, "mobile-json", lambda _settings, _around: made)
    return Settings(
        data_dir=tmp_path,
        base_url="http://testserver",
        demonstration=True,
        max_upload_bytes=100_000,
        providers=(Provider(name="sim", kind="mobile-json", url="http://127.0.0.1:1"),),
    )


@pytest.fixture(autouse=True)
def signers(services: Services) -> None:
    """Let nothing stand against a signature: what happens after the yes is tested here."""
    officers.in_order(services, account=None)


@pytest.fixture
def asked(services: Services, deliver: Deliver) -> Callable[[], UUID]:
    """Return what makes a document for which the leader's phone was asked."""

    def make() -> UUID:
        document_id = deliver(until=Step.CONFIRM, data=b"%PDF-1.7 " + uuid4().bytes)
        services.confirm(document_id, Step.SIGN_LEADER, account="leader")
        wish(services, document_id, key_id=PHONE)
        return document_id

    return make


def test_holder_is_asked_once_by_two_workers_at_the_same_step(
    services: Services, asked: Callable[[], UUID]
) -> None:
    document_id = asked()
    wish(services, document_id, key_id=PHONE)
    assert len(services.signing_requests(document_id)) == 1


def path_of(document_id: UUID, act: str = "") -> str:
    return f"/api/v1/documents/{document_id}/signature{act}"


def test_document_says_what_it_waits_for(as_role: AsRole, asked: Callable[[], UUID]) -> None:
    client, document_id = as_role(Role.CLERK), asked()
    said = client.get(path_of(document_id)).json()
    assert said["code"] == "sign.waiting-for-holder"
    waiting = said["waiting"]
    assert (waiting["step"], waiting["provider"], waiting["state"]) == (
        "sign-leader", "sim", "intended",
    )  # fmt: skip
    assert len(waiting["control_code"]) == 4
    assert waiting["until"] is None
    assert "84900000001" not in str(said)


def test_document_that_waits_for_nobody_says_so(as_role: AsRole, deliver: Deliver) -> None:
    client, document_id = as_role(Role.LEADER), deliver(until=Step.CONFIRM)
    assert client.get(path_of(document_id)).json() == {
        "waiting": None,
        "code": None,
        "ended": [],
    }
    answer = client.post(path_of(document_id, "/cancel"))
    assert (answer.status_code, answer.json()["code"]) == (409, "sign.not-asked")


@pytest.mark.parametrize("role", [Role.LEADER, Role.CLERK])
def test_desk_cancels_a_request(as_role: AsRole, asked: Callable[[], UUID], role: Role) -> None:
    client, document_id = as_role(role), asked()
    said = client.post(path_of(document_id, "/cancel")).json()
    assert (said["waiting"], said["code"]) == (None, "sign.request-cancelled")
    assert [(e["state"], e["code"]) for e in said["ended"]] == [
        ("cancelled", "sign.request-cancelled")
    ]
    page = client.get(f"/documents/{document_id}").text
    assert "Các lần yêu cầu ký trên thiết bị" in page


def test_leader_alone_asks_again(as_role: AsRole, asked: Callable[[], UUID]) -> None:
    document_id = asked()
    for role in (Role.CLERK, Role.AUDITOR):
        answer = as_role(role).post(path_of(document_id, "/ask-again"))
        assert answer.json()["code"] == "access.not-allowed"
    said = as_role(Role.LEADER).post(path_of(document_id, "/ask-again")).json()
    assert (said["waiting"], said["code"], len(said["ended"])) == (None, None, 1)


def test_others_neither_cancel_nor_see(as_role: AsRole, asked: Callable[[], UUID]) -> None:
    document_id = asked()
    answer = as_role(Role.AUDITOR).post(path_of(document_id, "/cancel"))
    assert answer.json()["code"] == "access.not-allowed"
    assert as_role(Role.LEADER, ASIDE).get(path_of(document_id)).status_code == 404


def test_call_back_needs_no_account_but_must_be_the_providers(
    anybody: TestClient, services: Services, asked: Callable[[], UUID]
) -> None:
    document_id = asked()
    waiting = waiting_of(services, document_id)
    body = waiting.transaction.encode()
    refused = anybody.post("/api/v1/call-backs/sim", content=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "sign.call-back-refused")
    taken = anybody.post("/api/v1/call-backs/sim", content=body, headers={"X-Secret": "of both"})
    assert (taken.status_code, taken.content) == (204, b"")
    unknown = anybody.post("/api/v1/call-backs/nobody", content=body)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "sign.provider-unknown")
    with services.transactions() as tx:
        document = documents.get(tx, document_id)
    assert (document.waiting_code, document.waits_for) == ("signing.refused", "leader")


@pytest.mark.parametrize("found_by", ["name", "beginning"])
def test_call_back_may_name_its_request_in_the_address(
    anybody: TestClient, services: Services, asked: Callable[[], UUID], found_by: str
) -> None:
    document_id = asked()
    waiting = waiting_of(services, document_id)
    with services.transactions() as tx:
        tx.get_one(SigningRequest, waiting.transaction).handle = "begins%: and goes on"
    path = f"{waiting.transaction}/x" if found_by == "name" else "none/begins%25:"
    unknown = anybody.post("/api/v1/call-backs/sim/none/begins_")
    assert unknown.json()["code"] == "sign.call-back-refused"
    assert anybody.post(f"/api/v1/call-backs/sim/{path}").status_code == 204
    with services.transactions() as tx:
        assert documents.get(tx, document_id).waiting_code == "signing.refused"


@pytest.mark.parametrize("language", ["vi", "en"])
def test_page_shows_the_control_code_and_what_can_be_done(
    as_role: AsRole,
    services: Services,
    clock: FixedClock,
    asked: Callable[[], UUID],
    language: str,
) -> None:
    client, document_id = as_role(Role.LEADER), asked()
    client.headers["Accept-Language"] = language
    waiting = waiting_of(services, document_id)
    html = client.get(f"/documents/{document_id}").text
    assert f"<strong>{waiting.control_code}</strong>" in html
    assert waiting.prompt in html
    assert ("chưa gửi đi" in html) or ("not sent yet" in html)
    with services.transactions() as tx:
        row = tx.get_one(SigningRequest, waiting.transaction)
        row.expires_at = clock.now() + timedelta(seconds=184)
        row.code = "signing.signer-unreachable"
    html = client.get(f"/documents/{document_id}").text
    assert ("3 phút 4 giây" in html) or ("3 min 4 s" in html)
    form = {"csrf": client.headers["X-CSRF-Token"]}
    again = client.post(f"/documents/{document_id}/signature/ask-again", data=form)
    assert again.headers["Location"] == f"/documents/{document_id}"
    other = asked()
    assert client.post(f"/documents/{other}/signature/cancel", data=form).status_code == 303
    assert ("Yêu cầu lại" in client.get(f"/documents/{other}").text) or language == "en"


def begun(client: TestClient, *chosen: UUID, step: str = "sign-leader") -> Any:
    body = {"step": step, "documents": [str(d) for d in chosen]}
    return client.post("/api/v1/batches", json=body)


def test_batch_is_begun_followed_and_stopped(as_role: AsRole, deliver: Deliver) -> None:
    chosen = [deliver(until=Step.CONFIRM, data=b"%PDF-1.7 " + bytes([n])) for n in range(3)]
    client = as_role(Role.LEADER)
    answer = begun(client, *chosen)
    assert answer.status_code == 202
    place = answer.headers["Location"]
    said = client.get(place).json()
    assert said["counts"] == {
        "queued": 3, "waiting": 0, "signed": 0, "failed": 0, "stopped": 0,
    }  # fmt: skip
    assert not said["is_over"]
    stopped = client.post(f"{place}/stop").json()
    assert (stopped["is_over"], stopped["counts"]["stopped"]) == (True, 3)
    assert {line["code"] for line in stopped["lines"]} == {"sign.batch-stopped"}
    sheet = client.get(f"{place}/outcome.xlsx")
    (read_,) = openpyxl.load_workbook(io.BytesIO(sheet.content)).worksheets
    assert [row[7].value for row in read_.iter_rows(min_row=6)] == [str(d) for d in chosen]


def test_batch_of_what_the_caller_may_not_sign_is_not_begun(
    as_role: AsRole, deliver: Deliver, services: Services
) -> None:
    mine = deliver(until=Step.CONFIRM)
    assert begun(as_role(Role.CLERK), mine).json()["code"] == "access.not-allowed"
    leader = as_role(Role.LEADER)
    assert begun(leader, mine, uuid4()).json()["code"] == "documents.missing"
    assert begun(leader).status_code == 422
    with services.transactions() as tx:
        assert documents.get(tx, mine).waits_for == "leader"


def test_batch_is_seen_by_who_began_it(as_role: AsRole, deliver: Deliver) -> None:
    place = begun(as_role(Role.LEADER), deliver(until=Step.CONFIRM)).headers["Location"]
    answer = as_role(Role.CLERK).get(place)
    assert (answer.status_code, answer.json()["code"]) == (404, "sign.batch-unknown")


@pytest.mark.parametrize("language", ["vi", "en"])
def test_clerk_seals_several_as_a_batch_with_a_page(
    as_role: AsRole, deliver: Deliver, language: str
) -> None:
    chosen = [str(deliver(until=Step.REGISTER, data=b"%PDF-1.7 " + bytes([n]))) for n in range(2)]
    client = as_role(Role.CLERK)
    client.headers["Accept-Language"] = language
    form = {"csrf": client.headers["X-CSRF-Token"], "document": chosen}
    place = client.post("/desk/seal", data=form).headers["Location"]
    html = client.get(place).text
    assert ("Xong 0 trên 2" in html) or ("0 of 2" in html)
    assert client.post(f"{place}/stop", data=form).headers["Location"] == place
    html = client.get(place).text
    assert "sign.batch-stopped" in html
    sheet = client.get(f"{place}/outcome.xlsx")
    assert sheet.headers["Content-Disposition"].startswith("attachment")


def test_request_of_a_provider_that_is_gone_is_said_and_withdrawn_by_the_clerk(
    as_role: AsRole, services: Services, asked: Callable[[], UUID]
) -> None:
    clerk, document_id = as_role(Role.CLERK), asked()
    assert services.diagnose()[-3]["ok"]
    without = replace(services.requests, providers=providers.Providers((), {}))
    clerk.app.state.services = replace(services, requests=without)  # type: ignore[attr-defined]
    waiting = clerk.get(path_of(document_id)).json()["waiting"]
    assert (waiting["code"], waiting["state"]) == ("sign.provider-gone", "intended")
    page = clerk.get(f"/documents/{document_id}").text
    assert "không còn trong cấu hình (sim)" in page
    assert "Hủy yêu cầu" in page
    assert clerk.get("/api/v1/health").json()["requests_without_provider"] == 1
    (part,) = (one for one in clerk.app.state.services.diagnose() if one["name"] == "requests")  # type: ignore[attr-defined]
    assert (part["detail"], part["facts"]) == ("sign.provider-gone", {"providers": "sim (1)"})
    admin = as_role(Role.ADMINISTRATOR)
    assert "không còn trong cấu hình (sim (1))" in admin.get("/self-check").text
    clerk.post(path_of(document_id, "/cancel"))
    assert clerk.get("/api/v1/health").json()["requests_without_provider"] == 0
    assert clerk.get(f"/api/v1/documents/{document_id}").json()["waits_for"] == "leader"
