"""A verdict on a file where it lies: mapped if it is large, none if it changes meanwhile."""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import Any

import pytest

from docsvc.steps.verify import question, tasks

SAMPLE = (
    Path(__file__).parents[3] / "sample_docs" / "documents" / "01-cong-van-ra-soat-ho-ngheo.pdf"
)
QUESTION = question.Question(trust=(), at="2026-11-20T09:30:00+07:00")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.pdf"
    path.write_bytes(SAMPLE.read_bytes())
    return path


def test_large_file_is_mapped_and_judged_alike(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied = tasks.verify_path(str(file), QUESTION)
    seen: list[object] = []

    def verify(pdf: object, **more: Any) -> object:
        seen.append(pdf)
        return original(pdf, **more)

    original: Any = question.verify_file
    monkeypatch.setattr(question, "_MAX_COPY", 1)
    monkeypatch.setattr(question, "verify_file", verify)

    assert tasks.verify_path(str(file), QUESTION) == copied
    assert isinstance(seen[0], mmap.mmap)


def test_file_that_changes_while_it_is_read_gets_no_verdict(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original: Any = question.verify_file

    def verify(pdf: object, **more: Any) -> object:
        file.write_bytes(b"%PDF-1.7 something else")
        return original(pdf, **more)

    monkeypatch.setattr(question, "verify_file", verify)

    with pytest.raises(question.FileChangedError):
        tasks.verify_path(str(file), QUESTION)
