"""What the second opinion may differ in is explained, and nothing lets a run pass by itself."""

from __future__ import annotations

import importlib
import re
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pikepdf
import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "scripts" / "oracle"
PAGE = (ROOT / "docs" / "reference" / "oracle.md").read_text("utf-8")


def module(name: str) -> Any:
    """Import one of the scripts; they are no package."""
    if str(SCRIPTS) not in sys.path:
        sys.path.append(str(SCRIPTS))
    return importlib.import_module(name)


differences, judges, lines, faults, table = map(
    module, ("differences", "judges", "lines", "faults", "table")
)
Kind = differences.Kind
PASSED = {"indication": "TOTAL-PASSED", "sub": None}
SETS = [f"produced/{name}" for name in faults._PRODUCED] + [
    f"corpora/{name}" for name in faults._CORPORA
]


def line(file: str, **changes: Any) -> Any:
    """Return a row that everybody passes."""
    verdict = differences.Verdict(kind=Kind.ACCEPT, **PASSED)
    forged = "/forgeries/" in file
    ours = file.startswith("produced/") and not forged
    if forged:
        verdict = differences.Verdict(kind=Kind.REJECT)
    row = differences.Row(
        file=file,
        ours=changes.pop("ours", verdict),
        dss=changes.pop("dss", verdict),
        pdfsig=changes.pop("pdfsig", verdict.kind),
        pdfsig_words="",
    )
    question = lines.Question(
        name=file, path=Path(file), ours=ours, forged=forged, settled=changes.pop("settled", None)
    )
    made = lines.Line(question=question, row=row, classes=differences.classes_of(row))
    return replace(made, **changes)


def whole() -> list[Any]:
    """Return a run that has nothing to complain of."""
    return [line(f"{name}/27-x.B-T.pdf", pdfa="2b kept") for name in SETS]


def found(*more: Any) -> list[str]:
    """Return what is wrong with a good run and these rows."""
    said: list[str] = faults.faults([*whole(), *more], PAGE, with_corpora=True)
    return said


def test_every_class_of_difference_is_explained_and_no_other() -> None:
    rules = (differences.BYTES, differences.WORDS, differences.WARNINGS, differences.PDFSIG)
    explained = re.findall(r"^### `([a-z0-9-]+)`", PAGE, re.MULTILINE)
    assert sorted(explained) == sorted(name for part in rules for name in part)


def test_a_good_run_passes() -> None:
    assert found() == []


def test_a_run_that_judged_nothing_fails() -> None:
    said = faults.faults([], PAGE, with_corpora=True)
    names = [one.removeprefix("corpora/") for one in SETS]
    assert said == [f"{one}: no file was judged" for one in names] + [
        "produced: no PDF/A was judged"
    ]


def test_without_corpora_our_own_files_are_enough() -> None:
    own = [one for one in whole() if one.question.name.startswith("produced/")]
    assert faults.faults(own, PAGE, with_corpora=False) == []


@pytest.mark.parametrize("judge", ["ours", "dss", "pdfsig"])
def test_a_file_of_ours_that_one_of_the_three_refuses_fails_the_run(judge: str) -> None:
    refused = differences.Verdict(kind=Kind.REJECT, indication="TOTAL-FAILED", sub="HASH_FAILURE")
    answer = Kind.REJECT if judge == "pdfsig" else refused
    said = found(line("produced/signers/letter.agent+vgca.B-T.pdf", **{judge: answer}))
    assert any("not passed by everybody" in one for one in said)


def test_a_file_of_ours_that_is_only_left_open_fails_the_run() -> None:
    left = differences.Verdict(kind=Kind.ACCEPT, indication="INDETERMINATE", sub="TRY_LATER")
    assert found(line("produced/signers/letter.x.B-B.pdf", ours=left, dss=left))


def test_a_signed_file_of_ours_that_nobody_calls_signed_fails_the_run() -> None:
    none = differences.Verdict(kind=Kind.UNSIGNED)
    unsigned = {"ours": none, "dss": none, "pdfsig": Kind.UNSIGNED}
    assert found(line("produced/road/01-x.timestamp.pdf", **unsigned))
    assert found(line("produced/road/01-x.receive.pdf", **unsigned)) == []


def test_a_remark_of_dss_on_a_file_of_ours_fails_the_run_but_for_the_seal() -> None:
    seal = differences.Verdict(
        kind=Kind.ACCEPT, **PASSED, said=frozenset({f"{differences.OVERLAP}_ANS: page 1"})
    )
    other = replace(seal, said=frozenset({"BBB_ICS_ISASCP_ANS: absent"}))
    assert found(line("produced/road/01-x.timestamp.pdf", dss=seal)) == []
    assert found(line("produced/road/01-x.timestamp.pdf", dss=other)) == [
        "produced/road/01-x.timestamp.pdf: made by us, and DSS remarks BBB_ICS_ISASCP_ANS: absent"
    ]


def test_a_change_is_remarked_where_a_foreign_tool_sealed_in_our_field_and_nowhere_else() -> None:
    said = frozenset({f"{differences.CHANGES[0]}_ANS: restricted"})
    changed = differences.Verdict(kind=Kind.ACCEPT, **PASSED, said=said)
    assert found(line("produced/signers/letter.agent+by-hand.timestamp.pdf", dss=changed)) == []
    for name in ("letter.by-hand+agent", "letter.vgca+by-hand-own-field", "27-x.agent+vgca"):
        assert found(line(f"produced/signers/{name}.timestamp.pdf", pdfa="2b kept", dss=changed))


def test_what_the_forgeries_are_made_of_has_to_hold() -> None:
    no_time = differences.Verdict(
        kind=Kind.ACCEPT,
        indication="INDETERMINATE",
        sub="SIG_CONSTRAINTS_FAILURE",
        said=frozenset({"BBB_SAV_ISQPSTP_ANS: not present"}),
    )
    ours = differences.Verdict(
        kind=Kind.ACCEPT, **PASSED, said=frozenset({"verification.no-signing-time"})
    )
    assert found(line("produced/control/victim.pdf", ours=ours, dss=no_time)) == []
    assert found(line("produced/control/victim.pdf", pdfsig=Kind.REJECT))


def test_what_lies_across_something_fails_the_run() -> None:
    assert found(line("produced/road/01-x.timestamp.pdf", strays=("number",)))


def test_a_judge_that_falls_fails_the_run_even_if_all_fall() -> None:
    fell = differences.Verdict(kind=Kind.FELL)
    for fallen in ({"dss": fell}, {"ours": fell, "dss": fell, "pdfsig": Kind.FELL}):
        said = found(line("corpora/malformed/x.pdf", **fallen))
        assert "corpora/malformed/x.pdf: a judge fell" in said


def test_a_forgery_that_we_accept_fails_the_run() -> None:
    accepted = differences.Verdict(kind=Kind.ACCEPT, **PASSED)
    said = found(line("produced/forgeries/x.pdf", ours=accepted, dss=accepted))
    assert "produced/forgeries/x.pdf: a forgery that we do not refuse" in said


def test_a_difference_without_explanation_fails_the_run() -> None:
    refused = differences.Verdict(kind=Kind.REJECT, indication="TOTAL-FAILED")
    said = found(line("corpora/dss/x.pdf", dss=refused))
    assert said == ["corpora/dss/x.pdf: unexplained"]


def test_a_verdict_that_all_share_against_the_source_fails_the_run() -> None:
    wrong = ["corpora/dss/x.pdf: reject by its source, and nobody of that opinion"]
    assert found(line("corpora/dss/x.pdf", settled=Kind.REJECT)) == wrong
    # A class that is about something else does not excuse it.
    overlap = differences.Verdict(
        kind=Kind.ACCEPT, **PASSED, said=frozenset({f"{differences.OVERLAP}_ANS: page 1"})
    )
    assert found(line("corpora/dss/x.pdf", settled=Kind.REJECT, dss=overlap)) == wrong


@pytest.mark.parametrize("pdfa", ["", "2b broken: 6.1.7-1", "error died"])
def test_a_pdfa_that_is_lost_fails_the_run(pdfa: str) -> None:
    assert found(line("produced/signers/27-x.agent.B-T.pdf", pdfa=pdfa))


def test_the_figures_count_the_settled_files() -> None:
    refused = differences.Verdict(kind=Kind.REJECT, indication="TOTAL-FAILED")
    rows = [
        line("corpora/dss/a.pdf", settled=Kind.ACCEPT),
        line("corpora/dss/b.pdf", settled=Kind.REJECT, ours=refused),
        line("corpora/dss/c.pdf"),
    ]
    text = table.figures(rows)
    assert "| settled by their source | 2 | 2 |" in text
    assert "| settled: we as the source | 2 | 2 |" in text
    assert "| settled: DSS of our class | 1 | 1 |" in text
    assert "| settled: difference explained |  | 0 |" in text


def test_only_what_a_source_settles_is_settled(tmp_path: Path) -> None:
    (tmp_path / "dss").mkdir()
    (tmp_path / "dss" / "manifest.csv").write_text(
        "file,sha256,expected\na.pdf,0,ACCEPT\nb.pdf,0,UNCERTAIN\nc.pdf,0,REJECT_MODIFIED\n"
    )
    assert lines.settled(tmp_path) == {"dss/a.pdf": Kind.ACCEPT, "dss/c.pdf": Kind.REJECT}


LEADER = ("/Sig", "leader", 100, 100, 200, 200)
SEAL = ("/Sig", "seal", 90, 90, 150, 150)
APART = ("/Tx", "day", 200, 100, 220, 120)
HIDDEN = ("/Sig", "hidden", 120, 120, 120, 120)
ACROSS = ("/Tx", "number", 190, 190, 240, 210)


@pytest.mark.parametrize(
    ("marks", "expected"),
    [((LEADER, SEAL, APART, HIDDEN), ()), ((LEADER, SEAL, ACROSS), ("leader", "number"))],
)
def test_a_field_across_another_is_found_and_the_seal_on_the_signature_is_not(
    marks: tuple[Any, ...], expected: tuple[str, ...], tmp_path: Path
) -> None:
    document = pikepdf.new()
    document.add_blank_page()
    fields = pikepdf.Array(
        document.make_indirect(
            pikepdf.Dictionary(
                Subtype=pikepdf.Name.Widget, FT=pikepdf.Name(kind), T=name, Rect=pikepdf.Array(rect)
            )
        )
        for kind, name, *rect in marks
    )
    document.pages[0].Annots = fields
    document.Root.AcroForm = pikepdf.Dictionary(Fields=fields)
    document.save(tmp_path / "x.pdf")
    assert faults.strays(tmp_path / "x.pdf") == expected


@dataclass
class Answering:
    """A process that answers what it is told to, one after the other."""

    answers: list[dict[str, Any]]
    stopped: int = 0
    asked: list[str] = field(default_factory=list)

    def ask(self, request: str) -> dict[str, Any]:
        self.asked.append(request)
        return self.answers.pop(0)

    def stop(self) -> None:
        self.stopped += 1


def test_a_failure_that_is_not_the_files_is_asked_again_in_a_new_process() -> None:
    good = {"signatures": [], "timestamps": []}
    java = Answering([{"error": "DSSException", "message": "Unable to compute the digest"}, good])
    made = judges.Judges(at="now", java=java, ours=java)
    assert made.ask_dss(Path("x.pdf"), judges.Truth()) == good
    assert java.stopped == 1
    assert java.asked == ["dss\tnow\tx.pdf"] * 2


def test_a_file_that_is_no_pdf_is_asked_about_once() -> None:
    broken = {"error": "DSSException", "message": "The document with name [x] is not accessible"}
    java = Answering([broken])
    made = judges.Judges(at="now", java=java, ours=java)
    assert made.ask_dss(Path("x.pdf"), judges.Truth()) == broken
    assert java.stopped == 0


def test_anchors_and_lists_are_handed_to_both_judges() -> None:
    java = Answering([{}, {}])
    made = judges.Judges(at="now", java=java, ours=java)
    truth = judges.Truth(anchors=(b"a", b"b"), crls=(b"c",))
    made.ask_dss(Path("x.pdf"), truth)
    made.ask_ours(Path("x.pdf"), truth)
    assert java.asked == ["dss\tnow\tx.pdf\tYQ==,Yg==\tYw==", "now\tx.pdf\tYQ==,Yg==\tYw=="]


def test_a_missing_judge_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    said = judges.missing(tmp_path)
    assert len(said) == 3
    assert [one for one in said if "java" in one]
    assert [one for one in said if "pdfsig" in one]
