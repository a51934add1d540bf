"""Many files go to few children, each is looked at once, and results keep the order of files."""

from __future__ import annotations

import os
from threading import Event
from typing import TYPE_CHECKING, Any, cast

import pytest
from typing_extensions import override

from docsvc.cli.judging import Task
from docsvc.cli.paths import walk
from docsvc.cli.running import each
from docsvc.confined import Answer
from docsvc.revocation.asking import Known
from docsvc.sandbox import Sandbox
from docsvc.steps.verify.question import Question

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from docsvc.errors import DocsvcError

TASK = Task(name="a.module:task", arguments=(Question(trust=(), at=""),))


class Counting(Sandbox):
    """Answers each file with its name, and remembers the batches."""

    def __init__(self) -> None:
        self.batches: list[Sequence[tuple[object, ...]]] = []
        self.is_stopped = False

    @override
    def run_each(
        self, task: str, batch: Sequence[tuple[object, ...]], *, timeout_s: float = 0
    ) -> list[Answer | DocsvcError]:
        self.batches.append(batch)
        return [Answer(facts={"file": str(arguments[0])}) for arguments in batch]

    @override
    def stop(self) -> None:
        self.is_stopped = True


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.pdf", "a.pdf", "c.pdf"):
        (tmp_path / name).write_bytes(b"%PDF")
    (tmp_path / "ab").mkdir()
    (tmp_path / "ab" / "z.pdf").write_bytes(b"%PDF")
    return tmp_path


def names(results: list[Any]) -> list[str]:
    return [one.path.name for one in results]


def test_results_come_in_the_order_of_names_a_folder_at_a_time(folder: Path) -> None:
    children = Counting()

    found = list(each(walk([folder]), TASK, children, jobs=2, at_once=2))

    assert names(found) == ["a.pdf", "z.pdf", "b.pdf", "c.pdf"]
    assert [one.facts["file"] for one in found] == [str(one.path) for one in found]
    assert sorted(len(batch) for batch in children.batches) == [2, 2]
    assert children.is_stopped


def test_reader_gets_what_there_is_before_the_next_is_waited_for(folder: Path) -> None:
    go_on = Event()

    class Slow(Counting):
        @override
        def run_each(self, *given: Any, **more: Any) -> list[Answer | DocsvcError]:
            assert go_on.wait(timeout=60)
            return super().run_each(*given, **more)

    found = list(each(walk([folder]), TASK, Slow(), at_once=8, before_waiting=go_on.set))

    assert len(found) == 4


def test_file_that_may_not_be_read_is_named_and_goes_to_no_child(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, _mode: path.name != "a.pdf")
    children = Counting()

    locked, gone, fine = each(
        [folder / "a.pdf", folder / "none.pdf", folder / "b.pdf"], TASK, children, at_once=8
    )

    assert [one.error.code for one in (locked, gone) if one.error] == ["ingest.unreadable-path"] * 2
    assert fine.error is None
    assert [[str(one[0]) for one in batch] for batch in children.batches] == [
        [str(folder / "b.pdf")]
    ]


def test_question_is_the_same_object_for_all_files_of_a_message(folder: Path) -> None:
    known = Known(answers={"key": ""})

    first, second = TASK.on_each([folder / "a.pdf", folder / "b.pdf"], known)

    assert first[1] is second[1]
    assert cast("Question", first[1]).known is known
