"""Children that open files: whatever a file does to one, the answer has a name."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from tempfile import TemporaryFile
from typing import TYPE_CHECKING

import pytest

from docsvc import sandbox as module
from docsvc.confined import Answer, OpenFile
from docsvc.errors import CodedError
from docsvc.sandbox import (
    ChildrenUnavailableError,
    Sandbox,
    TaskDiedError,
    TaskFailedError,
    TaskTimeoutError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TASKS = "support.sandbox_tasks"


@pytest.fixture(scope="module")
def children() -> Iterator[Sandbox]:
    made = Sandbox(2)
    yield made
    made.stop()


def test_bytes_come_back_as_they_went(children: Sandbox) -> None:
    frames = (b"", b"\x00\xff" * 200_000, b"%PDF")
    answer = children.run(f"{TASKS}:echo", *frames, "văn", 3)
    assert answer.frames == frames
    assert answer.facts["types"] == ["bytes", "bytes", "bytes", "str", "int"]


def test_files_without_names_are_handed_to_a_child_and_let_go() -> None:
    children = Sandbox(1)
    found = []
    for content in (b"%PDF", b"", b"\x00" * 70_000):
        with TemporaryFile() as source, TemporaryFile() as target:
            source.write(content)
            source.flush()
            files = (OpenFile(descriptor=one.fileno()) for one in (source, target))
            found.append(children.run(f"{TASKS}:copy", *files).facts["open"])
            assert target.read() == content
    children.stop()
    assert len(set(found)) == 1


def test_each_line_of_a_batch_has_its_own_files(children: Sandbox) -> None:
    with TemporaryFile() as one, TemporaryFile() as two, TemporaryFile() as three:
        one.write(b"%PDF")
        one.flush()
        first, second, third = (OpenFile(descriptor=file.fileno()) for file in (one, two, three))
        answers = children.run_each(f"{TASKS}:copy", [(first, second), (second, third)])
        assert all(isinstance(answer, Answer) for answer in answers)
        assert three.read() == b"%PDF"


def test_a_child_is_another_process_and_is_used_again() -> None:
    children = Sandbox(1)
    pids = {children.run(f"{TASKS}:echo").facts["pid"] for _ in range(3)}
    children.stop()
    assert len(pids) == 1
    assert os.getpid() not in pids


def test_a_batch_is_answered_in_order_by_one_child() -> None:
    children = Sandbox(1)
    answers = children.run_each(f"{TASKS}:echo", [("văn",), (3,), (b"%PDF",)])
    again = children.run(f"{TASKS}:echo")
    children.stop()
    assert [answer.facts["types"] for answer in answers] == [["str"], ["int"], ["bytes"]]
    assert len({answer.facts["pid"] for answer in (*answers, again)}) == 1


def test_what_a_file_does_to_its_child_is_laid_to_that_file_alone(children: Sandbox) -> None:
    batch = [("speak", "văn"), ("crash",), ("speak", "thư"), ("refuse", "cắt"), ("speak", "lưu")]
    found = children.run_each(f"{TASKS}:named", batch)
    assert [list(each.facts) for each in found if isinstance(each, Answer)] == [
        ["văn"],
        ["thư"],
        ["lưu"],
    ]
    assert isinstance(found[1], TaskDiedError)
    assert isinstance(found[3], CodedError)


@pytest.mark.parametrize("place", [0, 7, 15])
@pytest.mark.parametrize("deed", ["crash", "hang"])
def test_answers_that_wait_for_each_other_are_not_lost_to_another_file(
    children: Sandbox, place: int, deed: str
) -> None:
    batch: list[tuple[object, ...]] = [("speak", f"thư {n}") for n in range(16)]
    batch[place] = (deed,)

    found = children.run_each(f"{TASKS}:named", batch, timeout_s=1)

    assert [n for n, each in enumerate(found) if not isinstance(each, Answer)] == [place]
    assert [list(each.facts) for each in found if isinstance(each, Answer)] == [
        [f"thư {n}"] for n in range(16) if n != place
    ]


def test_a_file_that_is_cut_short_while_it_is_mapped_is_a_finding(
    children: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "cut.pdf"
    path.write_bytes(bytes(1 << 20))
    with pytest.raises(TaskDiedError):
        children.run(f"{TASKS}:cut_short", str(path))
    assert children.run(f"{TASKS}:speak", "văn").facts


def test_a_refusal_keeps_code_hope_and_facts(children: Sandbox) -> None:
    with pytest.raises(CodedError) as caught:
        children.run(f"{TASKS}:refuse", "cắt cụt")
    assert caught.value.code == "test.found"
    assert caught.value.retryable
    assert caught.value.facts == {"text": "cắt cụt", "count": 3, "share": 0.5}


def test_a_defect_is_named_without_its_text(
    children: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(TaskFailedError) as caught:
        children.run(f"{TASKS}:fail")
    assert caught.value.facts == {"task": f"{TASKS}:fail", "type": "ValueError"}
    assert "document" not in caplog.text


@pytest.mark.parametrize("task", ["crash", "die"])
def test_a_child_that_a_file_kills_is_an_answer(children: Sandbox, task: str) -> None:
    with pytest.raises(TaskDiedError):
        children.run(f"{TASKS}:{task}")
    assert children.run(f"{TASKS}:echo", b"next").frames == (b"next",)


def test_a_child_that_takes_too_long_is_stopped(children: Sandbox) -> None:
    begun = time.monotonic()
    with pytest.raises(TaskTimeoutError) as caught:
        children.run(f"{TASKS}:hang", timeout_s=1)
    assert caught.value.facts["limit_s"] == 1
    assert time.monotonic() - begun < 60
    assert children.run(f"{TASKS}:echo", b"next").frames == (b"next",)


def test_an_announced_frame_that_never_comes_is_not_waited_for(children: Sandbox) -> None:
    with pytest.raises(TaskTimeoutError):
        children.run(f"{TASKS}:drip", timeout_s=2)


def test_memory_has_an_end(children: Sandbox) -> None:
    with pytest.raises(TaskDiedError):
        children.run(f"{TASKS}:swallow_memory")


def test_a_child_is_confined(children: Sandbox) -> None:
    facts = children.run(f"{TASKS}:limits").facts
    assert facts == {"memory": 4 * 1024**3, "core": 0, "interrupt": True}


@pytest.mark.parametrize(
    "said",
    [
        b"no json",
        b"[]",
        b"3",
        b"[3]",
        b'{"facts": {}, "frames": 0}',
        b'[{"facts": {}, "frames": 0}, {"facts": {}, "frames": 0}]',
        b'[{"frames": 0}]',
        b'[{"facts": {}, "frames": "many"}]',
        b'[{"facts": 3, "frames": 0}]',
        b'[{"error": {}, "frames": 0}]',
        b"[" * 100_000,
        b"\xff\xfe\x00",
        b'[{"facts": {}, "frames": NaN}]',
        b'[{"facts": {}, "frames": Infinity}]',
    ],
    ids=lambda said: str(said[:30]),
)
def test_a_child_that_was_taken_over_cannot_make_us_stumble(children: Sandbox, said: bytes) -> None:
    with pytest.raises(TaskDiedError):
        children.run(f"{TASKS}:talk_nonsense", said, timeout_s=60)


def test_what_no_database_can_store_is_replaced(children: Sandbox) -> None:
    facts = children.run(f"{TASKS}:speak", "a\x00b\ud800c ệ \U0001f600").facts
    clean = "a\ufffdb\ufffdc ệ \U0001f600"
    assert facts == {clean: [{"name": clean, "n": 1, "nothing": None}]}


def test_no_more_files_are_open_than_there_are_children() -> None:
    children = Sandbox(2)
    with ThreadPoolExecutor(6) as pool:
        tasks = [pool.submit(children.run, f"{TASKS}:echo") for _ in range(12)]
        pids = {task.result().facts["pid"] for task in tasks}
    children.stop()
    assert len(pids) <= 2


def test_stopped_children_are_gone_and_new_ones_come() -> None:
    children = Sandbox(1)
    pid = children.run(f"{TASKS}:echo").facts["pid"]
    children.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert children.run(f"{TASKS}:echo").facts["pid"] != pid
    children.stop()


def test_a_machine_that_starts_no_children_is_not_the_files_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise BlockingIOError

    monkeypatch.setattr(module, "Child", refuse)
    children = Sandbox(1)
    for _ in range(2):  # the place of the child that did not start is free again
        with pytest.raises(ChildrenUnavailableError) as caught:
            children.run(f"{TASKS}:echo")
        assert caught.value.retryable
