"""Trusted lists: only what the right signer signed is read, and none of it silently."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

import pytest
from support.trusted_lists import (
    GRANTED,
    TSA,
    WEB,
    WITHDRAWN,
    Holder,
    Lists,
    Offer,
    Period,
    holder,
    signed,
)

from verification import trusted_lists
from verification.errors import (
    TrustedListError,
    TrustedListExpiredError,
    TrustedListSignatureError,
    TrustedListSupportError,
)
from verification.trusted_lists import (
    ListOfLists,
    NationalList,
    Reading,
    ServiceKind,
    read_list_of_lists,
    read_national,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = Reading(at=datetime(2026, 11, 20, tzinfo=UTC))
PLACES = [("XA", "https://lists.example/xa.xml")]
LISTS = Lists()
SERVICE = holder("Service")


class Broken(Holder):
    """Its certificate is DER, and holds nothing that a certificate has."""

    @property
    def der(self) -> bytes:
        return bytes.fromhex("3000")


def top(lists: Lists = LISTS, *, how: Reading = NOW, by: Holder | None = None) -> ListOfLists:
    return read_list_of_lists(lists.lotl(PLACES, by=by), [LISTS.top.der], how, file="lotl.xml")


@cache
def known() -> ListOfLists:
    """Return the list of the lists that most national lists are read below."""
    return top()


def national(offers: Sequence[Offer], lists: Lists = LISTS, how: Reading = NOW) -> NationalList:
    return read_national(lists.national(offers), known(), how, file="xa.xml")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_list_of_the_lists_names_national_lists_and_their_signers() -> None:
    found = top()

    (pointer,) = found.pointers
    assert (pointer.territory, pointer.location) == PLACES[0]
    assert pointer.signers == (LISTS.signer.der,)
    assert (found.statement.number, found.statement.issued) == (
        123,
        datetime(2026, 11, 1, 10, tzinfo=UTC),
    )


def test_two_pointers_to_one_country_are_one_with_all_signers() -> None:
    data = LISTS.lotl([*PLACES, ("XA", "https://lists.example/other.xml")])

    found = read_list_of_lists(data, [LISTS.top.der], NOW, file="lotl.xml").of("XA")

    assert found is not None
    assert (found.location, found.signers) == (PLACES[0][1], (LISTS.signer.der,))


def test_services_come_with_kind_name_and_the_day_they_were_granted() -> None:
    stamps = holder("Stamps")

    found = national(
        [Offer(name="Signs", holder=SERVICE), Offer(name="Stamps", holder=stamps, type=TSA)]
    )

    assert [(one.kind, one.name, one.sha256) for one in found.services] == [
        (ServiceKind.CA, "Signs", SERVICE.sha256),
        (ServiceKind.TSA, "Stamps", stamps.sha256),
    ]
    assert {(one.territory, one.since, one.until) for one in found.services} == {
        ("XA", moment("2021-03-01"), None)
    }


@pytest.mark.parametrize(
    ("periods", "since", "until"),
    [
        ([(WITHDRAWN, "2024-01-01"), (GRANTED, "2021-01-01")], "2021-01-01", "2024-01-01"),
        ([(GRANTED, "2024-01-01"), (GRANTED, "2021-01-01")], "2021-01-01", None),
        (
            [(GRANTED, "2025-01-01"), (WITHDRAWN, "2024-01-01"), (GRANTED, "2021-01-01")],
            "2025-01-01",
            None,
        ),
        (
            [(WITHDRAWN, "2025-01-01"), (GRANTED, "2024-01-01"), (GRANTED, "2021-01-01")],
            "2021-01-01",
            "2025-01-01",
        ),
    ],
    ids=["withdrawn", "renewed", "granted anew", "renewed, then withdrawn"],
)
def test_service_counts_for_the_last_time_it_was_granted_without_a_gap(
    periods: list[tuple[str, str]], since: str, until: str | None
) -> None:
    history = tuple(Period(status=s, since=f"{day}T00:00:00Z") for s, day in periods)

    (found,) = national([Offer(name="Signs", holder=SERVICE, periods=history)]).services

    assert found.since == moment(since)
    assert found.until == (None if until is None else moment(until))


def test_service_that_was_never_granted_is_not_there() -> None:
    history = (Period(status=WITHDRAWN, since="2024-01-01T00:00:00Z"),)

    assert national([Offer(name="Signs", holder=SERVICE, periods=history)]).services == ()


def test_service_whose_certificate_cannot_be_read_is_not_there() -> None:
    broken = Broken(key=SERVICE.key, certificate=SERVICE.certificate)

    assert national([Offer(name="Broken", holder=broken)]).services == ()


def test_service_for_web_sites_alone_is_not_there() -> None:
    assert national([Offer(name="Sites", holder=SERVICE, use=WEB)]).services == ()


def test_list_signed_by_somebody_else_is_refused() -> None:
    with pytest.raises(TrustedListSignatureError):
        top(by=holder("Stranger"))


def test_national_list_is_refused_unless_a_named_signer_signed_it() -> None:
    offers = [Offer(name="Signs", holder=SERVICE)]
    data = LISTS.national(offers, by=LISTS.top)

    with pytest.raises(TrustedListSignatureError):
        read_national(data, known(), NOW, file="xa.xml")


def test_altered_list_is_refused() -> None:
    data = LISTS.national([Offer(name="Signs", holder=SERVICE)]).replace(b"Signs", b"Sinks")

    with pytest.raises(TrustedListSignatureError):
        read_national(data, known(), NOW, file="xa.xml")


def test_what_stands_around_a_signed_list_is_not_read() -> None:
    # A wrapper with a list of its own around the list that was signed.
    inner = LISTS.national([Offer(name="Signs", holder=SERVICE)]).partition(b"?>\n")[2]
    outer = LISTS.national([Offer(name="Evil", holder=holder("Evil"))]).partition(b"<ds:Sig")[0]
    data = outer.partition(b"?>\n")[2] + inner + b"</TrustServiceStatusList>"

    with pytest.raises(TrustedListError):
        read_national(data, known(), NOW, file="xa.xml")


def test_list_of_a_country_that_nobody_names_is_refused() -> None:
    data = LISTS.national([Offer(name="Signs", holder=SERVICE)], country="XB")

    with pytest.raises(TrustedListError) as refused:
        read_national(data, known(), NOW, file="xb.xml")

    assert refused.value.facts["problem"] == "SchemeTerritory"


def test_list_of_the_lists_is_no_national_list_even_if_its_signer_may_sign_one() -> None:
    same = Lists(top=LISTS.top, signer=LISTS.top)
    above = read_list_of_lists(
        same.lotl([("EU", "https://lists.example/eu.xml")]), [LISTS.top.der], NOW, file="lotl.xml"
    )

    with pytest.raises(TrustedListError) as refused:
        read_national(same.lotl(PLACES), above, NOW, file="lotl.xml")

    assert refused.value.facts["problem"] == "SchemeTerritory"


def test_national_list_is_no_list_of_the_lists() -> None:
    data = LISTS.lotl(PLACES, type_="EUgeneric")

    with pytest.raises(TrustedListError) as refused:
        read_list_of_lists(data, [LISTS.top.der], NOW, file="lotl.xml")

    assert refused.value.facts["problem"] == "TSLType"


@pytest.mark.parametrize("following", ["2026-11-19T00:00:00Z", None], ids=["passed", "closed"])
def test_list_that_should_have_been_replaced_is_refused_unless_told_otherwise(
    following: str | None,
) -> None:
    old = Lists(top=LISTS.top, signer=LISTS.signer, following=following)

    with pytest.raises(TrustedListExpiredError):
        top(old)

    assert top(old, how=Reading(at=NOW.at, expired=True)).pointers


def test_list_from_the_future_is_refused() -> None:
    with pytest.raises(TrustedListError) as refused:
        top(Lists(top=LISTS.top, issued="2026-12-01T00:00:00Z"))

    assert refused.value.facts["problem"] == "ListIssueDateTime"


def test_moment_without_a_zone_is_taken_as_utc() -> None:
    plain = Lists(top=LISTS.top, issued="2026-11-01T10:00:00")

    assert top(plain).statement.issued == datetime(2026, 11, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "inside",
    ["", "<SchemeInformation/>", "<Other><SchemeInformation/></Other>"],
    ids=["nothing", "empty head", "head elsewhere"],
)
def test_signed_xml_that_is_no_list_is_refused(inside: str) -> None:
    namespace = 'xmlns="http://uri.etsi.org/02231/v2#"'
    body = f"<TrustServiceStatusList {namespace}>{inside}</TrustServiceStatusList>"

    with pytest.raises(TrustedListError):
        read_list_of_lists(signed(body, LISTS.top), [LISTS.top.der], NOW, file="lotl.xml")


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>', "DOCTYPE"),
        (b'<!DOCTYPE a SYSTEM "http://127.0.0.1/"><a/>', "DOCTYPE"),
        (b'<?xml version="1.0" encoding="UTF-7"?><a/>', "encoding"),
        ("<a/>".encode("utf-16"), "UnicodeDecodeError"),
        (b"<a>" * 65 + b"</a>" * 65, "depth"),
        (b"<a>", "ExpatError"),
        (b"", "ExpatError"),
        (b"<a>&e;</a>", "ExpatError"),
    ],
)
def test_hostile_xml_is_refused_before_a_tree_is_built(data: bytes, problem: str) -> None:
    with pytest.raises(TrustedListError) as refused:
        read_list_of_lists(data, [LISTS.top.der], NOW, file="lotl.xml")

    assert refused.value.facts == {"file": "lotl.xml", "problem": problem}


@pytest.mark.parametrize(
    ("limit", "problem"),
    [("MAX_BYTES", "size"), ("_MAX_ELEMENTS", "elements"), ("_MAX_SERVICES", "services")],
)
def test_list_beyond_a_limit_is_refused(
    monkeypatch: pytest.MonkeyPatch, limit: str, problem: str
) -> None:
    above = known()
    monkeypatch.setattr(trusted_lists, limit, 1)
    second = Offer(name="Second", holder=holder("Second"))
    data = LISTS.national([Offer(name="Signs", holder=SERVICE), second])

    with pytest.raises(TrustedListError) as refused:
        read_national(data, above, NOW, file="xa.xml")

    assert refused.value.facts["problem"] == problem


def test_certificate_of_a_signer_that_cannot_be_read_is_passed_over() -> None:
    found = read_list_of_lists(LISTS.lotl(PLACES), [b"junk", LISTS.top.der], NOW, file="x")

    assert found.pointers


def test_signers_that_pyhanko_brings_along_can_be_compared() -> None:
    assert len(set(trusted_lists.bundled_signers())) > 1


def test_without_the_extra_it_is_said_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "verification._pades.eutl", raising=False)
    monkeypatch.delattr("verification._pades.eutl", raising=False)
    monkeypatch.delitem(sys.modules, "pyhanko.sign.validation.qualified.eutl_parse", raising=False)
    monkeypatch.delattr("pyhanko.sign.validation.qualified.eutl_parse", raising=False)
    monkeypatch.setitem(sys.modules, "lxml", None)

    with pytest.raises(TrustedListSupportError) as refused:
        trusted_lists.bundled_signers()

    assert refused.value.facts["package"].startswith("lxml")
