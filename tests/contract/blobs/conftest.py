"""The stores that the contracts run on: a folder, and a bucket on a real S3 server."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(params=["folder", "bucket", "prefix"])
def store_url(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    """The address of an empty store."""
    if request.param == "folder":
        return (tmp_path / "kho tệp").as_uri()
    server = request.getfixturevalue("s3_server")
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    bucket = str(server.create_bucket(f"test-{uuid4().hex}"))
    return f"{bucket}/some/prefix" if request.param == "prefix" else bucket
