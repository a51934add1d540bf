"""The pages as a browser without scripts meets them."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from support import officers

from docsvc.access.rules import Role
from docsvc.catalog.messages import Lang
from docsvc.documents import service as documents
from docsvc.documents.service import Ending
from docsvc.workflow import State, Step

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from fastapi.testclient import TestClient

    from docsvc.bootstrap import Services

    AsRole = Callable[..., TestClient]
    Deliver = Callable[..., UUID]

HOME, ABOVE = "H99.12.05", "H99"
PASSWORD = "mưa rừng ngang qua"
PDF = b"%PDF-1.7\nmot van ban\n%%EOF\n"
BROKEN = b"%PDF-1.7 cut sh"


def csrf(client: TestClient) -> str:
    return str(client.headers["X-CSRF-Token"])


def label_faults(html: str) -> list[str]:
    """Return the form controls that nothing names."""
    named = set(re.findall(r'<label[^>]*\sfor="([^"]+)"', html))
    faults = []
    for tag in re.findall(r"<(?:input|select|textarea)\b[^>]*>", html):
        kind = re.search(r'type="([^"]+)"', tag)
        key = re.search(r'\bid="([^"]+)"', tag)
        if not (kind and kind[1] == "hidden") and not (key and key[1] in named):
            faults.append(tag)
    return faults


def accessibility_faults(html: str) -> list[str]:
    """Return what a simple look finds wrong: names, headings, language, images, buttons."""
    faults = label_faults(html)
    levels = [int(n) for n in re.findall(r"<h([1-6])\b", html)]
    if levels.count(1) != 1:
        faults.append(f"{levels.count(1)} headings of the first level")
    main = html[html.index("<main") :]
    inner = [int(n) for n in re.findall(r"<h([1-6])\b", main)]
    faults += [f"h{a} → h{b}" for a, b in pairwise(inner) if b > a + 1]
    if not re.search(r'<html lang="(vi|en)">', html) or not re.search(r"<title>.+ · docsvc", html):
        faults.append("no language or no title")
    faults += [i for i in re.findall(r"<img\b[^>]*>", html) if "alt=" not in i]
    for button in re.findall(r"<(?:button|a)\b[^>]*>(.*?)</(?:button|a)>", html, re.DOTALL):
        if not re.sub(r"<[^>]*>", "", button).strip():
            faults.append(f"nameless: {button[:60]}")
    ids = re.findall(r'\sid="([^"]+)"', html)
    faults += [f"id {i} twice" for i in set(ids) if ids.count(i) > 1]
    return faults


def good(answer: object) -> str:
    assert answer.status_code == 200, answer.text  # type: ignore[attr-defined]
    html: str = answer.text  # type: ignore[attr-defined]
    assert accessibility_faults(html) == []
    assert "BẢN TRÌNH DIỄN" in html or "DEMONSTRATION" in html
    return html


def test_pages_of_strangers_are_accessible_and_loud(anybody: TestClient, deliver: Deliver) -> None:
    deliver(until=Step.PUBLISH)

    for path in ("/login", "/verify", "/p/abcdefgh23456789"):
        good(anybody.get(path))
    assert anybody.get("/p/nothing").status_code == 404
    assert anybody.get("/p/abcdefgh23456789/content").content == PDF


PAGES = {
    Role.CLERK: [
        "/desk", "/desk/seal", "/paper", "/statistics", "/documents?box=all", "/documents",
        "/documents/{waiting}", "/documents/{waiting}/confirm", "/documents/{done}", "/password",
        "/verify", "/documents?box=stopped&text=x", "/documents?box=moving", "/documents?box=paper",
    ],
    Role.LEADER: ["/sign", "/documents/{to_sign}", "/statistics?by=kind"],
    Role.AUDITOR: ["/documents?box=published", "/documents/{done}"],
    Role.LEADERSHIP: ["/statistics?period=2026-11&by=month", "/documents/{done}"],
    Role.ADMINISTRATOR: ["/accounts", "/devices", "/mandates"],
}  # fmt: skip


@pytest.mark.parametrize("role", list(PAGES))
@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_page_of_a_role_is_accessible_in_both_languages(
    role: Role, language: str, as_role: AsRole, deliver: Deliver
) -> None:
    shown = {
        "waiting": deliver(),
        "to_sign": deliver(until=Step.CONFIRM, data=PDF + b"2"),
        "done": deliver(until=Step.PUBLISH, data=PDF + b"3"),
    }
    client = as_role(role)
    client.headers["Accept-Language"] = language

    for path in PAGES[role]:
        html = good(client.get(path.format(**shown)))
        assert f'<html lang="{language}">' in html


def test_home_leads_each_role_to_its_work(as_role: AsRole, anybody: TestClient) -> None:
    homes = {role: as_role(role).get("/").headers["Location"] for role in Role}

    assert homes == {
        Role.CLERK: "/desk",
        Role.LEADER: "/sign",
        Role.AUDITOR: "/documents?box=all",
        Role.LEADERSHIP: "/statistics",
        Role.ADMINISTRATOR: "/accounts",
    }
    assert anybody.get("/").headers["Location"] == "/login"
    assert as_role(Role.CLERK, ABOVE).get("/login").headers["Location"] == "/desk"


def test_login_form_opens_a_session_and_leads_on(anybody: TestClient, as_role: AsRole) -> None:
    as_role(Role.CLERK)
    form = {"login": "clerk.h99-12-05", "password": PASSWORD, "next": "/documents"}

    wrong = anybody.post("/login", data=form | {"password": "sai"})
    answer = anybody.post("/login", data=form)

    assert (wrong.status_code, "access.login-failed" in wrong.text) == (401, True)
    assert accessibility_faults(wrong.text) == []
    assert answer.headers["Location"] == "/documents"
    good(anybody.get("/documents"))


def test_logout_ends_the_session(as_role: AsRole) -> None:
    client = as_role(Role.CLERK)

    assert client.post("/logout", data={"csrf": csrf(client)}).headers["Location"] == "/login"
    assert client.get("/desk").headers["Location"] == "/login?next=%2Fdesk"


def test_language_is_remembered_and_leads_nowhere_else(anybody: TestClient) -> None:
    answer = anybody.post("/language", data={"lang": "en", "next": "//elsewhere.example"})

    assert answer.headers["Location"] == "/"
    assert '<html lang="en">' in anybody.get("/login").text
    anybody.post("/language", data={"lang": "xx", "next": "/login"})
    assert '<html lang="en">' in anybody.get("/login").text


def test_each_file_of_a_batch_has_an_outcome_of_its_own(as_role: AsRole) -> None:
    client = as_role(Role.CLERK)
    form = {"csrf": csrf(client), "unit": HOME, "declare_not_secret": "yes"}
    files = [
        ("files", ("tốt.pdf", PDF)),
        ("files", ("hỏng.pdf", BROKEN)),
        ("files", ("tốt lần hai.pdf", PDF)),
    ]

    html = good(client.post("/desk/receive", data=form, files=files))

    assert "2 trên 3" in html
    assert "inspect.truncated" in html
    undeclared = client.post(
        "/desk/receive", data=form | {"declare_not_secret": ""}, files=[("files", ("a", PDF))]
    )
    assert "receive.not-declared" in undeclared.text


def test_desk_refuses_nothing_chosen_and_foreign_units(as_role: AsRole) -> None:
    client = as_role(Role.CLERK)
    form = {"csrf": csrf(client), "declare_not_secret": "yes"}
    files = [("files", ("a.pdf", PDF))]

    assert client.post("/desk/receive", data=form | {"unit": HOME}).status_code == 422
    foreign = client.post("/desk/receive", data=form | {"unit": ABOVE}, files=files)
    unknown = client.post("/desk/receive", data=form | {"unit": "X"}, files=files)
    assert (foreign.status_code, unknown.status_code) == (403, 422)


def test_confirmed_fields_are_kept_and_the_next_document_is_shown(
    as_role: AsRole, deliver: Deliver, services: Services
) -> None:
    first, second = deliver(), deliver(data=PDF + b"2")
    client = as_role(Role.CLERK)
    form = {
        "csrf": csrf(client),
        "kind": "cong-van",
        "symbol": "UBND-VP",
        "number": "",
        "subject": "V/v trực tết",
        "signer": "Nguyễn Văn An",
        "issued_on": "2026-11-20",
        "recipients": "Như trên\r\n\r\nLưu: VT",
        "urgency": "",
    }

    shown = good(client.get(f"/documents/{first}/confirm"))
    answer = client.post(f"/documents/{first}/confirm", data=form)

    assert 'class="spot spot-subject"' in shown
    assert answer.headers["Location"] == f"/documents/{second}/confirm"
    with services.transactions() as tx:
        facts = documents.confirmation(tx, first, Step.CONFIRM).facts
    assert facts["recipients"] == ["Như trên", "Lưu: VT"]
    assert "number" not in facts
    bad = client.post(f"/documents/{second}/confirm", data=form | {"number": "bảy"})
    assert (bad.status_code, "number" in bad.text) == (422, True)
    last = client.post(f"/documents/{second}/confirm", data=form)
    assert last.headers["Location"] == f"/documents/{second}"


def test_page_that_names_another_body_is_pointed_out(
    as_role: AsRole, deliver: Deliver, services: Services
) -> None:
    document = deliver()
    with services.transactions() as tx:
        row = documents.get(tx, document)
        read = {"value": "UỶ BAN NHÂN DÂN H99.12.05", "page": 9, "box": {"page": 9}}
        row.classification = row.classification | {"issuer": read}
    client = as_role(Role.CLERK)
    assert "Trên văn bản ghi" not in client.get(f"/documents/{document}/confirm").text
    with services.transactions() as tx:
        row = documents.get(tx, document)
        row.classification = row.classification | {"issuer": read | {"value": "ỦY BAN KHÁC"}}

    assert "Trên văn bản ghi" in client.get(f"/documents/{document}/confirm").text


def test_leader_signs_the_queue_with_one_confirmation(
    as_role: AsRole, deliver: Deliver, services: Services
) -> None:
    officers.in_order(services)
    ready, early = deliver(until=Step.CONFIRM), deliver(data=PDF + b"2")
    client = as_role(Role.LEADER)
    form = {"csrf": csrf(client), "document": [str(ready), str(early)], "seen": "yes"}

    assert str(ready) in good(client.get("/sign"))
    begun = client.post("/sign", data=form)

    assert begun.status_code == 303
    html = good(client.get(begun.headers["Location"]))
    assert "Xong 1 trên 2" in html
    assert "documents.not-waiting" in html
    assert begun.headers["Location"] in good(client.get("/sign"))
    assert "sign.batch-unknown" in as_role(Role.CLERK).get(begun.headers["Location"]).text
    unseen = client.post("/sign", data=form | {"seen": ""})
    assert unseen.status_code == 422
    nothing = client.post("/sign", data=form | {"document": []})
    assert "web.nothing-chosen" in nothing.text
    nonsense = client.post("/sign", data=form | {"document": "x"})
    assert nonsense.status_code == 422


def test_clerk_seals_what_was_chosen(as_role: AsRole, deliver: Deliver, services: Services) -> None:
    officers.in_order(services)
    ready = deliver(until=Step.REGISTER)
    client = as_role(Role.CLERK)

    assert str(ready) in good(client.get("/desk/seal"))
    form = {"csrf": csrf(client), "document": str(ready)}
    assert "1 trên 1" in good(client.post("/desk/seal", data=form))


def test_refusal_needs_a_reason_and_shows_it(as_role: AsRole, deliver: Deliver) -> None:
    document = deliver()
    client = as_role(Role.CLERK)
    path = f"/documents/{document}/refuse"

    assert client.post(path, data={"csrf": csrf(client), "reason": " "}).status_code == 422
    client.post(path, data={"csrf": csrf(client), "reason": "Sai thể thức"})

    html = good(client.get(f"/documents/{document}"))
    assert "documents.refused" in html
    assert "Dừng lại" in html


def test_page_of_a_document_is_drawn_for_who_may_read(as_role: AsRole, deliver: Deliver) -> None:
    document = deliver()
    clerk, leadership = as_role(Role.CLERK), as_role(Role.LEADERSHIP)

    answer = clerk.get(f"/documents/{document}/pages/1.png")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
    assert clerk.get(f"/documents/{document}/pages/3.png").status_code == 404
    assert clerk.get(f"/documents/{document}/revisions/1").content == PDF
    assert leadership.get(f"/documents/{document}/pages/1.png").status_code == 403
    assert leadership.get(f"/documents/{document}/revisions/1").status_code == 403
    assert "không mở được nội dung" in leadership.get(f"/documents/{document}").text


def test_secret_document_shows_nothing_but_that_it_was_refused(
    as_role: AsRole, deliver: Deliver, services: Services
) -> None:
    document = deliver()
    with services.transactions() as tx:
        documents.forget_content(tx, document)
        row = documents.get(tx, document)
        row.subject = row.kind = row.signer = row.symbol = None
        ending = Ending(state=State.REFUSED_SECRET, step=Step.CLASSIFY, code="classify.secret")
        documents.end(tx, document, ending, at=services.clock.now())

    html = good(as_role(Role.CLERK).get(f"/documents/{document}"))

    assert "classify.secret" in html
    assert "Quyết định.pdf" not in html
    assert "công nghệ số" not in html


def test_verify_page_answers_in_one_sentence_and_three_lamps(
    anybody: TestClient, deliver: Deliver
) -> None:
    html = good(anybody.post("/verify", files={"file": ("x.pdf", PDF)}))
    assert "Chữ ký số trên văn bản này là thật" in html
    assert html.count('<li class="lamp green">') == 2
    assert html.count('<li class="lamp grey">') == 1
    assert "chưa kiểm tra thẩm quyền" in html

    assert "Trùng khớp từng byte" not in html
    deliver(until=Step.PUBLISH)
    assert "Trùng khớp từng byte" in good(anybody.post("/verify", files={"file": ("x.pdf", PDF)}))

    broken = anybody.post("/verify", files={"file": ("x.pdf", BROKEN)})
    assert (broken.status_code, "inspect.truncated" in broken.text) == (422, True)
    assert accessibility_faults(broken.text) == []
    nothing = anybody.post("/verify", files={"file": ("", b"")})
    assert "web.nothing-chosen" in nothing.text


def carried(html: str) -> str:
    found = re.search(r'name="carried" value="([^"]+)"', html)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    ("form", "media_type", "start"),
    [
        ("pdf", "application/pdf", b"%PDF-"),
        ("html", "text/html; charset=utf-8", b"<!doctype html>"),
        ("xml", "application/xml", b"<?xml"),
        ("text", "text/plain; charset=utf-8", b"[v]"),
    ],
)
def test_verify_page_carries_its_report_and_nothing_is_kept(
    form: str, media_type: str, start: bytes, anybody: TestClient, services: Services
) -> None:
    html = good(anybody.post("/verify", files={"file": ("Số 5.pdf", PDF)}))

    answer = anybody.post("/verify/report", data={"carried": carried(html), "form": form})

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, media_type)
    assert answer.content.startswith(start)
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="bao-cao-')
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert list(services.blobs.digests()) == []


def test_report_is_made_only_of_what_this_server_found(anybody: TestClient) -> None:
    html = good(anybody.post("/verify", files={"file": ("x.pdf", PDF)}))
    text = carried(html)
    forged = text[:60] + ("A" if text[60] != "A" else "B") + text[61:]

    for wrong in (forged, "", "không phải", "AAAA"):
        answer = anybody.post("/verify/report", data={"carried": wrong, "form": "pdf"})
        assert (answer.status_code, "web.carried-lost" in answer.text) == (409, True)
        assert accessibility_faults(answer.text) == []
    other = anybody.post("/verify/report", data={"carried": text, "form": "docx"})
    assert (other.status_code, "web.invalid-request" in other.text) == (422, True)


def test_report_too_long_to_be_carried_is_left_to_the_api(
    anybody: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("docsvc.web.carried.MAX_CARRIED", 10)

    html = good(anybody.post("/verify", files={"file": ("x.pdf", PDF)}))

    assert 'name="carried"' not in html


def test_verify_page_is_loud_when_no_anchor_is_installed(
    anybody: TestClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    examined = services.examine(PDF, file="x.pdf", lang=Lang.VI)
    signatures = [
        one | {"indication": "INDETERMINATE", "reasons": ["verification.no-trust-anchors"]}
        for one in examined.verdict["signatures"]
    ]
    found = replace(examined, verdict=examined.verdict | {"signatures": signatures})
    monkeypatch.setattr(type(services), "examine", lambda *_, **_file: found)

    html = good(anybody.post("/verify", files={"file": ("x.pdf", PDF)}))

    assert html.count('<div class="trouble" role="alert">') == 1
    assert "CHƯA CÀI CHỨNG THƯ GỐC TIN CẬY NÀO" in html
    assert accessibility_faults(html) == []


def test_statistics_page_shows_a_and_b_and_gives_files(as_role: AsRole, deliver: Deliver) -> None:
    deliver(until=Step.PUBLISH)
    client = as_role(Role.CLERK)

    html = good(client.get("/statistics?period=2026"))
    assert "văn bản đi tính tỷ lệ" in html
    csv = client.get("/statistics.csv?period=2026")
    xlsx = client.get("/statistics.xlsx?period=2026")
    assert csv.content.startswith(b"\xef\xbb\xbf")
    assert xlsx.content.startswith(b"PK")
    assert "thong-ke-ky-so-H99.12.05-2026.csv" in csv.headers["Content-Disposition"]
    assert client.get("/statistics.exe").status_code == 404
    unreadable = client.get("/statistics?period=hôm qua")
    assert (unreadable.status_code, "statistics.period-unreadable" in unreadable.text) == (
        422,
        True,
    )


def test_paper_document_is_entered_into_the_book(as_role: AsRole) -> None:
    client = as_role(Role.CLERK)
    form = {
        "csrf": csrf(client),
        "unit": HOME,
        "kind": "cong-van",
        "symbol": "UBND-VP",
        "issued_on": "2026-03-05",
        "subject": "V/v trực tết",
        "signer": "Nguyễn Văn An",
    }

    bad = client.post("/paper", data=form | {"issued_on": ""})
    answer = client.post("/paper", data=form)

    assert (bad.status_code, "V/v trực tết" in bad.text) == (422, True)
    assert "01/UBND-VP" in good(client.get(answer.headers["Location"]))


def test_administrator_makes_closes_and_resets_accounts(
    as_role: AsRole, anybody: TestClient
) -> None:
    client = as_role(Role.ADMINISTRATOR, ABOVE)
    form = {"csrf": csrf(client), "login": "lan.tran", "display_name": "Trần Thị Lan"}
    new = form | {"role": "clerk", "unit": [HOME]}

    def password(html: str) -> str:
        found = re.search(r'<code class="secret">([^<]+)</code>', html)
        assert found is not None
        return found[1]

    first = password(good(client.post("/accounts", data=new)))
    answer = anybody.post("/login", data={"login": "lan.tran", "password": first})
    assert anybody.get("/desk").headers["Location"] == "/password", answer.text
    second = password(good(client.post("/accounts/lan.tran/password", data=form)))
    assert first != second
    assert anybody.get("/desk").headers["Location"].startswith("/login")
    assert client.post("/accounts/lan.tran/disable", data=form).status_code == 303
    assert "Đã đóng" in client.get("/accounts").text
    assert client.post("/accounts/lan.tran/enable", data=form).status_code == 303
    assert client.post("/accounts/lan.tran/nonsense", data=form).status_code == 422


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"login": "Lan Trần"}, "access.login-name"),
        ({"display_name": ""}, "web.invalid-request"),
        ({"role": "king"}, "web.invalid-request"),
        ({"unit": []}, "web.invalid-request"),
        ({"unit": [ABOVE]}, "access.not-allowed"),
        ({"login": "administrator.h99-12-05"}, "access.account-exists"),
    ],
)
def test_account_beyond_the_administrators_reach_is_not_made(
    as_role: AsRole, changes: dict[str, object], code: str
) -> None:
    client = as_role(Role.ADMINISTRATOR)
    form = {
        "csrf": csrf(client),
        "login": "lan.tran",
        "display_name": "Trần Thị Lan",
        "role": "clerk",
        "unit": [HOME],
    }

    answer = client.post("/accounts", data=form | changes)

    assert code in answer.text
    assert answer.status_code >= 400
    assert accessibility_faults(answer.text) == []


def test_administrator_leaves_the_own_account_and_those_above_alone(as_role: AsRole) -> None:
    as_role(Role.CLERK, ABOVE)
    client = as_role(Role.ADMINISTRATOR)
    form = {"csrf": csrf(client)}

    for path, code in (
        ("/accounts/administrator.h99-12-05/disable", "access.own-account"),
        ("/accounts/clerk.h99/disable", "access.not-allowed"),
        ("/accounts/khong.co/password", "access.account-missing"),
    ):
        assert code in client.post(path, data=form).text


def test_self_check_shows_what_is_broken(
    as_role: AsRole, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        {"name": "database", "ok": True, "detail": ""},
        {"name": "blobs", "ok": False, "detail": "blobs.missing"},
    ]
    monkeypatch.setattr(type(services), "diagnose", lambda _: rows)

    html = good(as_role(Role.ADMINISTRATOR).get("/self-check"))

    assert "1 bộ phận không hoạt động" in html
    assert "blobs.missing" in html


def test_error_is_a_page_with_a_way_back(as_role: AsRole) -> None:
    answer = as_role(Role.CLERK).get("/accounts")

    assert answer.status_code == 403
    assert accessibility_faults(answer.text) == []
    assert "access.not-allowed" in answer.text
