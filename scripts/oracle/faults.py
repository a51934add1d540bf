"""What makes a run fail, a sentence each."""

from __future__ import annotations

import re
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pikepdf
from differences import CHANGES, OVERLAP, UNEXPLAINED, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from differences import Row
    from lines import Line

_HEADINGS = re.compile(r"^### `([a-z0-9-]+)`", re.MULTILINE)
_PASSED = "TOTAL-PASSED"
_CONTROL = "produced/control"
_SEALED_ELSEWHERE = re.compile(r"/signers/letter\.[a-z-]+\+(by-hand|vgca)\.")
_PRODUCED = ("control", "forgeries", "levels", "pdfa", "profiles", "road", "signers")
_CORPORA = ("dss", "malformed", "pdfa", "pyhanko", "signature-attacks", "vn-official")


def faults(lines: list[Line], page: str, *, with_corpora: bool) -> list[str]:
    """Return what makes the run fail.

    Args:
        lines: everything that was judged.
        page: where the classes of difference are explained.
        with_corpora: the corpora were there to be judged.
    """
    explained = set(_HEADINGS.findall(page))
    found = list(_absent(lines, with_corpora=with_corpora))
    for line in lines:
        found += [
            f"{line.row.file}: {name}"
            for name in line.classes
            if name == UNEXPLAINED or name not in explained
        ]
        found += [f"{line.row.file}: {fault}" for fault in _of_one(line)]
    return found + _lost(lines)


def _absent(lines: list[Line], *, with_corpora: bool) -> Iterator[str]:
    """Yield the sets of which nothing was judged: a check of nothing passes always."""
    there = {line.set for line in lines}
    wanted = [f"produced/{name}" for name in _PRODUCED]
    for name in (*wanted, *(_CORPORA if with_corpora else ())):
        if name not in there:
            yield f"{name}: no file was judged"
    if not any(line.pdfa for line in lines):
        yield "produced: no PDF/A was judged"


def _of_one(line: Line) -> Iterator[str]:
    row = line.row
    if Kind.FELL in {row.ours.kind, row.dss.kind, row.pdfsig}:
        yield "a judge fell"
    if line.question.forged and not _refused(row):
        yield "a forgery that we do not refuse"
    # Where DSS is of the source's opinion, the difference from DSS has to be explained.
    if line.question.settled not in {None, row.ours.kind} and row.ours.kind is row.dss.kind:
        yield f"{line.question.settled} by its source, and nobody of that opinion"
    if line.set == _CONTROL:
        if {row.ours.kind, row.dss.kind, row.pdfsig} != {Kind.ACCEPT}:
            yield "what the forgeries are made of, and not accepted by everybody"
    elif line.question.ours:
        yield from _of_ours(line)


def _of_ours(line: Line) -> Iterator[str]:
    """Yield what somebody has against a file that we made."""
    row = line.row
    if line.pdfa.startswith("error") or "broken" in line.pdfa:
        yield line.pdfa
    if row.file.endswith(".receive.pdf"):
        if {row.ours.kind, row.dss.kind, row.pdfsig} != {Kind.UNSIGNED}:
            yield "not signed by us yet, and not called so by everybody"
        return
    passed = row.ours.indication == row.dss.indication == _PASSED
    if not passed or row.pdfsig is not Kind.ACCEPT:
        yield f"made by us and not passed by everybody: {row.ours}, {row.dss}, {row.pdfsig_words}"
    remarks = sorted(one for one in row.dss.said if not one.startswith(_expected(row.file)))
    if remarks:
        yield f"made by us, and DSS remarks {'; '.join(remarks)}"
    if line.strays:
        yield f"lies across something that is no signature: {' '.join(line.strays)}"


def _expected(file: str) -> tuple[str, ...]:
    """Return how the remarks begin that DSS may make on a file of ours.

    A foreign tool gives the reserved field of the seal an appearance in a form of its own.
    """
    return (OVERLAP, *CHANGES) if _SEALED_ELSEWHERE.search(file) else (OVERLAP,)


def _refused(row: Row) -> bool:
    """Tell whether we refuse a forgery: for its bytes, or because a stranger has signed."""
    return row.ours.kind is Kind.REJECT or row.ours.sub == "NO_CERTIFICATE_CHAIN_FOUND"


def _lost(lines: list[Line]) -> list[str]:
    """Return the documents some of whose revisions claim to be PDF/A and some not."""
    claims: dict[str, set[bool]] = {}
    for line in (one for one in lines if one.question.ours):
        document = line.row.file.split("/")[-1].split(".")[0]
        claims.setdefault(document, set()).add(bool(line.pdfa))
    return [
        f"{name}: a PDF/A that did not stay one" for name, kept in claims.items() if len(kept) > 1
    ]


def strays(path: Path) -> tuple[str, ...]:
    """Return the fields that lie across another, unless both are signatures.

    The seal has to lie across the leader's signature (NĐ 30/2020); nothing else has to.
    """
    found: set[str] = set()
    with pikepdf.open(path) as document:
        for page in document.pages:
            marks = [one for one in page.get("/Annots", []) if _area(one)]
            for one, other in combinations(marks, 2):
                if _meet(_box(one), _box(other)) and not (_signs(one) and _signs(other)):
                    found |= {_name(one), _name(other)}
    return tuple(sorted(found))


def _box(mark: Any) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = (float(one) for one in mark.Rect)
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def _area(mark: Any) -> bool:
    x0, y0, x1, y1 = _box(mark)
    return x0 < x1 and y0 < y1


def _meet(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _signs(mark: Any) -> bool:
    return bool(mark.get("/FT") == "/Sig")


def _name(mark: Any) -> str:
    return str(mark.get("/T", mark.get("/Subtype")))
