"""What a child process does with evidence: gathers it, or gives its verdict again."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from docsvc.sandbox import Answer
from docsvc.steps.verify.tasks import issued_policy_in, policy_in, trust_in
from verification import evidence
from verification.model import Role
from verification.report import to_json
from verification.verify import verify

if TYPE_CHECKING:
    from collections.abc import Mapping

    from verification.policy import Policy
    from verification.trust import Trust


def examine(
    pdf: bytes, trust_dir: str, at: str, roles: dict[str, str], file: str, policy: str
) -> Answer:
    """Return the verdict of a document of our own, and its evidence as a frame."""
    known = {fingerprint: Role(role) for fingerprint, role in roles.items()}
    return _examined(pdf, file, at, (issued_policy_in(policy), trust_in(trust_dir), known))


def examine_path(path: str, trust: list[str], at: str, policy: str) -> Answer:
    """Return the verdict of a file on disk, and its evidence as a frame."""
    pdf, nobody = Path(path).read_bytes(), dict[str, Role]()
    return _examined(pdf, path, at, (policy_in(policy), trust_in(*trust), nobody))


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


def _examined(
    pdf: bytes, file: str, at: str, judged_by: tuple[Policy, Trust, Mapping[str, Role]]
) -> Answer:
    policy, trust, roles = judged_by
    report = verify(
        pdf,
        policy=policy,
        trust=trust,
        at=datetime.fromisoformat(at),
        roles=roles,
        file=file,
    )
    kept = evidence.gather(pdf, report, policy=policy, trust=trust, roles=roles)
    return Answer(facts=to_json(report), frames=(evidence.to_bytes(kept),))
