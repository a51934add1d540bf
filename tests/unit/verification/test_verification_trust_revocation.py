from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed448, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID
from verification_containers import Recipe
from verification_files import base, by, check, sign
from verification_pki import DAY, NOW, Party, Pki

from verification import statuses
from verification.model import Indication, SubIndication
from verification.policy import DEFAULT_POLICY

if TYPE_CHECKING:
    from datetime import datetime

    from verification.model import SignatureReport
    from verification.trust import Trust


def signed_by(
    party: Party, trusted: Trust, recipe: Recipe | None = None, **more: object
) -> SignatureReport:
    return check(sign(base(), by(party, recipe)), trusted, **more).signatures[0]  # type: ignore[arg-type]


def everything(pki: Pki, **more: object) -> Trust:
    return pki.trust(intermediates=(pki.ca.der,), **more)


# -- revocation


@pytest.mark.parametrize(
    ("since", "claimed", "stamped", "sub", "code"),
    [
        (NOW - DAY, NOW, False, SubIndication.REVOKED, "revoked"),
        (NOW - DAY, NOW - 2 * DAY, False, SubIndication.REVOKED_NO_POE, "revoked-no-proof"),
        (NOW - DAY, None, False, SubIndication.REVOKED_NO_POE, "revoked-no-proof"),
        (NOW + DAY, NOW, True, None, "revoked-later"),
        (NOW - DAY, NOW, True, SubIndication.REVOKED, "revoked"),
    ],
)
def test_revocation_is_judged_by_date_and_proof(
    since: datetime,
    claimed: datetime | None,
    stamped: bool,  # noqa: FBT001
    sub: SubIndication | None,
    code: str,
    pki: Pki,
) -> None:
    serial = pki.leader.certificate.serial_number
    crls = (pki.crl(pki.root), pki.crl(revoked={serial: since}, at=NOW + 2 * DAY))
    recipe = Recipe(signing_time=claimed, timestamp=pki.tsa if stamped else None)

    report = signed_by(pki.leader, everything(pki, crls=crls), recipe, at=NOW + 3 * DAY)

    assert report.sub_indication is sub
    assert f"verification.{code}" in report.reasons


def test_revoked_authority_is_unsure(pki: Pki) -> None:
    serial = pki.ca.certificate.serial_number
    crls = (pki.crl(pki.root, {serial: NOW - DAY}), pki.crl())

    report = signed_by(pki.leader, everything(pki, crls=crls))

    assert report.sub_indication is SubIndication.REVOKED_CA_NO_POE


@pytest.mark.parametrize(
    ("crls", "code"), [("none", "revocation-unknown"), ("old", "revocation-stale")]
)
def test_revocation_data_has_to_be_there_and_fresh(crls: str, code: str, pki: Pki) -> None:
    old = tuple(
        pki.crl(issuer, at=NOW - 60 * DAY, until=NOW - 30 * DAY) for issuer in (pki.root, pki.ca)
    )
    trusted = everything(pki, crls=old if crls == "old" else ())
    lenient = replace(DEFAULT_POLICY, require_revocation=False)

    strict = signed_by(pki.leader, trusted)

    assert strict.sub_indication is SubIndication.TRY_LATER
    assert f"verification.{code}" in strict.reasons
    assert signed_by(pki.leader, trusted, policy=lenient).indication is Indication.TOTAL_PASSED


def ocsp_of_store(der: bytes) -> bytes:
    """Return the inner answer, without the wrapping, as some files hold it."""
    return bytes(asn1_ocsp.OCSPResponse.load(der)["response_bytes"]["response"].parsed.dump())


@pytest.mark.parametrize(
    "key", [rsa.generate_private_key(65537, 2048), ed448.Ed448PrivateKey.generate()]
)
def test_authorities_may_have_other_keys(
    key: rsa.RSAPrivateKey | ed448.Ed448PrivateKey, pki: Pki
) -> None:
    ca = pki.issue("CA khác", key=key, issuer=pki.root, ca=True)
    party = pki.issue("Dưới CA khác", issuer=ca)
    known = pki.trust(
        intermediates=(ca.der,), crls=(pki.crl(pki.root),), ocsps=(pki.ocsp(party, issuer=ca),)
    )

    assert signed_by(party, known).indication is Indication.TOTAL_PASSED


def test_ocsp_answers_serve_as_well(pki: Pki) -> None:
    root = pki.crl(pki.root)
    responder = pki.issue("Trả Lời", extended=(ExtendedKeyUsageOID.OCSP_SIGNING,))
    answers = {
        "by the authority": pki.ocsp(pki.leader),
        "by a delegate": pki.ocsp(pki.leader, responder=responder),
        "bare": ocsp_of_store(pki.ocsp(pki.leader)),
        "by another hash": pki.ocsp(pki.leader, hashed=hashes.SHA256()),
    }
    wrong = {
        "by a stranger": pki.ocsp(pki.leader, responder=pki.organisation),
        "about another issuer": pki.ocsp(pki.leader, issuer=pki.root),
        "by a hash nobody uses": pki.ocsp(pki.leader, hashed=hashes.SHA224()),
        "unknown": pki.ocsp(pki.leader, status=ocsp.OCSPCertStatus.UNKNOWN),
        "no answer": ocsp.OCSPResponseBuilder.build_unsuccessful(
            ocsp.OCSPResponseStatus.TRY_LATER
        ).public_bytes(Encoding.DER),
        "junk": b"junk",
    }

    for answer in answers.values():
        report = signed_by(pki.leader, everything(pki, crls=(root,), ocsps=(answer,)))
        assert report.indication is Indication.TOTAL_PASSED
    for answer in wrong.values():
        report = signed_by(pki.leader, everything(pki, crls=(root,), ocsps=(answer,)))
        assert report.sub_indication is SubIndication.TRY_LATER


def test_ocsp_answer_revokes(pki: Pki) -> None:
    answer = pki.ocsp(pki.leader, since=NOW - DAY)

    report = signed_by(pki.leader, everything(pki, ocsps=(answer,)))

    assert report.sub_indication is SubIndication.REVOKED


def test_certificate_that_needs_no_revocation_data(pki: Pki) -> None:
    party = pki.issue("Miễn Tra", no_check=True)

    report = signed_by(party, everything(pki, crls=(pki.crl(pki.root),)))

    assert report.indication is Indication.TOTAL_PASSED


def point(**more: object) -> x509.IssuingDistributionPoint:
    plain = {
        "full_name": None,
        "relative_name": None,
        "only_contains_user_certs": False,
        "only_contains_ca_certs": False,
        "only_some_reasons": None,
        "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }
    return x509.IssuingDistributionPoint(**{**plain, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("extension", "critical", "serves"),
    [
        (point(only_contains_user_certs=True), True, True),
        (point(only_contains_ca_certs=True), True, False),
        (point(indirect_crl=True), True, True),
        (point(only_contains_attribute_certs=True), True, False),
        (x509.DeltaCRLIndicator(1), True, False),
        (x509.DeltaCRLIndicator(1), False, False),
        (x509.CRLNumber(1), False, True),
        (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True, False),
    ],
)
def test_list_for_others_does_not_speak(
    extension: x509.ExtensionType,
    critical: bool,  # noqa: FBT001
    serves: bool,  # noqa: FBT001
    pki: Pki,
) -> None:
    crl = pki.crl(extension=extension, critical=critical)

    report = signed_by(pki.leader, everything(pki, crls=(pki.crl(pki.root), crl)))

    assert (report.indication is Indication.TOTAL_PASSED) is serves


@pytest.mark.parametrize("which_one", ["forged", "junk"])
def test_forged_list_does_not_speak(which_one: str, pki: Pki) -> None:
    impostor = Pki()
    forged = impostor.crl() if which_one == "forged" else b"junk"

    report = signed_by(pki.leader, everything(pki, crls=(pki.crl(pki.root), forged)))

    assert report.sub_indication is SubIndication.TRY_LATER


def test_data_without_next_update_ages() -> None:
    assert statuses.is_fresh(NOW, None, NOW + 6 * DAY, 7 * DAY)
    assert not statuses.is_fresh(NOW, None, NOW + 8 * DAY, 7 * DAY)
