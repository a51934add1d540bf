"""Promises about the code itself that no other tool holds."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from docsvc.web.pages import rendering
from docsvc.workflow import ROUTES, Step

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PRODUCT = ("signing", "verification", "archive", "docsvc")
MAX_LINES = 400
# Alembic writes a migration once and nobody edits it afterwards.
GENERATED = "docsvc/migrations/versions/"
# One package serves both signatures: who signs is its argument.
PACKAGE_OF = {Step.SIGN_LEADER: "sign", Step.SIGN_ORGANISATION: "sign"}


@cache
def sources(*folders: str) -> dict[str, str]:
    """Return the text of each module below the folders, by its path from the root."""
    return {
        str(path.relative_to(ROOT)): path.read_text("utf-8")
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
    }


@cache
def called(text: str) -> tuple[tuple[str, ast.Call], ...]:
    """Return each call of a module, with the dotted name of what it calls."""
    return tuple(
        (ast.unparse(node.func), node)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name)
    )


def calls(text: str) -> set[str]:
    """Return the dotted names that are called in a module."""
    return {name for name, _ in called(text)}


@cache
def imports(text: str) -> frozenset[str]:
    """Return the dotted names that a module imports."""
    found = set[str]()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found.update(name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{name.name}" for name in node.names)
    return frozenset(found)


def test_modules_fit_in_a_head() -> None:
    everything = sources(*PRODUCT, "sample_docs", "benchmarks", "docs")
    long = {
        path: len(text.splitlines())
        for path, text in everything.items()
        if len(text.splitlines()) >= MAX_LINES and not path.startswith(GENERATED)
    }
    assert long == {}


def test_no_module_is_called_after_nothing() -> None:
    empty_names = {"utils.py", "helpers.py", "common.py", "manager.py"}
    everything = sources(*PRODUCT, "sample_docs", "benchmarks", "docs", "tests")
    assert [path for path in everything if Path(path).name in empty_names] == []


def test_one_module_rewrites_a_pdf() -> None:
    # pikepdf would destroy a signature by saving: only the module that reserves, before the
    # first signature, may call it.
    savers = {
        path
        for path, text in sources(*PRODUCT).items()
        if "pikepdf" in imports(text) and any(name.endswith(".save") for name in calls(text))
    }
    assert savers == {"signing/stamp.py"}


def test_loops_are_started_in_one_place() -> None:
    loops = {path for path, text in sources(*PRODUCT).items() if "asyncio" in imports(text)}
    assert loops <= {"signing/_pades/loop.py", "verification/_pades/loop.py"}


def test_every_step_stands_in_a_route() -> None:
    on_routes = {leg.step for legs in ROUTES.values() for leg in legs}
    assert on_routes == set(Step)


def test_every_step_has_its_package_and_every_package_its_step() -> None:
    packages = {
        path.name for path in (ROOT / "docsvc/steps").iterdir() if (path / "__init__.py").is_file()
    }
    assert packages == {PACKAGE_OF.get(step, str(step)) for step in Step}


def test_files_of_a_service_package_have_the_fixed_names() -> None:
    for path, text in sources("docsvc").items():
        name = Path(path).name
        if re.search(r"^class \w+\(Base\):", text, re.MULTILINE):
            assert name == "tables.py", path


def raw_sql(text: str) -> Iterator[str]:
    """Yield what a module hands to the database as text; ``SELECT 1`` is the same everywhere."""
    for name, node in called(text):
        if name in {"text", "sqlalchemy.text"}:
            said = ast.unparse(node.args[0]) if node.args else ""
            if said != repr("SELECT 1"):
                yield said


def test_dialects_are_known_to_the_database_package_alone() -> None:
    guilty = {
        path
        for path, text in sources("docsvc").items()
        if not path.startswith(("docsvc/db/", "docsvc/migrations/"))
        and "sqlalchemy" in {name.split(".")[0] for name in imports(text)}
        and (
            any(name.startswith("sqlalchemy.dialects") for name in imports(text))
            or any(name.endswith(".exec_driver_sql") for name in calls(text))
            or list(raw_sql(text))
        )
    }
    assert guilty == set()


def test_time_is_read_in_the_clock_alone() -> None:
    readers = {
        path
        for path, text in sources("docsvc", "signing", "verification", "archive").items()
        if {"time.time", "datetime.now", "datetime.utcnow", "date.today"} & calls(text)
    }
    assert readers <= {"docsvc/clock.py"}


@pytest.mark.parametrize("name", sorted(rendering.environment().list_templates(["html"])))
def test_every_template_loads(name: str) -> None:
    rendering.environment().get_template(name)


def test_the_import_contracts_hold() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout
