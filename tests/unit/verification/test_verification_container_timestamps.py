from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from verification_containers import Recipe, container, statement, token
from verification_files import Plan, base, by, check, sign, stamp
from verification_pki import DAY, NOW, Pki, Shape

from verification.model import Indication, Level

if TYPE_CHECKING:
    from verification.model import SignatureReport
    from verification.trust import Trust


def one(pki: Pki, trust: Trust, recipe: Recipe, plan: Plan | None = None) -> SignatureReport:
    return check(sign(base(), by(pki.leader, recipe), plan), trust).signatures[0]


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"timestamp_of": bytes(32)}, "timestamp-of-other-data"),
        ({"timestamp_at": NOW + 5000 * DAY}, "expired-no-proof"),
    ],
)
def test_timestamp_that_does_not_hold_proves_nothing(
    how: dict[str, object], code: str, pki: Pki, trust: Trust
) -> None:
    report = one(pki, trust, Recipe(timestamp=pki.tsa, **how))  # type: ignore[arg-type]

    assert report.indication is Indication.TOTAL_PASSED
    assert report.level is Level.B_B
    assert report.timestamp_time is None
    assert {"verification.timestamp-not-passed", f"verification.{code}"} & set(report.reasons)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x30\x00", "container-unreadable"),
        ("data", "timestamp-unreadable"),
        ("junk", "timestamp-unreadable"),
        ("digest", "timestamp-unreadable"),
        ("stranger", "no-signing-certificate"),
    ],
)
def test_document_timestamp_that_is_none(
    data: bytes | str, code: str, pki: Pki, trust: Trust
) -> None:
    made = {
        "data": lambda: container(pki.tsa, b"", Recipe(content=b"x")),
        "junk": lambda: token(pki.tsa, b"", content=b"\x30\x00"),
        "digest": lambda: token(pki.tsa, b"", content=statement(bytes(4), hash_name="1.2.3")),
        "stranger": lambda: token(pki.issue("xyz"), bytes(32), certificates=()),
    }
    contents = data if isinstance(data, bytes) else made[data]()
    plan = Plan(sub_filter=b"ETSI.RFC3161")

    report = check(sign(base(), lambda _: contents, plan), trust).document_timestamps[0]

    assert f"verification.{code}" in report.reasons


def test_authority_that_expired_needs_a_newer_timestamp(pki: Pki) -> None:
    short = pki.issue(
        "Máy chủ cũ",
        end=NOW + DAY,
        uses=frozenset({"digital_signature"}),
        extended=Shape(extended=(tsp_usage(),)).extended,
    )
    trust = pki.trust(intermediates=(pki.ca.der,))
    pdf = sign(base(), by(pki.leader, Recipe(timestamp=short)))
    later = NOW + 20 * DAY

    alone = check(pdf, trust, at=later).signatures[0]
    renewed = check(stamp(pdf, pki.tsa), trust, at=later).signatures[0]

    assert "verification.timestamp-authority-expired" in alone.reasons
    assert renewed.timestamp_time == NOW


def tsp_usage() -> object:
    from cryptography.x509.oid import ExtendedKeyUsageOID  # noqa: PLC0415

    return ExtendedKeyUsageOID.TIME_STAMPING


def test_weak_imprint_of_a_timestamp_is_noted(pki: Pki, trust: Trust) -> None:
    data = statement(hashlib.sha1(b"", usedforsecurity=False).digest(), hash_name="sha1")
    plan = Plan(sub_filter=b"ETSI.RFC3161")
    pdf = sign(base(), lambda _: token(pki.tsa, b"", content=data), plan)

    report = check(pdf, trust).document_timestamps[0]

    assert "verification.weak-digest-no-proof" in report.reasons
