"""Ways whose keys lie with us: PKCS#11 modules of two makers, PKCS#12; and phones, on each wire."""

from __future__ import annotations

import itertools
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from support import call_backs, mobile_provider
from support.mobile_provider import Form, Mode, Subscriber
from support.mobile_provider import Holder as Phone
from tokens import LABEL, PIN, softhsm, softokn
from ways import Way

from signing.model import Role
from signing.signers.mobile.signer import Waiting
from signing.signers.pkcs11 import Pkcs11Signer
from signing.signers.pkcs12 import Pkcs12Signer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from holders import Holder, Holders

    from signing.signers.base import Key, Outcome

_PASSWORD = "password"  # noqa: S105  of a file that lives as long as the run
# Elliptic keys on the phones of one wire, RSA on those of the other.
_PHONES = {"soap": "rsa2048", "soap11": "rsa2048", "json": "p256"}
_NUMBERS = {Role.LEADER: "84912345678", Role.ORGANISATION: "84987654321"}
_CALL_BACK_KEY = bytes(range(32))


@contextmanager
def token_ways(folder: Path, holders: Holders, others: list[Holder]) -> Iterator[list[Way]]:
    """Yield the ways of both modules; SoftHSM holds the keys of ``others`` besides."""
    held = list(holders.values())
    kinds = {kind for kind, _ in holders}
    with (
        softhsm(folder / "softhsm", [*held, *others]) as hsm,
        softokn(folder / "nss", held) as nss_module,
        Pkcs11Signer(hsm, LABEL, PIN) as first,
        Pkcs11Signer(nss_module, "NSS Certificate DB", PIN) as second,
    ):
        found: list[Way] = []
        for maker, signer in (("softhsm", first), ("nss", second)):
            keys = signer.keys()
            found += [
                Way(
                    name=f"{maker}-{kind}",
                    signers=dict.fromkeys(Role, signer),
                    key_ids={role: _key_id(keys, holders[kind, role]) for role in Role},
                )
                for kind in sorted(kinds)
            ]
        yield found


def _key_id(keys: list[Key], holder: Holder) -> str:
    return next(one.key_id for one in keys if one.certificate == holder.chain[0])


def file_ways(holders: Holders) -> list[Way]:
    """Return the ways of PKCS#12 files, one for each key."""
    found = []
    for kind in ("rsa2048", "p256"):
        stores = {
            role: Pkcs12Signer(holders[kind, role].pkcs12(_PASSWORD), _PASSWORD) for role in Role
        }
        key_ids = {role: store.keys()[0].key_id for role, store in stores.items()}
        found.append(Way(name=f"pkcs12-{kind}", signers=stores, key_ids=key_ids))
    return found


@contextmanager
def phone_ways(holders: Holders) -> Iterator[list[Way]]:
    """Yield SIM PKI: both wires, all three modes, answers that are a value and a whole CMS."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(_phone(holders, wire, mode, form))
            for wire, mode, form in itertools.product(_PHONES, Mode, Form)
        ]


@contextmanager
def _phone(holders: Holders, wire: str, mode: Mode, form: Form) -> Iterator[Way]:
    subscribers = [
        Subscriber(
            msisdn=number,
            key=holders[_PHONES[wire], role].key,
            chain=holders[_PHONES[wire], role].chain,
        )
        for role, number in _NUMBERS.items()
    ]
    with call_backs.listening() as desk:
        settings = {"mode": mode, "signs_content": form is Form.CMS}
        if mode is Mode.CALL_BACK:
            settings |= {"call_back_url": desk.url, "call_back_key": _CALL_BACK_KEY}
        with mobile_provider.running(subscribers, wire, **settings) as rig:
            rig.script(form=form, holder=Phone.AGREES if mode is Mode.SYNCH else Phone.ASKED)
            signer = rig.signer()

            def later(handle: str) -> Outcome:
                rig.agree()
                if mode is not Mode.CALL_BACK:
                    return signer.poll(handle)
                transaction, secret, body = desk.next()
                _, outcome = signer.received(
                    body,
                    transaction=transaction,
                    secret=secret,
                    find=lambda _: Waiting(handle=handle),
                )
                return outcome

            yield Way(
                name=f"{wire}-{mode.name.lower().replace('_', '-')}-{form}",
                signers=dict.fromkeys(Role, signer),
                key_ids=_NUMBERS,
                later=later,
            )
