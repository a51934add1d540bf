"""The reference tells what the code is: codes, settings, commands, the words of the office."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer.main

from archive.errors import ArchiveError
from docsvc.catalog import authority, kinds, messages, secrecy, urgency
from docsvc.cli.main import assemble
from docsvc.errors import CodedError, DocsvcError
from docsvc.settings import Provider, Settings, Token
from docsvc.workflow import Person, RouteName, State, Step
from signing.errors import SigningError
from signing.profiles import ProfileName
from verification.errors import VerificationError

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[2]
CODE = re.compile(r"[a-z]+(\.[a-z0-9]+(-[a-z0-9]+)*)+")


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_build", ROOT / "docs/build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["docs_build"] = module
    spec.loader.exec_module(module)
    return module


build = _generator()


@cache
def coded() -> tuple[type[Exception], ...]:
    return tuple(build.errors())


def code_of(kind: type[Exception]) -> str:
    return str(vars(kind)["code"])


def test_there_are_errors_to_look_at() -> None:
    assert {SigningError, VerificationError, ArchiveError, DocsvcError} <= set(coded())


def test_every_code_belongs_to_one_error() -> None:
    # A package's root and the plainest of its errors may say the same.
    own = [kind for kind in coded() if code_of(kind) != getattr(kind.__base__, "code", None)]
    assert [code for code, n in Counter(map(code_of, own)).items() if n > 1] == []


@pytest.mark.parametrize("kind", coded(), ids=lambda kind: kind.__qualname__ + kind.__module__)
def test_an_error_has_a_name_a_code_and_a_root(kind: type[Exception]) -> None:
    assert kind.__name__.endswith("Error")
    assert CODE.fullmatch(code_of(kind))
    assert isinstance(getattr(kind, "retryable", None), bool)
    assert issubclass(kind, DocsvcError | SigningError | VerificationError | ArchiveError)
    assert kind.__doc__


@pytest.mark.parametrize("kind", coded(), ids=lambda kind: kind.__qualname__ + kind.__module__)
def test_an_error_says_what_happened_and_what_to_do(kind: type[Exception]) -> None:
    code = code_of(kind)
    assert code in messages.codes()
    for lang in messages.Lang:
        assert messages.sentence(code, lang)
        assert messages.action(code, lang)
    assert messages.status(code) in range(400, 600)


def test_only_an_error_from_elsewhere_carries_a_foreign_code() -> None:
    plain = [kind for kind in build._below(DocsvcError) if "__init__" in vars(kind)]
    assert plain == [CodedError]


@pytest.mark.parametrize("code", sorted(messages.codes()))
def test_a_wording_is_there_in_both_languages(code: str) -> None:
    vietnamese, english = (messages.sentence(code, lang) for lang in ("vi", "en"))
    assert vietnamese.strip()
    assert english.strip()
    assert bool(messages.action(code, "vi")) == bool(messages.action(code, "en"))


def finding_codes() -> list[str]:
    """Return every code that verification can find; those of errors have a status instead."""
    files = (ROOT / "verification").rglob("*.py")
    source = "".join(path.read_text("utf-8") for path in files)
    codes = set(re.findall(r'"(verification\.[a-z0-9-]+)"', source))
    return sorted(codes - {code_of(kind) for kind in coded()})


def test_there_are_findings_to_look_at() -> None:
    assert "verification.content-changed" in finding_codes()


@pytest.mark.parametrize("code", finding_codes())
@pytest.mark.parametrize("lang", list(messages.Lang))
def test_a_finding_says_what_why_and_what_to_do(code: str, lang: messages.Lang) -> None:
    assert messages.sentence(code, lang).strip()
    assert messages.reason(code, lang).strip()
    assert messages.action(code, lang).strip()


@pytest.mark.parametrize("path", sorted(build.pages()), ids=lambda path: path.name)
def test_the_reference_is_not_stale(path: Path) -> None:
    assert path.read_text("utf-8") == build.pages()[path], "run python docs/build.py"


@pytest.mark.parametrize("record", [Settings, Token, Provider])
def test_every_setting_says_what_it_does(record: type[Settings | Token | Provider]) -> None:
    assert [n for n, f in record.model_fields.items() if not f.description] == []


def commands() -> dict[str, Any]:
    return dict(build._commands(typer.main.get_command(assemble()), "docsvc"))


def test_the_commands_of_the_contract_are_there() -> None:
    words = """verify inspect classify sign ingest stats serve worker agent demo doctor db.upgrade
    archive.audit archive.export archive.renew archive.rebuild trust.import trust.list
    trust.import-eu trust.remove devices.import devices.add devices.list devices.expiring
    devices.report devices.end"""
    wanted = {f"docsvc {word.replace('.', ' ')}" for word in words.split()}
    assert set(commands()) == wanted


@pytest.mark.parametrize("name", sorted(commands()))
def test_a_command_explains_itself_and_its_options(name: str) -> None:
    command = commands()[name]
    assert command.help
    assert [p.name for p in command.params if not p.help] == []


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_speaks_json(name: str) -> None:
    assert "--json" in {word for p in commands()[name].params for word in p.opts}


def glossary_members() -> list[str]:
    words: list[str] = [kind.code for kind in kinds.all_kinds()]
    words += [level.code for level in secrecy.levels()]
    words += [degree.code for degree in urgency.urgencies()]
    words += [prefix.code for prefix in authority.authorities()]
    for closed in (Step, State, Person, RouteName, ProfileName):
        words += [str(member) for member in closed]
    return sorted(set(words))


def test_every_word_of_the_catalogue_stands_in_the_glossary() -> None:
    text = (ROOT / "docs/glossary.md").read_text("utf-8")
    assert [word for word in glossary_members() if f"`{word}`" not in text] == []


def test_every_decision_of_the_style_page_is_recorded() -> None:
    numbers = sorted(int(path.name[:4]) for path in (ROOT / "docs/adr").glob("[0-9]*.md"))
    assert numbers[:15] == list(range(1, 16))
    assert numbers == list(range(1, len(numbers) + 1))
    for path in (ROOT / "docs/adr").glob("[0-9]*.md"):
        text = path.read_text("utf-8")
        for heading in ("## Context", "## Options", "## Decision", "## What it costs"):
            assert heading in text, path.name
