"""What asks the outside, composed as the settings want it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docsvc.http import Outbound, Reach
from docsvc.revocation.cache import Cache, Files
from docsvc.revocation.online import Online

if TYPE_CHECKING:
    from docsvc.clock import Clock
    from docsvc.revocation.indexes import Index
    from docsvc.settings import Settings


def open_outbound(settings: Settings) -> Outbound:
    """Compose what calls the addresses that the settings allow; with ``fetch = "off"`` none."""
    is_off = settings.fetch == "off"
    reach = Reach(
        allow=() if is_off else settings.fetch_allow,
        networks=settings.fetch_networks,
        open_to_public=settings.fetch == "open",
    )
    return Outbound(reach, timeout_s=settings.fetch_timeout_s)


def open_online(settings: Settings, index: Index, *, clock: Clock) -> Online | None:
    """Compose what asks CRL servers and OCSP responders; None if the settings let nobody be asked.

    Args:
        settings: whom to ask, how long to wait, where to keep the answers.
        index: where it is written down what is known.
        clock: tells when answers are due.
    """
    if settings.fetch == "off":
        return None
    cache = Cache(
        client=open_outbound(settings),
        index=index,
        files=Files(folder=settings.revocation / "answers", max_bytes=settings.revocation_bytes),
        clock=clock,
    )
    return Online(cache=cache, with_issuers=settings.fetch_issuers)
