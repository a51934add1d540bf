"""The fixtures of the OCFL editors: good, unusual and bad objects, each with its codes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from archive.model import Severity
from archive.stores import LocalFolder
from archive.validation import validate

CORPUS = Path(__file__).resolve().parents[4] / "shared" / "corpora" / "ocfl"

pytestmark = pytest.mark.skipif(
    not CORPUS.is_dir(), reason="the OCFL fixtures are not on this machine"
)


def _objects(kind: str) -> list[str]:
    return sorted(path.name for path in CORPUS.glob(f"{kind}/*"))


def _codes(kind: str, name: str, severity: Severity) -> set[str]:
    findings = validate(LocalFolder(CORPUS / kind), name)
    return {finding.code for finding in findings if finding.severity is severity}


@pytest.mark.parametrize("name", _objects("good-objects"))
def test_good_object_is_accepted_without_a_word(name: str) -> None:
    assert list(validate(LocalFolder(CORPUS / "good-objects"), name)) == []


@pytest.mark.parametrize("name", _objects("warn-objects"))
def test_unusual_object_is_accepted_with_its_warning(name: str) -> None:
    assert _codes("warn-objects", name, Severity.ERROR) == set()
    assert _codes("warn-objects", name, Severity.WARNING) == set(re.findall(r"W\d{3}", name))


@pytest.mark.parametrize("name", _objects("bad-objects"))
def test_bad_object_is_refused_with_its_codes(name: str) -> None:
    assert set(re.findall(r"E\d{3}", name)) <= _codes("bad-objects", name, Severity.ERROR)
