"""SIM PKI in a demonstration folder: the account's secret, the certificate, a phone a holder."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from docsvc.demo.folder import locked, write_private
from docsvc.demo.mobile import subscribers, tls
from docsvc.demo.mobile.provider import Account, MobileProvider

if TYPE_CHECKING:
    from docsvc.clock import Clock
    from docsvc.demo.organisations import Organisations
    from docsvc.demo.pki import DemoPki

AP_ID = "http://docsvc.example/thu-nghiem"
DEFAULT_PORT = 8002

_SECRET_FILE = "mobile-secret"  # noqa: S105  # its name
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class MobileDemo:
    """What the settings of a demonstration need in order to reach its phones.

    Args:
        secret_file: AP_PWD and API key of the account `AP_ID`.
        ca_file: the certificate (PEM) that the connection is checked against.
        numbers: phone number of each officer's and seal's key name.
    """

    secret_file: Path
    ca_file: Path
    numbers: Mapping[str, str]


def prepare(folder: Path, *, bodies: Organisations) -> MobileDemo:
    """Make what the operator and its account need; a second time changes nothing.

    Args:
        folder: of the demonstration; it is there.
        bodies: whose officers and seals have phones.
    """
    secret_file = folder / _SECRET_FILE
    with locked(folder):
        if not secret_file.exists():
            write_private(secret_file, secrets.token_hex(_SECRET_BYTES).encode("ascii"))
        ca_file = tls.create(folder)
    numbers = {holder.key: subscribers.number_of(n) for n, holder in enumerate(bodies.holders, 1)}
    return MobileDemo(secret_file=secret_file, ca_file=ca_file, numbers=numbers)


def open_provider(
    folder: Path, *, pki: DemoPki, bodies: Organisations, clock: Clock, port: int = DEFAULT_PORT
) -> MobileProvider:
    """Return the operator of a prepared folder; it listens while its context is open."""
    secret = prepare(folder, bodies=bodies).secret_file.read_text("ascii")
    phones = subscribers.of_demonstration(pki, bodies)
    account = Account(ap_id=AP_ID, secret=secret)
    return MobileProvider(phones.values(), account, clock=clock, folder=folder, port=port)
