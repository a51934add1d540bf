"""``docsvc verify``, ``inspect`` and ``classify``: files in, findings out; no database."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from docsvc import logs, settings
from docsvc.bootstrap import PRELOAD, open_online
from docsvc.cli.ingest import walk
from docsvc.cli.output import JsonOption, Lang, LangOption, Output
from docsvc.clock import VIETNAM, SystemClock
from docsvc.errors import CodedError, DocsvcError
from docsvc.revocation.indexes import FolderIndex
from docsvc.sandbox import Answer, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from docsvc.revocation.asking import Known
    from docsvc.revocation.online import Online
    from docsvc.settings import Settings

# Results wait in order behind a slow file; this many may wait.
_AHEAD = 4
_VERIFY = "docsvc.steps.verify.tasks:verify_path"
_NO_ANCHORS = "verification.no-trust-anchors"

PathsArgument = Annotated[list[Path], typer.Argument(help="tệp hoặc thư mục")]
JobsOption = Annotated[int, typer.Option("--jobs", min=1, help="số tệp mở cùng lúc")]


class Exit(IntEnum):
    """How ``verify`` ends; the lowest of 1 to 4 that applies to any file wins."""

    PASSED = 0
    FAILED = 1
    INDETERMINATE = 2
    UNSIGNED = 3
    UNREADABLE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What was found about one file, or the code of why nothing could be."""

    path: Path
    facts: dict[str, Any]
    error: DocsvcError | None = None


def verify(  # noqa: PLR0913  # the options of the contract
    paths: PathsArgument,
    *,
    trust: Annotated[list[Path] | None, typer.Option(help="chứng thư gốc tin cậy")] = None,
    at: Annotated[str | None, typer.Option(help="thời điểm kiểm tra, ISO 8601")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="không gọi ra mạng")] = False,
    fetch_issuers: Annotated[
        bool, typer.Option("--fetch-issuers", help="tải cả chứng thư của nơi cấp còn thiếu")
    ] = False,
    jobs: JobsOption = 1,
    as_json: JsonOption = False,
    lang: LangOption = Lang.VI,
) -> int:
    """Kiểm tra chữ ký số của tệp PDF; không lưu văn bản, không cần cơ sở dữ liệu."""
    output = _output(as_json=as_json, lang=lang)
    chosen = settings.load()
    anchors = [str(p) for p in trust or [chosen.trust_dir]]
    moment = _moment(at)
    online = None if offline else _online(chosen, issuers=fetch_issuers)
    worst, lost = Exit.PASSED, False

    def verdict(sandbox: Sandbox, path: Path) -> Answer:
        def ask(known: Known | None) -> Answer:
            return sandbox.run(_VERIFY, str(path), anchors, moment, known)

        return online.complete(ask) if online else ask(None)

    for result in _each(walk(paths), jobs, verdict):
        _tell_verdict(output, result)
        worst = _worse(worst, exit_of(result))
        lost = lost or _lacks_anchors(result)
    if lost:
        output.warn("verify.no-anchors", {"folder": ", ".join(anchors)})
    return int(worst)


def _online(chosen: Settings, *, issuers: bool) -> Online | None:
    """Compose what asks the outside: anybody public, unless the settings say whom to ask."""
    changes: dict[str, object] = {"fetch_issuers": issuers or chosen.fetch_issuers}
    if "fetch" not in chosen.model_fields_set:
        changes["fetch"] = "open"
    index = FolderIndex(chosen.revocation / "index")
    return open_online(chosen.model_copy(update=changes), index, clock=SystemClock())


def _lacks_anchors(result: Result) -> bool:
    signatures = result.facts.get("signatures", [])
    return any(_NO_ANCHORS in one["reasons"] for one in signatures)


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
        return Exit.UNREADABLE
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
    for result in _each(walk(paths), jobs, lambda sandbox, path: sandbox.run(task, str(path))):
        if result.error is not None:
            worst = int(Exit.UNREADABLE)
            _tell_error(output, result)
        elif as_json:
            output.line({"file": str(result.path)} | result.facts)
        else:
            output.table(["", str(result.path)], list(_rows(result.facts)))
    return worst


def _each(
    paths: Iterable[Path], jobs: int, task: Callable[[Sandbox, Path], Answer]
) -> Iterator[Result]:
    """Run a task on every file, ``jobs`` at once, in order, holding only a few results."""
    sandbox = Sandbox(jobs, preload=PRELOAD)

    def work(path: Path) -> Result:
        try:
            path.open("rb").close()
            return Result(path=path, facts=task(sandbox, path).facts)
        except DocsvcError as e:
            return Result(path=path, facts={}, error=e)
        except OSError as e:
            error = CodedError("ingest.unreadable-path", problem=e.strerror or "")
            return Result(path=path, facts={}, error=error)

    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(jobs) as pool:
        for path in paths:
            waiting.append(pool.submit(work, path))
            if len(waiting) >= jobs * _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    sandbox.stop()


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


def _moment(text: str | None) -> str:
    if text is None:
        return SystemClock().now().isoformat()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as e:
        raise typer.BadParameter(text, param_hint="--at") from e
    return (moment if moment.tzinfo else moment.replace(tzinfo=VIETNAM)).isoformat()
