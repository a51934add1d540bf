"""``docsvc trust import-eu``: what lists of the EU grant becomes an anchor once it is chosen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.trusted_lists import GRANTED, TSA, WITHDRAWN, Holder, Lists, Offer, Period, holder

from docsvc.cli import trusted_lists as command
from docsvc.trust import lists, rules
from verification import trusted_lists
from verification.anchors import AnchorKind
from verification.trust import load_directory

ISSUED, FOLLOWING = "2020-06-01T10:00:00Z", "2999-01-01T00:00:00Z"
SIGNS, STAMPS, PAST = holder("Signs"), holder("Stamps"), holder("Past")
OFFERS = (
    Offer(name="Signs", holder=SIGNS),
    Offer(name="Stamps", holder=STAMPS, type=TSA),
    Offer(
        name="Past",
        holder=PAST,
        periods=(
            Period(status=WITHDRAWN, since="2024-01-01T00:00:00Z"),
            Period(status=GRANTED, since="2021-01-01T00:00:00Z"),
        ),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """A machine with the lists in files, and a trust store that is still empty."""

    run: Callable[..., Any]
    folder: Path
    lists: Lists

    def file(self, name: str, data: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(data)
        return path

    @property
    def lotl(self) -> Path:
        place = "https://lists.example/xa.xml"
        return self.file("lotl.xml", self.lists.lotl([("XA", place)]))

    @property
    def national(self) -> Path:
        return self.file("xa.xml", self.lists.national(OFFERS))

    @property
    def signers(self) -> tuple[str, Path]:
        return "--signers", self.file("signers.cer", self.lists.top.der)

    def take(self, *words: str | Path, **environment: str) -> Any:
        places = {"DOCSVC_TRUST_DIR": str(self.store), "DOCSVC_DATA_DIR": str(self.folder / "d")}
        return self.run("trust", "import-eu", *words, **(places | environment))

    @property
    def store(self) -> Path:
        return self.folder / "trust"


@pytest.fixture
def office(docsvc: Callable[..., Any], tmp_path: Path) -> Office:
    return Office(run=docsvc, folder=tmp_path, lists=Lists(issued=ISSUED, following=FOLLOWING))


def test_services_are_listed_and_nothing_is_taken_in(office: Office) -> None:
    ended = office.take(office.lotl, office.national, *office.signers, "--json")

    assert ended.code == 0
    assert [(one["country"], one["kind"], one["name"]) for one in ended.document] == [
        ("XA", "ca", "Past"),
        ("XA", "ca", "Signs"),
        ("XA", "tsa", "Stamps"),
    ]
    assert ended.document[0]["until"] == "2024-01-01T00:00:00+00:00"
    assert ended.document[1]["sha256"] == SIGNS.sha256
    assert not office.store.exists()


def test_list_for_people_has_whole_fingerprints_and_says_which_list(office: Office) -> None:
    ended = office.take(office.lotl, office.national, *office.signers)

    # A table breaks long cells between groups, and loses none of them.
    groups = rules.grouped(SIGNS.sha256).split()
    assert all(group in ended.out for group in groups)
    assert "…" not in ended.out
    assert "123" in ended.out


def test_all_services_of_a_country_become_anchors_of_kinds_of_their_own(office: Office) -> None:
    ended = office.take(
        office.lotl, office.national, *office.signers, "--country", "xa", "--reason", "đối tác"
    )

    assert ended.code == 0
    found = {one.name: one for one in load_directory(office.store).anchors}
    assert {name: one.kind for name, one in found.items()} == {
        "Signs": AnchorKind.EU,
        "Stamps": AnchorKind.EU_TSA,
        "Past": AnchorKind.EU,
    }
    assert found["Signs"].reason == "EU TL XA no. 123, 2020-06-01: đối tác"
    assert (found["Signs"].since, found["Signs"].until) != (None, None)
    assert (found["Past"].until is None, found["Signs"].until is None) == (False, True)


def test_one_service_is_chosen_by_its_fingerprint(office: Office) -> None:
    ended = office.take(
        office.lotl,
        office.national,
        *office.signers,
        "--fingerprint",
        STAMPS.sha256.upper(),
        "--reason",
        "đối tác",
        "--json",
    )

    assert [one["sha256"] for one in ended.lines] == [STAMPS.sha256]
    assert [one.name for one in load_directory(office.store).anchors] == ["Stamps"]


def test_new_issue_ends_what_was_withdrawn_since(office: Office) -> None:
    words = (*office.signers, "--country", "XA", "--reason", "đối tác")
    office.take(office.lotl, office.national, *words)
    ended_since = (Period(status=WITHDRAWN, since="2025-01-01T00:00:00Z"), *OFFERS[0].periods)
    newer = office.lists.national([Offer(name="Signs", holder=SIGNS, periods=ended_since)])

    office.take(office.lotl, office.file("new.xml", newer), *words)

    found = {one.name: one for one in load_directory(office.store).anchors}
    assert found["Signs"].until is not None
    assert len(found) == 3


def test_what_somebody_decided_by_hand_stays(office: Office) -> None:
    named = ("--fingerprint", SIGNS.sha256, "--reason", "tự kiểm tra")
    path = office.file("signs.cer", SIGNS.der)
    store = {"DOCSVC_TRUST_DIR": str(office.store), "DOCSVC_DATA_DIR": str(office.folder / "d")}
    office.run("trust", "import", path, "--kind", "public", *named, **store)

    ended = office.take(
        office.lotl, office.national, *office.signers, "--country", "XA", "--reason", "đối tác"
    )

    found = {one.name: one.kind for one in load_directory(office.store).anchors}
    assert found["Signs"] is AnchorKind.PUBLIC
    assert "1 chứng thư" in ended.err


@pytest.mark.parametrize("kind", ["eu", "eu-tsa", "demo"])
def test_anchor_of_the_eu_is_not_imported_by_hand(office: Office, kind: str) -> None:
    path = office.file("signs.cer", SIGNS.der)

    ended = office.run("trust", "import", path, "--kind", kind, "--reason", "x")

    assert ended.code == 64


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--country", "XB"), "trust.list-missing"),
        (("--fingerprint", "00" * 32), "trust.unknown-fingerprint"),
        (("--country", "XB", "--fetch"), "trust.list-missing"),
        (("--country", "XA", "--fetch"), "http.refused"),
    ],
)
def test_what_cannot_be_chosen_is_said_by_its_code(
    office: Office, words: tuple[str, ...], code: str
) -> None:
    said = ("--reason", "đối tác", "--json")

    ended = office.take(office.lotl, office.national, *office.signers, *words, *said)

    assert (ended.code, ended.lines[0]["error"]) == (1, code)
    assert not list(office.folder.rglob("*.crt"))


def test_taking_in_needs_a_reason(office: Office) -> None:
    ended = office.take(office.lotl, office.national, *office.signers, "--country", "XA")

    assert ended.code == 64


def test_missing_file_is_an_error_with_a_code(office: Office) -> None:
    ended = office.take(office.folder / "none.xml", *office.signers, "--json")

    assert ended.lines[0]["error"] == "trust.list-unreachable"


def test_expired_list_is_refused_unless_told_otherwise(office: Office) -> None:
    old = Lists(top=office.lists.top, signer=office.lists.signer, issued=ISSUED, following=ISSUED)
    lotl = office.file("old.xml", old.lotl([("XA", "https://lists.example/xa.xml")]))

    refused = office.take(lotl, office.national, *office.signers, "--json")
    told = office.take(lotl, office.national, *office.signers, "--json", "--expired")

    assert refused.lines[0]["error"] == "verification.trusted-list-expired"
    assert len(told.document) == 3


def bring(monkeypatch: pytest.MonkeyPatch, *signers: Holder) -> None:
    """Let these be the signers that pyHanko brings along."""
    monkeypatch.setattr(trusted_lists, "bundled_signers", lambda: tuple(one.der for one in signers))


def test_signers_that_nobody_named_are_never_trusted_silently(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(monkeypatch, office.lists.top)

    ended = office.take(office.lotl, office.national)

    assert ended.code == 1
    assert "--signer" in ended.err
    # Shown for comparison all the same.
    assert office.lists.top.sha256[:4].upper() in ended.out


def test_signer_whose_fingerprint_was_named_is_used_and_no_other(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = holder("Stranger")
    bring(monkeypatch, stranger, office.lists.top)

    good = office.take(office.lotl, office.national, "--signer", office.lists.top.sha256, "--json")
    bad = office.take(office.lotl, office.national, "--signer", stranger.sha256, "--json")
    unknown = office.take(office.lotl, office.national, "--signer", "00" * 32, "--json")

    assert len(good.document) == 3
    assert bad.lines[0]["error"] == "verification.trusted-list-signature"
    assert unknown.lines[0]["error"] == "trust.fingerprint-mismatch"


def test_person_who_compared_the_fingerprints_may_go_on(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(monkeypatch, office.lists.top)
    asked: list[object] = []
    monkeypatch.setattr(command, "consent_to", asked.append)

    ended = office.take(office.lotl, office.national)

    assert (ended.code, len(asked)) == (0, 1)


def test_lists_are_got_from_the_addresses_in_the_list_of_the_lists(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[str] = []

    class Client:
        def get(self, url: str) -> bytes:
            called.append(url)
            return office.lists.national(OFFERS)

        def close(self) -> None:
            called.append("closed")

    monkeypatch.setattr(command, "open_outbound", lambda _settings: Client())

    ended = office.take(office.lotl, "--fetch", *office.signers, "--json")

    assert len(ended.document) == 3
    assert called == ["https://lists.example/xa.xml", "closed"]


def test_service_that_certifies_and_stamps_is_an_anchor_for_signers(office: Office) -> None:
    both = [Offer(name="Both", holder=SIGNS, type=TSA), Offer(name="Both", holder=SIGNS)]
    path = office.file("both.xml", office.lists.national(both))

    office.take(office.lotl, path, *office.signers, "--country", "XA", "--reason", "đối tác")

    assert [one.kind for one in load_directory(office.store).anchors] == [AnchorKind.EU]


def test_more_lists_than_the_eu_has_are_refused(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "_MAX_LISTS", 1)

    ended = office.take(office.lotl, office.national, office.national, *office.signers, "--json")

    assert ended.lines[0]["facts"]["problem"] == "lists"
