"""Without a reserved field, too, the seal comes after its leader: seen in the bytes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from signing_foreign import FOREIGN_FIELD, added_plan, foreign, sealing_plan
from signing_stand_ins import NOW, Party, Pki, Tsa, blank_pdf
from signing_steps import leader_plan, sign, statuses

from signing.errors import ChangesForbiddenError, LeaderSignatureMissingError
from signing.layouts import block
from signing.model import LEADER_FIELD, Box, Role
from signing.prepare import prepare
from signing.profiles import PROFILES, ProfileName, planned


def test_the_seal_needs_the_field_that_the_leader_signed(pki: Pki, theirs: bytes) -> None:
    with pytest.raises(LeaderSignatureMissingError) as caught:
        prepare(theirs, plan=sealing_plan(pki, leader_field=LEADER_FIELD), at=NOW)
    assert caught.value.facts == {"reason": "empty"}


def test_the_organisation_is_not_its_own_leader(pki: Pki) -> None:
    own = foreign(blank_pdf(), pki.organisation)
    with pytest.raises(LeaderSignatureMissingError) as caught:
        prepare(own, plan=sealing_plan(pki), at=NOW)
    assert caught.value.facts == {"reason": "own-certificate"}


def test_a_foreign_signature_over_other_bytes_is_none(pki: Pki, theirs: bytes) -> None:
    broken = theirs.replace(b"595.28", b"596.28", 1)
    with pytest.raises(LeaderSignatureMissingError) as caught:
        prepare(broken, plan=sealing_plan(pki), at=NOW)
    assert caught.value.facts == {"reason": "message-digest"}


def test_a_timestamp_is_no_leader(pki: Pki, finished: bytes) -> None:
    with pytest.raises(LeaderSignatureMissingError):
        prepare(finished, plan=sealing_plan(pki, leader_field="docsvc-timestamp-1"), at=NOW)


def test_a_main_document_that_waits_for_its_leader_is_no_copy(pki: Pki, reserved: bytes) -> None:
    with pytest.raises(LeaderSignatureMissingError) as caught:
        prepare(reserved, plan=added_plan(pki), at=NOW)
    assert caught.value.facts == {"reason": "empty"}


def test_an_electronic_original_is_no_copy(pki: Pki, sealed: bytes) -> None:
    # NĐ 30 Đ25: what is copied is paper, or a part; an original is passed on as it is.
    with pytest.raises(ChangesForbiddenError):
        prepare(sealed, plan=added_plan(pki), at=NOW)


def test_an_appendix_of_its_own_is_signed_alone(pki: Pki, tsa: Tsa) -> None:
    signed = sign(blank_pdf(), added_plan(pki), pki.organisation, tsa)
    (status,) = statuses(signed, pki)
    assert status.bottom_line


@pytest.mark.parametrize("name", ProfileName)
def test_a_profile_gives_the_organisation_no_more_than_its_right(
    pki: Pki, reserved: bytes, name: ProfileName
) -> None:
    look = added_plan(pki).appearance
    assert look
    chain = pki.chain(pki.organisation)
    if name is ProfileName.LEADER:
        with pytest.raises(ValueError, match="role"):
            planned(name, Role.ORGANISATION, chain=chain, appearance=look)
        return
    plan = planned(name, Role.ORGANISATION, chain=chain, appearance=look)
    # Nobody seals a main document before its leader, under whatever profile.
    with pytest.raises(LeaderSignatureMissingError):
        prepare(reserved, plan=plan, at=NOW)
    alone = name in (ProfileName.APPENDIX, ProfileName.COPY, ProfileName.INCOMING)
    if alone:
        assert prepare(blank_pdf(), plan=plan, at=NOW)
    else:
        with pytest.raises(LeaderSignatureMissingError):
            prepare(blank_pdf(), plan=plan, at=NOW)


def test_only_a_free_mark_is_for_the_leader_too(pki: Pki) -> None:
    look = added_plan(pki).appearance
    assert look
    given = [
        name
        for name in ProfileName
        if Role.LEADER in PROFILES[name].roles
        and planned(name, Role.LEADER, chain=pki.chain(pki.leader), appearance=look)
    ]
    assert given == [ProfileName.LEADER, ProfileName.FREE]


def bare(pki: Pki, party: Party) -> bytes:
    """Return a file whose leader signature has no signed attributes, as old tools make them."""
    from asn1crypto import algos, cms  # noqa: PLC0415
    from asn1crypto import x509 as asn1_x509  # noqa: PLC0415

    plan = leader_plan(pki)
    plan = replace(plan, chain=pki.chain(party), certify=False, field_name=FOREIGN_FIELD)
    box = Box(page=0, x0=300, y0=500, x1=400, y1=540)
    plan = replace(plan, image=None, appearance=block(("Ký bởi",), box, size=10))
    prepared = prepare(blank_pdf(), plan=plan, at=NOW)
    start, end = prepared.hole
    content = prepared.pdf[:start] + prepared.pdf[end:]
    certificate = asn1_x509.Certificate.load(party.der)
    signer = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                "issuer_and_serial_number",
                {"issuer": certificate.issuer, "serial_number": certificate.serial_number},
            ),
            "digest_algorithm": {"algorithm": "sha256"},
            "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "rsassa_pkcs1v15"}),
            "signature": party.sign(content),
        }
    )
    data = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [{"algorithm": "sha256"}],
            "encap_content_info": {"content_type": "data"},
            "certificates": [certificate],
            "signer_infos": [signer],
        }
    )
    encoded = cms.ContentInfo({"content_type": "signed_data", "content": data}).dump()
    whole = bytearray(prepared.pdf)
    whole[start + 1 : start + 1 + 2 * len(encoded)] = encoded.hex().encode()
    return bytes(whole)


def test_a_leader_signature_without_signed_attributes_counts(pki: Pki, tsa: Tsa) -> None:
    sealed = sign(bare(pki, pki.leader), sealing_plan(pki), pki.organisation, tsa)
    assert [status.intact for status in statuses(sealed, pki)] == [True, True]


def test_a_leader_signature_without_signed_attributes_is_over_these_bytes(pki: Pki) -> None:
    whole = bytearray(bare(pki, pki.leader))
    whole[whole.index(b"/M (D") + 10] ^= 1  # a digit of the time becomes another
    with pytest.raises(LeaderSignatureMissingError) as caught:
        prepare(bytes(whole), plan=sealing_plan(pki), at=NOW)
    assert caught.value.facts == {"reason": "value"}
