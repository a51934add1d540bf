"""What must be right before a PIN is asked for: the decisions alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from docsvc.catalog import messages
from docsvc.organisations.mandates import Mandate
from docsvc.steps.sign.preflight.rules import (
    Candidate,
    Check,
    Point,
    Signing,
    certificate_points,
    choices,
    choose,
    point,
    refused,
    timestamp_points,
)
from signing.model import Role

DAY = date(2026, 11, 20)
UNIT = "H99.12.05"
CHAIR = Candidate(
    fingerprint="aa", officer=1, full_name="Nguyễn Văn An", account="an",
    valid_from=date(2025, 1, 1), valid_to=date(2028, 1, 1), lost_on=None, device="usb-token",
    token="t",
)  # fmt: skip
SEAL = replace(CHAIR, fingerprint="bb", officer=None, full_name=None, account=None)
MANDATE = Mandate(
    officer=1, unit=UNIT, authority="TM.", title="Chủ tịch", valid_from=date(2025, 1, 1),
    valid_to=None,
)  # fmt: skip
ASKED = Signing(
    role=Role.LEADER, account="an", unit=UNIT, signer="Nguyễn Văn An", kind="quyet-dinh",
    authority="TM.", on=DAY, candidates=(CHAIR, SEAL), mandates=(MANDATE,),
    tokens=frozenset({"t"}), personal_keys=True,
)  # fmt: skip
SEALING = replace(ASKED, role=Role.ORGANISATION, account="clerk", mandates=(), personal_keys=False)


def told(asked: Signing) -> list[tuple[Check, str, bool]]:
    return [(one.check, one.code, one.blocks) for one in choose(asked)[1]]


def test_nothing_stands_against_a_signature_in_order() -> None:
    assert choose(ASKED) == (CHAIR, ())
    assert choose(SEALING) == (SEAL, ())


def test_of_several_certificates_the_newest_that_is_good_is_chosen() -> None:
    newer = replace(CHAIR, fingerprint="cc", valid_from=date(2026, 12, 1))
    lost = replace(CHAIR, fingerprint="dd", lost_on=DAY)
    assert choose(replace(ASKED, candidates=(newer, lost, CHAIR)))[0] is CHAIR


def test_a_key_in_a_persons_own_pc_is_within_reach() -> None:
    own = replace(ASKED, candidates=(replace(CHAIR, token=None),))
    assert told(replace(own, devices=frozenset({"usb-token"}))) == []


def test_a_certificate_that_was_chosen_by_hand_is_taken_or_refused() -> None:
    older = replace(CHAIR, fingerprint="cc")
    asked = replace(ASKED, candidates=(CHAIR, older))
    assert choose(replace(asked, wanted="cc"))[0] is older
    nobodys = replace(asked, wanted="ee")
    assert choose(nobodys)[0] is None
    assert told(nobodys) == [(Check.CERTIFICATE, "sign.certificate-not-offered", True)]


def test_a_person_may_choose_between_their_own_usable_certificates() -> None:
    others = replace(CHAIR, fingerprint="cc", account="binh")
    lost = replace(CHAIR, fingerprint="dd", lost_on=DAY)
    assert choices(replace(ASKED, candidates=(CHAIR, others, lost, SEAL))) == (CHAIR,)
    assert choices(SEALING) == (SEAL,)


def test_the_first_point_that_blocks_is_refused_at_the_door_but_for_the_key() -> None:
    key = point(Check.KEY, "sign.no-server-key")
    warning = point(Check.TIMESTAMP, "timestamps.none-ready")
    person = point(Check.PERSON, "sign.not-this-person")
    mandate = point(Check.MANDATE, "organisations.mandate-missing")
    assert refused(()) is None
    assert refused((key, warning)) is None
    assert refused((mandate, key, person)) is person


@pytest.mark.parametrize(
    ("candidate", "check", "code"),
    [
        (None, Check.PERSON, "sign.no-certificate"),
        (replace(CHAIR, full_name="Ai khác"), Check.PERSON, "sign.no-certificate"),
        (replace(CHAIR, lost_on=DAY), Check.CERTIFICATE, "sign.device-lost"),
        (
            replace(CHAIR, valid_to=date(2026, 1, 1)),
            Check.CERTIFICATE,
            "sign.certificate-not-valid",
        ),
    ],
)
def test_without_a_usable_certificate_the_reason_is_said(
    candidate: Candidate | None, check: Check, code: str
) -> None:
    candidates = (SEAL,) if candidate is None else (candidate, SEAL)
    asked = replace(ASKED, candidates=candidates)
    assert choose(asked)[0] is None
    assert told(asked) == [(check, code, True)]


def test_a_body_without_a_seal_is_told() -> None:
    assert told(replace(SEALING, candidates=(CHAIR,))) == [
        (Check.PERSON, "organisations.seal-missing", True)
    ]


def test_a_certificate_is_its_holders() -> None:
    other = replace(ASKED, account="somebody")
    assert told(other) == [(Check.PERSON, "sign.not-this-person", True)]
    unknown = replace(ASKED, candidates=(replace(CHAIR, account=None),))
    assert told(unknown) == [(Check.PERSON, "sign.officer-without-account", False)]


def test_personal_keys_stay_off_the_server_unless_the_settings_say_so() -> None:
    off = replace(ASKED, personal_keys=False)
    assert told(off) == [(Check.KEY, "sign.personal-key-on-server", True)]


def test_a_key_has_to_be_within_reach() -> None:
    assert told(replace(ASKED, tokens=frozenset())) == [(Check.KEY, "sign.token-unknown", True)]
    away = replace(ASKED, candidates=(replace(CHAIR, token=None, device="sim-pki"),))
    assert told(away) == [(Check.KEY, "sign.no-server-key", True)]
    assert told(replace(away, devices=frozenset({"sim-pki"}), personal_keys=False)) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"officer": 2}, "organisations.no-mandate"),
        ({"valid_to": date(2026, 1, 1)}, "organisations.mandate-dates"),
        ({"authority": "KT."}, "organisations.mandate-authority"),
        ({"kinds": frozenset({"thong-bao"})}, "organisations.mandate-kind"),
    ],
)
def test_a_mandate_covers_person_day_authority_and_kind(
    changes: dict[str, object], code: str
) -> None:
    asked = replace(ASKED, mandates=(replace(MANDATE, **changes),))  # type: ignore[arg-type]
    assert told(asked) == [(Check.MANDATE, code, True)]


def test_a_mandate_that_ends_soon_is_a_warning() -> None:
    asked = replace(ASKED, mandates=(replace(MANDATE, valid_to=date(2026, 12, 1)),))
    (point,) = choose(asked)[1]
    assert (point.code, point.blocks) == ("sign.mandate-ending", False)
    assert point.facts == {"day": "2026-12-01"}


def test_everything_that_is_wrong_is_said_at_once() -> None:
    asked = replace(ASKED, account="x", mandates=(), tokens=frozenset())
    assert [check for check, _, _ in told(asked)] == [Check.PERSON, Check.KEY, Check.MANDATE]


def test_a_revoked_certificate_blocks_and_an_unknown_one_warns() -> None:
    found = certificate_points(
        [
            {"check": "V-13", "code": "verification.key-usage"},
            {"check": "V-14", "code": "verification.revoked", "facts": {"since": "2026"}},
            {"check": "V-14", "code": "verification.revocation-unknown"},
            {"check": "V-14", "code": "verification.revocation-unknown"},
        ]
    )
    assert found == (
        Point(check=Check.CERTIFICATE, code="verification.key-usage"),
        Point(check=Check.REVOCATION, code="verification.revoked", facts={"since": "2026"}),
        Point(check=Check.REVOCATION, code="verification.revocation-unknown", blocks=False),
    )


def test_an_authority_that_is_away_keeps_waiting_and_one_that_refuses_blocks() -> None:
    assert timestamp_points(None) == ()
    (away,) = timestamp_points("signing.timestamp-unreachable")
    (resting,) = timestamp_points("timestamps.none-ready")
    (refused,) = timestamp_points("signing.timestamp-refused")
    assert (away.blocks, resting.blocks, refused.blocks) == (False, False, True)


@pytest.mark.parametrize(
    "code",
    ["sign.not-this-person", "sign.officer-without-account", "sign.device-lost",
     "sign.certificate-not-valid", "sign.mandate-ending", "sign.administrator"],
)  # fmt: skip
def test_each_point_has_a_reason_and_an_action_in_both_languages(code: str) -> None:
    for lang in messages.Lang:
        assert messages.sentence(code, lang)
        assert messages.reason(code, lang)
        assert messages.action(code, lang)
