"""Who answers for a CA may have been revoked himself, and what he still knows has an end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from asn1crypto import core
from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from verification_pki import DAY, NOW

from verification import certificates, statuses
from verification.policy import DEFAULT_POLICY
from verification.revocation import collect
from verification.statuses import Question, Status

if TYPE_CHECKING:
    from datetime import datetime

    from verification_pki import Party, Pki

    from verification.policy import Policy

URL = "http://pki.invalid/ca.crl"
# Answers are made at the moment of the test.
LATER = NOW + 3000 * DAY
LENIENT = replace(DEFAULT_POLICY, id="lenient", require_revocation=False)


def responder(pki: Pki, name: str = "Trả Lời", **shape: object) -> Party:
    return pki.issue(name, extended=(ExtendedKeyUsageOID.OCSP_SIGNING,), **shape)


def asked(
    pki: Pki,
    *ocsps: bytes,
    crls: tuple[bytes, ...] = (),
    about: Party | None = None,
    policy: Policy = DEFAULT_POLICY,
) -> Status:
    question = Question(at=NOW, known=(statuses.sources(crls, ocsps),), policy=policy)
    one = certificates.load((about or pki.leader).der)
    return statuses.status(one, certificates.load(pki.ca.der), question).status


def serial(party: Party) -> int:
    return party.certificate.serial_number


def only_responder(pki: Pki, party: Party, policy: Policy, *lists: bytes) -> Status:
    """Ask about somebody of whom no list speaks, since each is for responders' points alone."""
    subject = pki.issue("Không Danh Sách", crl_url="http://pki.invalid/other.crl")
    answer = pki.ocsp(subject, responder=party)
    return asked(pki, answer, crls=lists, about=subject, policy=policy)


def scoped(pki: Pki, revoked: dict[int, datetime] | None = None, **more: object) -> bytes:
    """Make a list that speaks only of those who name its point."""
    point = x509.IssuingDistributionPoint(
        full_name=[x509.UniformResourceIdentifier(URL)],
        relative_name=None,
        only_contains_user_certs=False,
        only_contains_ca_certs=False,
        only_some_reasons=None,
        indirect_crl=False,
        only_contains_attribute_certs=False,
    )
    return pki.crl(revoked=revoked, extension=point, **more)  # type: ignore[arg-type]


def test_answer_of_a_delegate_that_was_not_revoked_counts(pki: Pki) -> None:
    by = responder(pki, crl_url=URL)

    assert only_responder(pki, by, DEFAULT_POLICY, scoped(pki)) is Status.GOOD


def test_answer_of_a_delegate_that_was_revoked_does_not(pki: Pki) -> None:
    by = responder(pki, crl_url=URL)
    revoked = scoped(pki, {serial(by): NOW - 5 * DAY})

    assert only_responder(pki, by, LENIENT, revoked) is Status.UNKNOWN


@pytest.mark.parametrize(
    ("reason", "since", "wanted"),
    [
        (x509.ReasonFlags.superseded, LATER, Status.GOOD),
        (x509.ReasonFlags.superseded, NOW - 2 * DAY, Status.UNKNOWN),
        (x509.ReasonFlags.key_compromise, LATER, Status.UNKNOWN),
        (None, LATER, Status.UNKNOWN),
    ],
)
def test_delegate_that_was_replaced_later_had_said_the_truth(
    reason: x509.ReasonFlags | None, since: datetime, wanted: Status, pki: Pki
) -> None:
    by = responder(pki, crl_url=URL)
    extension = None if reason is None else x509.CRLReason(reason)
    revoked = scoped(pki, {serial(by): since}, entry_extension=extension)

    assert only_responder(pki, by, DEFAULT_POLICY, revoked) is wanted


@pytest.mark.parametrize(
    ("shape", "policy", "wanted"),
    [
        ({"crl_url": URL}, DEFAULT_POLICY, Status.UNKNOWN),
        ({"ocsp_url": URL}, DEFAULT_POLICY, Status.UNKNOWN),
        ({"crl_url": URL}, LENIENT, Status.GOOD),
        # RFC 6960 §4.2.2.2.1: nothing says how to ask.
        ({}, DEFAULT_POLICY, Status.GOOD),
        ({"crl_url": URL, "no_check": True}, DEFAULT_POLICY, Status.GOOD),
    ],
    ids=["crl", "ocsp", "lenient", "no way to ask", "nocheck"],
)
def test_delegate_of_whom_nothing_is_known_counts_only_where_nothing_has_to_be(
    shape: dict[str, object], policy: Policy, wanted: Status, pki: Pki
) -> None:
    assert only_responder(pki, responder(pki, **shape), policy) is wanted


def test_delegates_do_not_vouch_for_each_other(pki: Pki) -> None:
    one, other = (responder(pki, name, ocsp_url=URL) for name in ("Một", "Hai"))
    answer = pki.ocsp(pki.leader, responder=one)
    mutual = (pki.ocsp(one, responder=other), pki.ocsp(other, responder=one))

    assert asked(pki, answer, *mutual) is Status.UNKNOWN
    assert asked(pki, answer, pki.ocsp(one)) is Status.GOOD


def test_what_an_unproven_delegate_says_was_revoked_is_believed(pki: Pki) -> None:
    by = responder(pki, crl_url=URL)
    answer = pki.ocsp(pki.leader, responder=by, since=NOW - DAY)

    assert asked(pki, answer) is Status.REVOKED


def test_data_about_delegates_is_collected_too(pki: Pki) -> None:
    by = responder(pki, crl_url=URL)
    party = pki.issue("Chỉ OCSP", ocsp_url="http://x/ocsp")
    answers = {URL: scoped(pki), "http://x/ocsp": pki.ocsp(party, responder=by)}
    trusted = pki.trust(intermediates=(pki.ca.der,), crls=(pki.crl(pki.root),))

    found = collect((party.der,), trusted, lambda url, _: answers[url])

    assert found.ocsps == (answers["http://x/ocsp"],)
    assert answers[URL] in found.crls
    assert by.der in found.certificates
    assert found.missing == ()


def test_stored_answer_brings_the_data_about_its_delegate(pki: Pki) -> None:
    by = responder(pki, crl_url=URL)
    party = pki.issue("Chỉ OCSP", ocsp_url="http://x/ocsp")
    answer = pki.ocsp(party, responder=by)
    about_responders = scoped(pki)
    trusted = pki.trust(
        intermediates=(pki.ca.der,), crls=(pki.crl(pki.root), about_responders), ocsps=(answer,)
    )

    def nothing(_url: str, _body: bytes | None) -> bytes:
        raise OSError

    found = collect((party.der,), trusted, nothing)

    assert (found.ocsps, found.missing) == ((answer,), ())
    assert about_responders in found.crls


# -- how long a responder remembers


def remembering(pki: Pki, party: Party, since: datetime | None, *, count: int = 1) -> bytes:
    """Make an answer of today, with ArchiveCutoff in it."""
    made = asn1_ocsp.OCSPResponse.load(pki.ocsp(party))
    basic = made["response_bytes"]["response"].parsed
    single = basic["tbs_response_data"]["responses"][0]
    if since is not None:
        cutoff = asn1_ocsp.SingleResponseExtension(
            {"extn_id": "archive_cutoff", "extn_value": core.GeneralizedTime(since)}
        )
        single["single_extensions"] = [cutoff]
    data = asn1_ocsp.ResponseData(
        {
            "responder_id": basic["tbs_response_data"]["responder_id"],
            "produced_at": basic["tbs_response_data"]["produced_at"],
            "responses": [single] * count,
        }
    )
    basic["tbs_response_data"] = data
    basic["signature"] = pki.ca.sign(data.dump())
    made["response_bytes"]["response"] = core.ParsableOctetString(basic.dump(force=True))
    return bytes(made.dump(force=True))


@pytest.mark.parametrize(
    ("since", "count", "wanted"),
    [
        (NOW - 40 * DAY, 1, Status.GOOD),
        (NOW - 20 * DAY, 1, Status.UNKNOWN),
        (None, 1, Status.UNKNOWN),
        # With several answers in one response it is not told whose it is.
        (NOW - 40 * DAY, 2, Status.UNKNOWN),
    ],
)
def test_answer_about_an_expired_certificate_counts_if_the_responder_remembers(
    since: datetime | None, count: int, wanted: Status, pki: Pki
) -> None:
    party = pki.issue("Hết Hạn", end=NOW - 30 * DAY)

    assert asked(pki, remembering(pki, party, since, count=count), about=party) is wanted


def test_answer_made_while_the_certificate_was_valid_counts(pki: Pki) -> None:
    assert asked(pki, remembering(pki, pki.leader, None)) is Status.GOOD
