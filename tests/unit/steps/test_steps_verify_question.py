"""Trust on disk is read once, and again as soon as anything in it changes."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from docsvc.steps.verify import question
from docsvc.steps.verify.question import trust_in

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2020, 1, 1, tzinfo=UTC)
KEY = ec.generate_private_key(ec.SECP256R1())


def made(name: str) -> bytes:
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(KEY.public_key())
        .serial_number(7)
        .not_valid_before(START)
        .not_valid_after(START + timedelta(days=9000))
    )
    return builder.sign(KEY, hashes.SHA256()).public_bytes(Encoding.DER)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    folder = tmp_path / "trust"
    (folder / "state").mkdir(parents=True)
    (folder / "state" / "a.crt").write_bytes(made("Một"))
    return folder


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in trust_in(str(folder)).anchors)


def test_trust_is_read_once_and_the_folder_walked_once(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = trust_in(str(store))
    monkeypatch.setattr(question, "_files", lambda _place: pytest.fail("walked"))

    assert trust_in(str(store)) is first


def test_file_that_comes_is_seen(store: Path) -> None:
    assert names(store) == ["Một"]

    (store / "state" / "b.crt").write_bytes(made("Hai"))

    assert names(store) == ["Hai", "Một"]


def test_file_in_a_folder_that_comes_is_seen(store: Path) -> None:
    assert names(store) == ["Một"]

    (store / "party" / "new").mkdir(parents=True)
    (store / "party" / "new" / "b.crt").write_bytes(made("Hai"))

    assert names(store) == ["Hai", "Một"]


def test_file_that_goes_is_seen(store: Path) -> None:
    assert names(store) == ["Một"]

    (store / "state" / "a.crt").unlink()

    assert names(store) == []


def test_file_that_is_written_over_is_seen_even_if_it_claims_its_old_date(store: Path) -> None:
    path = store / "state" / "a.crt"
    before = path.stat()
    assert names(store) == ["Một"]

    path.write_bytes(made("Hai"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert names(store) == ["Hai"]


def test_older_file_that_takes_the_place_of_another_is_seen(store: Path, tmp_path: Path) -> None:
    older = tmp_path / "older.crt"
    older.write_bytes(made("Hai"))
    os.utime(older, ns=(1, 1))
    assert names(store) == ["Một"]

    older.replace(store / "state" / "a.crt")

    assert names(store) == ["Hai"]


def test_store_that_comes_later_is_seen(tmp_path: Path) -> None:
    folder = tmp_path / "later"
    assert names(folder) == []

    folder.mkdir()
    (folder / "a.crt").write_bytes(made("Một"))

    assert names(folder) == ["Một"]


def test_only_a_few_stores_are_remembered(tmp_path: Path) -> None:
    for number in range(2 * question._MAX_SEEN):
        trust_in(str(tmp_path / str(number)))

    assert 0 < len(question._seen) <= question._MAX_SEEN
