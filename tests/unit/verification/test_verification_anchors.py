"""Anchor sets: what was decided upon is what is trusted, and nothing else."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from verification import anchors
from verification.anchors import AnchorKind, Decision
from verification.errors import AnchorMismatchError, AnchorSetError
from verification.trust import load_directory

if TYPE_CHECKING:
    from pathlib import Path

    from verification_pki import Pki

SINCE = datetime(2018, 5, 1, tzinfo=UTC)
UNTIL = datetime(2038, 5, 1, tzinfo=UTC)
GOOD = f"""
[[anchor]]
file = "state/root.crt"
sha256 = "{"0" * 64}"
name = "Gốc"
kind = "state"
reason = "Công báo"
"""


def decided(der: bytes, file: str = "state/root.crt", **more: object) -> Decision:
    known: dict[str, object] = {
        "file": file,
        "sha256": hashlib.sha256(der).hexdigest(),
        "name": "Gốc chuyên dùng",
        "kind": AnchorKind.PARTY,
        "reason": "đối chiếu ngày 20/11",
    }
    return Decision(**(known | more))  # type: ignore[arg-type]


def put(folder: Path, file: str, der: bytes) -> None:
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(der)


def write(folder: Path, text: str) -> None:
    (folder / anchors.SET_FILE).write_text(text, "utf-8")


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    both = (
        decided(
            b"a",
            name='"Gốc"\\ \x7f\n',
            since=SINCE,
            until=UNTIL,
            decided_by="cli:root",
            decided_at=datetime(2026, 11, 25, 9, tzinfo=timezone(timedelta(hours=7))),
        ),
        decided(b"b", file="b.crt", kind=AnchorKind.TSA),
    )

    write(tmp_path, anchors.render(both))

    assert anchors.load(tmp_path) == both


def test_folder_without_a_set_has_no_decisions(tmp_path: Path) -> None:
    assert anchors.load(tmp_path) == ()


def test_decision_gives_the_anchor_its_name_kind_bounds_and_reason(
    tmp_path: Path, pki: Pki
) -> None:
    put(tmp_path, "state/root.crt", pki.root.der)
    write(tmp_path, anchors.render([decided(pki.root.der, since=SINCE, until=UNTIL)]))

    (found,) = load_directory(tmp_path).anchors

    assert (found.name, found.kind) == ("Gốc chuyên dùng", AnchorKind.PARTY)
    assert (found.since, found.until) == (SINCE, UNTIL)
    assert found.reason == "đối chiếu ngày 20/11"


def test_other_certificate_in_the_place_of_the_decided_one_is_refused(
    tmp_path: Path, pki: Pki
) -> None:
    put(tmp_path, "state/root.crt", pki.ca.der)
    write(tmp_path, anchors.render([decided(pki.root.der)]))

    with pytest.raises(AnchorMismatchError) as raised:
        load_directory(tmp_path)

    assert raised.value.facts["file"] == "state/root.crt"
    assert raised.value.facts["found"] == hashlib.sha256(pki.ca.der).hexdigest()


def test_copy_elsewhere_does_not_escape_the_bounds(tmp_path: Path, pki: Pki) -> None:
    put(tmp_path, "state/root.crt", pki.root.der)
    put(tmp_path, "public/copy.crt", pki.root.der)
    write(tmp_path, anchors.render([decided(pki.root.der, until=UNTIL)]))

    assert [one.until for one in load_directory(tmp_path).anchors] == [UNTIL, UNTIL]


def test_decision_without_its_certificate_trusts_nothing(tmp_path: Path, pki: Pki) -> None:
    write(tmp_path, anchors.render([decided(pki.root.der)]))

    assert load_directory(tmp_path).anchors == ()


def test_certificate_that_nobody_decided_upon_keeps_to_its_folder(tmp_path: Path, pki: Pki) -> None:
    put(tmp_path, "demo/root.crt", pki.root.der)
    put(tmp_path, "intermediates/ca.crt", pki.ca.der)
    write(tmp_path, anchors.render([]))

    found = load_directory(tmp_path)

    assert [(one.kind, one.reason) for one in found.anchors] == [(AnchorKind.DEMO, "")]
    assert found.intermediates == (pki.ca.der,)


def test_set_in_order_is_accepted(tmp_path: Path) -> None:
    write(tmp_path, GOOD)

    assert [one.name for one in anchors.load(tmp_path)] == ["Gốc"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("junk", "Expected"),
        ("anchor = 1", "anchor"),
        ("anchor = [1]", "anchor"),
        ("[other]", "other"),
        (GOOD.replace('name = "Gốc"', ""), "name"),
        (GOOD.replace('name = "Gốc"', "name = 1"), "name"),
        (GOOD.replace('reason = "Công báo"', 'reason = ""'), "reason"),
        (GOOD.replace('"state"\n', '"friends"\n'), "kind"),
        (GOOD.replace("0" * 64, "0" * 63), "sha256"),
        (GOOD.replace("0" * 64, "G" * 64), "sha256"),
        (GOOD + "trusted = true", "trusted"),
        (GOOD + "since = 2018-05-01", "since"),
        (GOOD + "until = 2018-05-01T00:00:00", "until"),
        (GOOD + "since = 2018-05-02T00:00:00Z\nuntil = 2018-05-01T00:00:00Z", "until"),
        (GOOD + GOOD, "file twice"),
        (GOOD + GOOD.replace("state/root", "state/copy"), "sha256 twice"),
    ],
)
def test_set_of_another_form_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    write(tmp_path, text)

    with pytest.raises(AnchorSetError) as raised:
        anchors.load(tmp_path)

    assert problem in str(raised.value.facts["problem"])


def test_set_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / anchors.SET_FILE).write_bytes(b"\xff")

    with pytest.raises(AnchorSetError):
        anchors.load(tmp_path)


def test_set_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anchors, "_MAX_BYTES", len(GOOD.encode()) - 1)
    write(tmp_path, GOOD)

    with pytest.raises(AnchorSetError):
        anchors.load(tmp_path)
