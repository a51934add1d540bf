"""A remote service whose keys want a PIN or a code, and its table in the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from support import remote_csc
from support.remote_service import authority

if TYPE_CHECKING:
    from pathlib import Path

NAME = "remote"


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
