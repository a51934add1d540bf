"""Every code that the archive can give has its sentence in both languages."""

from __future__ import annotations

import inspect
import re
import tomllib
from pathlib import Path

import archive
from archive import errors

PACKAGE = Path(archive.__file__).parent
CATALOGUE = PACKAGE.parent / "docsvc" / "catalog" / "data" / "messages_archive.toml"
FINDING = re.compile(r'"((?:E|W)\d{3}|(?:bag|package|object)-[a-z]+)"')


def _messages() -> dict[str, dict[str, object]]:
    return tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))


def _errors() -> list[type[errors.ArchiveError]]:
    classes = [each for _, each in inspect.getmembers(errors, inspect.isclass)]
    return [each for each in classes if issubclass(each, errors.ArchiveError)]


def _findings() -> set[str]:
    sources = [path.read_text(encoding="utf-8") for path in PACKAGE.glob("*.py")]
    return {code.lower() for source in sources for code in FINDING.findall(source)}


def test_every_error_has_a_code_of_its_own_and_a_status() -> None:
    codes = [each.code for each in _errors()]
    assert len(codes) == len(set(codes))
    assert {code for code in codes if "status" in _messages()[code]} == set(codes)


def test_every_finding_has_a_sentence_and_nothing_else_has() -> None:
    told = {code for code in _messages() if code.startswith("archive.finding.")}
    assert told == {f"archive.finding.{code}" for code in _findings()}
    assert len(_messages()) == len(told) + len(_errors())


def test_every_message_says_what_happened_and_what_to_do() -> None:
    for message in _messages().values():
        for key in ("vi", "en", "action_vi", "action_en"):
            assert str(message[key]).endswith(".")
