"""SIM PKI, in each wire form, against an operator that listens on HTTPS."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric import ec
from signing_stand_ins import Pki
from support.mobile_provider import Form, Holder, Mode, Rig, Subscriber, running

from signing.signers.mobile.signer import MobileSigner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signing_stand_ins import Party


MSISDN = "84912345678"


@cache
def _holder() -> tuple[Pki, Party]:
    pki = Pki()
    return pki, pki.party("Trần Thị Bình", ec.generate_private_key(ec.SECP256R1()))


@dataclass(kw_only=True)
class Mobile:
    signer: MobileSigner
    key_id: str
    certificate: bytes
    rig: Rig

    def renewed(self) -> MobileSigner:
        return self.rig.signer()

    def agree(self) -> None:
        self.rig.agree()

    def refuse(self) -> None:
        self.rig.refuse()

    def expire(self) -> None:
        self.rig.expire()


@contextmanager
def made(form: str, *, script: dict[str, Any] | None = None, **settings: Any) -> Iterator[Mobile]:
    pki, party = _holder()
    subscriber = Subscriber(msisdn=MSISDN, key=party.key, chain=pki.chain(party))
    with running([subscriber], form, **settings) as rig:
        rig.script(**(script or {}))
        yield Mobile(signer=rig.signer(), key_id="0912 345 678", certificate=party.der, rig=rig)


CMS = {"form": Form.CMS}

SIGNERS = {
    "soap-synch": partial(made, "soap", mode=Mode.SYNCH, script={"holder": Holder.AGREES}),
    "json-synch": partial(
        made, "json", mode=Mode.SYNCH, batch_max=10, script={"holder": Holder.AGREES}
    ),
}
DEFERRED = {
    "soap": partial(made, "soap"),
    "soap11": partial(made, "soap11", batch_max=10),
    "soap-unqualified": partial(made, "soap", qualified=False, batch_max=2),
    "soap-cms": partial(made, "soap", signs_content=True, script=CMS),
    "json": partial(made, "json"),
    "json-cms-batch": partial(made, "json", signs_content=True, batch_max=10, script=CMS),
}
