"""Signers behind services that keep keys for others; each service is a stand-in over TLS."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import signing_remotes as remotes
from support import remote_csc
from support.remote_service import Key, StandIn

from signing.signers.remote.credential import Activation
from signing.signers.remote.mysign import Waits

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


@contextmanager
def _made(stand_in: StandIn, key: Key, key_id: str, make: Callable[[], Any]) -> Iterator[Remote]:
    with stand_in:
        yield Remote(
            stand_in=stand_in, make=make, signer=make(), key_id=key_id, certificate=key.chain[0]
        )


@contextmanager
def csc_v1() -> Iterator[Remote]:
    """A seal that signs without asking anybody."""
    key = remotes.rsa_key()
    stand_in = remote_csc.Csc({"seal": remote_csc.Credential(key)})
    with _made(stand_in, key, "seal", lambda: remotes.csc_signer(stand_in)) as made:
        yield made


@contextmanager
def csc_v2_pin() -> Iterator[Remote]:
    """A person's elliptic key behind a PIN."""
    key = remotes.elliptic_key()
    held = remote_csc.Credential(key, algorithms=(remotes.ECDSA,), wants=("PIN",))
    stand_in = remote_csc.Csc({"an": held}, version="v2")

    def make() -> Any:
        activation = Activation(pin=remote_csc.PIN)
        return remotes.csc_signer(stand_in, activation=activation, oauth=remotes.oauth(stand_in))

    with _made(stand_in, key, "an", make) as made:
        yield made


@contextmanager
def csc_v2_later() -> Iterator[Remote]:
    """A key whose service answers later."""
    key = remotes.rsa_key()
    stand_in = remote_csc.Csc({"an": remote_csc.Credential(key)}, version="v2")
    with _made(
        stand_in, key, "an", lambda: remotes.csc_signer(stand_in, asynchronous=True)
    ) as made:
        yield made


@contextmanager
def smartca() -> Iterator[Remote]:
    """A person with two certificates, one of them a body's."""
    stand_in, key_id = remotes.smartca(), f"{remotes.PERSON}:540101aa"
    with _made(
        stand_in, remotes.rsa_key(), key_id, lambda: remotes.smartca_signer(stand_in)
    ) as made:
        yield made


@contextmanager
def mysign(waits: Waits = Waits.POLLED) -> Iterator[Remote]:
    """A person with one certificate."""
    stand_in, key_id = remotes.mysign(), "CMT_0123:0123_2022"
    with _made(
        stand_in, remotes.rsa_key(), key_id, lambda: remotes.mysign_signer(stand_in, waits=waits)
    ) as made:
        yield made


@contextmanager
def mysign_at_once() -> Iterator[Remote]:
    """The same, the call lasting until the holder has agreed."""
    with mysign(Waits.AT_ONCE) as made:
        yield made


SIGNERS = {"csc-v1": csc_v1, "csc-v2-pin": csc_v2_pin, "mysign-at-once": mysign_at_once}
DEFERRED = {"csc-v2-later": csc_v2_later, "smartca": smartca, "mysign": mysign}
