from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from sqlalchemy import select

from docsvc.access.rules import Role
from docsvc.audit.tables import AuditEntry
from docsvc.web.app import build
from docsvc.workflow import Step

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from fastapi import FastAPI
    from fastapi.testclient import TestClient

    from docsvc.bootstrap import Services

    AsRole = Callable[..., TestClient]
    Deliver = Callable[..., UUID]

HOME, ABOVE = "H99.12.05", "H99"
PASSWORD = "mưa rừng ngang qua"
PDF = b"%PDF-1.7\nmot van ban\n%%EOF\n"

# What needs no account: everything else must refuse a stranger.
OPEN_TO_ALL = {
    ("POST", "/api/v1/sessions"),
    ("POST", "/api/v1/verify"),
    # Whoever calls back shows the provider's own secret instead.
    ("POST", "/api/v1/call-backs/{provider}"),
    ("POST", "/api/v1/call-backs/{provider}/{rest:path}"),
    ("GET", "/api/v1/health"),
    ("GET", "/"),
    ("GET", "/login"),
    ("POST", "/login"),
    ("POST", "/language"),
    ("GET", "/verify"),
    ("POST", "/verify"),
    ("POST", "/verify/report"),
    ("GET", "/p/{code}"),
    ("GET", "/p/{code}/content"),
    # A signing helper shows the token of one document instead; see the tests of hand-outs.
    ("GET", "/vgca/file"),
    ("POST", "/vgca/upload"),
}


def doors(app: FastAPI) -> set[tuple[str, str]]:
    """Return method and path of every operation, of the API and of the pages."""
    found = (r for r in iter_route_contexts(app.routes) if isinstance(r.original_route, APIRoute))
    return {(method, str(r.path)) for r in found for method in r.methods or ()}


def test_every_door_but_the_public_ones_refuses_a_stranger(
    anybody: TestClient, app: FastAPI
) -> None:
    shut = doors(app) - OPEN_TO_ALL
    assert len(shut) > 35

    for method, path in sorted(shut):
        filled = path.format(
            document_id="3f2504e0-4f89-11d3-9a0c-0305e82c3301",
            batch_id="3f2504e0-4f89-11d3-9a0c-0305e82c3301",
            transaction="3f2504e04f8911d39a0c0305e82c3301",
            ordinal=1,
            number=1,
            token_id=1,
            login="x",
            act="disable",
            kind="csv",
            device=1,
            mandate=1,
            step="sign-leader",
        )
        answer = anybody.request(method, filled)
        if path.startswith("/api/"):
            assert (answer.status_code, answer.json()["code"]) == (401, "access.not-logged-in"), (
                path
            )
            assert answer.headers["WWW-Authenticate"] == "Bearer"
        else:
            assert answer.status_code == 303, path
            assert answer.headers["Location"].startswith("/login"), path


# What an administrator changes: accounts, signers, their own session. Nothing of it signs.
ADMINISTRATORS = {
    ("POST", "/mandates/{mandate}/account"), ("PUT", "/api/v1/mandates/{mandate}/account"),
    ("POST", "/accounts"), ("POST", "/accounts/{login}/password"),
    ("POST", "/accounts/{login}/{act}"), ("POST", "/devices/import"),
    ("POST", "/devices/certificates"), ("POST", "/devices/{device}/end"), ("POST", "/mandates"),
    ("POST", "/mandates/{mandate}/end"), ("POST", "/api/v1/devices/import"),
    ("POST", "/api/v1/devices/certificates"), ("POST", "/api/v1/devices/{device}/end"),
    ("POST", "/api/v1/mandates"), ("POST", "/api/v1/mandates/{mandate}/end"),
    ("POST", "/logout"), ("POST", "/password"), ("POST", "/api/v1/tokens"),
("DELETE", "/api/v1/sessions"),
    ("DELETE", "/api/v1/tokens/{token_id}"),
}  # fmt: skip
SAFE = {"GET", "HEAD", "OPTIONS"}


def test_no_door_leads_an_administrator_to_a_signature(
    app: FastAPI, as_role: AsRole, deliver: Deliver, services: Services
) -> None:
    admin = as_role(Role.ADMINISTRATOR)
    documents = [
        deliver(), deliver(until=Step.CONFIRM, data=PDF + b"2"),
        deliver(until=Step.REGISTER, data=PDF + b"3"),
    ]  # fmt: skip
    changing = {one for one in doors(app) if one[0] not in SAFE} - OPEN_TO_ALL - ADMINISTRATORS
    assert ("POST", "/api/v1/documents/{document_id}/steps/sign-leader") in changing

    for method, path in sorted(changing):
        for document in documents:
            form = {
                "csrf": admin.headers["X-CSRF-Token"],
                "document": str(document),
                "seen": "yes",
                "unit": HOME,
                "reason": "x",
                "declare_not_secret": "yes",
            }
            answer = admin.request(
                method,
                path.format(document_id=document, batch_id=document, transaction=document.hex),
                data=form,
            )
            assert answer.status_code in {200, 403, 404, 422}, path

    with services.transactions() as tx:
        acts = tx.scalars(
            select(AuditEntry.act).where(AuditEntry.actor == "administrator.h99-12-05")
        )
        assert [act for act in acts if act.startswith("confirm.")] == []


def outcomes(client: TestClient, document: UUID) -> dict[str, int]:
    base = f"/api/v1/documents/{document}"
    return {
        "upload": client.post(
            "/api/v1/documents",
            files={"file": ("a.pdf", PDF + b"2")},
            data={"unit": HOME, "declare_not_secret": "true"},
        ).status_code,
        "list": client.get("/api/v1/documents").status_code,
        "see": client.get(base).status_code,
        "read": client.get(f"{base}/revisions/1/content").status_code,
        "confirm": client.post(f"{base}/steps/confirm", json={}).status_code,
        "sign": client.post(f"{base}/steps/sign-leader").status_code,
        "seal": client.post(f"{base}/steps/sign-organisation").status_code,
        "count": client.get("/api/v1/statistics").status_code,
        "accounts": client.get("/accounts").status_code,
        "self-check": client.get("/self-check").status_code,
    }


# 404 where the document cannot be seen, 403 where it can but this may not be done, 409 where it
# might be done if the document waited for it.
MATRIX = {
    Role.CLERK: dict(
        upload=202, list=200, see=200, read=200, confirm=200, sign=403, seal=409, count=200,
        accounts=403, **{"self-check": 403},
    ),
    Role.LEADER: dict(
        upload=403, list=200, see=200, read=200, confirm=403, sign=409, seal=403, count=200,
        accounts=403, **{"self-check": 403},
    ),
    Role.AUDITOR: dict(
        upload=403, list=200, see=200, read=200, confirm=403, sign=403, seal=403, count=200,
        accounts=403, **{"self-check": 403},
    ),
    Role.LEADERSHIP: dict(
        upload=403, list=200, see=200, read=403, confirm=403, sign=403, seal=403, count=200,
        accounts=403, **{"self-check": 403},
    ),
    Role.ADMINISTRATOR: dict(
        upload=403, list=403, see=404, read=404, confirm=404, sign=404, seal=404, count=403,
        accounts=200, **{"self-check": 200},
    ),
}  # fmt: skip


@pytest.mark.parametrize("role", list(Role))
def test_each_role_is_let_in_exactly_where_the_matrix_says(
    role: Role, as_role: AsRole, deliver: Deliver
) -> None:
    document = deliver(until=Step.CLASSIFY)

    assert outcomes(as_role(role), document) == MATRIX[role]


def test_watchers_of_the_unit_above_see_below_but_workers_do_not(
    as_role: AsRole, deliver: Deliver
) -> None:
    document = deliver()

    seen = {
        role: as_role(role, ABOVE).get(f"/api/v1/documents/{document}").status_code
        for role in (Role.AUDITOR, Role.LEADERSHIP, Role.CLERK, Role.LEADER)
    }

    assert seen == {
        Role.AUDITOR: 200,
        Role.LEADERSHIP: 200,
        Role.CLERK: 404,
        Role.LEADER: 404,
    }


def test_change_by_cookie_without_csrf_token_is_refused(as_role: AsRole) -> None:
    client = as_role(Role.CLERK)
    good = client.headers.pop("X-CSRF-Token")

    for token in (None, "x", good[:-1], good + "0"):
        headers = {} if token is None else {"X-CSRF-Token": token}
        answer = client.post("/api/v1/tokens", json={"name": "x"}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "web.forged-request")
    assert client.get("/api/v1/tokens").json() == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_change_from_a_foreign_page_is_refused(as_role: AsRole, headers: dict[str, str]) -> None:
    client = as_role(Role.CLERK)

    answer = client.post("/api/v1/tokens", json={"name": "x"}, headers=headers)

    assert answer.json()["code"] == "web.forged-request"


def test_login_from_a_foreign_page_is_refused(anybody: TestClient) -> None:
    answer = anybody.post(
        "/api/v1/sessions",
        json={"login": "x", "password": "y"},
        headers={"Origin": "https://elsewhere.example"},
    )

    assert answer.json()["code"] == "web.forged-request"


@pytest.mark.parametrize("path", ["/desk/receive", "/sign", "/desk/seal", "/paper", "/logout"])
def test_form_of_a_page_without_its_token_is_refused(as_role: AsRole, path: str) -> None:
    client = as_role(Role.CLERK)

    answer = client.post(path, data={"csrf": "x"})

    assert answer.status_code == 403
    assert "web.forged-request" in answer.text


def test_session_cookie_is_out_of_reach_of_scripts_and_other_sites(
    anybody: TestClient, as_role: AsRole
) -> None:
    as_role(Role.CLERK)
    answer = anybody.post(
        "/api/v1/sessions", json={"login": "clerk.h99-12-05", "password": PASSWORD}
    )

    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie


def test_cookie_is_bound_to_https_and_host_where_the_service_is(services: Services) -> None:
    from dataclasses import replace  # noqa: PLC0415  # this test alone
    from warnings import catch_warnings, simplefilter  # noqa: PLC0415

    with catch_warnings():
        simplefilter("ignore")
        from fastapi.testclient import TestClient  # noqa: PLC0415

    from docsvc.access import service as access  # noqa: PLC0415

    settings = services.settings.model_copy(update={"base_url": "https://docsvc.example"})
    secure = replace(services, settings=settings)
    new = access.NewAccount(login="ai", display_name="Ai", password=PASSWORD, memberships=())
    access.add_account(services.transactions, new, at=services.clock.now(), actor="test")
    client = TestClient(build(secure), base_url="https://docsvc.example")

    answer = client.post("/api/v1/sessions", json={"login": "ai", "password": PASSWORD})

    assert answer.headers["Set-Cookie"].startswith("__Host-docsvc=")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "max-age" in answer.headers["Strict-Transport-Security"]
    client.close()


def test_wrong_password_and_lock_are_problems(anybody: TestClient, as_role: AsRole) -> None:
    as_role(Role.CLERK)
    wrong = {"login": "clerk.h99-12-05", "password": "sai"}

    codes = [anybody.post("/api/v1/sessions", json=wrong).json()["code"] for _ in range(6)]

    assert codes == ["access.login-failed"] * 5 + ["access.locked"]


def test_session_that_was_closed_lets_nobody_in(as_role: AsRole) -> None:
    client = as_role(Role.CLERK)
    assert client.get("/api/v1/sessions").json()["login"] == "clerk.h99-12-05"

    assert client.delete("/api/v1/sessions").status_code == 204

    assert client.get("/api/v1/sessions").status_code == 401


def test_idle_session_ends(as_role: AsRole, clock: object) -> None:
    client = as_role(Role.CLERK)

    clock.at[0] += timedelta(minutes=61)  # type: ignore[attr-defined]

    assert client.get("/api/v1/documents").json()["code"] == "access.not-logged-in"


def test_token_works_without_cookie_and_without_csrf(as_role: AsRole, anybody: TestClient) -> None:
    client = as_role(Role.CLERK)
    issued = client.post("/api/v1/tokens", json={"name": "máy quét", "days": 7}).json()
    bearer = {"Authorization": f"Bearer {issued['token']}"}

    assert anybody.get("/api/v1/sessions", headers=bearer).json()["csrf_token"] is None
    answer = anybody.post("/api/v1/tokens", json={"name": "another"}, headers=bearer)
    assert answer.status_code == 201
    listed = client.get("/api/v1/tokens").json()
    assert [t["name"] for t in listed] == ["another", "máy quét"]
    assert "token" not in listed[0]
    assert client.delete(f"/api/v1/tokens/{issued['id']}").status_code == 204
    assert anybody.get("/api/v1/sessions", headers=bearer).status_code == 401
    assert client.delete("/api/v1/tokens/999").json()["code"] == "access.token-missing"


def test_given_password_must_be_changed_before_any_work(as_role: AsRole) -> None:
    client = as_role(Role.CLERK, must_change=True)

    assert client.get("/api/v1/documents").json()["code"] == "access.password-change-required"
    assert client.get("/desk").headers["Location"] == "/password"
    form = {"csrf": client.headers["X-CSRF-Token"], "old": PASSWORD, "new": "nắng chiều qua sông"}
    weak = client.post("/password", data=form | {"new": "ngắn"})
    assert (weak.status_code, "access.password-too-weak" in weak.text) == (422, True)
    assert client.post("/password", data=form).headers["Location"] == "/"
    assert client.get("/desk").status_code == 200
