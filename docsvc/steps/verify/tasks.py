"""What a child process finds about a file's signatures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from docsvc.confined import Answer
from docsvc.errors import DocsvcError
from docsvc.steps.verify.question import answer, trust_in, whole
from verification.report import to_json

if TYPE_CHECKING:
    from docsvc.steps.verify.question import Judged, Question


class NoAnchorsError(DocsvcError):
    """No trust anchor is installed."""

    code = "verify.no-anchors"


def verify(pdf: bytes, question: Question) -> Answer:
    """Return the verdict, in the form of ``docsvc verify --json``.

    Raises:
        UnreadableFileError: it cannot be read as a PDF.
    """
    return answer(pdf, question, _told)


def verify_path(path: str, question: Question) -> Answer:
    """Return the verdict of a file on disk.

    Raises:
        UnreadableFileError: it cannot be read as a PDF.
        FileChangedError: it changed meanwhile.
    """
    with whole(path) as pdf:
        return answer(pdf, replace(question, file=path), _told)


def _told(found: Judged) -> Answer:
    return Answer(facts=to_json(found.report))


def ready(trust_dir: str) -> Answer:
    """Count the trust anchors.

    Raises:
        NoAnchorsError: there are none, so no verdict can be good.
    """
    anchors = len(trust_in(trust_dir).anchors)
    if not anchors:
        raise NoAnchorsError(folder=trust_dir)
    return Answer(facts={"anchors": anchors})
