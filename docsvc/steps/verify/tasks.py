"""What a child process finds about a file's signatures."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from verification.policy import DEFAULT_POLICY
from verification.trust import load_directory
from verification.verify import verify as verify_file

from docsvc.errors import DocsvcError
from docsvc.sandbox import Answer
from verification.model import Role
from verification.report import to_json


class NoAnchorsError(DocsvcError):
    """No trust anchor is installed."""

    code = "verify.no-anchors"


def verify(pdf: bytes, trust_dir: str, at: str, roles: dict[str, str], file: str) -> Answer:
    """Return the verdict, in the form of ``docsvc verify --json``.

    Args:
        pdf: the file.
        trust_dir: folder of anchors and intermediates.
        at: ISO 8601 moment of the verification.
        roles: role by SHA-256 fingerprint of a certificate, from the inventory.
        file: name for the report.
    """
    report = verify_file(
        pdf,
        policy=DEFAULT_POLICY,
        trust=load_directory(trust_dir),
        at=datetime.fromisoformat(at),
        roles={fingerprint: Role(role) for fingerprint, role in roles.items()},
        file=file,
    )
    return Answer(facts=to_json(report))


def ready(trust_dir: str) -> Answer:
    """Count the trust anchors.

    Raises:
        NoAnchorsError: there are none, so no verdict can be good.
    """
    anchors = len(load_directory(trust_dir).anchors)
    if not anchors:
        raise NoAnchorsError(folder=trust_dir)
    return Answer(facts={"anchors": anchors})


def verify_path(path: str, trust: list[str], at: str) -> Answer:
    """Return the verdict of a file on disk, against anchors in folders or files.

    Raises:
        UnreadableFileError: it cannot be read as a PDF.
    """
    report = verify_file(
        Path(path).read_bytes(),
        policy=DEFAULT_POLICY,
        trust=load_trust([Path(p) for p in trust]),
        at=datetime.fromisoformat(at),
        file=path,
    )
    return Answer(facts=to_json(report))
