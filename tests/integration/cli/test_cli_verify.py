"""``docsvc verify``: the contract of exit codes and of JSON, on real files."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from support.road_end import final_file

from docsvc.catalog import messages
from verification import evidence

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.demo import DemoInstance
    from support.road import Road

ROOT = Path(__file__).parents[3]
SAMPLES = ROOT / "sample_docs"
UNSIGNED = SAMPLES / "documents/02-quyet-dinh-thanh-lap-to-cong-nghe-so.pdf"
TRUNCATED = SAMPLES / "broken/45-hong-bi-cat-cut.pdf"
BROKEN = sorted((SAMPLES / "broken").glob("*.pdf"))[:5]
BOMB = SAMPLES / "broken/50-hong-bom-giai-nen.pdf"
SCHEMA: dict[str, Any] = json.loads((ROOT / "docs/reference/verify.schema.json").read_text("utf-8"))


@pytest.fixture(scope="session")
def files(town: Road, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a good and a tampered file."""
    folder = tmp_path_factory.mktemp("files")
    with town.services.transactions() as tx:
        from docsvc.documents.tables import Document  # noqa: PLC0415  # of this query only

        first = tx.query(Document.id).first()
    assert first is not None
    pdf = final_file(town, first[0])
    (folder / "good.pdf").write_bytes(pdf)
    at = pdf.index(b"/Contents", 2000)
    (folder / "tampered.pdf").write_bytes(
        pdf[: at - 40] + bytes([pdf[at - 40] ^ 1]) + pdf[at - 39 :]
    )
    return folder


@pytest.fixture
def verify(docsvc: Callable[..., Any], demo_instance: DemoInstance) -> Callable[..., Any]:
    def run(*arguments: str | Path, trust: Path = demo_instance.pki.trust) -> Any:
        ended = docsvc("verify", *arguments, "--trust", trust)
        if "--json" in arguments:
            for line in ended.lines:
                jsonschema.validate(line, SCHEMA)
        return ended

    return run


def test_a_file_with_both_signatures_passes(verify: Callable[..., Any], files: Path) -> None:
    ended = verify(files / "good.pdf", "--json")
    assert ended.code == 0
    (found,) = ended.lines
    assert found["file"] == str(files / "good.pdf")
    assert (found["indication"], found["completeness"]) == ("TOTAL-PASSED", "both")
    assert [s["role"] for s in found["signatures"]] == ["leader", "organisation"]
    assert {s["level"] for s in found["signatures"]} == {"B-LTA"}


def test_a_tampered_file_fails(verify: Callable[..., Any], files: Path) -> None:
    ended = verify(files / "tampered.pdf", "--json")
    assert ended.code == 1
    assert ended.lines[0]["indication"] == "TOTAL-FAILED"
    assert ended.lines[0]["completeness"] != "both"


def test_a_file_of_strangers_is_indeterminate(
    verify: Callable[..., Any], files: Path, tmp_path: Path
) -> None:
    ended = verify(files / "good.pdf", "--json", trust=tmp_path)
    assert ended.code == 2
    assert ended.lines[0]["indication"] == "INDETERMINATE"
    assert ended.lines[0]["completeness"] == "none"


def test_a_file_without_any_signature_is_neither_good_nor_bad(verify: Callable[..., Any]) -> None:
    ended = verify(UNSIGNED, "--json")
    assert ended.code == 3
    assert ended.lines[0]["indication"] is None
    assert ended.lines[0]["signatures"] == []


def test_people_are_told_in_words_that_nobody_signed(verify: Callable[..., Any]) -> None:
    assert "Tệp này không có chữ ký số nào." in verify(UNSIGNED).out


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_file_that_is_no_pdf_is_named(verify: Callable[..., Any], path: Path) -> None:
    ended = verify(path, "--json")
    assert ended.code == 4
    assert ended.lines[0]["error"].startswith("inspect.")
    assert ended.lines[0]["reason"] != ended.lines[0]["error"]


def test_what_nobody_signed_is_not_unfolded(verify: Callable[..., Any]) -> None:
    ended = verify(BOMB, "--json")
    assert ended.code == 3
    assert ended.lines[0]["indication"] is None


def test_a_file_that_is_not_there_is_named(verify: Callable[..., Any], tmp_path: Path) -> None:
    ended = verify(tmp_path / "absent.pdf", "--json")
    assert ended.code == 4
    assert ended.lines[0]["error"] == "ingest.unreadable-path"


@pytest.mark.parametrize(
    ("names", "code"),
    [
        (("good", "good"), 0),
        (("good", "unsigned"), 3),
        (("good", "broken"), 4),
        (("unsigned", "broken"), 3),
        (("tampered", "unsigned", "broken", "good"), 1),
    ],
)
def test_the_lowest_code_of_all_files_wins(
    verify: Callable[..., Any], files: Path, names: tuple[str, ...], code: int
) -> None:
    paths = {"unsigned": UNSIGNED, "broken": TRUNCATED}
    chosen = [paths.get(name, files / f"{name}.pdf") for name in names]
    ended = verify(*chosen, "--json", "--jobs", "2")
    assert ended.code == code
    assert [line["file"] for line in ended.lines] == [str(path) for path in chosen]


def test_a_folder_is_walked_in_the_order_of_names(
    verify: Callable[..., Any], tmp_path: Path
) -> None:
    for name in ("b/2.pdf", "a.pdf", "b/1.pdf", "c/d/e.pdf"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"no pdf")
    ended = verify(tmp_path / "in", "--json")
    assert [os.path.relpath(line["file"], tmp_path / "in") for line in ended.lines] == [
        "a.pdf",
        "b/1.pdf",
        "b/2.pdf",
        "c/d/e.pdf",
    ]
    assert ended.code == 4


def test_a_verdict_of_another_day_says_that_day(verify: Callable[..., Any], files: Path) -> None:
    ended = verify(files / "good.pdf", "--json", "--at", "2031-01-02T03:04:05")
    assert ended.lines[0]["verified_at"] == "2031-01-02T03:04:05+07:00"


@pytest.mark.parametrize(
    "arguments",
    [(), ("--at", "yesterday", "x.pdf"), ("--jobs", "0", "x.pdf"), ("--no-such-option", "x.pdf")],
)
def test_wrong_use_is_sixty_four(docsvc: Callable[..., Any], arguments: tuple[str, ...]) -> None:
    ended = docsvc("verify", *arguments)
    assert ended.code == 64
    assert "Traceback" not in ended.err


def test_people_read_a_table_in_their_language(verify: Callable[..., Any], files: Path) -> None:
    vietnamese = verify(files / "good.pdf", TRUNCATED)
    english = verify(files / "good.pdf", TRUNCATED, "--lang", "en")
    # A long path makes the lines break anywhere.
    vietnamese, english = (" ".join(ended.out.split()) for ended in (vietnamese, english))
    assert "TOTAL-PASSED (both)" in vietnamese
    assert "cắt cụt" in vietnamese
    assert "cut short" in english


def test_the_database_is_never_touched(
    verify: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCSVC_DATABASE_URL", "postgresql+psycopg://nobody@127.0.0.1:1/none")
    assert verify(UNSIGNED, "--json").code == 3
    # A child that is measured leaves its figures where it ends.
    assert [p for p in Path().iterdir() if not p.name.startswith(".coverage")] == []


def test_evidence_gives_the_same_verdict_without_a_trust_folder(
    verify: Callable[..., Any], docsvc: Callable[..., Any], files: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "evidence.json"
    first = verify(files / "good.pdf", "--json", "--evidence", kept)

    again = docsvc("verify", files / "good.pdf", "--json", "--replay", kept)

    assert (first.code, again.code) == (0, 0)
    (told,) = again.lines
    jsonschema.validate(told, SCHEMA)
    assert told.pop("replay")["same"] is True
    assert told == first.lines[0]


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_people_are_told_whether_the_verdict_is_the_same(
    verify: Callable[..., Any], docsvc: Callable[..., Any], files: Path, tmp_path: Path, lang: str
) -> None:
    kept = tmp_path / "evidence.json"
    verify(files / "good.pdf", "--evidence", kept)

    again = docsvc("verify", files / "good.pdf", "--replay", kept, "--lang", lang)

    assert messages.sentence("verification.replay-same", lang) in again.out
    assert evidence.read(kept.read_bytes()).report["verified_at"] in again.out.splitlines()[-1]


def test_verdict_that_differs_ends_with_five(
    verify: Callable[..., Any], docsvc: Callable[..., Any], files: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "evidence.json"
    verify(files / "good.pdf", "--evidence", kept)
    read = evidence.read(kept.read_bytes())
    other = replace(read, report=read.report | {"indication": "TOTAL-FAILED"})
    kept.write_bytes(evidence.to_bytes(other))

    again = docsvc("verify", files / "good.pdf", "--json", "--replay", kept)

    assert again.code == 5
    assert again.lines[0]["replay"]["differences"] == ["indication"]
    assert again.lines[0]["replay"]["kept_indication"] == "TOTAL-FAILED"


@pytest.mark.parametrize(
    ("file", "spoil"),
    [("tampered.pdf", b""), ("good.pdf", b" ")],
    ids=["of-other-file", "invalid"],
)
def test_evidence_that_does_not_fit_is_refused(
    verify: Callable[..., Any], docsvc: Callable[..., Any], files: Path, file: str, spoil: bytes
) -> None:
    kept = Path("evidence.json")
    verify(files / "good.pdf", "--evidence", kept)
    kept.write_bytes(kept.read_bytes() + spoil)

    again = docsvc("verify", files / file, "--json", "--replay", kept)

    assert again.code == 5
    code = "invalid" if spoil else "of-other-file"
    assert again.lines[0]["error"] == f"verification.evidence-{code}"


@pytest.mark.parametrize(
    "options",
    [
        ("a.pdf", "b.pdf", "--evidence", "out.json"),
        (".", "--evidence", "out.json"),
        ("a.pdf", "--replay", "policy.toml", "--at", "2026-01-01"),
        ("a.pdf", "--replay", "absent.json"),
    ],
)
def test_evidence_of_more_than_one_file_or_with_other_rules_is_wrong_use(
    docsvc: Callable[..., Any], options: tuple[str, ...]
) -> None:
    Path("policy.toml").write_text('id = "xa-1"\n', "utf-8")

    assert docsvc("verify", *options).code == 64


def test_policy_of_a_file_stands_in_the_report(verify: Callable[..., Any], tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('id = "xa-1"\n', "utf-8")

    assert verify(UNSIGNED, "--json", "--policy", policy).lines[0]["policy"] == "xa-1"


def test_policy_that_cannot_be_read_stops_the_command(
    docsvc: Callable[..., Any], tmp_path: Path
) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('id = "xa-1"\nsha256 = "never"\n', "utf-8")

    ended = docsvc("verify", UNSIGNED, "--json", "--policy", policy)

    assert (ended.code, ended.lines[0]["error"]) == (1, "verification.policy-invalid")
