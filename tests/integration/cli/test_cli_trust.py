"""``docsvc trust``: nothing is trusted silently, and every decision is on record."""

from __future__ import annotations

import hashlib
import io
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from sqlalchemy import select

from docsvc.audit import service as audit
from docsvc.audit.tables import AuditEntry
from docsvc.cli import trust as command
from docsvc.db.engine import open_engine
from docsvc.db.transactions import transactions_of
from docsvc.migrations import upgrade
from verification.anchors import AnchorKind
from verification.trust import load_directory

KEY = ec.generate_private_key(ec.SECP256R1())


def make(subject: str, issuer: str | None = None, *, ca: bool = True) -> bytes:
    def named(common: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])

    start = datetime(2020, 1, 1, tzinfo=UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(named(subject))
        .issuer_name(named(issuer or subject))
        .public_key(KEY.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    return builder.sign(KEY, hashes.SHA256()).public_bytes(Encoding.DER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """A machine with certificates in files and a trust store that is still empty."""

    run: Callable[..., Any]
    folder: Path

    def file(self, name: str, der: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(der)
        return path

    def trust(self, *words: str | Path) -> Any:
        places = {
            "DOCSVC_TRUST_DIR": str(self.store),
            "DOCSVC_DATA_DIR": str(self.folder / "data"),
        }
        return self.run("trust", *words, **places)

    def take(self, path: Path, *words: str | Path, kind: str = "state") -> Any:
        """Import a file, its fingerprints named."""
        named = ["--fingerprint", hashlib.sha256(path.read_bytes()).hexdigest()]
        reason = ["--reason", "đối chiếu"]
        return self.trust("import", path, "--kind", kind, *reason, *named, *words)

    @property
    def store(self) -> Path:
        return self.folder / "trust"


@pytest.fixture
def office(docsvc: Callable[..., Any], tmp_path: Path) -> Office:
    return Office(run=docsvc, folder=tmp_path)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_root_with_its_fingerprint_becomes_an_anchor_on_its_terms(office: Office) -> None:
    der = make("Gốc")
    terms = ("--name", "Gốc chuyên dùng", "--since", "2021-01-01", "--until", "2029-12-31")

    ended = office.take(office.file("root.cer", der), *terms, "--json")

    assert ended.code == 0
    assert ended.lines[0]["sha256"] == hashlib.sha256(der).hexdigest()
    (anchor,) = load_directory(office.store).anchors
    assert (anchor.certificate, anchor.kind) == (der, AnchorKind.STATE)
    assert (anchor.name, anchor.reason) == ("Gốc chuyên dùng", "đối chiếu")
    assert str(anchor.since) == "2020-12-31 17:00:00+00:00"
    assert str(anchor.until) == "2029-12-31 16:59:59+00:00"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), "trust.fingerprint-needed"),
        (("--yes",), "trust.fingerprint-needed"),
        (("--fingerprint", "00" * 32), "trust.fingerprint-mismatch"),
        (("--yes", "--fingerprint", "00" * 32), "trust.fingerprint-mismatch"),
    ],
)
def test_nothing_is_trusted_without_a_comparison(
    office: Office, words: tuple[str, ...], code: str
) -> None:
    path = office.file("root.cer", make("Gốc"))

    ended = office.trust("import", path, "--kind", "state", "--reason", "x", "--json", *words)

    assert ended.code == 1
    assert ended.lines[-1]["error"] == code
    assert not list(office.store.rglob("*.crt"))


def test_pipe_cannot_say_yes(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    path = office.file("root.cer", make("Gốc"))

    ended = office.trust("import", path, "--kind", "state", "--reason", "x")

    assert ended.code == 1
    assert not list(office.store.rglob("*.crt"))


@pytest.mark.parametrize(
    ("answer", "code", "count"), [("y\n", 0, 1), ("n\n", 1, 0), ("\n", 1, 0), ("", 130, 0)]
)
def test_person_compares_and_answers(
    office: Office, monkeypatch: pytest.MonkeyPatch, answer: str, code: int, count: int
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    der = make("Gốc")

    ended = office.trust(
        "import", office.file("root.cer", der), "--kind", "party", "--reason", "x", "--lang", "en"
    )

    assert ended.code == code
    assert len(list(office.store.rglob("party/*.crt"))) == count
    groups = hashlib.sha256(der).hexdigest().upper()
    assert f"{groups[:4]} {groups[4:8]} {groups[8:12]}" in ended.out


def test_authority_below_a_root_only_helps_to_find_chains(office: Office) -> None:
    ended = office.take(office.file("ca.cer", make("CA", "Gốc")), "--json")

    assert ended.lines[0]["place"] == "intermediates"
    found = load_directory(office.store)
    assert (found.anchors, len(found.intermediates)) == ((), 1)


def test_authority_below_a_root_is_an_anchor_when_asked_for(office: Office) -> None:
    office.take(office.file("ca.cer", make("CA", "Gốc")), "--anchor", kind="tsa")

    assert [one.kind for one in load_directory(office.store).anchors] == [AnchorKind.TSA]


def test_certificate_of_a_person_is_refused(office: Office) -> None:
    ended = office.take(office.file("me.cer", make("Tôi", "CA", ca=False)), "--json")

    assert ended.lines[0]["error"] == "trust.not-an-authority"
    assert not list(office.store.rglob("*.crt"))


def test_one_that_cannot_be_taken_keeps_all_out(office: Office) -> None:
    good, bad = make("Gốc"), make("Tôi", "CA", ca=False)
    paths = [office.file("a.cer", good), office.file("b.cer", bad)]
    named = [w for der in (good, bad) for w in ("--fingerprint", hashlib.sha256(der).hexdigest())]

    ended = office.trust("import", *paths, "--kind", "state", "--reason", "x", "--json", *named)

    assert ended.code == 1
    assert not list(office.store.rglob("*.crt"))


def test_importing_again_gives_new_terms(office: Office) -> None:
    path = office.file("root.cer", make("Gốc"))
    office.take(path)
    office.take(path, "--until", "2027-01-01")

    (anchor,) = load_directory(office.store).anchors
    assert str(anchor.until) == "2027-01-01 16:59:59+00:00"


@pytest.mark.parametrize(
    "words",
    [
        ("--kind", "demo"),
        ("--kind", "friends"),
        ("--since", "yesterday"),
        ("--since", "2022-01-01", "--until", "2021-01-01"),
        ("--reason", " "),
        ("--reason", "a\x1b[2Jb"),
    ],
)
def test_wrong_use_is_sixty_four(office: Office, words: tuple[str, ...]) -> None:
    assert office.take(office.file("root.cer", make("Gốc")), *words).code == 64


@pytest.mark.parametrize(("data", "code"), [(b"junk", "trust.not-a-certificate"), (None, "ingest")])
def test_file_that_is_no_certificate_is_named(
    office: Office, data: bytes | None, code: str
) -> None:
    path = office.file("x.cer", data) if data else office.folder / "absent.cer"

    ended = office.trust("import", path, "--kind", "state", "--reason", "x", "--json")

    assert ended.code == 1
    assert ended.lines[0]["error"].startswith(code)


def test_too_many_certificates_are_refused(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command.rules, "MAX_CERTIFICATES", 1)
    folder = office.folder / "many"
    folder.mkdir()
    for number in range(2):
        (folder / f"{number}.cer").write_bytes(make(str(number)))

    ended = office.trust("import", folder, "--kind", "state", "--reason", "x", "--json")

    assert ended.lines[0]["error"] == "trust.not-a-certificate"


def test_list_tells_the_decided_from_the_found_and_the_missing(office: Office) -> None:
    office.take(office.file("a.cer", make("Được duyệt")), "--until", "2029-12-31")
    office.take(office.file("b.cer", make("Bị mất")))
    (office.store / "state" / f"{sha(office.folder / 'b.cer')}.crt").unlink()
    (office.store / "public").mkdir()
    (office.store / "public/found.crt").write_bytes(make("Chưa duyệt"))
    (office.store / "top.crt").write_bytes(make("Ở ngoài"))
    (office.store / "ca.crt").write_bytes(make("CA", "Ở ngoài"))

    listed = office.trust("list", "--json").document
    shown = office.trust("list").out

    assert {(x["place"], x["present"], x["decided"]) for x in listed} == {
        ("state", True, True),
        ("state", False, True),
        ("public", True, False),
        ("intermediates", True, False),
    }
    assert "state (✗)" in shown
    assert "2029-12-31" in shown


def test_empty_store_is_loud(office: Office) -> None:
    ended = office.trust("list")

    assert ended.code == 1
    assert "Chưa cài chứng thư gốc" in ended.err


def test_doctor_says_in_words_that_there_are_no_anchors(office: Office) -> None:
    ended = office.run(
        "doctor",
        DOCSVC_TRUST_DIR=str(office.store),
        DOCSVC_DATA_DIR=str(office.folder / "data"),
    )

    assert ended.code == 1
    assert "Chưa cài chứng thư gốc tin cậy" in ended.out


def test_removed_certificate_is_trusted_no_more(office: Office) -> None:
    der = make("Gốc")
    office.take(office.file("root.cer", der))
    (office.store / "public").mkdir()
    (office.store / "public/copy.crt").write_bytes(der)

    ended = office.trust("remove", hashlib.sha256(der).hexdigest()[:20], "--reason", "bị lộ")

    assert ended.code == 0
    assert load_directory(office.store).anchors == ()
    assert office.trust("list", "--json").document == []


def test_intermediate_can_be_removed(office: Office) -> None:
    path = office.file("ca.cer", make("CA", "Gốc"))
    office.take(path)

    assert office.trust("remove", sha(path), "--reason", "x", "--json").code == 0
    assert load_directory(office.store).intermediates == ()


def test_decision_whose_certificate_is_gone_can_be_removed(office: Office) -> None:
    path = office.file("root.cer", make("Gốc"))
    office.take(path)
    (office.store / "state" / f"{sha(path)}.crt").unlink()

    assert office.trust("remove", sha(path), "--reason", "x").code == 0
    assert office.trust("list", "--json").document == []


@pytest.mark.parametrize("fingerprint", ["", "00", "\x1b"])
def test_only_one_certificate_is_removed_at_a_time(office: Office, fingerprint: str) -> None:
    office.take(office.file("a.cer", make("A")))

    ended = office.trust("remove", fingerprint, "--reason", "x", "--json")

    assert ended.lines[0]["error"] == "trust.unknown-fingerprint"
    assert len(load_directory(office.store).anchors) == 1


def test_exchanged_certificate_stops_everything(office: Office) -> None:
    path = office.file("root.cer", make("Gốc"))
    office.take(path)
    (office.store / "state" / f"{sha(path)}.crt").write_bytes(make("Kẻ gian"))

    ended = office.run("verify", path, "--json", "--trust", office.store)

    assert ended.lines[0]["error"] == "verification.anchor-mismatch"


def test_broken_set_is_named(office: Office) -> None:
    office.store.mkdir()
    (office.store / "anchors.toml").write_text("junk")

    assert office.trust("list", "--json").lines[0]["error"] == "verification.anchor-set"


def test_store_that_cannot_be_written_is_named(office: Office) -> None:
    office.store.write_text("a file")

    ended = office.take(office.file("root.cer", make("Gốc")), "--json")

    assert ended.lines[0]["error"] == "trust.unavailable"


def test_every_decision_goes_to_the_audit_log(office: Office) -> None:
    (office.folder / "data").mkdir()
    engine = open_engine(f"sqlite:///{office.folder / 'data/docsvc.sqlite'}")
    upgrade(engine)
    path = office.file("root.cer", make("Gốc"))

    office.take(path, "--until", "2029-12-31")
    office.trust("remove", sha(path), "--reason", "bị lộ")

    with transactions_of(engine)() as tx:
        entries = list(tx.scalars(select(AuditEntry).order_by(AuditEntry.sequence)))
        assert audit.first_broken(tx) is None
    engine.dispose()
    assert [(one.act, one.subject) for one in entries] == [
        ("trust.import", sha(path)),
        ("trust.remove", sha(path)),
    ]
    assert [one.facts["reason"] for one in entries] == ["đối chiếu", "bị lộ"]
    assert entries[0].actor.startswith("cli:")


def test_decision_that_cannot_be_recorded_is_not_carried_out(office: Office) -> None:
    (office.folder / "data").mkdir()
    (office.folder / "data/docsvc.sqlite").touch()

    ended = office.take(office.file("root.cer", make("Gốc")), "--json")

    assert ended.lines[0]["error"] == "trust.not-recorded"
    assert not list(office.store.rglob("*.crt"))


def test_account_without_a_name_is_known_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError

    monkeypatch.setattr(command.getpass, "getuser", nobody)

    assert command.actor() == f"cli:{os.getuid()}"


def sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
