"""How ``docsvc verify`` is told to judge, to keep evidence, or to judge again by it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from docsvc import settings
from docsvc.clock import VIETNAM, SystemClock
from docsvc.errors import CodedError
from docsvc.steps.verify.question import Question, policy_in
from verification.errors import PolicyError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from docsvc.cli.output import Lang, Output
    from docsvc.revocation.asking import Known
    from docsvc.revocation.online import Online
    from docsvc.settings import Settings
    from docsvc.steps.verify.forms import Form

_REPORT_TASK = "docsvc.steps.verify.report_tasks:report_path"

PolicyOption = Annotated[Path | None, typer.Option(help="tệp TOML của chính sách kiểm tra")]
EvidenceOption = Annotated[Path | None, typer.Option(help="ghi bằng chứng của kết luận ra tệp")]
ReplayOption = Annotated[
    Path | None,
    typer.Option(exists=True, dir_okay=False, help="kiểm tra lại chỉ bằng tệp bằng chứng này"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A task for a child: the path of a file comes first, then these arguments."""

    name: str
    arguments: tuple[object, ...] = ()

    @property
    def module(self) -> str:
        """Return the module that the task is in."""
        return self.name.partition(":")[0]

    def on_each(self, paths: Sequence[Path], known: Known | None) -> list[tuple[object, ...]]:
        """Return all arguments for each file, a question among them with what is known by now.

        The question is one for all: a message to a child carries it once.
        """
        rest = [
            replace(each, known=known) if isinstance(each, Question) else each
            for each in self.arguments
        ]
        return [(str(path), *rest) for path in paths]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """What a verdict is asked for by; empty where the settings and the present moment decide."""

    trust: list[Path] | None = None
    at: str | None = None
    policy: Path | None = None
    evidence: Path | None = None
    replay: Path | None = None

    @property
    def anchors(self) -> tuple[str, ...]:
        """Return the folders and files of anchors."""
        return tuple(str(path) for path in self.trust or [settings.load().trust_dir])

    def task(self, paths: list[Path]) -> Task:
        """Return the task that judges one file.

        Raises:
            BadParameter: options that do not go together, or evidence of more than one file.
            CodedError: the policy cannot be read.
        """
        alone = len(paths) == 1 and not paths[0].is_dir()
        if (self.evidence or self.replay) and not alone:
            raise typer.BadParameter(str(len(paths)), param_hint="--evidence, --replay")
        if self.replay is not None:
            # Everything else is in the evidence: whoever names it too expects what is not so.
            if self.trust or self.at or self.policy or self.evidence:
                raise typer.BadParameter(str(self.replay), param_hint="--replay")
            return Task(
                name="docsvc.steps.verify.evidence:replay_path", arguments=(str(self.replay),)
            )
        module = "tasks:verify_path" if self.evidence is None else "evidence:examine_path"
        return Task(name=f"docsvc.steps.verify.{module}", arguments=(self._question(),))

    def report_task(self, form: Form, lang: Lang) -> Task:
        """Return the task that draws the report on one file.

        Raises:
            BadParameter: a report does not go together with evidence.
            CodedError: the policy cannot be read.
        """
        if self.evidence or self.replay:
            raise typer.BadParameter(str(self.evidence or self.replay), param_hint="--report")
        return Task(name=_REPORT_TASK, arguments=(self._question(), form, lang))

    def _question(self) -> Question:
        policy = str(self.policy or settings.load().policy_file)
        return Question(trust=self.anchors, at=_moment(self.at), policy=_readable(policy))

    def keep(self, frames: tuple[bytes, ...]) -> None:
        """Write the evidence that a task gave, if it was asked for."""
        if self.evidence is not None and frames:
            self.evidence.write_bytes(frames[0])


def online_of(chosen: Settings, *, issuers: bool) -> Online | None:
    """Compose what asks the outside: anybody public, unless the settings say whom to ask."""
    # Who verifies offline needs no client and no index.
    from docsvc.revocation.indexes import FolderIndex  # noqa: PLC0415
    from docsvc.revocation.opening import open_online  # noqa: PLC0415

    changes: dict[str, object] = {"fetch_issuers": issuers or chosen.fetch_issuers}
    if "fetch" not in chosen.model_fields_set:
        changes["fetch"] = "open"
    index = FolderIndex(chosen.revocation / "index")
    return open_online(chosen.model_copy(update=changes), index, clock=SystemClock())


def tell_replay(output: Output, facts: Mapping[str, Any]) -> None:
    """Say for people whether the replay gave the verdict that was kept."""
    found = facts.get("replay")
    if found is None:
        return
    code = "verification.replay-same" if found["same"] else "verification.replay-differs"
    told = {
        "kept": found["kept_indication"],
        "now": facts["indication"],
        "differences": ", ".join(found["differences"]),
        "made_by": found["made_by"].get("docsvc"),
        "at": facts["verified_at"],
        "policy": facts["policy"],
    }
    for each in (code, "verification.replay-made"):
        output.say(f"  {output.sentence(each, told)}")


def _readable(policy: str) -> str:
    """Try a policy once, before it is handed to the children."""
    try:
        policy_in(policy)
    except PolicyError as e:
        raise CodedError(e.code, policy=policy, problem=e.facts["problem"]) from e
    return policy


def _moment(text: str | None) -> str:
    if text is None:
        return SystemClock().now().isoformat()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as e:
        raise typer.BadParameter(text, param_hint="--at") from e
    return (moment if moment.tzinfo else moment.replace(tzinfo=VIETNAM)).isoformat()
