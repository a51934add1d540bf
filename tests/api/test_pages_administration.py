"""The administrator's pages of accounts, and the self-check."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from support.browsing import accessibility_faults, csrf, good
from support.commune import ABOVE, HOME

from docsvc.access.rules import Role

if TYPE_CHECKING:
    from fastapi.testclient import TestClient
    from support.commune import AsRole

    from docsvc.bootstrap import Services


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
