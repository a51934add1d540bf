"""What a child process does with a file: gather its facts, draw one of its pages."""

from __future__ import annotations

import io
from pathlib import Path

import pypdfium2
from pydantic import TypeAdapter

from docsvc.confined import Answer
from verification.inspect import Facts
from verification.inspect import inspect as inspect_file

_FACTS = TypeAdapter(Facts)
_DPI = 110
_POINTS = 72


def inspect(pdf: bytes) -> Answer:
    """Return the facts of a file, and as ``acts`` what it would do."""
    facts = inspect_file(pdf)
    return Answer(facts={**_FACTS.dump_python(facts, mode="json"), "acts": list(facts.acts)})


def draw(pdf: bytes, page: int) -> Answer:
    """Return a page as PNG, at 110 dpi."""
    document = pypdfium2.PdfDocument(pdf)
    document.init_forms()
    bitmap = document[page].render(scale=_DPI / _POINTS)
    out = io.BytesIO()
    bitmap.to_pil().save(out, "PNG")
    return Answer(frames=(out.getvalue(),))


def ready() -> Answer:
    """Answer: children start, and what they import is there."""
    return Answer(facts={"pdfium": str(pypdfium2.PDFIUM_INFO)})


def inspect_path(path: str) -> Answer:
    """Return the facts of a file on disk."""
    return inspect(Path(path).read_bytes())
