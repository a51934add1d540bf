"""The real certificates of Vietnam's government and public CAs, taken into a trust store."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest

from docsvc.trust import rules
from docsvc.trust.errors import NotAnAuthorityError
from docsvc.trust.service import TrustStore, Wish
from verification.anchors import AnchorKind
from verification.policy import DEFAULT_POLICY
from verification.trust import load_directory
from verification.verify import verify

CORPORA = Path(__file__).parents[3].parent / "shared" / "corpora"
PKI = CORPORA / "vn-pki"
NOW = datetime(2026, 11, 20, tzinfo=UTC)

pytestmark = pytest.mark.skipif(
    not CORPORA.is_dir(), reason="the corpora lie beside the checkout on development machines only"
)


def rows() -> list[dict[str, str]]:
    with (PKI / "manifest.csv").open(encoding="utf-8") as manifest:
        return list(csv.DictReader(manifest))


def store_of(folder: Path) -> TrustStore:
    """Import every certificate as an administrator would, and pass over people's."""
    store = TrustStore(folder=folder, actor="test")
    for row in rows():
        (one,) = rules.read((PKI / row["file"]).read_bytes(), file=row["file"])
        rules.require_named([one], [row["sha256"]])
        kind = AnchorKind.PUBLIC if "MIC" in row["file"] else AnchorKind.STATE
        try:
            store.add(one, Wish(kind=kind, reason="công bố"), at=NOW)
        except NotAnAuthorityError:
            assert row["expected"] == "END-ENTITY"  # the only ones to refuse
    return store


def test_roots_become_anchors_and_authorities_intermediates(tmp_path: Path) -> None:
    store_of(tmp_path)

    found = load_directory(tmp_path)

    count = {kind: sum(r["expected"] == kind for r in rows()) for kind in ("ROOT", "CA")}
    assert (len(found.anchors), len(found.intermediates)) == (count["ROOT"], count["CA"])
    assert {one.reason for one in found.anchors} == {"công bố"}


def test_store_of_real_roots_is_not_empty_for_real_documents(tmp_path: Path) -> None:
    store_of(tmp_path)
    trusted = load_directory(tmp_path)
    files = sorted((CORPORA / "vn-official" / "gazette-signed").glob("*.pdf"))[:5]

    reports = [
        verify(file.read_bytes(), policy=DEFAULT_POLICY, trust=trusted, at=NOW) for file in files
    ]

    found = {reason for report in reports for one in report.signatures for reason in one.reasons}
    assert found
    assert "verification.no-trust-anchors" not in found
