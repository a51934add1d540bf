"""``docsvc doctor --token``: what it sees without a PIN, and whether the inventory knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from docsvc.settings import Token
from docsvc.steps.sign import survey
from docsvc.steps.sign.survey import Place
from signing.signers.pkcs11 import PinState

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.demo import DemoInstance
    from support.road import Road


@pytest.fixture
def config(tmp_path: Path, demo_instance: DemoInstance) -> Path:
    """Return settings that name the token, and no database."""
    token = demo_instance.token
    file = tmp_path / "docsvc.toml"
    file.write_text(
        f'data_dir = "{tmp_path / "var"}"\n[[tokens]]\nlabel = "{token.label}"\n'
        f'module = "{token.module}"\n'
        f'environment = {{ SOFTHSM2_CONF = "{token.environment["SOFTHSM2_CONF"]}" }}\n'
    )
    return file


def test_every_certificate_of_the_token_is_shown(
    docsvc: Callable[..., Any], config: Path, demo_instance: DemoInstance
) -> None:
    ended = docsvc("doctor", "--token", "--json", config=config)
    assert ended.code == 0
    tokens = [slot["token"] for one in ended.document for slot in one["slots"] if slot["token"]]
    (ours,) = [one for one in tokens if one["label"] == demo_instance.token.label]
    assert {one["key_id"] for one in ours["certificates"]} == set(demo_instance.token.keys.values())
    assert {one["state"] for one in ours["certificates"]} == {"no-inventory"}
    assert ours["pin"] == PinState.FREE
    assert demo_instance.token.pin_file.read_text() not in ended.out


def test_the_inventory_is_asked_whose_a_certificate_is(
    docsvc: Callable[..., Any], town: Road
) -> None:
    ended = docsvc("doctor", "--token", "--json", config=town.config)
    states = {
        one["state"]
        for look in ended.document
        for slot in look["slots"]
        if slot["token"]
        for one in slot["token"]["certificates"]
    }
    assert states == {"known"}


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_people_read_a_table(docsvc: Callable[..., Any], config: Path, lang: str) -> None:
    ended = docsvc("doctor", "--token", "--lang", lang, config=config)
    assert {"vi": "chứng thư số", "en": "certificate"}[lang] in ended.out


def test_a_token_that_is_named_and_not_there_is_a_failure(
    docsvc: Callable[..., Any], config: Path
) -> None:
    ended = docsvc("doctor", "--token", "no such token", config=config)
    assert ended.code == 1
    assert "thiết bị" in ended.err


def test_a_module_that_is_none_is_a_finding_beside_the_others(
    docsvc: Callable[..., Any], config: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "module.so"
    broken.write_bytes(b"no library")
    ended = docsvc("doctor", "--token", "--json", "--module", broken, config=config)
    assert ended.code == 1
    assert [one["code"] for one in ended.document] == [None, "signing.module-unusable"]
    assert docsvc("doctor", "--token", "--module", broken, config=config).code == 1


def test_a_label_without_token_is_wrong_use(docsvc: Callable[..., Any], config: Path) -> None:
    assert docsvc("doctor", "docsvc-demo", config=config).code == 64


def test_a_module_that_hangs_is_a_finding(demo_instance: DemoInstance) -> None:
    place = Place(module=demo_instance.token.module, environment={})
    assert survey.look(place, timeout_s=0.0).code == "sign.token-gone"


def test_what_is_no_certificate_is_not_described() -> None:
    assert survey.described(b"no certificate") is None


def test_each_module_is_looked_at_once(tmp_path: Path) -> None:
    tokens = tuple(Token(label=label, module=tmp_path) for label in ("a", "b"))
    assert survey.places_of(tokens) == (Place(module=tmp_path, environment={}),)
