from __future__ import annotations

import hashlib
import http.client
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import httpx
import pytest
from asn1crypto import tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from support import servers

from docsvc.clock import SystemClock
from docsvc.demo import authority as demo_authority
from docsvc.demo.answers import Answers
from docsvc.demo.authority import Authority
from docsvc.demo.errors import AuthorityNotReadyError, OtherPortError
from docsvc.demo.timestamping import POLICY, TimestampAuthority

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.demo import DemoInstance

    from docsvc.demo.pki import DemoPki

DATA = "Công văn số 12".encode()
NONCE = 0x0102030405060708


def certificate(pki: DemoPki, name: str) -> x509.Certificate:
    return x509.load_der_x509_certificate(pki.certificate(name))


def timestamp_request(**changes: object) -> bytes:
    digest = hashlib.sha256(DATA).digest()
    fields: dict[str, object] = {
        "version": "v1",
        "message_imprint": {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": digest},
        "nonce": NONCE,
        "cert_req": True,
    }
    return bytes(tsp.TimeStampReq(fields | changes).dump())


def ocsp_request(pki: DemoPki, name: str, *, issuer: str, nonce: bytes | None = None) -> bytes:
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        certificate(pki, name), certificate(pki, issuer), hashes.SHA256()
    )
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(serialization.Encoding.DER)


def answered(pki: DemoPki, method: str, path: str, body: bytes = b"") -> bytes:
    """Ask the authority without its HTTP."""
    found = Answers(pki, SystemClock()).answer(method, path, body)
    assert found is not None
    return found[1]


def state(pki: DemoPki) -> ocsp.OCSPResponse:
    body = ocsp_request(pki, "leader", issuer="state")
    return ocsp.load_der_ocsp_response(answered(pki, "POST", "/ocsp/state", body))


def pem(der: bytes) -> bytes:
    return x509.load_der_x509_certificate(der).public_bytes(serialization.Encoding.PEM)


def becomes_true(claim: Callable[[], bool]) -> bool:
    """Wait a little for something that another process does."""
    for _ in range(200):
        if claim():
            return True
        time.sleep(0.05)
    return False


# Timestamps


@pytest.mark.parametrize("wanted", [["-cert"], []])
def test_openssl_accepts_a_timestamp(
    demo_instance: DemoInstance, tmp_path: Path, wanted: list[str]
) -> None:
    (tmp_path / "data").write_bytes(DATA)
    (tmp_path / "root.pem").write_bytes(pem(demo_instance.pki.certificate("root")))
    (tmp_path / "tsa.pem").write_bytes(pem(demo_instance.pki.certificate("tsa")))
    ask = ["openssl", "ts", "-query", "-data", "data", "-sha256", "-out", "q.tsq", *wanted]
    subprocess.run(ask, cwd=tmp_path, check=True, capture_output=True, timeout=30)
    answer = httpx.post(demo_instance.pki.tsa_url, content=(tmp_path / "q.tsq").read_bytes())
    (tmp_path / "r.tsr").write_bytes(answer.content)

    files = ["-queryfile", "q.tsq", "-in", "r.tsr", "-CAfile", "root.pem", "-untrusted", "tsa.pem"]
    verified = subprocess.run(
        ["openssl", "ts", "-verify", *files],
        cwd=tmp_path,
        capture_output=True,
        timeout=30,
        check=False,
    )

    assert answer.headers["content-type"] == "application/timestamp-reply"
    assert (verified.returncode, b"Verification: OK" in verified.stdout) == (0, True)


def token_info(answer: bytes) -> tsp.TSTInfo:
    token = tsp.TimeStampResp.load(answer)["time_stamp_token"]
    return token["content"]["encap_content_info"]["content"].parsed


def test_a_timestamp_says_now_and_repeats_the_nonce(demo_instance: DemoInstance) -> None:
    clock = SystemClock()
    before = clock.now().replace(microsecond=0)
    info = token_info(httpx.post(demo_instance.pki.tsa_url, content=timestamp_request()).content)

    assert before <= info["gen_time"].native <= clock.now()
    assert info["nonce"].native == NONCE
    assert info["policy"].native == POLICY
    assert info["message_imprint"]["hashed_message"].native == hashlib.sha256(DATA).digest()


def test_a_timestamp_has_a_time_in_utc_and_a_number_of_its_own(small_pki: DemoPki) -> None:
    tsa = TimestampAuthority(small_pki.certificate("tsa"), small_pki.ec_key("tsa"))
    at = datetime(2026, 3, 1, 6, 30, 15, 999_999, timezone(timedelta(hours=7)))

    first, second = (token_info(tsa.answer(timestamp_request(), at=at)) for _ in range(2))

    assert first["gen_time"].native == datetime(2026, 2, 28, 23, 30, 15, tzinfo=UTC)
    assert first["serial_number"].native != second["serial_number"].native


@pytest.mark.parametrize(
    ("request_", "failure"),
    [
        (b"what?", "bad_data_format"),
        (timestamp_request() + b"\0", "bad_data_format"),
        (timestamp_request(req_policy="1.2.3.4"), "unaccepted_policy"),
        (
            timestamp_request(
                message_imprint={
                    "hash_algorithm": {"algorithm": "md5"},
                    "hashed_message": bytes(16),
                }
            ),
            "bad_alg",
        ),
        (
            timestamp_request(
                message_imprint={
                    "hash_algorithm": {"algorithm": "sha256"},
                    "hashed_message": bytes(20),
                }
            ),
            "bad_data_format",
        ),
        (
            timestamp_request(extensions=[{"extn_id": "2.999.1", "extn_value": b"x"}]),
            "unaccepted_extensions",
        ),
    ],
)
def test_a_request_that_cannot_be_served_gets_no_timestamp(
    small_pki: DemoPki, request_: bytes, failure: str
) -> None:
    tsa = TimestampAuthority(small_pki.certificate("tsa"), small_pki.ec_key("tsa"))

    answer = tsp.PKIStatusInfo.load(tsa.answer(request_, at=datetime(2026, 1, 1, tzinfo=UTC))[2:])

    assert answer["status"].native == "rejection"
    assert answer["fail_info"].native == {failure}


# Revocation


def test_a_certificate_is_good_until_it_is_revoked(
    small_pki: DemoPki, small_authority: Authority
) -> None:
    url = f"{small_authority.url}/ocsp/state"
    body = ocsp_request(small_pki, "leader", issuer="state")

    def ask() -> ocsp.OCSPResponse:
        return ocsp.load_der_ocsp_response(httpx.post(url, content=body).content)

    before = ask()
    since = SystemClock().now().replace(microsecond=0)
    small_pki.revoke("leader", since=since, reason=x509.ReasonFlags.superseded)
    after = ask()

    assert before.certificate_status is ocsp.OCSPCertStatus.GOOD
    assert after.certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert after.revocation_time_utc == since
    assert after.revocation_reason is x509.ReasonFlags.superseded


def test_openssl_accepts_an_ocsp_answer(demo_instance: DemoInstance, tmp_path: Path) -> None:
    for name in ("root", "party", "leader-a99"):
        (tmp_path / f"{name}.pem").write_bytes(pem(demo_instance.pki.certificate(name)))

    asked = subprocess.run(
        [
            *("openssl", "ocsp", "-issuer", "party.pem", "-cert", "leader-a99.pem"),
            *("-url", f"{demo_instance.authority.url}/ocsp/party", "-CAfile", "root.pem"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )

    assert "leader-a99.pem: good" in asked.stdout
    assert "Response verify OK" in asked.stderr


def test_an_ocsp_answer_is_signed_by_the_delegated_responder(small_pki: DemoPki) -> None:
    answer = state(small_pki)
    (responder,) = answer.certificates

    responder.verify_directly_issued_by(certificate(small_pki, "state"))
    responder.public_key().verify(
        answer.signature, answer.tbs_response_bytes, ec.ECDSA(hashes.SHA256())
    )
    assert responder.extensions.get_extension_for_class(x509.OCSPNoCheck)


def test_an_ocsp_answer_is_fresh_and_repeats_the_nonce(small_pki: DemoPki) -> None:
    now = SystemClock().now()
    body = ocsp_request(small_pki, "leader", issuer="state", nonce=b"0123456789abcdef")

    answer = ocsp.load_der_ocsp_response(answered(small_pki, "POST", "/ocsp/state", body))

    assert abs(answer.this_update_utc - now) < timedelta(seconds=10)
    assert answer.next_update_utc == answer.this_update_utc + timedelta(days=1)
    assert answer.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == (
        b"0123456789abcdef"
    )


def test_a_certificate_nobody_issued_is_unknown(small_pki: DemoPki) -> None:
    ours = ocsp.load_der_ocsp_request(ocsp_request(small_pki, "leader", issuer="state"))
    request = (
        ocsp.OCSPRequestBuilder()
        .add_certificate_by_hash(ours.issuer_name_hash, ours.issuer_key_hash, 5, hashes.SHA256())
        .build()
        .public_bytes(serialization.Encoding.DER)
    )

    answer = ocsp.load_der_ocsp_response(answered(small_pki, "POST", "/ocsp/state", request))

    assert answer.certificate_status is ocsp.OCSPCertStatus.UNKNOWN


def test_a_responder_does_not_speak_for_another_ca(small_pki: DemoPki) -> None:
    body = ocsp_request(small_pki, "leader", issuer="state")

    answer = ocsp.load_der_ocsp_response(answered(small_pki, "POST", "/ocsp/party", body))

    assert answer.response_status is ocsp.OCSPResponseStatus.UNAUTHORIZED


def test_an_unreadable_ocsp_request_is_named_so(small_pki: DemoPki) -> None:
    answer = ocsp.load_der_ocsp_response(answered(small_pki, "POST", "/ocsp/state", b"what?"))

    assert answer.response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST


@pytest.mark.parametrize("ca", ["root", "state", "party"])
def test_a_crl_is_fresh_and_signed_by_its_ca(demo_instance: DemoInstance, ca: str) -> None:
    answer = httpx.get(f"{demo_instance.authority.url}/crl/{ca}.crl")
    crl = x509.load_der_x509_crl(answer.content)

    assert answer.headers["content-type"] == "application/pkix-crl"
    assert crl.is_signature_valid(certificate(demo_instance.pki, ca).public_key())
    assert abs(crl.last_update_utc - SystemClock().now()) < timedelta(seconds=10)
    assert crl.next_update_utc == crl.last_update_utc + timedelta(days=7)
    assert list(crl) == []


def test_a_revoked_certificate_is_on_the_list_of_its_ca_alone(small_pki: DemoPki) -> None:
    since = datetime(2026, 5, 1, tzinfo=UTC)
    small_pki.revoke("leader", since=since)

    state_crl, party_crl = (
        x509.load_der_x509_crl(answered(small_pki, "GET", f"/crl/{ca}.crl"))
        for ca in ("state", "party")
    )

    (entry,) = state_crl
    assert entry.serial_number == certificate(small_pki, "leader").serial_number
    assert entry.revocation_date_utc == since
    assert (
        entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
        is x509.ReasonFlags.key_compromise
    )
    assert list(party_crl) == []


def test_a_revocation_in_the_future_is_not_yet_said(small_pki: DemoPki) -> None:
    small_pki.revoke("leader", since=SystemClock().now() + timedelta(days=1))

    assert state(small_pki).certificate_status is ocsp.OCSPCertStatus.GOOD


# HTTP and the child process


@pytest.mark.parametrize("ca", ["root", "state", "party"])
def test_the_certificate_of_a_ca_is_published(demo_instance: DemoInstance, ca: str) -> None:
    answer = httpx.get(f"{demo_instance.authority.url}/ca/{ca}.crt")

    assert answer.content == demo_instance.pki.certificate(ca)


@pytest.mark.parametrize(("method", "path"), [("GET", "/tsa"), ("POST", "/keys/root.pem")])
def test_what_is_not_offered_is_not_found(
    demo_instance: DemoInstance, method: str, path: str
) -> None:
    answer = httpx.request(method, demo_instance.authority.url + path)

    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("length", "status"), [(None, 411), ("many", 411), ("65537", 413), ("-1", 413)]
)
def test_a_body_of_unknown_or_excessive_length_is_refused(
    demo_instance: DemoInstance, length: str | None, status: int
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", demo_instance.pki.port, timeout=10)
    connection.putrequest("POST", "/tsa")
    if length is not None:
        connection.putheader("Content-Length", length)
    connection.endheaders()

    assert connection.getresponse().status == status
    connection.close()


def test_many_callers_are_answered_on_kept_connections(demo_instance: DemoInstance) -> None:
    with httpx.Client() as client:
        answers = [
            client.post(demo_instance.pki.tsa_url, content=timestamp_request()) for _ in range(20)
        ]

    assert len({token_info(answer.content)["serial_number"].native for answer in answers}) == 20


def test_a_caller_that_goes_away_harms_nobody(
    small_pki: DemoPki, small_authority: Authority
) -> None:
    with socket.create_connection(("127.0.0.1", small_pki.port)) as caller:
        caller.sendall(b"POST /tsa HTTP/1.1\r\nContent-Length: 500\r\n\r\nhalf")
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    log = small_pki.folder.parent / "authority.log"
    assert becomes_true(lambda: "demo.authority-request-failed" in log.read_text())
    assert httpx.get(f"{small_authority.url}/health").text == str(small_authority.process.pid)


def test_a_stopped_authority_is_gone(small_pki: DemoPki) -> None:
    authority = Authority.start(small_pki.folder.parent, small_pki.port)

    authority.stop()
    authority.stop()

    assert authority.process.returncode is not None
    assert not servers.is_listening(small_pki.port)


def test_the_wrong_port_is_refused_at_once(small_pki: DemoPki) -> None:
    with pytest.raises(OtherPortError):
        Authority.start(small_pki.folder.parent, small_pki.port + 1)


def test_a_port_that_is_taken_is_reported(small_pki: DemoPki, small_authority: Authority) -> None:
    with pytest.raises(AuthorityNotReadyError) as caught:
        Authority.start(small_pki.folder.parent, small_pki.port)

    assert caught.value.facts["exit_code"] != 0
    assert small_authority.process.poll() is None


def test_an_authority_that_does_not_answer_in_time_is_ended(small_pki: DemoPki) -> None:
    with pytest.raises(AuthorityNotReadyError) as caught:
        Authority.start(small_pki.folder.parent, small_pki.port, limit_s=0)

    assert "waited_s" in caught.value.facts
    assert not servers.is_listening(small_pki.port)


def test_an_authority_that_does_not_listen_to_reason_is_ended_by_force(
    small_pki: DemoPki, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo_authority, "_STOP_LIMIT_S", 0.2)
    authority = Authority.start(small_pki.folder.parent, small_pki.port)
    authority.process.send_signal(signal.SIGSTOP)

    authority.stop()

    assert authority.process.returncode == -signal.SIGKILL


def test_an_authority_ends_with_its_parent_however_that_ends(small_pki: DemoPki) -> None:
    program = (
        "import sys, time; from pathlib import Path; from docsvc.demo.authority import Authority;"
        "a = Authority.start(Path(sys.argv[1]), int(sys.argv[2]));"
        "print('ready', flush=True); time.sleep(600)"
    )
    arguments = [str(small_pki.folder.parent), str(small_pki.port)]
    with subprocess.Popen(
        [sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"ready\n"
        parent.kill()

    assert becomes_true(lambda: not servers.is_listening(small_pki.port))


def test_it_runs_in_the_foreground_until_it_is_told_to_stop(
    small_pki: DemoPki, tmp_path: Path
) -> None:
    folder, port = str(small_pki.folder.parent), small_pki.port
    server = servers.start(
        [sys.executable, "-m", "docsvc.demo.authority", folder, str(port)],
        output=tmp_path / "log",
        ready=lambda: servers.is_listening(port),
    )

    server.stop()

    assert server.process.returncode == 0
    assert "demo.authority-ready" in (tmp_path / "log").read_text()
