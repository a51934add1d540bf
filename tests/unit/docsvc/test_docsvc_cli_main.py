"""A command brings along what it needs, and the rest of the service stays where it is."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import typer.main

from docsvc.cli.main import _COMMANDS, _GROUPS, assemble

_LOADED = """
import json, sys
from docsvc.cli.main import assemble
assemble(sys.argv[1])
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def words(word: str = "") -> set[str]:
    return set(typer.main.get_command(assemble(word)).commands)  # type: ignore[attr-defined]


def test_verifying_loads_no_database_no_web_and_no_road() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _LOADED, "verify"], capture_output=True, check=True, text=True
    )

    loaded = set(json.loads(ended.stdout))
    assert loaded >= {"docsvc", "verification"}
    assert loaded.isdisjoint({"sqlalchemy", "dbos", "fastapi", "alembic", "httpx", "fontTools"})


@pytest.mark.parametrize("word", [*_COMMANDS, *_GROUPS])
def test_word_brings_its_own_command_alone(word: str) -> None:
    assert words(word) == {word}


@pytest.mark.parametrize("word", ["", "--help", "no-such-command"])
def test_any_other_word_brings_all(word: str) -> None:
    assert words(word) == {*_COMMANDS, *_GROUPS}


def test_options_of_groups_are_there() -> None:
    trust = typer.main.get_command(assemble("trust")).commands["trust"]  # type: ignore[attr-defined]

    assert set(trust.commands) == {"import", "import-eu", "list", "remove"}
