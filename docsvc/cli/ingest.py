"""``docsvc ingest``: takes files down the road; a bar, and a line for each outcome."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from docsvc import logs, settings
from docsvc.bootstrap import open_services
from docsvc.cli.output import JsonOption, Lang, LangOption, Output
from docsvc.cli.paths import walk
from docsvc.documents import service as documents
from docsvc.errors import DocsvcError
from docsvc.jobs.engine import SecondWorkerError
from docsvc.steps.receive.service import Offer
from docsvc.worker import RunningWorker
from docsvc.workflow import ENDED, Step, next_leg

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docsvc.bootstrap import Services

ACTOR = "cli"
# What the person at the command line confirms for all files at once.
EVERY_STEP = (Step.CONFIRM, Step.SIGN_LEADER, Step.SIGN_ORGANISATION)
_POLL_S = 0.1
# After that the command reports the document as waiting; the service goes on with it.
_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A file and the body that sends it."""

    path: Path
    unit: str


@dataclass(slots=True, kw_only=True)
class Outcome:
    """Where a file ended: its state, and the code of the reason if it went no further."""

    file: str
    unit: str
    document: str | None = None
    state: str = ""
    code: str | None = None
    facts: dict[str, object] = field(default_factory=dict)
    number: str | None = None
    completeness: str | None = None
    waiting_since: float | None = None

    def waits(self) -> bool:
        """Say whether the document has waited for something outside for too long to stand by."""
        now = time.monotonic()
        if self.waiting_since is None:
            self.waiting_since = now
        return now - self.waiting_since > _PATIENCE_S


def ingest(
    paths: Annotated[list[Path], typer.Argument(help="tệp hoặc thư mục")],
    *,
    unit: Annotated[str, typer.Option(help="mã đơn vị ban hành")],
    declare_not_secret: Annotated[
        bool, typer.Option("--declare-not-secret", help="cam kết không có bí mật nhà nước")
    ] = False,
    as_json: JsonOption = False,
    lang: LangOption = Lang.VI,
) -> int:
    """Đưa tệp đi hết quy trình, xác nhận mọi bước thay cho văn thư và lãnh đạo."""
    logs.configure("warning")
    output = Output(as_json=as_json, lang=lang)
    items = [Item(path=file, unit=unit) for file in walk(paths)]
    services = open_services(settings.load())
    try:
        outcomes = run(services, items, output, declared=declare_not_secret)
    finally:
        services.close()
    return 0 if all(o.code is None for o in outcomes) else 1


def run(services: Services, items: list[Item], output: Output, *, declared: bool) -> list[Outcome]:
    """Take files in, work until each road has ended, and say how."""
    with _worker(services), _bar(output) as bar:
        task = bar.add_task("", total=len(items))
        outcomes, open_roads = [], dict[str, Outcome]()
        for item in items:
            outcome = _accept(services, item, declared=declared)
            outcomes.append(outcome)
            if outcome.document is not None and outcome.code is None:
                open_roads[outcome.document] = outcome
            else:
                _tell(output, bar, outcome)
                bar.advance(task)
        while open_roads:
            for document, outcome in list(open_roads.items()):
                if _ended(services, outcome):
                    del open_roads[document]
                    _tell(output, bar, outcome)
                    bar.advance(task)
            time.sleep(_POLL_S)
    return outcomes


def _accept(services: Services, item: Item, *, declared: bool) -> Outcome:
    outcome = Outcome(file=str(item.path), unit=item.unit)
    try:
        accepted = services.accept(
            item.path.read_bytes(),
            Offer(
                unit_code=item.unit,
                file_name=item.path.name,
                source="cli",
                actor=ACTOR,
                declared_not_secret=declared,
                allow=EVERY_STEP,
            ),
        )
    except OSError as e:
        outcome.state, outcome.code = "unreadable", "ingest.unreadable-path"
        outcome.facts = {"problem": e.strerror or ""}
        return outcome
    except DocsvcError as e:
        outcome.state, outcome.code, outcome.facts = "refused", e.code, e.facts
        return outcome
    outcome.document, outcome.code = str(accepted.document_id), accepted.ended_code
    if outcome.code is not None:
        _ended(services, outcome)
    return outcome


def _ended(services: Services, outcome: Outcome) -> bool:
    """Look where a document is; fill the outcome in once its road has ended or waits."""
    with services.transactions() as tx:
        document = documents.get(tx, UUID(outcome.document))
        outcome.state = str(document.state)
        outcome.number = document.number_text
        outcome.completeness = document.completeness
        if document.state in ENDED:
            outcome.code, outcome.facts = document.ended_code, dict(document.ended_facts)
            return True
        if document.waiting_code is not None and outcome.waits():
            outcome.code = document.waiting_code
            return True
        return next_leg(document.route, document.state) is None or bool(document.waits_for)


def _tell(output: Output, bar: Progress, outcome: Outcome) -> None:
    if output.as_json:
        output.line(
            {
                "file": outcome.file,
                "unit": outcome.unit,
                "document": outcome.document,
                "state": outcome.state,
                "code": outcome.code,
                "reason": output.sentence(outcome.code, outcome.facts) if outcome.code else None,
                "number": outcome.number,
                "completeness": outcome.completeness,
            }
        )
        return
    mark = "✓" if outcome.code is None else "✗"
    what = outcome.number or ""
    if outcome.code is not None:
        what = output.sentence(outcome.code, outcome.facts)
    bar.console.print(f"{mark} {Path(outcome.file).name}  {outcome.state}  {what}", markup=False)


@contextlib.contextmanager
def _worker(services: Services) -> Iterator[None]:
    """Work in this process, unless a service with workers inside is already at it."""
    worker = RunningWorker(services)
    try:
        worker.start()
    except SecondWorkerError:
        yield
        return
    try:
        yield
    finally:
        worker.stop()


def _bar(output: Output) -> Progress:
    return Progress(
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
        disable=output.as_json,
    )
