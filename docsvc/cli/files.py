"""``docsvc verify``, ``inspect`` and ``classify``: files in, findings out; no database."""

from __future__ import annotations

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
from docsvc.cli.report import Asked, OutOption, ReportOption
from docsvc.cli.running import Result, children, each
from docsvc.steps import JUDGES
from docsvc.steps.verify.forms import Form
from docsvc.steps.verify.rules import lacks_anchors
from verification.report.words import word

if TYPE_CHECKING:
    from collections.abc import Iterator

# A verdict on a small file takes a millisecond or two: a batch is done before anybody notices.
_BATCH = 32

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
    wants_report = report is not None or out is not None
    asked = Asked(form=report or Form.TEXT, out=out)
    task = judging.report_task(asked.form, lang) if wants_report else judging.task(paths)
    sandbox = children(jobs, task.module, *JUDGES)
    online = None if offline or replay else online_of(settings.load(), issuers=fetch_issuers)
    if wants_report:
        (result,) = each([asked.only(paths)], task, sandbox, online=online)
        _tell_error(output, result)
        asked.write(result.frames)
        return int(exit_of(result))
    worst, lost = Exit.PASSED, False
    files = walk(paths)
    found = each(
        files, task, sandbox, jobs=jobs, online=online, at_once=_BATCH, before_waiting=output.show
    )
    for result in found:
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
    asked = Task(name=task)
    sandbox = children(jobs, asked.module)
    for result in each(walk(paths), asked, sandbox, jobs=jobs, before_waiting=output.show):
        if result.error is not None:
            worst = int(Exit.UNREADABLE)
            _tell_error(output, result)
        elif as_json:
            output.line({"file": str(result.path)} | result.facts, more=True)
        else:
            output.table(["", str(result.path)], list(_rows(result.facts)))
    return worst


def _tell_verdict(output: Output, result: Result) -> None:
    if result.error is not None:
        _tell_error(output, result)
        return
    if output.as_json:
        output.line(result.facts, more=True)
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
    if rows or facts["indication"]:
        title = f"{facts['file']}: {facts['indication']} ({facts['completeness']})"
        output.table(heads[output.lang], rows, title)
    else:
        output.say(f"{facts['file']}: {word('saying.unsigned', output.lang.value)}")
    for code in facts["reasons"]:
        output.say(f"  {output.sentence(code)}")
    tell_replay(output, facts)


def _tell_error(output: Output, result: Result) -> None:
    if result.error is None:
        return
    code, facts = result.error.code, result.error.facts
    sentence = output.sentence(code, facts)
    if output.as_json:
        output.line({"file": str(result.path), "error": code, "reason": sentence}, more=True)
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
