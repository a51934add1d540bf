"""The page that verifies a file for anybody, and the report that it carries."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support.browsing import accessibility_faults, good
from support.commune import BROKEN, PDF

from docsvc.catalog.messages import Lang
from docsvc.workflow import Step

if TYPE_CHECKING:
    from fastapi.testclient import TestClient
    from support.commune import Deliver

    from docsvc.bootstrap import Services


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
