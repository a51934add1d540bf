"""The certificate of this PC: for its own address, private, and renewed in time."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from docsvc.agent.certificate import local_certificate

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)


def test_certificate_is_no_authority_and_names_this_pc_alone(tmp_path: Path) -> None:
    made = local_certificate(tmp_path / "agent", now=NOW)

    certificate = x509.load_pem_x509_certificate(made.certificate.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert made.fresh
    assert [str(name.value) for name in names] == ["127.0.0.1", "localhost"]
    assert not basic.ca
    assert len(made.fingerprint.split(":")) == 32


def test_key_can_be_read_by_its_owner_alone(tmp_path: Path) -> None:
    made = local_certificate(tmp_path / "agent", now=NOW)

    assert stat.S_IMODE(made.key.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.key.parent.stat().st_mode) == 0o700


def test_certificate_stays_until_shortly_before_its_end(tmp_path: Path) -> None:
    first = local_certificate(tmp_path, now=NOW)
    known = first.certificate.read_bytes()

    again = local_certificate(tmp_path, now=NOW + timedelta(days=700))
    assert not again.fresh
    assert again.certificate.read_bytes() == known

    late = local_certificate(tmp_path, now=NOW + timedelta(days=800))
    assert late.fresh
    assert late.certificate.read_bytes() != known


@pytest.mark.parametrize("name", ["agent.crt", "agent.key"])
@pytest.mark.parametrize("content", [None, b"broken"])
def test_what_is_lost_or_broken_is_made_anew(
    tmp_path: Path, name: str, content: bytes | None
) -> None:
    local_certificate(tmp_path, now=NOW)
    (tmp_path / name).unlink()
    if content is not None:
        (tmp_path / name).write_bytes(content)

    made = local_certificate(tmp_path, now=NOW)

    assert made.fresh
    assert made.context()
