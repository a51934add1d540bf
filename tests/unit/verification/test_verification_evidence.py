"""Evidence gives the same verdict again, and nothing but the evidence and the file is needed."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from verification_containers import Recipe
from verification_files import base, by, road, sign
from verification_pki import DAY, NOW, Pki

from verification import evidence as evidences
from verification.errors import EvidenceError, OtherFileError
from verification.evidence import Evidence, gather, read, replay, to_bytes
from verification.model import Indication, Role
from verification.policy import DEFAULT_POLICY
from verification.trust import Anchor, AnchorKind, Trust
from verification.verify import verify

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


def gathered(
    pdf: bytes, trust: Trust, at: datetime = NOW, roles: dict[str, Role] | None = None
) -> Evidence:
    known = roles or {}
    report = verify(pdf, policy=DEFAULT_POLICY, trust=trust, at=at, roles=known, file="a.pdf")
    return gather(pdf, report, policy=DEFAULT_POLICY, trust=trust, roles=known)


def spelt(body: dict[str, Any]) -> bytes:
    """Spell evidence as it should be, with a digest that fits."""
    body.pop("digest", None)
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, indent=1).encode() + b"\n"
    body["digest"] = hashlib.sha256(text).hexdigest()
    return json.dumps(body, ensure_ascii=False, sort_keys=True, indent=1).encode() + b"\n"


@pytest.fixture(scope="module")
def whole(finished: bytes, pki: Pki) -> bytes:
    return to_bytes(gathered(finished, pki.trust(crls=())))


_FILES: dict[str, Callable[[Pki], bytes]] = {
    "B-B": lambda pki: sign(base(), by(pki.leader)),
    "B-T": lambda pki: road(pki, 1),
    "B-LT": lambda pki: road(pki, 3),
    "B-LTA": road,
    "failed": lambda pki: road(pki).replace(b"CONG VAN", b"CONG VAT"),
    "unsigned": lambda _: base(),
    "broken": lambda pki: re.sub(
        rb"startxref\n\d+\n%%EOF\n\Z", b"startxref\n7\n%%EOF\n", road(pki, 1)
    ),
}


@pytest.mark.parametrize("kind", _FILES)
def test_replay_gives_the_same_verdict(kind: str, pki: Pki, trust: Trust) -> None:
    pdf = _FILES[kind](pki)
    kept = gathered(pdf, trust)

    again = replay(read(to_bytes(kept)), pdf)

    assert again.differences == ()
    assert again.report == verify(
        pdf, policy=DEFAULT_POLICY, trust=kept.trust, at=NOW, file="a.pdf"
    )


def test_replay_gives_an_indeterminate_verdict_again(finished: bytes) -> None:
    stranger = Pki().root
    anchor = Anchor(certificate=stranger.der, name="Xa lạ", kind=AnchorKind.STATE)
    kept = gathered(finished, Trust(anchors=(anchor,)))

    again = replay(read(to_bytes(kept)), finished)

    assert again.report.indication is Indication.INDETERMINATE
    assert "verification.no-chain" in again.report.signatures[0].reasons
    assert again.differences == ()
    assert [one.name for one in kept.trust.anchors] == ["Xa lạ"]


def test_verdict_stays_when_every_certificate_has_expired(pki: Pki, trust: Trust) -> None:
    pdf = road(pki, 1)
    kept = read(to_bytes(gathered(pdf, trust)))
    late = NOW + 36_500 * DAY

    now = verify(pdf, policy=DEFAULT_POLICY, trust=trust, at=late)

    assert now.indication is Indication.INDETERMINATE
    assert replay(kept, pdf).report.indication is Indication.TOTAL_PASSED


def test_only_what_was_used_is_kept(pki: Pki, finished: bytes) -> None:
    other = Pki()
    anchor = Anchor(certificate=other.root.der, name="Khác", kind=AnchorKind.PUBLIC)
    mine = pki.trust(crls=())
    trust = replace(
        mine, anchors=(*mine.anchors, anchor), intermediates=(other.ca.der,), crls=(other.crl(),)
    )

    kept = gathered(finished, trust)

    assert kept.trust == mine
    assert pki.leader.der in kept.carried.certificates
    assert pki.ca.der in kept.carried.certificates
    assert pki.tsa.der in kept.carried.certificates
    assert len(kept.carried.crls) == 2


def test_revocation_data_from_outside_is_kept(pki: Pki, trust: Trust) -> None:
    kept = gathered(road(pki, 1), replace(trust, ocsps=(pki.ocsp(pki.organisation),)))

    assert kept.trust == trust


def test_evidence_tells_names_roles_and_versions(pki: Pki, whole: bytes, finished: bytes) -> None:
    leader, unused = hashlib.sha256(pki.leader.der).hexdigest(), "0" * 64
    roles = {leader: Role.ORGANISATION, unused: Role.LEADER}

    kept = gathered(finished, pki.trust(crls=()), roles=roles)
    body = json.loads(whole)

    assert kept.roles == {leader: Role.ORGANISATION}
    assert replay(read(to_bytes(kept)), finished).differences == ()
    assert body["anchors"][0]["name"] == "Gốc"
    assert body["policy"]["hashes"]["sha1"] == "2019-01-01T00:00:00+00:00"
    assert set(body["versions"]) == {"docsvc", "evidence", "cryptography", "openssl", "python"}
    assert body["report"]["file"] == "a.pdf"


def test_bounds_of_an_anchor_are_kept(pki: Pki) -> None:
    trust = pki.trust(intermediates=(pki.ca.der,))
    anchor = replace(trust.anchors[0], since=NOW - DAY, until=NOW + DAY, reason="QĐ 12/2026")

    kept = gathered(road(pki, 1), replace(trust, anchors=(anchor,)))

    assert read(to_bytes(kept)).trust.anchors == (anchor,)


def test_same_verdict_gives_the_same_bytes(pki: Pki, finished: bytes, whole: bytes) -> None:
    assert to_bytes(gathered(finished, pki.trust(crls=()))) == whole
    assert to_bytes(read(whole)) == whole


def test_evidence_of_another_file_is_refused(whole: bytes, led: bytes) -> None:
    with pytest.raises(OtherFileError) as refused:
        replay(read(whole), led)

    assert refused.value.facts["found"] == hashlib.sha256(led).hexdigest()


def test_other_verdict_is_named(whole: bytes, finished: bytes) -> None:
    body = json.loads(whole)
    body["report"]["indication"] = "TOTAL-FAILED"
    body["report"]["signatures"][1]["level"] = "B-B"
    body["report"]["document_timestamps"] = []

    again = replay(read(spelt(body)), finished)

    assert again.differences == ("indication", "signatures[1].level", "document_timestamps")
    assert again.report.indication is Indication.TOTAL_PASSED


def test_taking_an_anchor_away_is_detected(whole: bytes, finished: bytes) -> None:
    body = json.loads(whole)
    body["anchors"] = []

    assert "indication" in replay(read(spelt(body)), finished).differences


@pytest.mark.parametrize("at", range(0, 100, 7))
def test_changed_byte_is_refused(whole: bytes, at: int) -> None:
    place = len(whole) * at // 100
    changed = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]

    with pytest.raises(EvidenceError):
        read(changed)


def _without(key: str) -> Callable[[dict[str, Any]], object]:
    return lambda body: body.pop(key)


_WRONG: dict[str, Callable[[dict[str, Any]], object]] = {
    "other schema": lambda body: body.update(schema="docsvc.evidence/9"),
    "no policy": _without("policy"),
    "no moment": _without("verified_at"),
    "moment without offset": lambda body: body.update(verified_at="2026-11-20T02:30:00"),
    "item that is not what it says": lambda body: body["items"][0].update(sha256="0" * 64),
    "item without bytes": lambda body: body["items"][0].pop("der"),
    "not base64": lambda body: body["anchors"][0].update(der="***"),
    "unknown kind of anchor": lambda body: body["anchors"][0].update(kind="friend"),
    "unknown role": lambda body: body.update(roles={"0" * 64: "king"}),
    "policy with another key": lambda body: body["policy"].update(trust_all=True),
    "too many items": lambda body: body.update(items=[{}] * 5_001),
    "report of words": lambda body: body["report"].update(signatures=["yes"]),
    "items of numbers": lambda body: body.update(items=3),
}


@pytest.mark.parametrize("what", _WRONG)
def test_evidence_of_no_known_form_is_refused(what: str, whole: bytes) -> None:
    body = json.loads(whole)
    _WRONG[what](body)

    with pytest.raises(EvidenceError):
        read(spelt(body))


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"\xff", b"[" * 100_000, b"null", b"1"])
def test_bytes_that_are_no_evidence_are_refused(data: bytes) -> None:
    with pytest.raises(EvidenceError):
        read(data)


def test_evidence_above_the_limit_is_not_parsed(
    whole: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidences, "MAX_BYTES", len(whole) - 1)

    with pytest.raises(EvidenceError):
        read(whole)


def test_program_that_is_not_installed_has_no_version(
    pki: Pki, trust: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(name: str) -> str:
        raise evidences.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(evidences.metadata, "version", absent)

    assert gathered(road(pki, 1), trust).versions["docsvc"] == "unknown"


def test_container_that_cannot_be_read_brings_nothing(trust: Trust) -> None:
    kept = gathered(sign(base(), lambda _: b"\x30\x03\x02\x01\x01"), trust)

    assert kept.carried.certificates == ()


def test_data_in_a_container_is_kept(pki: Pki) -> None:
    recipe = Recipe(crls=(pki.crl(pki.root), pki.crl()))
    kept = gathered(
        sign(base(), by(pki.leader, recipe)), pki.trust(crls=(), intermediates=(pki.ca.der,))
    )

    assert len(kept.carried.crls) == 2
