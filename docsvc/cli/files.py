"""``docsvc verify``, ``inspect`` and ``classify``: files in, findings out; no database."""

from __future__ import annotations

import contextlib
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from docsvc import logs, settings
from docsvc.cli.judging import (
    EvidenceOption,
    Judging,
    PolicyOption,
    ReplayOption,
    Task,
    online_of,
    tell_replay,
)
from docsvc.cli.output import JsonOption, Lang, LangOption, Output
from docsvc.cli.paths import walk
from docsvc.cli.report import REPORT_TASK, Asked, OutOption, ReportOption
from docsvc.errors import CodedError, DocsvcError
from docsvc.sandbox import Answer, Sandbox
from docsvc.steps import PRELOAD
from docsvc.steps.verify.forms import Form
from docsvc.steps.verify.rules import lacks_anchors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from docsvc.revocation.online import Online

# Results wait in order behind a slow file; this many batches may wait for each job.
_AHEAD = 4
# A verdict on a small file takes a millisecond or two: a batch is done before anybody notices.
_BATCH = 16
_BATCH_BYTES = 4 << 20

PathsArgument = Annotated[list[Path], typer.Argument(help="tệp hoặc thư mục")]
JobsOption = Annotated[int, typer.Option("--jobs", min=1, help="số tệp mở cùng lúc")]


class Exit(IntEnum):
    """How ``verify`` ends; the lowest of 1 to 4 that applies to any file wins, 5 stands alone."""

    PASSED = 0
    FAILED = 1
    INDETERMINATE = 2
    UNSIGNED = 3
    UNREADABLE = 4
    NOT_REPLAYED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What was found about one file, or the code of why nothing could be."""

    path: Path
    facts: dict[str, Any]
    frames: tuple[bytes, ...] = ()
    error: DocsvcError | None = None


def verify(  # noqa: PLR0913  # the options of the contract
    paths: PathsArgument,
    *,
    trust: Annotated[list[Path] | None, typer.Option(help="chứng thư gốc tin cậy")] = None,
    at: Annotated[str | None, typer.Option(help="thời điểm kiểm tra, ISO 8601")] = None,
    policy: PolicyOption = None,
    evidence: EvidenceOption = None,
    replay: ReplayOption = None,
    offline: Annotated[bool, typer.Option("--offline", help="không gọi ra mạng")] = False,
    fetch_issuers: Annotated[
        bool, typer.Option("--fetch-issuers", help="tải cả chứng thư của nơi cấp còn thiếu")
    ] = False,
    jobs: JobsOption = 1,
    report: ReportOption = None,
    out: OutOption = None,
    as_json: JsonOption = False,
    lang: LangOption = Lang.VI,
) -> int:
    """Kiểm tra chữ ký số của tệp PDF; không lưu văn bản, không cần cơ sở dữ liệu."""
    output = _output(as_json=as_json, lang=lang)
    judging = Judging(trust=trust, at=at, policy=policy, evidence=evidence, replay=replay)
    online = None if offline or replay else online_of(settings.load(), issuers=fetch_issuers)
    if report is not None or out is not None:
        asked = Asked(form=report or Form.TEXT, out=out)
        task = Task(name=REPORT_TASK, arguments=(judging.question(), asked.form, lang))
        (result,) = _each([asked.only(paths)], 1, task, online=online)
        _tell_error(output, result)
        asked.write(result.frames)
        return int(exit_of(result))
    worst, lost = Exit.PASSED, False
    for result in _each(walk(paths), jobs, judging.task(paths), online=online, at_once=_BATCH):
        judging.keep(result.frames)
        _tell_verdict(output, result)
        worst = _worse(worst, exit_of(result))
        lost = lost or lacks_anchors(result.facts)
    if lost:
        output.warn("verify.no-anchors", {"folder": ", ".join(judging.anchors)})
    return int(worst)


def inspect(
    paths: PathsArgument,
    *,
    jobs: JobsOption = 1,
    as_json: JsonOption = False,
    lang: LangOption = Lang.VI,
) -> int:
    """Nêu các dữ kiện của tệp: số trang, mã hóa, nội dung động, chữ ký, PDF/A."""
    return _facts(paths, jobs, "docsvc.steps.inspect.tasks:inspect_path", as_json, lang)


def classify(
    paths: PathsArgument,
    *,
    jobs: JobsOption = 1,
    as_json: JsonOption = False,
    lang: LangOption = Lang.VI,
) -> int:
    """Nhận biết độ mật, loại văn bản, số, ký hiệu, ngày, trích yếu, người ký."""
    return _facts(paths, jobs, "docsvc.steps.classify.tasks:classify_path", as_json, lang)


def exit_of(result: Result) -> Exit:
    """Return how a command that saw only this file would end."""
    if result.error is not None:
        refused = result.error.code.startswith("verification.evidence-")
        return Exit.NOT_REPLAYED if refused else Exit.UNREADABLE
    if not result.facts.get("replay", {"same": True})["same"]:
        return Exit.NOT_REPLAYED
    match result.facts["indication"]:
        case "TOTAL-PASSED":
            return Exit.PASSED
        case "TOTAL-FAILED":
            return Exit.FAILED
        case "INDETERMINATE":
            return Exit.INDETERMINATE
        case _:
            return Exit.UNSIGNED


def _worse(one: Exit, other: Exit) -> Exit:
    named = [e for e in (one, other) if e is not Exit.PASSED]
    return min(named, default=Exit.PASSED)


def _facts(paths: list[Path], jobs: int, task: str, as_json: bool, lang: Lang) -> int:  # noqa: FBT001
    output = _output(as_json=as_json, lang=lang)
    worst = 0
    for result in _each(walk(paths), jobs, Task(name=task)):
        if result.error is not None:
            worst = int(Exit.UNREADABLE)
            _tell_error(output, result)
        elif as_json:
            output.line({"file": str(result.path)} | result.facts)
        else:
            output.table(["", str(result.path)], list(_rows(result.facts)))
    return worst


def _each(
    paths: Iterable[Path], jobs: int, task: Task, *, online: Online | None = None, at_once: int = 1
) -> Iterator[Result]:
    """Run a task on every file, ``jobs`` at once, in order, holding only a few results.

    ``at_once`` small files go to a child in one message: what is quick to judge should not wait
    for the way there and back. What a file wants from outside, ``online`` gets for it alone.
    """
    sandbox = Sandbox(jobs, preload=PRELOAD)

    def work(batch: list[Path]) -> list[Result]:
        problems = {path: _problem(path) for path in batch}
        readable = [path for path in batch if problems[path] is None]
        begin = online.begin() if online else None
        found = sandbox.run_each(task.name, [task.on(path, begin) for path in readable])
        whole = iter(map(completed, readable, found))
        return [_result(path, problems[path] or next(whole)) for path in batch]

    def completed(path: Path, found: Answer | DocsvcError) -> Answer | DocsvcError:
        if online is None or isinstance(found, DocsvcError) or "wanted" not in found.facts:
            return found
        try:
            return online.complete(
                lambda known: sandbox.run(task.name, *task.on(path, known)), first=found
            )
        except DocsvcError as e:
            return e

    waiting: deque[Future[list[Result]]] = deque()
    with ThreadPoolExecutor(jobs) as pool:
        for batch in _batches(paths, at_once):
            waiting.append(pool.submit(work, batch))
            if len(waiting) >= jobs * _AHEAD:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    sandbox.stop()


def _batches(paths: Iterable[Path], at_once: int) -> Iterator[list[Path]]:
    batch: list[Path] = []
    size = 0
    for path in paths:
        batch.append(path)
        with contextlib.suppress(OSError):
            size += path.stat().st_size
        if len(batch) >= at_once or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _problem(path: Path) -> DocsvcError | None:
    try:
        path.open("rb").close()
    except OSError as e:
        return CodedError("ingest.unreadable-path", problem=e.strerror or "")
    return None


def _result(path: Path, found: Answer | DocsvcError) -> Result:
    if isinstance(found, DocsvcError):
        return Result(path=path, facts={}, error=found)
    return Result(path=path, facts=found.facts, frames=found.frames)


def _tell_verdict(output: Output, result: Result) -> None:
    if result.error is not None:
        _tell_error(output, result)
        return
    if output.as_json:
        output.line(result.facts)
        return
    facts = result.facts
    heads = {
        Lang.VI: ["chữ ký", "vai trò", "người ký", "thời điểm", "mức", "kết luận", "lý do"],
        Lang.EN: ["field", "role", "signer", "time", "level", "indication", "reasons"],
    }
    rows = [
        [
            str(s["field"]),
            str(s["role"] or "–"),
            str(s["signer"] or "–"),
            str(s["timestamp_time"] or s["signing_time"] or "–"),
            str(s["level"] or "–"),
            str(s["indication"]),
            "; ".join(output.sentence(code) for code in s["reasons"]),
        ]
        for s in facts["signatures"]
    ]
    title = f"{facts['file']}: {facts['indication'] or '–'} ({facts['completeness']})"
    output.table(heads[output.lang], rows, title)
    for code in facts["reasons"]:
        output.say(f"  {output.sentence(code)}")
    tell_replay(output, facts)


def _tell_error(output: Output, result: Result) -> None:
    if result.error is None:
        return
    code, facts = result.error.code, result.error.facts
    sentence = output.sentence(code, facts)
    if output.as_json:
        output.line({"file": str(result.path), "error": code, "reason": sentence})
    else:
        output.say(f"{result.path}: {sentence}")


def _rows(facts: dict[str, Any]) -> Iterator[list[str]]:
    for name, value in facts.items():
        if isinstance(value, dict) and "value" in value:
            page, sure = value["page"] + 1, value["confidence"]
            yield [name, f"{value['value']}  (tr. {page}, {sure:.0%})"]
        elif value not in (None, [], {}, ()):
            yield [name, str(value)]


def _output(*, as_json: bool, lang: Lang) -> Output:
    logs.configure("error")
    return Output(as_json=as_json, lang=lang)
