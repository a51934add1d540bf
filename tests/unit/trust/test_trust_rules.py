"""What a certificate says of itself, where it belongs, and what counts as compared."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from docsvc.trust import rules
from docsvc.trust.errors import (
    FingerprintMismatchError,
    FingerprintNeededError,
    NotACertificateError,
    NotAnAuthorityError,
)
from verification.anchors import AnchorKind

START = datetime(2020, 1, 1, tzinfo=UTC)
KEY = ec.generate_private_key(ec.SECP256R1())


def name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def make(
    subject: str = "Gốc", issuer: str | None = None, *, ca: bool = True, key: object = KEY
) -> bytes:
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer or subject))
        .public_key(key.public_key())  # type: ignore[attr-defined]
        .serial_number(0xABC)
        .not_valid_before(START)
        .not_valid_after(START + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    hashed = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(key, hashed).public_bytes(Encoding.DER)  # type: ignore[arg-type]


def pem(der: bytes) -> bytes:
    return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)


ROOT = rules.candidate(make())
BELOW = rules.candidate(make("CA", "Gốc"))
LEAF = rules.candidate(make("Người ký", "Gốc", ca=False))


def test_certificate_is_described_as_people_compare_it() -> None:
    assert (ROOT.subject, ROOT.issuer, ROOT.common_name) == ("CN=Gốc", "CN=Gốc", "Gốc")
    assert (ROOT.serial, ROOT.key, ROOT.signed_with) == ("ABC", "EC 256", "sha256")
    assert ROOT.valid_from == START
    assert ROOT.sha256 == hashlib.sha256(ROOT.der).hexdigest()
    assert ROOT.sha1 == hashlib.sha1(ROOT.der).hexdigest()  # noqa: S324  # shown, not relied upon


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        (rsa.generate_private_key(65537, 2048), "RSA 2048"),
        (ed25519.Ed25519PrivateKey.generate(), "Ed25519"),
    ],
)
def test_key_is_named_with_its_size_if_it_has_one(key: object, shown: str) -> None:
    assert rules.candidate(make(key=key)).key == shown


def test_only_who_made_its_own_signature_is_self_signed() -> None:
    pretender = rules.candidate(ROOT.der[:-1] + bytes([ROOT.der[-1] ^ 1]))

    assert [one.is_self_signed for one in (ROOT, pretender, BELOW)] == [True, False, False]


def test_name_cannot_move_the_cursor_or_turn_the_line() -> None:
    hostile = rules.candidate(make("\x1b[2J\u202eevil\r\n"))

    assert hostile.common_name == "\ufffd[2J\ufffdevil\ufffd\ufffd"
    assert hostile.subject.isprintable()


def test_pem_with_several_certificates_gives_each() -> None:
    found = rules.read(pem(ROOT.der) + b"comment\n" + pem(BELOW.der), file="x.pem")

    assert [one.der for one in found] == [ROOT.der, BELOW.der]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"junk",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
        ROOT.der + b"x",
        b" " * (rules.MAX_BYTES + 1),
        pem(ROOT.der) * (rules.MAX_CERTIFICATES + 1),
    ],
)
def test_file_that_holds_something_else_is_refused(data: bytes) -> None:
    with pytest.raises(NotACertificateError):
        rules.read(data, file="x.crt")


@pytest.mark.parametrize(
    ("one", "as_anchor", "place"),
    [
        (ROOT, False, "state"),
        (BELOW, False, "intermediates"),
        (BELOW, True, "state"),
        (LEAF, True, "state"),
    ],
)
def test_only_roots_are_anchors_unless_it_is_asked_for(
    one: rules.Candidate,
    as_anchor: bool,  # noqa: FBT001  # a column of the table above
    place: str,
) -> None:
    assert rules.place_of(one, AnchorKind.STATE, as_anchor=as_anchor) == place


def test_certificate_of_a_person_is_no_anchor_by_accident() -> None:
    with pytest.raises(NotAnAuthorityError):
        rules.place_of(LEAF, AnchorKind.STATE, as_anchor=False)


def test_fingerprint_is_shown_in_groups_and_read_however_it_is_written() -> None:
    shown = rules.grouped(ROOT.sha256)

    assert shown.split()[0] == ROOT.sha256[:4].upper()
    assert rules.plain(shown) == ROOT.sha256
    assert rules.plain(":".join(shown.split())) == ROOT.sha256


def test_certificates_with_their_fingerprints_are_accepted() -> None:
    rules.require_named([ROOT, BELOW], [rules.grouped(BELOW.sha256), ROOT.sha256])

    assert ROOT.sha256 != BELOW.sha256


@pytest.mark.parametrize(
    "fingerprints",
    [
        [ROOT.sha256],
        [ROOT.sha256, BELOW.sha256, LEAF.sha256],
        [ROOT.sha256, BELOW.sha256[:-1]],
        [ROOT.sha1, BELOW.sha1],
    ],
)
def test_fingerprints_of_others_are_refused(fingerprints: list[str]) -> None:
    with pytest.raises(FingerprintMismatchError):
        rules.require_named([ROOT, BELOW], fingerprints)


def test_nothing_named_is_nothing_compared() -> None:
    with pytest.raises(FingerprintNeededError):
        rules.require_named([ROOT], [])
