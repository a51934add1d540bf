"""What the child says that a file wants, and what it makes of the answers."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from verification_files import base, by, sign
from verification_pki import NOW, Pki

from docsvc.revocation.asking import Known
from docsvc.revocation.rules import key_of
from docsvc.steps.verify import tasks
from docsvc.steps.verify.question import Question
from verification import verify as judge

if TYPE_CHECKING:
    from pathlib import Path

CRL = "http://pki.invalid/ca.crl"


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki()


@pytest.fixture
def place(tmp_path: Path, pki: Pki) -> Path:
    """A trust store that lacks the CRL of the signer's issuer."""
    for name, data in {
        "demo/root.crt": pki.root.der,
        "intermediates/ca.crt": pki.ca.der,
        "root.crl": pki.crl(pki.root),
    }.items():
        path = tmp_path / "trust" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path


def asked(place: Path, pki: Pki, known: Known | None) -> Any:
    pdf = sign(base(), by(pki.leader))
    trust = str(place / "trust")
    question = Question(trust=(trust,), at=NOW.isoformat(), file="x.pdf", known=known)
    return tasks.verify(pdf, question).facts


def answered(place: Path, data: bytes) -> Known:
    path = place / hashlib.sha256(data).hexdigest()
    path.write_bytes(data)
    return Known(answers={key_of(CRL, None): str(path)}, is_first=False)


def test_off_line_nothing_is_wanted(place: Path, pki: Pki) -> None:
    assert asked(place, pki, None)["indication"] == "INDETERMINATE"


def test_what_is_missing_is_wanted(place: Path, pki: Pki) -> None:
    facts = asked(place, pki, Known())

    assert [one["url"] for one in facts["wanted"]] == [CRL]


def test_answer_settles_the_verdict(place: Path, pki: Pki) -> None:
    assert asked(place, pki, answered(place, pki.crl()))["indication"] == "TOTAL-PASSED"


def test_answer_that_other_files_wanted_settles_the_verdict_at_once(place: Path, pki: Pki) -> None:
    known = replace(answered(place, pki.crl()), is_first=True)

    assert asked(place, pki, known)["indication"] == "TOTAL-PASSED"


def test_answer_that_revokes_is_heard(place: Path, pki: Pki) -> None:
    crl = pki.crl(revoked={pki.leader.certificate.serial_number: NOW.replace(year=2025)})

    facts = asked(place, pki, answered(place, crl))

    assert facts["indication"] != "TOTAL-PASSED"
    assert "wanted" not in facts


def test_no_answer_leaves_the_verdict_open(place: Path, pki: Pki) -> None:
    known = Known(answers={key_of(CRL, None): ""})

    assert asked(place, pki, known)["indication"] == "INDETERMINATE"


def test_file_of_strangers_is_examined_once(
    place: Path, pki: Pki, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "trust/demo/root.crt").unlink()
    examined: list[object] = []
    real: Any = judge.verify
    monkeypatch.setattr(judge, "verify", lambda *a, **k: examined.append(1) or real(*a, **k))

    facts = asked(place, pki, Known(with_issuers=True))

    assert facts["indication"] == "INDETERMINATE"
    assert len(examined) == 1


def test_file_that_passes_asks_for_nothing(place: Path, pki: Pki) -> None:
    (place / "trust/ca.crl").write_bytes(pki.crl())

    assert asked(place, pki, Known())["indication"] == "TOTAL-PASSED"


def test_file_on_disk_is_examined_alike(place: Path, pki: Pki) -> None:
    path = place / "x.pdf"
    path.write_bytes(sign(base(), by(pki.leader)))

    trust = (str(place / "trust"),)
    question = Question(trust=trust, at=NOW.isoformat(), known=Known())
    facts = tasks.verify_path(str(path), question).facts

    assert [one["url"] for one in facts["wanted"]] == [CRL]
