from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from asn1crypto import cms, core
from verification_files import base, by, check, sign

from verification._pades import ber
from verification._pades import cms as reading
from verification.model import Indication

if TYPE_CHECKING:
    from verification_pki import Pki

    from verification.trust import Trust


def test_indefinite_lengths_are_read(pki: Pki, trust: Trust) -> None:
    report = check(sign(base(), lambda d: _indefinite(by(pki.leader)(d))), trust).signatures[0]

    assert report.indication is Indication.TOTAL_PASSED, report.findings


def _indefinite(der: bytes) -> bytes:
    """Rewrite the outermost headers as old tools do."""
    signed = cms.ContentInfo.load(der)["content"].dump()
    # The explicit tag and the sequence in it have headers of four bytes each.
    body = signed[8:]
    oid = core.ObjectIdentifier("1.2.840.113549.1.7.2").dump()
    return b"\x30\x80" + oid + b"\xa0\x80" + b"\x30\x80" + body + b"\0\0" * 3


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (b"\x30\x80\x02\x01\x05\x00\x00", b"\x30\x03\x02\x01\x05"),
        (b"\x24\x80\x04\x01a\x04\x01b\x00\x00rest", b"\x04\x02ab"),
        (b"\x30\x80" + b"\x04\x81\xc8" + bytes(200) + b"\0\0", None),
        (b"\xbf\x81\x01\x80\x05\x00\x00\x00", b"\xbf\x81\x01\x02\x05\x00"),
        (b"\x02\x01\x05", b"\x02\x01\x05"),
    ],
)
def test_indefinite_lengths_become_definite(written: bytes, meant: bytes | None) -> None:
    found = ber.definite(written)

    assert found == (meant or b"\x30\x81\xcb\x04\x81\xc8" + bytes(200))


@pytest.mark.parametrize(
    ("written", "found"),
    [
        (b"\x30\x03\x02\x01\x05", set()),
        (b"\x30\x06\x30\x80\x05\x00\x00\x00", {ber.Form.INDEFINITE}),
        (b"\x30\x04\x02\x81\x01\x05", {ber.Form.LONG}),
        (b"\x04\x82\x00\xc8" + bytes(200), {ber.Form.LONG}),
        (b"\x04\x81\xc8" + bytes(200), set()),
        (b"\x04\x02\x30\x80", set()),
    ],
)
def test_lengths_that_are_no_der_are_found_however_deep(
    written: bytes, found: set[ber.Form]
) -> None:
    assert ber.forms(written) == found


@pytest.mark.parametrize(
    "broken", [b"", b"\x30\x80", b"\x30\x80" * 80, b"\x30\x80" + b"\x05\x00" * 60_000]
)
def test_lengths_that_nobody_can_follow_are_told(broken: bytes) -> None:
    with pytest.raises(ber.BerError):
        ber.forms(broken)


def test_what_is_too_large_to_look_at_is_passed_over() -> None:
    assert reading._forms(b"\x30\x80" + b"\x05\x00" * 60_000) == set()


@pytest.mark.parametrize(
    "broken", [b"", b"\x30\x80", b"\x30\x05\x02", b"\x02\x80\x00\x00", b"\x30\x80" * 80]
)
def test_broken_lengths_are_told(broken: bytes) -> None:
    with pytest.raises(ber.BerError):
        ber.definite(broken)
