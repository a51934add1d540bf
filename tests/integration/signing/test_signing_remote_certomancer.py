"""The CSC signer and a server that somebody else wrote: certomancer-csc-dummy (CSC 1.0.4)."""

from __future__ import annotations

import importlib.util
import ipaddress
import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from signing_stand_ins import NOW, blank_pdf, places
from support import servers

from docsvc.http import Outbound, Reach
from signing.complete import complete
from signing.errors import KeyNotFoundError
from signing.model import LEADER_FIELD, Role, SignaturePlan
from signing.prepare import prepare
from signing.signers.base import Completed, Item, Request
from signing.signers.remote.credential import Activation, Mode
from signing.signers.remote.csc import CscSigner
from signing.signers.remote.csc_api import CscAccount
from signing.signers.remote.errors import ActivationMissingError, RemoteRequestRefusedError
from signing.stamp import reserve

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("csc_dummy") is None,
    reason="certomancer-csc-dummy is not installed",
)

# Certificates of a root, a CA, and a holder for each kind of key.
CONFIGURATION = """
external-url-prefix: "http://ca.invalid"
keysets:
  office:
    path-prefix: keys
    keys:
      root: {path: root.pem}
      ca: {path: ca.pem}
      an: {path: an.pem}
      binh: {path: binh.pem}
pki-architectures:
  office:
    keyset: office
    entity-defaults: {country-name: VN, organization-name: Office}
    entities:
      root: {common-name: Root}
      ca: {common-name: CA}
      an: {common-name: An}
      binh: {common-name: Binh}
    certs:
      root:
        subject: root
        issuer: root
        validity: &validity
          valid-from: "2020-01-01T00:00:00+0000"
          valid-to: "2100-01-01T00:00:00+0000"
        profiles: [{id: simple-ca, params: {max-path-len: 1}}]
      ca:
        subject: ca
        issuer: root
        validity: *validity
        profiles: [{id: simple-ca, params: {max-path-len: 0}}]
      an: {subject: an, issuer: ca, validity: *validity}
      binh: {subject: binh, issuer: ca, validity: *validity}
"""


@dataclass(frozen=True)
class Dummy:
    """A running server; ``binds_hashes`` where it wants them with the authorization."""

    url: str
    binds_hashes: bool


@pytest.fixture(scope="module", params=["1", "2"])
def dummy(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Dummy]:
    folder = tmp_path_factory.mktemp("certomancer")
    (folder / "keys").mkdir()
    for name in ("root", "ca", "an", "binh"):
        write_key(folder / "keys" / f"{name}.pem", elliptic=name == "binh")
    configuration = folder / "certomancer.yml"
    configuration.write_text(CONFIGURATION)
    port = servers.free_port()
    server = servers.start(
        [sys.executable, "-m", "csc_dummy", configuration, str(port), request.param],
        output=folder / "output",
        ready=lambda: servers.is_listening(port),
    )
    yield Dummy(url=f"http://localhost:{port}/csc/v1", binds_hashes=request.param == "2")
    server.stop()


def write_key(path: Path, *, elliptic: bool) -> None:
    key = (
        ec.generate_private_key(ec.SECP256R1())
        if elliptic
        else rsa.generate_private_key(65537, 2048)
    )
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


@pytest.fixture
def outbound(dummy: Dummy) -> Iterator[Outbound]:
    """The service's own client, which may call this one host."""
    host = dummy.url.split("/")[2]
    networks = tuple(ipaddress.ip_network(one) for one in ("127.0.0.0/8", "::1/128"))
    made = Outbound(Reach(allow=(host,), networks=networks), timeout_s=30)
    yield made
    made.close()


@pytest.fixture
def signer(dummy: Dummy, outbound: Outbound) -> CscSigner:
    return CscSigner(CscAccount(url=dummy.url), outbound.exchange)


def asked(key_id: str, *signed: bytes) -> Request:
    return Request(key_id=key_id, items=tuple(Item(to_be_signed=one) for one in signed))


def done(outcome: Any) -> Completed:
    assert isinstance(outcome, Completed)
    return outcome


def test_the_server_says_what_it_is_and_what_it_holds(signer: CscSigner) -> None:
    assert signer.info().specs == "1.0.4.0"
    assert {"office/an", "office/binh"} <= set(signer.key_ids())


def test_a_credential_has_its_chain_and_its_limits(signer: CscSigner, dummy: Dummy) -> None:
    found = signer.credential("office/an")
    assert (found.mode, found.multisign, found.bits) == (Mode.IMPLICIT, 10, 2048)
    assert found.binds_hashes is dummy.binds_hashes
    names = [x509.load_der_x509_certificate(one).subject for one in found.chain]
    assert ["CN=An" in one.rfc4514_string() for one in names] == [True, False]


@pytest.mark.parametrize("key_id", ["office/an", "office/binh"])
def test_a_signature_of_the_server_completes_a_document(signer: CscSigner, key_id: str) -> None:
    plan = SignaturePlan(
        role=Role.LEADER, field_name=LEADER_FIELD, chain=signer.chain(key_id), certify=True
    )
    prepared = prepare(reserve(blank_pdf(), places()), plan=plan, at=NOW)
    (value,) = done(signer.sign(asked(key_id, prepared.to_be_signed))).values
    assert complete(prepared, plan=plan, value=value, timestamp_token=None)


def test_a_batch_beyond_the_servers_limit_is_signed_in_parts(signer: CscSigner) -> None:
    outcome = signer.sign(asked("office/an", *(b"%d" % number for number in range(23))))
    assert len(set(done(outcome).values)) == 23


def test_a_key_that_wants_a_pin_signs_with_what_its_holder_typed(
    dummy: Dummy, outbound: Outbound
) -> None:
    """The server signs without asking; that its keys want a PIN is said on the way."""

    def transport(url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        status, content = outbound.exchange(url, body, headers)
        if url.endswith("/credentials/info"):
            wants = {"authMode": "explicit", "PIN": {"presence": "true", "format": "N"}}
            content = json.dumps(json.loads(content) | wants).encode()
        return status, content

    signer = CscSigner(CscAccount(url=dummy.url), transport)
    with pytest.raises(ActivationMissingError):
        signer.sign(asked("office/an", b"x"))
    activated = signer.activated(Activation(pin="482913"))
    assert done(activated.sign(asked("office/an", b"x"))).values


def test_a_key_that_the_server_does_not_have_is_named(signer: CscSigner) -> None:
    with pytest.raises(KeyNotFoundError):
        signer.chain("office/nobody")


def test_a_call_that_the_server_does_not_know_is_named(dummy: Dummy, outbound: Outbound) -> None:
    lost = CscSigner(CscAccount(url=f"{dummy.url}/nowhere"), outbound.exchange)
    with pytest.raises(RemoteRequestRefusedError):
        lost.key_ids()
