"""How long an answer is kept, and what counts as one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID

from docsvc.revocation import rules
from docsvc.revocation.rules import Reply

NOW = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
KEY = ec.generate_private_key(ec.SECP256R1())
NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "CA")])


@cache
def certificate() -> x509.Certificate:
    return (
        x509.CertificateBuilder()
        .subject_name(NAME)
        .issuer_name(NAME)
        .public_key(KEY.public_key())
        .serial_number(1)
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + DAY)
        .sign(KEY, hashes.SHA256())
    )


def crl(encoding: Encoding = Encoding.DER) -> bytes:
    builder = x509.CertificateRevocationListBuilder().issuer_name(NAME)
    builder = builder.last_update(NOW - DAY).next_update(NOW + DAY)
    return builder.sign(KEY, hashes.SHA256()).public_bytes(encoding)


def response() -> bytes:
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=certificate(),
        issuer=certificate(),
        algorithm=hashes.SHA256(),
        cert_status=ocsp.OCSPCertStatus.GOOD,
        this_update=NOW - DAY,
        next_update=None,
        revocation_time=None,
        revocation_reason=None,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.NAME, certificate())
    return builder.sign(KEY, hashes.SHA256()).public_bytes(Encoding.DER)


def test_request_is_named_by_address_and_question() -> None:
    keys = {rules.key_of(url, body) for url in ("a", "b", "\ud800") for body in (None, b"", b"x")}

    assert len(keys) == 9


@pytest.mark.parametrize(
    ("url", "host"), [("http://CRL.example:81/x", "crl.example:81"), ("", ""), ("http://[x", "")]
)
def test_host_of_an_address_is_what_it_names(url: str, host: str) -> None:
    assert rules.host_of(url) == host


@pytest.mark.parametrize("encoding", [Encoding.DER, Encoding.PEM])
def test_crl_is_read_with_its_times_and_kept_as_der(encoding: Encoding) -> None:
    data = crl(encoding)

    found = rules.read(data)

    assert found is not None
    assert (found.this_update, found.next_update) == (NOW - DAY, NOW + DAY)
    assert x509.load_der_x509_crl(found.data).public_bytes(encoding) == data


def test_ocsp_answer_is_read_with_its_times() -> None:
    found = rules.read(response())

    assert found is not None
    assert (found.this_update, found.next_update) == (NOW - DAY, None)


@pytest.mark.parametrize(
    "data",
    [
        certificate().public_bytes(Encoding.DER),
        certificate().public_bytes(Encoding.PEM),
        pkcs7.serialize_certificates([certificate()], Encoding.DER),
    ],
)
def test_certificates_of_issuers_are_read_as_they_come(data: bytes) -> None:
    assert rules.read(data) == Reply(data=data, has_end=False)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>not found</html>",
        b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----",
        ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER).public_bytes(
            Encoding.DER
        ),
    ],
)
def test_all_else_is_no_answer(data: bytes) -> None:
    assert rules.read(data) is None


@pytest.mark.parametrize(
    ("next_update", "has_end", "kept"),
    [
        (NOW + timedelta(hours=2), True, timedelta(hours=2)),
        (NOW + 30 * DAY, True, DAY),
        (datetime(9999, 1, 1, tzinfo=UTC), True, DAY),
        (NOW - DAY, True, MINUTE),
        (NOW, True, MINUTE),
        (None, True, 10 * MINUTE),
        (None, False, DAY),
    ],
)
def test_good_answer_is_kept_until_the_next_is_due_but_a_day_at_most(
    next_update: datetime | None,
    has_end: bool,  # noqa: FBT001  # a column of the table above
    kept: timedelta,
) -> None:
    reply = Reply(data=b"x", this_update=NOW, next_update=next_update, has_end=has_end)

    entry = rules.succeeded("k", "u", reply, at=NOW)

    assert entry.fresh_until - NOW == kept
    assert (entry.error, entry.next_update) == (None, next_update)


def test_failure_keeps_what_was_known_and_is_tried_again_soon() -> None:
    reply = Reply(data=b"x", this_update=NOW - DAY, next_update=NOW)
    before = rules.succeeded("k", "u", reply, at=NOW - DAY)

    entry = rules.failed("k", "u", "e" * 100, before=before, at=NOW)

    assert (entry.sha256, entry.this_update) == (before.sha256, NOW - DAY)
    assert entry.fresh_until - NOW == MINUTE
    assert entry.error == "e" * 80


def test_first_failure_knows_nothing() -> None:
    entry = rules.failed("k", "u", "x", before=None, at=NOW)

    assert (entry.sha256, entry.this_update, entry.next_update) == (None, None, None)
