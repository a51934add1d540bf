"""What a child process reads from a file: its secrecy alone, or all it says of itself."""

from __future__ import annotations

from pathlib import Path

from pydantic import TypeAdapter

from docsvc.confined import Answer
from docsvc.steps.classify.model import Classification, Hints, Secrecy
from docsvc.steps.classify.reading import read
from docsvc.steps.classify.rules import classify as classify_reading
from verification.inspect import inspect

_SECRECY = TypeAdapter(Secrecy)
_CLASSIFICATION = TypeAdapter(Classification)


def gate(pdf: bytes) -> Answer:
    """Return the secrecy of a file and what it would do; refuse what cannot be opened safely."""
    acts = inspect(pdf).acts
    secrecy = classify_reading(read(pdf), hints=Hints()).secrecy
    return Answer(facts={**_SECRECY.dump_python(secrecy, mode="json"), "acts": list(acts)})


def classify(pdf: bytes, hints: Hints) -> Answer:
    """Return everything a file says of itself."""
    classification = classify_reading(read(pdf), hints=hints)
    return Answer(facts=_CLASSIFICATION.dump_python(classification, mode="json"))


def classify_path(path: str) -> Answer:
    """Return everything a file on disk says of itself."""
    return classify(Path(path).read_bytes(), Hints())
