from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from signing_plain import commented, is_plain
from signing_stand_ins import NOW, Pki, Tsa
from signing_steps import leader_plan, sign, statuses

from signing.at_once import sign_at_once
from signing.errors import FieldFilledError, TimestampInvalidError, ValueDoesNotVerifyError
from signing.timestamp import Timestamper

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize("is_commented", [False, True], ids=["plain", "not-plain"])
def test_one_go_gives_what_both_halves_give(
    reserved: bytes, pki: Pki, *, is_commented: bool
) -> None:
    pdf = commented(reserved) if is_commented else reserved
    assert is_plain(pdf, leader_plan(pki)) is not is_commented
    signed = sign_at_once(pdf, plan=leader_plan(pki), at=NOW, sign=pki.leader.sign)
    assert signed == sign(pdf, leader_plan(pki), pki.leader, None)


def test_a_stamp_makes_it_b_t(reserved: bytes, pki: Pki, tsa: Tsa) -> None:
    stamper = Timestamper("http://tsa.invalid", tsa.transport)
    signed = sign_at_once(
        reserved, plan=leader_plan(pki), at=NOW, sign=pki.leader.sign, stamp=stamper.stamp
    )
    (status,) = statuses(signed, pki)
    assert status.bottom_line
    assert status.timestamp_validity is not None


def test_a_value_of_another_key_is_refused(reserved: bytes, pki: Pki) -> None:
    with pytest.raises(ValueDoesNotVerifyError):
        sign_at_once(reserved, plan=leader_plan(pki), at=NOW, sign=pki.organisation.sign)


def test_a_stamp_over_something_else_is_refused(reserved: bytes, pki: Pki, tsa: Tsa) -> None:
    stamper = Timestamper("http://tsa.invalid", tsa.transport)

    def other(_digest: bytes) -> bytes:
        return stamper.stamp(b"\0" * 32)

    with pytest.raises(TimestampInvalidError):
        sign_at_once(reserved, plan=leader_plan(pki), at=NOW, sign=pki.leader.sign, stamp=other)


def test_the_signer_is_not_asked_for_a_file_that_is_refused(led: bytes, pki: Pki) -> None:
    asked: list[bytes] = []
    sign_it: Callable[[bytes], bytes] = asked.append  # type: ignore[assignment]  # never returns
    with pytest.raises(FieldFilledError):
        sign_at_once(led, plan=leader_plan(pki), at=NOW, sign=sign_it)
    assert not asked
