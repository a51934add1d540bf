from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.x509 import ReasonFlags
from verification_crl_files import Extension, asked, entry, listing, number, reason, scope
from verification_pki import DAY, NOW, Pki

from verification.statuses import Status


def changes(base: int) -> Extension:
    return x509.DeltaCRLIndicator(base), True


@pytest.mark.parametrize(
    ("complete", "base", "at", "status"),
    [
        (5, 5, 6, Status.REVOKED),
        (5, 4, 6, Status.REVOKED),
        (5, 6, 7, Status.GOOD),
        (8, 5, 6, Status.GOOD),
        (None, 5, 6, Status.GOOD),
        (5, 5, None, Status.GOOD),
    ],
)
def test_changes_apply_to_the_list_they_continue(
    complete: int | None, base: int, at: int | None, status: Status, pki: Pki
) -> None:
    whole = listing(pki.ca, extensions=() if complete is None else (number(complete),))
    extensions = (changes(base), *(() if at is None else (number(at),)))
    delta = listing(pki.ca, entry(pki.leader), extensions=extensions)

    assert asked(pki.leader, pki.ca, whole, delta).status is status


def test_newest_changes_count_and_may_take_an_entry_back(pki: Pki) -> None:
    hold = entry(pki.leader, reason(ReasonFlags.certificate_hold))
    gone = entry(pki.leader, reason(ReasonFlags.remove_from_crl))
    whole = listing(pki.ca, hold, extensions=(number(5),))
    first = listing(pki.ca, hold, extensions=(changes(5), number(6)))
    second = listing(pki.ca, gone, extensions=(changes(5), number(7)))

    assert asked(pki.leader, pki.ca, whole).reason is ReasonFlags.certificate_hold
    assert asked(pki.leader, pki.ca, whole, second, first).status is Status.GOOD


def test_changes_keep_a_list_fresh(pki: Pki) -> None:
    whole = listing(pki.ca, extensions=(number(5),), until=NOW - DAY / 2)
    delta = listing(pki.ca, extensions=(changes(5), number(6)))

    assert asked(pki.leader, pki.ca, whole).status is Status.STALE
    assert asked(pki.leader, pki.ca, whole, delta).status is Status.GOOD


def test_changes_by_a_stranger_or_of_another_scope_do_not_apply(pki: Pki) -> None:
    whole = listing(pki.ca, extensions=(number(5),))
    name = pki.ca.certificate.subject
    forged = listing(pki.root, entry(pki.leader), issuer=name, extensions=(changes(5), number(6)))
    users = listing(
        pki.ca,
        entry(pki.leader),
        extensions=(changes(5), number(6), scope(only_contains_user_certs=True)),
    )

    assert asked(pki.leader, pki.ca, whole, forged, users).status is Status.GOOD


def test_changes_alone_say_nothing(pki: Pki) -> None:
    delta = listing(pki.ca, extensions=(changes(5), number(6)))

    assert asked(pki.leader, pki.ca, delta).status is Status.UNKNOWN
