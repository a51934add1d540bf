"""The table of a run, and its figures."""

from __future__ import annotations

import csv
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from lines import Line

_COLUMNS = ("file", "ours", "dss", "pdfsig", "pdfa", "difference", "we_said", "dss_said")


def write_table(lines: list[Line], path: Path) -> None:
    """Write the table of agreement."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(_COLUMNS)
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
    sets = sorted({line.set for line in lines})
    classes = sorted({name for line in lines for name in line.classes})
    rows = [
        ("files", _count(lines, lambda _: True)),
        ("DSS of our class", _count(lines, _same)),
        ("no difference at all", _count(lines, lambda line: not line.classes)),
        ("settled by their source", _count(_settled(lines), lambda _: True)),
        ("settled: we as the source", _count(_settled(lines), _right)),
        ("settled: DSS of our class", _count(_settled(lines), _same)),
        (
            "settled: difference explained",
            _count(_settled(lines), lambda line: not _same(line) and line.is_explained),
        ),
        ("passed by all", _count(lines, _passed)),
        ("PDF/A kept", _count(lines, lambda line: line.pdfa.endswith("kept"))),
        *((f"`{name}`", _count(lines, _has(name))) for name in classes),
    ]
    head = ["| |", *(f" {one} |" for one in sets), " all |"]
    text = ["".join(head), "| --- |" + " ---: |" * (len(sets) + 1)]
    for name, count in rows:
        cells = "".join(f" {count[one] or ''} |" for one in sets)
        text.append(f"| {name} |{cells} {count.total()} |")
    return "\n".join(("", *text, "", ""))


def _count(lines: Iterable[Line], wanted: Callable[[Line], bool]) -> Counter[str]:
    return Counter(line.set for line in lines if wanted(line))


def _settled(lines: list[Line]) -> list[Line]:
    return [line for line in lines if line.question.settled is not None]


def _same(line: Line) -> bool:
    return line.row.ours.kind is line.row.dss.kind


def _right(line: Line) -> bool:
    return line.row.ours.kind is line.question.settled


def _passed(line: Line) -> bool:
    """Tell whether we and DSS passed it, and pdfsig called every signature valid."""
    row = line.row
    return row.ours.indication == row.dss.indication == "TOTAL-PASSED" and row.pdfsig == "accept"


def _has(name: str) -> Callable[[Line], bool]:
    return lambda line: name in line.classes
