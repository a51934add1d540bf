"""What a report means: one saying and three lamps."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from verification_files import base, check, road
from verification_pki import NOW
from verification_reports import BOTH_HELD, FILLED, HELD, LEADER, SEAL, STAMP, found, report
from verification_reports import with_findings as on

from verification.model import (
    CertificateClass,
    Completeness,
    Indication,
    MandateHeld,
    Report,
    TimestampReport,
)
from verification.report.summary import Colour, LampName, Saying, Summary, summarise

if TYPE_CHECKING:
    from verification_pki import Pki

    from verification.trust import Trust

GREEN, GREY, RED = Colour.GREEN, Colour.GREY, Colour.RED
UNPROVEN = replace(LEADER, timestamp_time=None, level=None)
BROKEN_STAMP = replace(STAMP, indication=Indication.TOTAL_FAILED)


def colours(summary: Summary) -> tuple[Colour, ...]:
    return tuple(lamp.colour for lamp in summary.lamps)


def says(summary: Summary, name: LampName) -> str:
    return next(lamp.says for lamp in summary.lamps if lamp.name is name)


@pytest.mark.parametrize(
    ("made", "saying", "lamps"),
    [
        (report(LEADER, SEAL), Saying.SIGNATURES_HOLD, (GREEN, GREY, GREEN)),
        (report(), Saying.UNSIGNED, (GREY, GREY, GREY)),
        (
            report(on(LEADER, found("V-07", level="failed")), SEAL),
            Saying.BROKEN,
            (RED, GREY, GREY),
        ),
        (
            report(findings=(found("V-16", "signature-destroyed", "failed"),)),
            Saying.DESTROYED,
            (RED, GREY, GREY),
        ),
        (
            report(on(LEADER, found("V-14", "revoked", "failed"))),
            Saying.NOT_VALID,
            (GREEN, RED, GREY),
        ),
        (
            report(on(LEADER, found("V-11", level="unsure"))),
            Saying.UNDETERMINED,
            (GREEN, GREY, GREEN),
        ),
        (
            report(on(LEADER, found("V-08", level="unsure"))),
            Saying.UNDETERMINED,
            (GREY, GREY, GREEN),
        ),
        (
            report(on(LEADER, found("V-15", "weak-digest", "unsure"))),
            Saying.UNDETERMINED,
            (GREY, GREY, GREEN),
        ),
        (
            report(on(UNPROVEN, found("V-01", "check-failed", "unsure"))),
            Saying.UNDETERMINED,
            (GREY, GREY, GREY),
        ),
        (
            report(on(LEADER, found("V-17", level="unsure"))),
            Saying.UNDETERMINED,
            (GREEN, GREY, GREY),
        ),
        (
            report(on(LEADER, found("V-10", level="failed"))),
            Saying.NOT_VALID,
            (GREEN, GREY, RED),
        ),
        (report(LEADER, stamps=(BROKEN_STAMP,)), Saying.SIGNATURES_HOLD, (GREEN, GREY, RED)),
        (report(UNPROVEN), Saying.SIGNATURES_HOLD, (GREEN, GREY, GREY)),
        (report(LEADER, UNPROVEN), Saying.SIGNATURES_HOLD, (GREEN, GREY, GREY)),
    ],
)
def test_each_lamp_stands_for_its_own_checks(
    made: Report, saying: Saying, lamps: tuple[Colour, ...]
) -> None:
    summary = summarise(made)

    assert summary.saying is saying
    assert colours(summary) == lamps


def test_a_document_is_genuine_only_with_both_signatures_and_mandates() -> None:
    summary = summarise(report(LEADER, SEAL), BOTH_HELD)
    alone = summarise(report(LEADER, completeness=Completeness.LEADER_ONLY), BOTH_HELD)

    assert (summary.saying, colours(summary)) == (Saying.GENUINE, (GREEN, GREEN, GREEN))
    assert (alone.saying, colours(alone)) == (Saying.ONE_OF_TWO, (GREEN, GREEN, GREEN))


@pytest.mark.parametrize(
    ("changed", "saying", "lamp"),
    [
        ({"mandate": MandateHeld.NOT_HELD}, Saying.NOT_ENTITLED, RED),
        ({"mandate": MandateHeld.UNKNOWN}, Saying.SIGNATURES_HOLD, GREY),
        ({"certificate_class": CertificateClass.DEMONSTRATION}, Saying.DEMONSTRATION, GREY),
    ],
)
def test_one_signer_who_is_not_entitled_spoils_it(
    changed: dict[str, object], saying: Saying, lamp: Colour
) -> None:
    known = BOTH_HELD | {"docsvc.leader": replace(HELD, **changed)}

    summary = summarise(report(LEADER, SEAL), known)

    assert (summary.saying, summary.lamps[1].colour) == (saying, lamp)


def test_a_mandate_does_not_make_a_signature_valid() -> None:
    unconfirmed = on(LEADER, found("V-11", level="unsure"))

    summary = summarise(report(unconfirmed, SEAL), BOTH_HELD)

    assert (summary.saying, summary.lamps[1].colour) == (Saying.UNDETERMINED, GREY)


def test_permitted_additions_are_named() -> None:
    assert says(summarise(report(LEADER)), LampName.CONTENT) == "content.unchanged"
    assert says(summarise(report(FILLED)), LampName.CONTENT) == "content.completed"


def test_a_document_timestamp_proves_the_time_too() -> None:
    stamped = replace(LEADER, timestamp_time=None, level=None, proven_time=STAMP.time)
    made = report(stamped, stamps=(STAMP,))

    assert summarise(made).lamps[2].colour is GREEN


def test_reasons_come_worst_first_and_once() -> None:
    first = on(LEADER, found("V-11"), found("V-14", "revocation-unknown", "unsure"))
    second = on(
        SEAL,
        found("V-07", "content-changed", "failed"),
        found("V-14", "revocation-unknown", "unsure"),
    )

    codes = [each.code for each in summarise(report(first, second)).findings]

    assert codes == ["verification.content-changed", "verification.revocation-unknown"]


def test_a_stamp_is_a_reason_only_where_the_time_is_open() -> None:
    stamp = TimestampReport(
        field="stamp",
        time=NOW,
        indication=Indication.INDETERMINATE,
        findings=(found("V-14", "revocation-stale", "unsure"),),
    )

    assert summarise(report(LEADER, stamps=(stamp,))).findings == ()
    assert len(summarise(report(UNPROVEN, stamps=(stamp,))).findings) == 1


def test_real_files_light_the_lamps_they_should(pki: Pki, trust: Trust) -> None:
    finished = road(pki)
    forged = finished.replace(b"CONG VAN", b"CONG VAT")

    found_colours = [colours(summarise(check(pdf, trust))) for pdf in (finished, forged, base())]

    assert found_colours == [(GREEN, GREY, GREEN), (RED, GREY, RED), (GREY, GREY, GREY)]


def test_pages_that_not_everybody_sees_are_no_content_that_is_unchanged() -> None:
    seen = report(LEADER)
    doubtful = replace(
        seen,
        indication=Indication.INDETERMINATE,
        findings=(found("V-18", "views-differ", "unsure"),),
    )

    assert summarise(seen).lamps[0].colour is GREEN
    assert summarise(doubtful).lamps[0].says == "content.unchecked"
