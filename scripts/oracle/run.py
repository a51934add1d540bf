"""The second opinion: our verdicts beside those of the EU's DSS and of pdfsig, file by file.

Writes build/oracle/table.csv, and the figures into docs/reference/oracle.md; prints a summary.
Ends with 1 where a difference is not explained there, a PDF that we made is not passed by
everybody, a forgery is accepted by us, a PDF/A did not stay one, a judge is missing or fell, or
nothing of a set was judged. `make oracle` builds the Java part first, and has the stand-ins of the
tests found.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from differences import Row, classes_of, dss_of, ours_of, pdfsig_of
from faults import faults, strays
from judges import Judges, ask_pdfsig, missing
from lines import Line, Question, settled
from produce import produce
from table import figures, write_table

from docsvc.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judges import Truth

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "oracle"
CORPORA = ROOT.parent / "shared" / "corpora"
PAGE = ROOT / "docs" / "reference" / "oracle.md"
# The part of the page that a run writes.
FIGURES = re.compile(r"(?<=<!-- figures -->\n).*?(?=<!-- end of figures -->)", re.DOTALL)


def questions(corpora: Path) -> Iterator[Question]:
    """Yield every PDF: those made now, the samples that bear signatures, the corpora."""
    with tempfile.TemporaryDirectory(prefix="docsvc-oracle-") as instance:
        shutil.rmtree(BUILD / "produced", ignore_errors=True)
        truth = produce(BUILD / "produced", Path(instance))
    yield from _produced(truth)
    for path in sorted((ROOT / "sample_docs" / "signed").rglob("*.pdf")):
        yield Question(name=path.relative_to(ROOT).as_posix(), path=path)
    known = settled(corpora)
    for path in sorted(corpora.rglob("*.pdf")):
        name = path.relative_to(corpora).as_posix()
        yield Question(name=f"corpora/{name}", path=path, settled=known.get(name))


def _produced(truth: Truth) -> Iterator[Question]:
    for path in sorted((BUILD / "produced").rglob("*.pdf")):
        name = f"produced/{path.relative_to(BUILD / 'produced').as_posix()}"
        forged = path.parent.name == "forgeries"
        yield Question(name=name, path=path, truth=truth, ours=not forged, forged=forged)


def judged(judges: Judges, question: Question) -> Line:
    """Ask everybody about a file."""
    words = ask_pdfsig(question.path)
    row = Row(
        file=question.name,
        ours=ours_of(judges.ask_ours(question.path, question.truth)),
        dss=dss_of(judges.ask_dss(question.path, question.truth)),
        pdfsig=pdfsig_of(words),
        pdfsig_words=words,
    )
    return Line(
        question=question,
        row=row,
        classes=classes_of(row),
        pdfa=_conformance(judges.ask_verapdf(question.path)) if question.ours else "",
        strays=strays(question.path) if question.ours else (),
    )


def _conformance(answer: dict[str, Any]) -> str:
    """Say in a word what veraPDF found; empty for a file that claims nothing."""
    if "error" in answer:
        return f"error {answer['error']}"
    if answer["flavour"] is None:
        return ""
    if answer["compliant"]:
        return f"{answer['flavour']} kept"
    return f"{answer['flavour']} broken: {' '.join(answer['failed'])}"


def main() -> int:
    """Ask, write, and say what is not explained."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpora", type=Path, default=CORPORA, help="folder of the corpora")
    corpora = parser.parse_args().corpora
    if gone := missing(BUILD / "java"):
        sys.stdout.write("".join(f"missing: {one}\n" for one in gone))
        return 1
    if not corpora.is_dir():
        sys.stdout.write("No corpora beside the checkout: only our own files are judged.\n")
    wrong = _run(corpora)
    sys.stdout.write("".join(f"not explained: {one}\n" for one in wrong))
    return 1 if wrong else 0


def _run(corpora: Path) -> list[str]:
    """Judge everything, write table and page, and return what is wrong."""
    asked = list(questions(corpora))
    judges = Judges.ready(BUILD / "java", SystemClock().now().isoformat(timespec="seconds"))
    try:
        lines = [judged(judges, one) for one in asked]
    finally:
        judges.stop()
    write_table(lines, BUILD / "table.csv")
    page, text = PAGE.read_text("utf-8"), figures(lines)
    if corpora.is_dir():
        PAGE.write_text(FIGURES.sub(lambda _: text, page), "utf-8")
    sys.stdout.write(text)
    return faults(lines, page, with_corpora=corpora.is_dir())


if __name__ == "__main__":
    sys.exit(main())
