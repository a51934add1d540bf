"""What a child process does with evidence: gathers it, or gives its verdict again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from docsvc.confined import Answer
from docsvc.steps.verify.question import answer
from docsvc.steps.verify.report_tasks import whole_report
from verification import evidence
from verification.report import to_json

if TYPE_CHECKING:
    from docsvc.steps.verify.question import Judged, Question


def examine(pdf: bytes, question: Question) -> Answer:
    """Return the verdict as `tasks.verify` does; as frames its evidence, and what words need."""

    def tell(found: Judged) -> Answer:
        kept = evidence.gather(
            pdf, found.report, policy=found.policy, trust=found.trust, roles=found.roles
        )
        frames = (evidence.to_bytes(kept), whole_report(found.report))
        return Answer(facts=to_json(found.report), frames=frames)

    return answer(pdf, question, tell)


def examine_path(path: str, question: Question) -> Answer:
    """Return the same of a file on disk."""
    return examine(Path(path).read_bytes(), replace(question, file=path))


def replay_path(path: str, kept: str) -> Answer:
    """Give the verdict of a file on disk again, by evidence on disk alone.

    Raises:
        EvidenceError: the evidence is damaged, altered or of no known form.
        OtherFileError: it belongs to another file.
    """
    with Path(kept).open("rb") as file:
        found = evidence.read(file.read(evidence.MAX_BYTES + 1))
    again = evidence.replay(found, Path(path).read_bytes())
    told = {
        "same": not again.differences,
        "differences": list(again.differences),
        "kept_indication": found.report.get("indication"),
        "made_by": dict(found.versions),
    }
    return Answer(facts=to_json(again.report) | {"file": path, "replay": told})
