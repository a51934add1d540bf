"""The pages as a browser without scripts meets them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.browsing import accessibility_faults, csrf, good
from support.commune import ABOVE, PASSWORD, PDF

from docsvc.access.rules import Role
from docsvc.workflow import Step

if TYPE_CHECKING:
    from fastapi.testclient import TestClient
    from support.commune import AsRole, Deliver


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


def test_error_is_a_page_with_a_way_back(as_role: AsRole) -> None:
    answer = as_role(Role.CLERK).get("/accounts")

    assert answer.status_code == 403
    assert accessibility_faults(answer.text) == []
    assert "access.not-allowed" in answer.text
