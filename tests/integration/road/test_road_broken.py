"""A batch with broken files in it: each is refused by name, and the others go on."""

from __future__ import annotations

import tomllib
import warnings
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from docsvc.access import service as access
from docsvc.catalog import messages
from docsvc.web.app import build

with warnings.catch_warnings():
    # Starlette wants httpx2 for its test client; httpx, which we pin, still serves.
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.road import OpenRoad

SAMPLES = Path(__file__).parents[3] / "sample_docs"
ENTRIES = tomllib.loads((SAMPLES / "MANIFEST.toml").read_text("utf-8"))["document"]
BROKEN = [e for e in ENTRIES if e["expect"] == "quarantined"]
GOOD = next(e for e in ENTRIES if e["expect"] == "archived")


@pytest.fixture
def client(open_road: OpenRoad) -> Iterator[TestClient]:
    opened = open_road()
    with opened.services.transactions() as tx:
        made = access.issue_token(
            tx, "vanthu", name="test", valid=timedelta(days=1), at=opened.services.clock.now()
        )
    app = build(opened.services, closing=lambda: None)
    headers = {"Authorization": f"Bearer {made.secret}"}
    with TestClient(app, headers=headers, base_url="http://127.0.0.1") as client:
        yield client


def send(client: TestClient, entry: dict[str, Any], lang: str) -> Any:
    path = SAMPLES / entry["file"]
    return client.post(
        "/api/v1/documents",
        files={"file": (path.name, path.read_bytes(), "application/pdf")},
        data={"unit": entry["unit"], "declare_not_secret": "true"},
        headers={"Accept-Language": lang},
    )


def test_every_broken_sample_is_named_in_both_languages_and_the_others_go_on(
    client: TestClient,
) -> None:
    assert len(BROKEN) >= 5
    for entry in BROKEN:
        for lang in ("vi", "en"):
            answer = send(client, entry, lang)
            problem = answer.json()
            assert (answer.status_code, problem["code"]) == (422, entry["reason"]), entry["file"]
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert problem["title"].startswith(
                messages.sentence(entry["reason"], lang).partition("–")[0]
            )
            assert problem["action"]
            assert "Traceback" not in answer.text
    assert send(client, GOOD, "vi").status_code == 202
