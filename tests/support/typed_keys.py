"""A remote service whose keys want a PIN or a code, and its table in the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import update
from support import remote_csc, road
from support.remote_service import Key, authority

from docsvc.organisations.tables import Certificate

if TYPE_CHECKING:
    from pathlib import Path

    from support.demo import DemoInstance

    from docsvc.bootstrap import Services

NAME = "remote"


def key_of(demo: DemoInstance, holder: str) -> Key:
    """Return the key of a holder of the demonstration, as the service keeps it."""
    private = demo.pki.rsa_key(holder)
    return Key(private, tuple(demo.pki.chain(holder)))


def hand_out(services: Services, key_id: str) -> None:
    """Let the leader of the road's body have the key with the service, and no token."""
    with services.transactions() as tx:
        tx.execute(
            update(Certificate)
            .where(Certificate.unit_code == road.UNIT, Certificate.role == "leader")
            .values(token=NAME, key_id=key_id)
        )


def table(stand_in: remote_csc.Csc, folder: Path, **changes: object) -> dict[str, Any]:
    """Return the ``[[providers]]`` table of a stand-in."""
    folder.mkdir(parents=True, exist_ok=True)
    secret = folder / "bearer"
    secret.write_text(remote_csc.BEARER)
    plain = {
        "name": NAME,
        "kind": "csc",
        "url": stand_in.address,
        "secret_file": secret,
        "ca_file": authority(folder),
        "options": {"version": stand_in.version.upper()},
    }
    return plain | changes
