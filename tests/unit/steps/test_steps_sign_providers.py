"""Providers are made from the settings, once, when they are needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from docsvc.settings import Provider as ProviderSettings
from docsvc.steps.sign.providers import (
    CallBack,
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


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("", "https://office.example/api/v1/call-backs/sim"),
        ("https://gate.example/x", "https://gate.example/x"),
    ],
)
def test_provider_learns_where_it_is_to_call_back(given: str, address: str) -> None:
    learnt: list[str] = []

    def make(settings: ProviderSettings) -> Provider:
        learnt.append(settings.callback_url)
        return Provider(signer=None)  # type: ignore[arg-type]

    configured = CONFIGURED.model_copy(update={"callback_url": given})
    providers = Providers((configured,), {"csc": make}, base_url="https://office.example/")
    providers.of("sim")
    providers.close()
    assert learnt == [address]


def test_call_back_finds_nothing_by_itself() -> None:
    said = CallBack(body=b"", headers={})
    assert said.by_name("x") is said.by_beginning("x") is None


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
