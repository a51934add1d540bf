"""Files go down the road by one command; the archive, the table and the schema have theirs."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from support import road

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.demo import DemoInstance
    from support.road import Road

SAMPLES = Path(__file__).parents[3] / "sample_docs"
TRUNCATED = SAMPLES / "broken/45-hong-bi-cat-cut.pdf"
UNIT = "H99.12.05"


@pytest.fixture
def village(tmp_path: Path, demo_instance: DemoInstance) -> Iterator[Road]:
    """A service to which nothing has come yet, and nobody works."""
    with road.opened(tmp_path / "village" / "var", demo_instance) as opened:
        yield opened


def letters(folder: Path, count: int) -> list[Path]:
    """Write so many letters."""
    folder.mkdir()
    paths = [folder / f"letter-{number}.pdf" for number in range(count)]
    for number, path in enumerate(paths):
        path.write_bytes(road.letter(number))
    return paths


@pytest.mark.timeout(240)
def test_files_go_down_the_road_and_come_back_from_the_archive(
    docsvc: Callable[..., Any], village: Road, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    good = letters(folder, 2)
    missing = tmp_path / "none.pdf"

    ended = docsvc(
        "ingest", folder, TRUNCATED, missing, "--unit", UNIT, "--declare-not-secret", "--json",
        config=village.config,
    )  # fmt: skip

    told = {Path(line["file"]).name: line for line in ended.lines}
    assert ended.code == 1
    assert {told[p.name]["state"] for p in good} == {"published"}
    assert {told[p.name]["completeness"] for p in good} == {"both"}
    assert len({told[p.name]["number"] for p in good}) == 2
    assert told[TRUNCATED.name]["code"] == "inspect.truncated"
    assert told["none.pdf"]["code"] == "ingest.unreadable-path"

    archived(docsvc, village, tmp_path / "bags")
    rebuilt(docsvc, village)
    renewed(docsvc, village)


def archived(docsvc: Callable[..., Any], village: Road, bags: Path) -> None:
    """Audit and export, then find what somebody has changed in the archive."""
    audited = docsvc("archive", "audit", "--json", config=village.config)
    assert (audited.code, audited.lines) == (0, [{"objects": 2, "errors": 0}])
    exported = docsvc("archive", "export", bags, "--json", config=village.config)
    assert exported.code == 0
    assert {line["bag"] for line in exported.lines} == {path.name for path in bags.iterdir()}
    assert all((path / "bagit.txt").is_file() for path in bags.iterdir())

    victim = next((village.folder / "archive").rglob("final.pdf"))
    whole = victim.read_bytes()
    victim.chmod(0o600)
    victim.write_bytes(whole[:-1] + b"?")
    changed = docsvc("archive", "audit", config=village.config)
    assert changed.code == 1
    assert victim.name in changed.out
    victim.write_bytes(whole)
    assert docsvc("archive", "audit", config=village.config).code == 0


def rebuilt(docsvc: Callable[..., Any], village: Road) -> None:
    """Bring back what the database has lost: nothing."""
    found = docsvc("archive", "rebuild", "--json", config=village.config)
    assert (found.code, found.document) == (0, {"packages": 2, "documents": 0, "failed": 0})
    assert docsvc("archive", "rebuild", config=village.config).code == 0


def renewed(docsvc: Callable[..., Any], village: Road) -> None:
    """Renew nothing before its time, and what will run out within the days that are named."""
    assert docsvc("archive", "renew", config=village.config).out.strip() == "0"
    far = docsvc("archive", "renew", "--within-days", "20000", "--json", config=village.config)
    assert (far.code, len(far.document)) == (0, 2)
    assert docsvc("archive", "audit", config=village.config).code == 0


def test_people_read_how_each_file_ended(docsvc: Callable[..., Any], village: Road) -> None:
    ended = docsvc("ingest", TRUNCATED, "--unit", UNIT, config=village.config)
    assert ended.code == 1
    assert f"✗ {TRUNCATED.name}" in ended.out
    assert "Chưa có cam kết" in ended.out


def test_files_of_an_unknown_body_are_refused(docsvc: Callable[..., Any], village: Road) -> None:
    good = SAMPLES / "documents/01-cong-van-ra-soat-ho-ngheo.pdf"
    ended = docsvc("ingest", good, "--unit", "H00", "--declare-not-secret", "--json",
                   config=village.config)  # fmt: skip
    assert (ended.code, ended.lines[0]["document"]) == (1, None)
    assert ended.lines[0]["reason"]


def test_table_is_printed_and_written_in_every_form(
    docsvc: Callable[..., Any], town: Road, tmp_path: Path
) -> None:
    sheet, text = tmp_path / "t.xlsx", tmp_path / "t.csv"
    told = docsvc("stats", "--unit", UNIT, "--json", "--xlsx", sheet, "--csv", text,
                  config=town.config)  # fmt: skip
    assert told.code == 0
    assert "100" in json.dumps(told.document)
    cells = [str(c.value) for row in openpyxl.load_workbook(sheet).active.iter_rows() for c in row]
    with text.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert any("Suối Trúc" in cell for cell in cells)
    assert any("Suối Trúc" in cell for row in rows for cell in row)
    assert "Suối Trúc" in docsvc("stats", config=town.config).out
    assert docsvc("stats", "--by", "month", "--period", "2026-Q4", config=town.config).code == 0


def test_schema_is_made_where_there_is_none(docsvc: Callable[..., Any], tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'new.sqlite'}"
    first = docsvc("db", "upgrade", DOCSVC_DATABASE_URL=address)
    again = docsvc("db", "upgrade", "--json", DOCSVC_DATABASE_URL=address)
    assert first.code == again.code == 0
    assert first.out.strip() == again.document["revision"]


def test_self_check_says_what_works(docsvc: Callable[..., Any], town: Road) -> None:
    told = docsvc("doctor", "--json", config=town.config)
    assert {part["name"]: part["ok"] for part in told.document}["timestamps"]
    assert "✓" in docsvc("doctor", config=town.config).out


@pytest.fixture
def sign(town: Road, demo_instance: DemoInstance, tmp_path: Path) -> Callable[..., Any]:
    """Run ``docsvc sign`` on a letter, in a process of its own: a module is loaded once a life."""
    source, target = tmp_path / "in.pdf", tmp_path / "out.pdf"
    source.write_bytes(road.letter(77))
    token = demo_instance.token

    def run(*more: str, pin: str | None = None, key: str = "leader-h99-12-05") -> Any:
        environment = os.environ | {
            **token.environment,
            "DOCSVC_CONFIG": str(town.config),
            "PIN": token.pin_file.read_text("utf-8").strip() if pin is None else pin,
        }
        command = [
            "sign", source, target, "--role", "leader", "--module", token.module,
            "--token", token.label, "--pin-env", "PIN", "--json",
            *(["--key-id", token.keys[key]] if key else []), *more,
        ]  # fmt: skip
        ended = subprocess.run(
            [sys.executable, "-c", "from docsvc.cli.main import main; main()", *command],
            env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return ended, target

    return run


@pytest.mark.parametrize("level", ["B-B", "B-T", "B-LTA"])
def test_file_is_signed_by_a_token_without_a_service(
    sign: Callable[..., Any], docsvc: Callable[..., Any], town: Road, level: str
) -> None:
    ended, target = sign("--level", level)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert json.loads(ended.stdout)["level"] == level
    found = docsvc("verify", target, "--json", config=town.config)
    (signature,) = found.lines[0]["signatures"]
    assert signature["level"] == level


@pytest.mark.parametrize(
    ("more", "how", "code"),
    [
        ((), {"pin": ""}, "sign.pin-missing"),
        ((), {"pin": "000000"}, "signing.pin-incorrect"),
        ((), {"key": ""}, "sign.key-ambiguous"),
        (("--token", "none"), {}, "signing.token-not-found"),
    ],
)
def test_what_hinders_a_signature_is_named_and_nothing_is_written(
    sign: Callable[..., Any], more: tuple[str, ...], how: dict[str, Any], code: str
) -> None:
    ended, target = sign(*more, **how)
    assert ended.returncode != 0
    assert code in ended.stdout
    assert "Traceback" not in ended.stderr
    assert not target.exists()
