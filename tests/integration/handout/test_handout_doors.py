"""The doors: API, pages, and what a signing helper meets."""

from __future__ import annotations

import html
import json
import re
import warnings
from typing import TYPE_CHECKING, Any

import pytest
from support import foreign
from support.desk import CLERK, LEADER

from docsvc.access import service as access
from docsvc.demo.instance import PASSWORD
from docsvc.steps.sign.tables import HandOut
from docsvc.workflow import State, Step

with warnings.catch_warnings():
    # Starlette wants httpx2 for its test client; httpx, which we pin, still serves.
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from fastapi import FastAPI
    from support.desk import Desk
    from support.road import Road

    from docsvc.steps.sign.handout import HandOuts

    Enter = Callable[[str], TestClient]

HELPER = "wss://127.0.0.1:8987"


@pytest.fixture
def helper(app: FastAPI, town: Road) -> TestClient:
    """Somebody who has no session, as the helper has none."""
    return TestClient(app, base_url=town.services.settings.base_url)


@pytest.fixture
def enter(app: FastAPI, town: Road) -> Iterator[Enter]:
    opened: list[TestClient] = []

    def log_in(login: str) -> TestClient:
        client = TestClient(app, base_url=town.services.settings.base_url, follow_redirects=False)
        answer = client.post("/api/v1/sessions", json={"login": login, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
        opened.append(client)
        return client

    yield log_in
    for client in opened:
        client.close()


def made(client: TestClient, document_id: UUID) -> dict[str, Any]:
    answer = client.post(f"/api/v1/documents/{document_id}/signatures/handouts")
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


def signed(desk: Desk, pdf: bytes, told: dict[str, Any]) -> bytes:
    holder = foreign.holder_of(desk.demo.pki, told["certificates"])
    return foreign.sign(pdf, desk.demo.pki, holder, field=told["field"])


# --- the API


def test_program_fetches_signs_and_sends_back(desk: Desk, enter: Enter) -> None:
    document_id, client = desk.delivered(), enter(LEADER)

    told = made(client, document_id)
    fetched = client.get(told["file"])
    sent = client.post(
        told["upload"], files={"file": ("a.pdf", signed(desk, fetched.content, told))}
    )

    assert fetched.headers["content-type"] == "application/pdf"
    assert (told["step"], told["field"]) == ("sign-leader", "docsvc.leader")
    assert sent.json()["state"] == State.LEADER_SIGNED


def test_refused_file_is_a_problem_with_its_reason(desk: Desk, enter: Enter) -> None:
    document_id, client = desk.delivered(), enter(LEADER)
    told = made(client, document_id)
    fetched = client.get(told["file"])

    refused = client.post(told["upload"], files={"file": ("a.pdf", fetched.content)})

    assert refused.status_code == 422
    assert refused.json()["code"] == "verification.extension-no-signature"
    assert desk.state_of(document_id) is State.CONFIRMED


def test_upload_without_a_file_is_refused(desk: Desk, enter: Enter) -> None:
    client = enter(LEADER)
    told = made(client, desk.delivered())

    assert client.post(told["upload"], files={"other": b""}).json()["code"] == "web.invalid-request"


def test_nobody_else_may_have_or_use_a_hand_out(desk: Desk, enter: Enter) -> None:
    document_id, leader, clerk = desk.delivered(), enter(LEADER), enter(CLERK)
    place = f"/api/v1/documents/{document_id}/signatures/handouts"
    told = made(leader, document_id)

    assert clerk.post(place).json()["code"] == "access.not-allowed"
    assert enter("kiemtra").post(place).json()["code"] == "access.not-allowed"
    for method, address in (("GET", told["file"]), ("POST", told["upload"])):
        answer = clerk.request(method, address)
        assert answer.json()["code"] == "sign.handout-unknown"


def test_token_of_another_document_opens_nothing(desk: Desk, enter: Enter) -> None:
    one, other, client = desk.delivered(), desk.delivered(), enter(LEADER)
    told = made(client, one)

    for method, address in (("GET", told["file"]), ("POST", told["upload"])):
        answer = client.request(method, address.replace(str(one), str(other)))
        assert answer.json()["code"] == "sign.handout-unknown"


def test_document_that_waits_for_something_else_is_not_handed_out(desk: Desk, enter: Enter) -> None:
    document_id = desk.delivered(until=Step.CONFIRM)

    answer = enter(CLERK).post(f"/api/v1/documents/{document_id}/signatures/handouts")

    assert answer.json()["code"] == "documents.not-waiting"


# --- the page


def told_to_helper(page: str) -> list[dict[str, Any]]:
    return [json.loads(html.unescape(each)) for each in re.findall(r'data-told="([^"]*)"', page)]


def csrf(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def prepared(client: TestClient, document_id: UUID) -> str:
    asked = client.get(f"/documents/{document_id}/device")
    answer = client.post(f"/documents/{document_id}/device", data={"csrf": csrf(asked.text)})
    assert answer.status_code == 200, answer.text
    return answer.text


def test_only_this_page_may_speak_to_the_helper(desk: Desk, enter: Enter) -> None:
    document_id, client = desk.delivered(), enter(LEADER)

    page = client.get(f"/documents/{document_id}/device")
    other = client.get(f"/documents/{document_id}")

    assert f"connect-src 'self' {HELPER}" in page.headers["Content-Security-Policy"]
    assert HELPER not in other.headers["Content-Security-Policy"]
    assert f"/documents/{document_id}/device" in other.text
    assert "data-told" not in page.text


def test_person_downloads_signs_and_uploads(desk: Desk, enter: Enter) -> None:
    document_id, client = desk.delivered(until=Step.SIGN_ORGANISATION), enter(CLERK)
    page = prepared(client, document_id)
    link = re.search(r'href="(/documents/[^"]+/device/file\?t=([^"]+))"', page)
    assert link is not None

    fetched = client.get(html.unescape(link[1]))
    (told,) = told_to_helper(page)
    certificates = [m["Value"] for m in told["MetaData"] if m["Key"] == "certificate"]
    returned = signed(
        desk, fetched.content, {"certificates": certificates, "field": "docsvc.organisation"}
    )
    sent = client.post(
        f"/documents/{document_id}/device/upload",
        data={"csrf": csrf(page), "t": link[2]},
        files={"file": ("a.pdf", returned)},
    )

    assert sent.status_code == 303
    assert sent.headers["Location"] == f"/documents/{document_id}"
    assert desk.state_of(document_id) is State.ORGANISATION_SIGNED


def test_refused_upload_says_why_and_offers_a_new_try(desk: Desk, enter: Enter) -> None:
    document_id, client = desk.delivered(), enter(LEADER)
    page = prepared(client, document_id)
    token = re.search(r'name="t" value="([^"]+)"', page)
    assert token is not None

    sent = client.post(
        f"/documents/{document_id}/device/upload",
        data={"csrf": csrf(page), "t": token[1]},
        files={"file": ("a.pdf", b"%PDF-1.7 something else")},
    )

    assert sent.status_code == 422
    assert "verification.extension-not-our-bytes" in sent.text
    assert "vẫn giữ nguyên trạng thái cũ" in sent.text
    assert "Chuẩn bị tệp để ký" in sent.text
    assert desk.state_of(document_id) is State.CONFIRMED


def test_refusal_for_a_change_says_which(desk: Desk, enter: Enter, handouts: HandOuts) -> None:
    document_id, client = desk.delivered(), enter(LEADER)
    page = prepared(client, document_id)
    token = re.search(r'name="t" value="([^"]+)"', page)
    assert token is not None
    given = handouts.file(token[1])
    objects = given.count(b" 0 obj")
    start = given.rindex(b"startxref") + len(b"startxref")
    previous = int(given[start:].split()[0])
    note = f"\n{objects + 50} 0 obj\n<</Nothing true>>\nendobj\n".encode()
    table = len(given) + len(note)
    update = (
        f"xref\n{objects + 50} 1\n{len(given) + 1:010d} 00000 n \n"
        f"trailer\n<</Size {objects + 51}/Root 1 0 R/Prev {previous}/Odd true>>\n"
        f"startxref\n{table}\n%%EOF\n"
    ).encode()
    (told,) = told_to_helper(page)
    certificates = [m["Value"] for m in told["MetaData"] if m["Key"] == "certificate"]
    holder = foreign.holder_of(desk.demo.pki, certificates)
    returned = foreign.sign(given + note + update, desk.demo.pki, holder, field="docsvc.leader")

    sent = client.post(
        f"/documents/{document_id}/device/upload",
        data={"csrf": csrf(page), "t": token[1]},
        files={"file": ("a.pdf", returned)},
    )

    assert "verification.extension-changed-else" in sent.text
    assert 'class="notice"' in sent.text


def test_several_documents_are_handed_out_at_once(desk: Desk, enter: Enter) -> None:
    good = [desk.delivered(), desk.delivered()]
    waiting = desk.delivered(until=Step.CONFIRM)
    client = enter(LEADER)
    token = csrf(client.get("/sign").text)

    page = client.post("/device", data={"csrf": token, "document": [*map(str, good), str(waiting)]})

    together, *singles = told_to_helper(page.text)
    assert [one["FileID"] for one in together["Files"]] == [str(one) for one in good]
    assert {one["Operation"] for one in together["Files"]} == {"SignApproved"}
    assert len(singles) == 2
    assert "access.not-allowed" in page.text


def test_nothing_chosen_is_said(enter: Enter) -> None:
    client = enter(LEADER)

    answer = client.post("/device", data={"csrf": csrf(client.get("/sign").text)})

    assert "web.nothing-chosen" in answer.text


# --- the helper


def test_helper_is_told_what_the_protocol_says(desk: Desk, enter: Enter, town: Road) -> None:
    document_id = desk.delivered(until=Step.SIGN_ORGANISATION)
    base = town.services.settings.base_url

    (told,) = told_to_helper(prepared(enter(CLERK), document_id))

    assert set(told) == {
        "FileUploadHandler", "SessionId", "JWTToken", "FileName", "MetaData", "DocNumber",
        "IssuedDate",
    }  # fmt: skip
    assert told["FileUploadHandler"].startswith(f"{base}/vgca/upload?t=")
    assert told["FileName"].startswith(f"{base}/vgca/file?t=")
    assert told["MetaData"][0] == {"Key": "docId", "Value": str(document_id)}
    assert re.fullmatch(r"\d\d/QĐ-UBND", told["DocNumber"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT00:00:00\+07:00", told["IssuedDate"])


def test_helper_fetches_and_sends_back_with_its_token_alone(
    desk: Desk, enter: Enter, helper: TestClient
) -> None:
    document_id = desk.delivered()
    (told,) = told_to_helper(prepared(enter(LEADER), document_id))
    certificates = [m["Value"] for m in told["MetaData"] if m["Key"] == "certificate"]

    fetched = helper.get(told["FileName"])
    returned = signed(
        desk, fetched.content, {"certificates": certificates, "field": "docsvc.leader"}
    )
    sent = helper.post(told["FileUploadHandler"], files={"uploadfile": ("letter.pdf", returned)})

    assert "letter.pdf" in fetched.headers["content-disposition"]
    assert sent.status_code == 200
    answer = sent.json()
    assert set(answer) == {"Status", "Message", "FileName", "FileServer"}
    assert (answer["Status"], answer["Message"]) == (True, "")
    assert answer["FileServer"].endswith(f"/documents/{document_id}")
    assert desk.state_of(document_id) is State.LEADER_SIGNED
    again = helper.post(told["FileUploadHandler"], files={"uploadfile": ("a.pdf", returned)})
    assert again.json()["Status"] is False


def test_helper_is_told_what_failed_in_words(desk: Desk, enter: Enter, helper: TestClient) -> None:
    document_id = desk.delivered()
    (told,) = told_to_helper(prepared(enter(LEADER), document_id))

    sent = helper.post(told["FileUploadHandler"], files={"uploadfile": ("a.pdf", b"%PDF-1.7")})
    other = helper.post(told["FileUploadHandler"], files={"file": ("a.pdf", b"%PDF-1.7")})

    assert sent.status_code == 200
    assert sent.json()["Status"] is False
    assert "không phải là tệp hệ thống đã phát ra" in sent.json()["Message"]
    assert other.json()["Status"] is False
    assert desk.state_of(document_id) is State.CONFIRMED


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_token_that_is_none_opens_nothing(helper: TestClient, method: str) -> None:
    path = "/vgca/file" if method == "GET" else "/vgca/upload"

    answer = helper.request(method, f"{path}?t=guessed")

    assert answer.json()["Status"] is False
    assert answer.status_code == (404 if method == "GET" else 200)


def test_token_of_somebody_who_may_no_longer_sign_opens_nothing(
    desk: Desk, enter: Enter, helper: TestClient, town: Road
) -> None:
    services = town.services
    (told,) = told_to_helper(prepared(enter(LEADER), desk.delivered()))
    with services.transactions() as tx:
        access.set_disabled(tx, LEADER, disabled=True, at=services.clock.now(), actor="test")

    try:
        assert helper.get(told["FileName"]).status_code == 403
    finally:
        with services.transactions() as tx:
            access.set_disabled(tx, LEADER, disabled=False, at=services.clock.now(), actor="test")


def test_no_token_is_kept_in_the_database(desk: Desk, enter: Enter, town: Road) -> None:
    told = made(enter(LEADER), desk.delivered())

    with town.services.transactions() as tx:
        kept = [str(vars(row)) for row in tx.query(HandOut)]
    assert not any(told["token"] in text for text in kept)
