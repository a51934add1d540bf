"""A demonstration instance for a test session: PKI, token and a running authority."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from support import servers

from docsvc.demo import organisations, pki, token
from docsvc.demo.authority import Authority
from docsvc.demo.organisations import Organisations
from docsvc.demo.pki import DemoPki
from docsvc.demo.token import DemoToken


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoInstance:
    """What the demonstration folder holds, and who answers for its certificates."""

    folder: Path
    organisations: Organisations
    pki: DemoPki
    token: DemoToken
    authority: Authority


def start(folder: Path) -> DemoInstance:
    """Make the demonstration in a folder and start its authority on a free port."""
    province = organisations.load()
    made = pki.create(folder, port=servers.free_port(), organisations=province)
    return DemoInstance(
        folder=folder,
        organisations=province,
        pki=made,
        token=token.create(folder, pki=made),
        authority=Authority.start(folder, made.port),
    )
