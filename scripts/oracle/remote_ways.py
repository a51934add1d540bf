"""Ways whose keys others keep: the CSC API in both versions, SmartCA, MySign."""

from __future__ import annotations

import ipaddress
import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from support import remote_csc, remote_mysign, remote_smartca, servers
from support.remote_service import Key, StandIn
from ways import Way

from docsvc.demo.pki import ROOT
from docsvc.http import Outbound, Reach
from signing.model import Role
from signing.signers.remote.credential import Activation, Version
from signing.signers.remote.csc import CscSigner
from signing.signers.remote.csc_api import CscAccount, OAuthClient
from signing.signers.remote.mysign import MySignAccount, MySignSigner, Waits
from signing.signers.remote.smartca import SmartCaAccount, SmartCaSigner

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from holders import Holder, Holders

    from docsvc.demo.pki import DemoPki
    from signing.signers.base import DeferredSigner, Outcome, Signer

_ECDSA = ("1.2.840.10045.4.3.2",)
_ACCOUNT = "162952530"
_FOREIGN = ("rsa2048", "p256")
_VALIDITY = (
    'validity: {valid-from: "2020-01-01T00:00:00+0000", valid-to: "2100-01-01T00:00:00+0000"}'
)
# What the server that is not ours is told: certificates of the demonstration, and their keys.
_CERTOMANCER = """
external-url-prefix: "http://ca.invalid"
keysets:
  office:
    path-prefix: keys
    keys:
{keys}
pki-architectures:
  office:
    keyset: office
    entity-defaults: {{country-name: VN}}
    entities:
{entities}
    certs:
{certificates}
"""


@contextmanager
def remote_ways(holders: Holders, pki: DemoPki, root: bytes, folder: Path) -> Iterator[list[Way]]:
    """Yield every remote service; ``root`` is the certificate above all chains."""
    keys = {
        place: Key(holder.key, (*holder.chain, root), side_by_side=place[0] == "p256")
        for place, holder in holders.items()
    }
    with ExitStack() as stack:
        yield [
            *stack.enter_context(_certomancer(holders, pki, folder)),
            *_stood_in(stack, keys),
            stack.enter_context(_smartca(keys)),
            *(stack.enter_context(_mysign(keys, waits)) for waits in Waits),
        ]


Keys = dict[tuple[str, Role], Key]


def _stood_in(stack: ExitStack, keys: Keys) -> list[Way]:
    """Start the stand-ins of the CSC API."""
    names = {role: role.value for role in Role}
    found = []
    for name, stand_in, signer in _csc_ways(keys):
        stack.enter_context(stand_in)
        found.append(_way(name, signer, names, stand_in))
    return found


def _way(
    name: str, signer: Signer, key_ids: Mapping[Role, str], stand_in: StandIn | None = None
) -> Way:
    def later(handle: str) -> Outcome:
        deferred: DeferredSigner = signer  # type: ignore[assignment]
        assert stand_in is not None  # noqa: S101  others do not answer later
        stand_in.agree()
        return deferred.poll(handle)

    return Way(name=name, signers=dict.fromkeys(Role, signer), key_ids=key_ids, later=later)


def _csc_ways(keys: Keys) -> list[tuple[str, remote_csc.Csc, CscSigner]]:
    """Return each version of the API: with nobody asked, behind a PIN, and with later answers."""
    silent = remote_csc.Csc(_credentials(keys, "rsa3072"))
    guarded = remote_csc.Csc(
        _credentials(keys, "p256", algorithms=_ECDSA, wants=("PIN",)), version="v2"
    )
    late = remote_csc.Csc(_credentials(keys, "rsa2048"), version="v2")
    oauth = OAuthClient(
        token_url=guarded.token_url,
        client_id=remote_csc.CLIENT_ID,
        client_secret=remote_csc.CLIENT_SECRET,
    )
    activation = Activation(pin=remote_csc.PIN)
    return [
        ("csc-v1", silent, _csc(silent)),
        ("csc-v2-pin", guarded, _csc(guarded, activation=activation, oauth=oauth)),
        ("csc-v2-later", late, _csc(late, asynchronous=True)),
    ]


def _credentials(keys: Keys, kind: str, **about: Any) -> dict[str, remote_csc.Credential]:
    return {role.value: remote_csc.Credential(keys[kind, role], **about) for role in Role}


def _csc(stand_in: remote_csc.Csc, *, activation: Any = None, **about: Any) -> CscSigner:
    account = CscAccount(
        url=stand_in.address,
        version=Version(stand_in.version),
        bearer=remote_csc.BEARER,
        **about,
    )
    return CscSigner(account, stand_in.transport, activation=activation)


@contextmanager
def _smartca(keys: Keys) -> Iterator[Way]:
    serials = {Role.LEADER: "540101aa", Role.ORGANISATION: "540101bb"}
    services = {Role.LEADER: "SMARTCA", Role.ORGANISATION: "ESEAL"}
    held = [
        remote_smartca.Certificate(keys["rsa2048", role], serials[role], service=services[role])
        for role in Role
    ]
    stand_in = remote_smartca.SmartCa({_ACCOUNT: held})
    account = SmartCaAccount(
        url=stand_in.address, sp_id=remote_smartca.SP_ID, sp_password=remote_smartca.SP_PASSWORD
    )
    key_ids = {role: f"{_ACCOUNT}:{serial}" for role, serial in serials.items()}
    with stand_in:
        yield _way("smartca", SmartCaSigner(account, stand_in.transport), key_ids, stand_in)


@contextmanager
def _mysign(keys: Keys, waits: Waits) -> Iterator[Way]:
    names = {Role.LEADER: "0123_2022", Role.ORGANISATION: "0124_2022"}
    held = [remote_mysign.Credential(keys["rsa2048", role], names[role]) for role in Role]
    stand_in = remote_mysign.MySign({"CMT_0123": held})
    account = MySignAccount(
        url=stand_in.address,
        client_id=remote_mysign.CLIENT_ID,
        client_secret=remote_mysign.CLIENT_SECRET,
        waits=waits,
    )
    signer = MySignSigner(account, stand_in.transport)
    with stand_in:
        key_ids = {role: f"CMT_0123:{name}" for role, name in names.items()}
        yield _way(f"mysign-{waits}", signer, key_ids, stand_in)


@contextmanager
def _certomancer(holders: Holders, pki: DemoPki, folder: Path) -> Iterator[list[Way]]:
    """Run the CSC server that somebody else wrote, with keys of the demonstration's CA."""
    names = {f"{role}-{kind}": holders[kind, role] for kind in _FOREIGN for role in Role}
    configuration = _configured(names, pki, folder)
    port = servers.free_port()
    server = servers.start(
        [sys.executable, "-m", "csc_dummy", configuration, str(port), "2"],
        output=folder / "output",
        ready=lambda: servers.is_listening(port),
    )
    networks = tuple(ipaddress.ip_network(one) for one in ("127.0.0.0/8", "::1/128"))
    outbound = Outbound(Reach(allow=(f"localhost:{port}",), networks=networks), timeout_s=30)
    signer = CscSigner(CscAccount(url=f"http://localhost:{port}/csc/v1"), outbound.exchange)
    try:
        yield [
            _way(f"certomancer-{kind}", signer, {role: f"office/{role}-{kind}" for role in Role})
            for kind in _FOREIGN
        ]
    finally:
        outbound.close()
        server.stop()


def _configured(names: Mapping[str, Holder], pki: DemoPki, folder: Path) -> Path:
    """Write keys, certificates and the configuration that names them."""
    (folder / "keys").mkdir(parents=True)
    pems = {name: holder.key_pem for name, holder in names.items()}
    certificates = {name: holder.chain[0] for name, holder in names.items()}
    for name in (ROOT, "state"):
        pems[name] = pki.key_file(name).read_bytes()
        certificates[name] = pki.certificate(name)
    issuers = {ROOT: ROOT, "state": ROOT} | dict.fromkeys(names, "state")
    for name in issuers:
        (folder / "keys" / f"{name}.pem").write_bytes(pems[name])
        (folder / f"{name}.crt").write_bytes(certificates[name])
    file = folder / "certomancer.yml"
    file.write_text(
        _CERTOMANCER.format(
            keys="\n".join(f"      {name}: {{path: {name}.pem}}" for name in issuers),
            entities="\n".join(f"      {name}: {{common-name: {name}}}" for name in issuers),
            certificates="\n".join(
                f"      {name}: {{subject: {name}, issuer: {above}, "
                f"certificate-file: {name}.crt, {_VALIDITY}}}"
                for name, above in issuers.items()
            ),
        )
    )
    return file
