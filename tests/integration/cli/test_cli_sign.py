"""``docsvc sign``: one file, with a token, in a process of its own as the module wants it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.pdfsig import said_by_pdfsig

if TYPE_CHECKING:
    from support.demo import DemoInstance

SOURCE = Path(__file__).parents[3] / "sample_docs/documents/01-cong-van-ra-soat-ho-ngheo.pdf"


def run(
    demo: DemoInstance, target: Path, *more: str, pin: str = ""
) -> subprocess.CompletedProcess[str]:
    token = demo.token
    arguments = [
        "sign", str(SOURCE), str(target), "--role", "leader", "--module", str(token.module),
        "--token", token.label, "--json", *more,
    ]  # fmt: skip
    return subprocess.run(
        [sys.executable, "-c", "from docsvc.cli.main import main; main()", *arguments],
        env={**os.environ, **token.environment, "TOKEN_PIN": pin},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.fixture
def key_id(demo_instance: DemoInstance) -> str:
    names = [name for name in demo_instance.token.keys if name.startswith("leader-")]
    return demo_instance.token.keys[names[0]]


def test_a_file_is_signed_with_a_key_of_a_token(
    demo_instance: DemoInstance, tmp_path: Path, key_id: str
) -> None:
    target, pin = tmp_path / "signed.pdf", demo_instance.token.pin_file.read_text()
    done = run(demo_instance, target, "--pin-env", "TOKEN_PIN", "--key-id", key_id, pin=pin)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["level"] == "B-B"
    assert "Signature is Valid." in said_by_pdfsig(target)
    assert pin not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (("--pin-env", "NO_SUCH_VARIABLE"), "sign.pin-missing"),
        ((), "signing.pin-needed"),
        (("--pin-env", "TOKEN_PIN", "--serial", "none"), "signing.token-not-found"),
    ],
)
def test_nothing_is_signed_without_a_pin_or_token(
    demo_instance: DemoInstance, tmp_path: Path, more: tuple[str, ...], code: str
) -> None:
    target = tmp_path / "signed.pdf"
    done = run(demo_instance, target, *more, pin="anything")
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"] == code
    assert not target.exists()
