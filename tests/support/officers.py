"""Somebody who may sign for the commune of the API's tests, with a certificate on a phone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.certificates import certificate

from docsvc.organisations import officers, service
from docsvc.organisations.officers import NewMandate
from docsvc.organisations.service import CertificateEntry
from verification.model import Role

if TYPE_CHECKING:
    from docsvc.bootstrap import Services

HOME = "H99.12.05"
LEADER = "leader.h99-12-05"


def in_order(services: Services, *, account: str | None = LEADER) -> str:
    """Let nothing stand against signatures; return the fingerprint of the leader's certificate.

    The chair has a mandate and a certificate, the commune a seal, and a time was to be had a
    moment ago.
    """
    at = services.clock.now()
    new = NewMandate(
        unit=HOME, full_name="Nguyễn Văn An", title="Chủ tịch", authority="TM.", account=account
    )
    with services.transactions() as tx:
        officers.give(tx, new, at=at, actor="test")
    services.recent.of("timestamp", lambda: ())
    add_seal(services)
    return add_certificate(services, token="sim")


def add_certificate(services: Services, *, token: str) -> str:
    """Give the chair another certificate; return its fingerprint."""
    at = services.clock.now()
    with services.transactions() as tx:
        (one,) = officers.mandates(tx, on=at.date(), units={HOME})
        entry = CertificateEntry(
            der=certificate("An"), role=Role.LEADER, unit=HOME, officer=one.mandate.officer,
            token=token, key_id="849",
        )  # fmt: skip
        return service.add_certificate(tx, entry, at=at, actor="test")


def add_seal(services: Services) -> str:
    """Give the commune a certificate for its seal; return its fingerprint."""
    entry = CertificateEntry(
        der=certificate("UBND"), role=Role.ORGANISATION, unit=HOME, token="sim", key_id="848"
    )
    with services.transactions() as tx:
        return service.add_certificate(tx, entry, at=services.clock.now(), actor="test")
