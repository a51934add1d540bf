"""A report as PDF, sealed with a key on a token, and what our own verification says of it."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pikepdf
import pytest
from support import road

from docsvc.catalog.messages import Lang
from docsvc.organisations.tables import Certificate
from docsvc.steps.sign.plans import NoCertificateError
from docsvc.steps.sign.service import NoServerKeyError
from docsvc.steps.sign.tables import TokenLease
from docsvc.steps.verify.forms import Form
from verification.model import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.demo import DemoInstance
    from support.road import Road

    from docsvc.bootstrap import Services
    from docsvc.steps.verify.reports import Examination


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, demo_instance: DemoInstance) -> Iterator[Road]:
    with road.opened(tmp_path_factory.mktemp("reports") / "var", demo_instance) as opened:
        yield opened


def with_seal(services: Services, fingerprint: str) -> Services:
    """Return the services as they are when the settings name a certificate."""
    settings = services.settings.model_copy(update={"report_certificate": fingerprint})
    return replace(services, settings=settings)


def of_role(services: Services, role: Role) -> str:
    with services.transactions() as tx:
        found = tx.query(Certificate.fingerprint).filter(Certificate.role == role).first()
    assert found is not None
    return str(found[0])


@pytest.fixture(scope="module")
def letter(town: Road) -> Examination:
    return town.services.examine(road.letter(1), file="letter.pdf", lang=Lang.VI)


def test_sealed_report_passes_our_own_verification(town: Road, letter: Examination) -> None:
    services = with_seal(town.services, of_role(town.services, Role.ORGANISATION))

    pdf = services.report(letter, Form.PDF)

    verdict = services.check(pdf)
    (seal,) = verdict["signatures"]
    assert (seal["role"], seal["level"]) == ("organisation", "B-LT")
    assert verdict["indication"] == "TOTAL-PASSED"


def test_sealed_report_is_still_pdf_a(town: Road, letter: Examination) -> None:
    services = with_seal(town.services, of_role(town.services, Role.ORGANISATION))

    pdf = services.report(letter, Form.PDF)

    with pikepdf.open(io.BytesIO(pdf)) as document, document.open_metadata() as metadata:
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("2", "B")


def test_token_is_free_after_a_report(town: Road, letter: Examination) -> None:
    services = with_seal(town.services, of_role(town.services, Role.ORGANISATION))

    services.report(letter, Form.PDF)

    with services.transactions() as tx:
        assert [lease.holder for lease in tx.query(TokenLease)] == [None]


@pytest.mark.parametrize("fingerprint", ["00" * 32, "leader"])
def test_report_is_sealed_with_a_body_s_certificate_only(
    fingerprint: str, town: Road, letter: Examination
) -> None:
    if fingerprint == "leader":
        fingerprint = of_role(town.services, Role.LEADER)

    with pytest.raises(NoCertificateError):
        with_seal(town.services, fingerprint).report(letter, Form.PDF)


def test_key_that_is_elsewhere_seals_nothing(town: Road, letter: Examination) -> None:
    fingerprint = of_role(town.services, Role.ORGANISATION)
    services = with_seal(town.services, fingerprint)
    with services.transactions() as tx:
        token = tx.get_one(Certificate, fingerprint).token
        tx.get_one(Certificate, fingerprint).token = None

    try:
        with pytest.raises(NoServerKeyError):
            services.report(letter, Form.PDF)
    finally:
        with services.transactions() as tx:
            tx.get_one(Certificate, fingerprint).token = token


def test_report_without_a_seal_bears_no_signature(town: Road, letter: Examination) -> None:
    pdf = town.services.report(letter, Form.PDF)

    assert town.services.check(pdf)["signatures"] == []
