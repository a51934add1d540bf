"""Signers behind services that keep keys for others; each service is a stand-in over TLS."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric import ec
from signing_stand_ins import Pki
from support import remote_csc, remote_mysign, remote_smartca
from support.remote_service import Key, StandIn

from signing.signers.remote.credential import Activation, Version
from signing.signers.remote.csc import CscSigner
from signing.signers.remote.csc_api import CscAccount, OAuthClient
from signing.signers.remote.mysign import MySignAccount, MySignSigner, Waits
from signing.signers.remote.smartca import SmartCaAccount, SmartCaSigner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signing.signers.base import DeferredSigner


@dataclass(frozen=True, kw_only=True)
class Remote:
    """A signer, and the holder who decides at the stand-in."""

    stand_in: StandIn
    make: Callable[[], Any]
    signer: Any
    key_id: str
    certificate: bytes

    def renewed(self) -> DeferredSigner:
        signer: DeferredSigner = self.make()
        return signer

    def agree(self) -> None:
        self.stand_in.agree()

    def refuse(self) -> None:
        self.stand_in.refuse()

    def expire(self) -> None:
        self.stand_in.expire()


@cache
def pki() -> Pki:
    return Pki()


@cache
def rsa_key(name: str = "Nguyễn Văn An") -> Key:
    """Return a key with its certificate, made once for each name."""
    party = pki().party(name)
    return Key(party.key, (party.der, pki().ca.der, pki().root.der))


@cache
def elliptic_key() -> Key:
    party = pki().party("Trần Thị Bình", ec.generate_private_key(ec.SECP256R1()))
    return Key(party.key, (party.der, pki().ca.der, pki().root.der), side_by_side=True)


@contextmanager
def _made(stand_in: StandIn, key: Key, key_id: str, make: Callable[[], Any]) -> Iterator[Remote]:
    with stand_in:
        yield Remote(
            stand_in=stand_in, make=make, signer=make(), key_id=key_id, certificate=key.chain[0]
        )


@contextmanager
def csc_v1() -> Iterator[Remote]:
    """A seal that signs without asking anybody."""
    key = rsa_key()
    stand_in = remote_csc.Csc({"seal": remote_csc.Credential(key)})
    account = CscAccount(url=stand_in.address, bearer=remote_csc.BEARER)
    with _made(stand_in, key, "seal", lambda: CscSigner(account, stand_in.transport)) as made:
        yield made


@contextmanager
def csc_v2_pin() -> Iterator[Remote]:
    """A person's elliptic key behind a PIN."""
    key = elliptic_key()
    held = remote_csc.Credential(key, algorithms=("1.2.840.10045.4.3.2",), wants=("PIN",))
    stand_in = remote_csc.Csc({"an": held}, version="v2")
    account = CscAccount(
        url=stand_in.address,
        version=Version.V2,
        oauth=OAuthClient(
            token_url=stand_in.token_url,
            client_id=remote_csc.CLIENT_ID,
            client_secret=remote_csc.CLIENT_SECRET,
        ),
    )
    activation = Activation(pin=remote_csc.PIN)

    def make() -> CscSigner:
        return CscSigner(account, stand_in.transport, activation=activation)

    with _made(stand_in, key, "an", make) as made:
        yield made


@contextmanager
def csc_v2_later() -> Iterator[Remote]:
    """A key whose service answers later."""
    key = rsa_key()
    stand_in = remote_csc.Csc({"an": remote_csc.Credential(key)}, version="v2")
    account = CscAccount(
        url=stand_in.address, version=Version.V2, bearer=remote_csc.BEARER, asynchronous=True
    )
    with _made(stand_in, key, "an", lambda: CscSigner(account, stand_in.transport)) as made:
        yield made


@contextmanager
def smartca() -> Iterator[Remote]:
    """A person with two certificates, one of them a body's."""
    key = rsa_key()
    certificates = [
        remote_smartca.Certificate(key, "540101aa"),
        remote_smartca.Certificate(rsa_key("UBND xã"), "540101bb", service="ESEAL"),
    ]
    stand_in = remote_smartca.SmartCa({"162952530": certificates})
    account = SmartCaAccount(
        url=stand_in.address, sp_id=remote_smartca.SP_ID, sp_password=remote_smartca.SP_PASSWORD
    )
    with _made(
        stand_in, key, "162952530:540101aa", lambda: SmartCaSigner(account, stand_in.transport)
    ) as made:
        yield made


@contextmanager
def mysign(waits: Waits = Waits.POLLED) -> Iterator[Remote]:
    """A person with one certificate."""
    key = rsa_key()
    stand_in = remote_mysign.MySign({"CMT_0123": [remote_mysign.Credential(key, "0123_2022")]})
    account = MySignAccount(
        url=stand_in.address,
        client_id=remote_mysign.CLIENT_ID,
        client_secret=remote_mysign.CLIENT_SECRET,
        waits=waits,
    )
    with _made(
        stand_in, key, "CMT_0123:0123_2022", lambda: MySignSigner(account, stand_in.transport)
    ) as made:
        yield made


@contextmanager
def mysign_at_once() -> Iterator[Remote]:
    """The same, the call lasting until the holder has agreed."""
    with mysign(Waits.AT_ONCE) as made:
        yield made


SIGNERS = {"csc-v1": csc_v1, "csc-v2-pin": csc_v2_pin, "mysign-at-once": mysign_at_once}
DEFERRED = {"csc-v2-later": csc_v2_later, "smartca": smartca, "mysign": mysign}
