"""The providers of the settings: each becomes a signer by its kind, when it is first needed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from docsvc.errors import DocsvcError
from docsvc.settings import Provider as ProviderSettings
from signing.signers.base import DeferredSigner, Outcome, Signer
from signing.signers.remote.credential import Activation

if TYPE_CHECKING:
    from pathlib import Path


class ProviderUnknownError(DocsvcError):
    """The settings name no provider like this; nothing was signed."""

    code = "sign.provider-unknown"


class ProviderUnusableError(DocsvcError):
    """The service cannot speak to providers of this kind, or lacks a file that it needs for it."""

    code = "sign.provider-unusable"


class CallBackRefusedError(DocsvcError):
    """The call-back is not the provider's, or does not fit its form; nothing was changed."""

    code = "sign.call-back-refused"


def _nothing(_text: str) -> str | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBack:
    """What somebody sent who says that he is a provider.

    Attributes:
        headers: by their names in lower case.
        path: what follows the provider's name in the address.
        by_name: finds the handle that is stored of a request, by our own name of it.
        by_beginning: finds the newest handle that begins with a text.
    """

    body: bytes
    headers: Mapping[str, str]
    path: str = ""
    by_name: Callable[[str], str | None] = _nothing
    by_beginning: Callable[[str], str | None] = _nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """How to speak with a provider; several threads do so at once.

    Attributes:
        signer: asks for signatures and for their answers.
        read_call_back: makes sure that a call-back is the provider's, and returns the handle
            (or our own name) of the request with its outcome; raises `CallBackRefusedError`.
            None where the provider never calls.
        close: lets go of its connections.
        activated: returns a signer for one signing, with what the holder of a key typed; it
            answers within the limit of a page. None where holders type nothing.
        send_code: has a one-time code sent to the holder of a key.
    """

    signer: DeferredSigner
    read_call_back: Callable[[CallBack], tuple[str, Outcome]] | None = None
    close: Callable[[], None] | None = None
    activated: Callable[[Activation], Signer] | None = None
    send_code: Callable[[str], None] | None = None


Factory = Callable[[ProviderSettings], Provider]


class Providers:
    """The providers of this installation, by name."""

    def __init__(
        self,
        configured: tuple[ProviderSettings, ...],
        factories: Mapping[str, Factory],
        *,
        base_url: str = "",
    ) -> None:
        """Take them from the settings.

        Args:
            configured: the ``[[providers]]`` tables.
            factories: by kind; see `factories`.
            base_url: of this installation, for the addresses that providers call back.
        """
        self._base_url = base_url.rstrip("/")
        self._settings = {one.name: one for one in configured}
        self._factories = factories
        self._made: dict[str, Provider] = {}
        self._lock = threading.Lock()

    def __contains__(self, name: object) -> bool:
        """Say whether the settings name it."""
        return name in self._settings

    def settings_of(self, name: str) -> ProviderSettings:
        """Return the settings of a provider.

        Raises:
            ProviderUnknownError: there is none of that name.
        """
        if name not in self._settings:
            raise ProviderUnknownError(provider=name)
        return self._settings[name]

    def of(self, name: str) -> Provider:
        """Return the provider, made when it is first asked for.

        Raises:
            ProviderUnknownError: there is none of that name.
            ProviderUnusableError: its kind is not known, or one of its files cannot be read.
        """
        configured = self.settings_of(name)
        with self._lock:
            if name not in self._made:
                self._made[name] = self._make(configured)
            return self._made[name]

    def _make(self, configured: ProviderSettings) -> Provider:
        factory = self._factories.get(configured.kind)
        if factory is None:
            raise ProviderUnusableError(provider=configured.name, kind=configured.kind)
        try:
            return factory(self._with_address(configured))
        except (OSError, ValueError) as e:
            raise ProviderUnusableError(provider=configured.name, kind=configured.kind) from e

    def _with_address(self, configured: ProviderSettings) -> ProviderSettings:
        if configured.callback_url:
            return configured
        address = f"{self._base_url}/api/v1/call-backs/{quote(configured.name, safe='')}"
        return configured.model_copy(update={"callback_url": address})

    def close(self) -> None:
        """Let go of every connection."""
        for made in self._made.values():
            if made.close is not None:
                made.close()


def secret_of(path: Path | None) -> str:
    """Read a secret from its file; empty if there is none.

    Raises:
        OSError: the file cannot be read.
    """
    return "" if path is None else path.read_text("utf-8").strip()
