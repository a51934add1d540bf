"""The second opinion: our verdicts beside those of the EU's DSS and of pdfsig, file by file.

Writes build/oracle/table.csv, and the figures into docs/reference/oracle.md; prints a summary.
Ends with 1 where a difference is not explained there, a PDF that we made is not accepted by
everybody, a forgery is accepted by us, or a PDF/A did not stay one. `make oracle` builds the Java
part first.
"""

from __future__ import annotations

import argparse
import csv
import re
import shutil
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from differences import UNEXPLAINED, Kind, Row, classes_of, dss_of, ours_of, pdfsig_of
from judges import Judges, ask_pdfsig
from produce import produce

from docsvc.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "oracle"
CORPORA = ROOT.parent / "shared" / "corpora"
PAGE = ROOT / "docs" / "reference" / "oracle.md"
# The part of the page that a run writes.
FIGURES = re.compile(r"(?<=<!-- figures -->\n).*?(?=<!-- end of figures -->)", re.DOTALL)
HEADINGS = re.compile(r"^### `([a-z0-9-]+)`", re.MULTILINE)
COLUMNS = ("file", "ours", "dss", "pdfsig", "pdfa", "difference", "we_said", "dss_said")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A file to be judged, under the name of its set; no anchors: its own signers' certificates."""

    name: str
    path: Path
    anchors: tuple[bytes, ...] = ()
    ours: bool = False
    forged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row of the table with its classes, and what is wrong with a PDF that we made."""

    row: Row
    ours: bool
    forged: bool
    classes: tuple[str, ...]
    pdfa: str


def questions(corpora: Path) -> Iterator[Question]:
    """Yield every PDF: those made now, the samples that bear signatures, the corpora."""
    with tempfile.TemporaryDirectory(prefix="docsvc-oracle-") as instance:
        shutil.rmtree(BUILD / "produced", ignore_errors=True)
        root = produce(BUILD / "produced", Path(instance))
    for path in sorted((BUILD / "produced").rglob("*.pdf")):
        name = f"produced/{path.relative_to(BUILD / 'produced').as_posix()}"
        forged = path.parent.name == "forgeries"
        yield Question(name=name, path=path, anchors=(root,), ours=not forged, forged=forged)
    for path in sorted((ROOT / "sample_docs" / "signed").rglob("*.pdf")):
        yield Question(name=path.relative_to(ROOT).as_posix(), path=path)
    for path in sorted(corpora.rglob("*.pdf")):
        yield Question(name=f"corpora/{path.relative_to(corpora).as_posix()}", path=path)


def judged(judges: Judges, question: Question) -> Line:
    """Ask everybody about a file."""
    words = ask_pdfsig(question.path)
    row = Row(
        file=question.name,
        ours=ours_of(judges.ask_ours(question.path, question.anchors)),
        dss=dss_of(judges.ask_dss(question.path, question.anchors)),
        pdfsig=pdfsig_of(words),
        pdfsig_words=words,
    )
    pdfa = _conformance(judges.ask_verapdf(question.path)) if question.ours else ""
    return Line(
        row=row,
        ours=question.ours,
        forged=question.forged,
        classes=classes_of(row),
        pdfa=pdfa,
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


def faults(lines: list[Line], page: str) -> list[str]:
    """Return what makes the run fail, a sentence each."""
    explained = set(HEADINGS.findall(page))
    found = [
        f"{line.row.file}: {name}"
        for line in lines
        for name in line.classes
        if name == UNEXPLAINED or name not in explained
    ]
    found += [
        f"{line.row.file}: a forgery that we do not refuse"
        for line in lines
        if line.forged and not _refused(line.row)
    ]
    for line in (one for one in lines if one.ours):
        kinds = {line.row.ours.kind, line.row.dss.kind, line.row.pdfsig}
        if kinds not in ({Kind.ACCEPT}, {Kind.UNSIGNED}):
            found.append(f"{line.row.file}: made by us and not accepted by everybody")
        if line.pdfa.startswith("error") or "broken" in line.pdfa:
            found.append(f"{line.row.file}: {line.pdfa}")
    return found + _lost(lines)


def _refused(row: Row) -> bool:
    """Tell whether we refuse a forgery: for its bytes, or because a stranger has signed."""
    return row.ours.kind is Kind.REJECT or row.ours.sub == "NO_CERTIFICATE_CHAIN_FOUND"


def _lost(lines: list[Line]) -> list[str]:
    """Return the documents some of whose revisions claim to be PDF/A and some not."""
    claims: dict[str, set[bool]] = {}
    for line in (one for one in lines if one.ours):
        document = line.row.file.split("/")[-1].split(".")[0]
        claims.setdefault(document, set()).add(bool(line.pdfa))
    return [
        f"{name}: a PDF/A that did not stay one" for name, kept in claims.items() if len(kept) > 1
    ]


def write_table(lines: list[Line], path: Path) -> None:
    """Write the table of agreement."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for line in lines:
            row = line.row
            table.writerow(
                (
                    row.file,
                    row.ours,
                    row.dss,
                    row.pdfsig_words,
                    line.pdfa,
                    " ".join(line.classes) or "agree",
                    "; ".join(sorted(row.ours.said)),
                    "; ".join(sorted(row.dss.said)),
                )
            )


def figures(lines: list[Line]) -> str:
    """Return the counts of the run, for each set of files, as tables in Markdown."""
    sets = sorted({_set_of(line) for line in lines})
    classes = sorted({name for line in lines for name in line.classes})
    counts = Counter((_set_of(line), name) for line in lines for name in line.classes)
    everybody = Counter(_set_of(line) for line in lines if not line.classes)
    same = Counter(_set_of(line) for line in lines if line.row.ours.kind is line.row.dss.kind)
    kept = Counter(_set_of(line) for line in lines if line.pdfa.endswith("kept"))
    total = Counter(map(_set_of, lines))
    rows: list[tuple[str, Counter[str]]] = [
        ("files", total),
        ("DSS of our class", same),
        ("no difference at all", everybody),
        ("PDF/A kept", kept),
        *((f"`{name}`", Counter({one: counts[one, name] for one in sets})) for name in classes),
    ]
    head = ["| |", *(f" {one} |" for one in sets), " all |"]
    text = ["".join(head), "| --- |" + " ---: |" * (len(sets) + 1)]
    for name, count in rows:
        cells = "".join(f" {count[one] or ''} |" for one in sets)
        text.append(f"| {name} |{cells} {count.total()} |")
    return "\n".join(("", *text, "", ""))


def _set_of(line: Line) -> str:
    first, second, *_ = line.row.file.split("/")
    return f"{first}/{second}" if first != "corpora" else second


def main() -> int:
    """Ask, write, and say what is not explained."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpora", type=Path, default=CORPORA, help="folder of the corpora")
    corpora = parser.parse_args().corpora
    BUILD.mkdir(parents=True, exist_ok=True)
    if not corpora.is_dir():
        sys.stdout.write("No corpora beside the checkout: only our own files are judged.\n")
    asked = list(questions(corpora))
    judges = Judges.ready(BUILD / "java", SystemClock().now().isoformat(timespec="seconds"))
    try:
        lines = [judged(judges, one) for one in asked]
    finally:
        judges.stop()
    write_table(lines, BUILD / "table.csv")
    page = PAGE.read_text("utf-8")
    text = figures(lines)
    if corpora.is_dir():
        PAGE.write_text(FIGURES.sub(lambda _: text, page), "utf-8")
    sys.stdout.write(text)
    wrong = faults(lines, page)
    for one in wrong:
        sys.stdout.write(f"not explained: {one}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
