"""Providers are made from the settings, once, when they are needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from docsvc.settings import Provider as ProviderSettings
from docsvc.steps.sign.providers import (
    Provider,
    Providers,
    ProviderUnknownError,
    ProviderUnusableError,
    secret_of,
)

if TYPE_CHECKING:
    from pathlib import Path

CONFIGURED = ProviderSettings(name="sim", kind="csc", url="https://csc.example")


def test_provider_is_made_once_and_closed() -> None:
    made: list[str] = []

    def make(settings: ProviderSettings) -> Provider:
        made.append(settings.name)
        return Provider(signer=None, close=lambda: made.append("closed"))  # type: ignore[arg-type]

    providers = Providers((CONFIGURED,), {"csc": make})
    assert providers.of("sim") is providers.of("sim")
    providers.close()
    assert made == ["sim", "closed"]


def test_provider_that_is_not_configured_is_unknown() -> None:
    providers = Providers((CONFIGURED,), {})
    assert "sim" in providers
    assert "other" not in providers
    with pytest.raises(ProviderUnknownError):
        providers.of("other")
    with pytest.raises(ProviderUnusableError):
        providers.of("sim")


def test_secret_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("của hai bên\n", "utf-8")
    assert secret_of(path) == "của hai bên"
    assert secret_of(None) == ""
