"""Before a PIN: what stands against a signature, over the API and on the signing page."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from support.certificates import certificate
from support.officers import add_certificate, in_order

from docsvc.access.rules import Role
from docsvc.documents import service as documents
from docsvc.http import FetchRefusedError
from docsvc.organisations import officers, service
from docsvc.organisations import queries as organisations
from docsvc.organisations.officers import NewMandate
from docsvc.organisations.service import CertificateEntry
from docsvc.sandbox import ChildrenUnavailableError
from docsvc.steps.sign.plans import (
    AdministratorError,
    NotOfferedError,
    NotThisPersonError,
    certificate_for,
)
from docsvc.steps.sign.preflight.service import Recent
from docsvc.steps.sign.service import Desk, run
from docsvc.timestamps.service import AuthoritiesRestError
from docsvc.workflow import Step
from signing.errors import TimestampRefusedError, TimestampUnreachableError
from signing.model import Role as SignatureRole
from verification.model import Role as HolderRole

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from fastapi.testclient import TestClient

    from docsvc.bootstrap import Services
    from docsvc.steps.sign.preflight.rules import Point

    AsRole = Callable[..., TestClient]
    Deliver = Callable[..., UUID]

HOME = "H99.12.05"
AT_DAY = date(2026, 11, 22)


def give(services: Services, account: str | None, *, kinds: frozenset[str] = frozenset()) -> str:
    """Give the chair a mandate and a certificate on a token; return its fingerprint."""
    at = services.clock.now()
    new = NewMandate(
        unit=HOME,
        full_name="Nguyễn Văn An",
        title="Chủ tịch",
        authority="TM.",
        account=account,
        kinds=kinds,
    )
    with services.transactions() as tx:
        officers.give(tx, new, at=at, actor="test")
    with services.transactions() as tx:
        (one,) = officers.mandates(tx, on=at.date(), units={HOME})
        entry = CertificateEntry(
            der=certificate("An"), role=HolderRole.LEADER, unit=HOME, officer=one.mandate.officer,
            token="t", key_id="a1",
        )  # fmt: skip
        return service.add_certificate(tx, entry, at=at, actor="test")


def seen(client: TestClient, document: UUID, step: str = "sign-leader") -> Any:
    answer = client.get(f"/api/v1/documents/{document}/preflight", params={"step": step})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
def waiting(deliver: Deliver) -> UUID:
    return deliver(until=Step.CONFIRM)


def test_an_empty_inventory_says_who_is_missing(as_role: AsRole, waiting: UUID) -> None:
    found = seen(as_role(Role.LEADER), waiting)
    assert not found["ready"]
    assert found["certificate"] is None
    assert [one["code"] for one in found["points"]] == [
        "sign.no-certificate",
        "sign.no-timestamp-authority",
    ]
    words = found["points"][0]["words"]
    assert set(words) == {"vi", "en"}
    assert all(words[lang]["sentence"] and words[lang]["action"] for lang in words)


def test_personal_keys_on_the_server_are_off_and_that_is_said(
    as_role: AsRole, services: Services, waiting: UUID
) -> None:
    leader = as_role(Role.LEADER)
    fingerprint = give(services, "leader.h99-12-05")
    found = seen(leader, waiting)
    assert (found["certificate"], found["device"]) == (fingerprint, "usb-token")
    assert found["server_side_personal_keys"] is False
    assert "sign.personal-key-on-server" in [one["code"] for one in found["points"]]
    assert found["passed"] == ["person", "mandate", "certificate", "revocation"]


def test_somebody_elses_certificate_is_not_signed_with(
    as_role: AsRole, services: Services, waiting: UUID
) -> None:
    leader = as_role(Role.LEADER)
    give(services, "somebody")
    codes = [one["code"] for one in seen(leader, waiting)["points"]]
    assert codes[0] == "sign.not-this-person"


def test_what_verification_finds_is_told_once_and_kept_for_a_while(
    as_role: AsRole, services: Services, waiting: UUID
) -> None:
    leader = as_role(Role.LEADER)
    give(services, "leader.h99-12-05")
    sandbox: Any = services.sandbox
    sandbox.findings = [{"check": "V-14", "code": "verification.revoked", "facts": {}}]
    for _ in range(2):
        points = seen(leader, waiting)["points"]
        revoked = [one for one in points if one["check"] == "revocation"]
        assert [one["code"] for one in revoked] == ["verification.revoked"]
        assert revoked[0]["blocks"]
        assert revoked[0]["words"]["vi"]["reason"]
        sandbox.findings = []


def test_a_certificate_that_nobody_could_look_at_is_a_warning(
    services: Services, waiting: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(services, "leader.h99-12-05")

    def busy(*_: object) -> None:
        raise ChildrenUnavailableError

    monkeypatch.setattr(type(services.sandbox), "run", busy)
    found = services.preflight.look(waiting, Step.SIGN_LEADER, account="leader.h99-12-05")
    (point,) = [one for one in found.points if one.check == "certificate"]
    assert (point.code, point.blocks) == ("sandbox.unavailable", False)


def test_what_the_network_said_is_kept_within_bounds() -> None:
    recent, asked = Recent(), []

    def ask() -> tuple[Point, ...]:
        asked.append(1)
        return ()

    for number in range(300):
        recent.of(str(number), ask)
    recent.of("299", ask)
    assert len(asked) == 300
    assert len(recent._kept) <= 256


@pytest.mark.parametrize(
    ("error", "blocks"),
    [
        (TimestampUnreachableError(), False),
        (AuthoritiesRestError(), False),
        (TimestampRefusedError(), True),
        (FetchRefusedError(), True),
    ],
)
def test_a_timestamp_authority_is_tried(
    services: Services, waiting: UUID, error: Exception, *, blocks: bool
) -> None:
    def probe(_digest: bytes) -> bytes:
        raise error

    preflight = replace(services.preflight, probe=probe)
    found = preflight.look(waiting, Step.SIGN_LEADER, account="x")
    (point,) = [one for one in found.points if one.check == "timestamp"]
    assert point.blocks is blocks


def test_a_timestamp_that_comes_is_right(services: Services, waiting: UUID) -> None:
    preflight = replace(services.preflight, probe=lambda digest: digest)
    found = preflight.look(waiting, Step.SIGN_LEADER, account="x")
    assert "timestamp" in found.passed


def test_the_seal_is_looked_at_for_the_clerk(
    as_role: AsRole, services: Services, deliver: Deliver
) -> None:
    document = deliver(until=Step.REGISTER)
    clerk = as_role(Role.CLERK)
    codes = [one["code"] for one in seen(clerk, document, "sign-organisation")["points"]]
    assert codes[0] == "organisations.seal-missing"
    assert services.recent is services.preflight.recent


@pytest.mark.parametrize(
    ("role", "step", "status"),
    [
        (Role.ADMINISTRATOR, "sign-leader", 404),
        (Role.CLERK, "sign-leader", 403),
        (Role.LEADER, "sign-organisation", 403),
        (Role.LEADER, "register", 422),
    ],
)
def test_nobody_looks_at_what_they_could_not_sign(
    as_role: AsRole, waiting: UUID, role: Role, step: str, status: int
) -> None:
    answer = as_role(role).get(f"/api/v1/documents/{waiting}/preflight", params={"step": step})
    assert answer.status_code == status


def test_the_signing_page_shows_what_stands_against_each_document(
    as_role: AsRole, services: Services, waiting: UUID
) -> None:
    leader = as_role(Role.LEADER)
    page = leader.get("/sign").text
    assert "Không có chứng thư số nào của người ký này" in page
    assert f"/documents/{waiting}/preflight/sign-leader" in page
    one = leader.get(f"/documents/{waiting}/preflight/sign-leader")
    assert "Chưa ký được" in one.text
    assert "sign.no-certificate" in one.text
    assert leader.get(f"/documents/{waiting}/preflight/register").status_code == 422
    give(services, "leader.h99-12-05")
    again = leader.get(f"/documents/{waiting}/preflight/sign-leader").text
    assert "Cấu hình không cho dùng khóa cá nhân trên máy chủ" in again


def test_a_yes_of_the_wrong_person_leaves_the_document_waiting(
    as_role: AsRole, services: Services, waiting: UUID
) -> None:
    leader = as_role(Role.LEADER)
    give(services, "somebody")
    base = f"/api/v1/documents/{waiting}"
    answer = leader.post(f"{base}/steps/sign-leader")
    assert (answer.status_code, answer.json()["code"]) == (403, "sign.not-this-person")
    assert leader.get(base).json()["waits_for"] == "leader"


def test_a_yes_of_the_right_person_is_taken(
    as_role: AsRole, services: Services, waiting: UUID
) -> None:
    leader = as_role(Role.LEADER)
    in_order(services)
    answer = leader.post(f"/api/v1/documents/{waiting}/steps/sign-leader")
    assert answer.status_code == 200
    assert answer.json()["waits_for"] is None


def test_a_yes_without_a_mandate_for_the_kind_leaves_the_document_waiting(
    as_role: AsRole, services: Services, waiting: UUID
) -> None:
    leader = as_role(Role.LEADER)
    give(services, "leader.h99-12-05", kinds=frozenset({"giay-moi"}))
    answer = leader.post(f"/api/v1/documents/{waiting}/steps/sign-leader")
    assert (answer.status_code, answer.json()["code"]) == (403, "organisations.mandate-kind")


@pytest.mark.parametrize(
    ("finding", "status", "code"),
    [
        (("V-14", "verification.revoked"), 422, "sign.certificate-refused"),
        (("V-11", "verification.key-usage"), 422, "sign.certificate-refused"),
        (("V-14", "verification.revocation-unknown"), 200, None),
    ],
)
def test_what_is_wrong_with_a_certificate_refuses_a_yes_and_what_is_unknown_does_not(
    as_role: AsRole,
    services: Services,
    waiting: UUID,
    finding: tuple[str, str],
    status: int,
    code: str | None,
) -> None:
    leader = as_role(Role.LEADER)
    in_order(services)
    sandbox: Any = services.sandbox
    sandbox.findings = [{"check": finding[0], "code": finding[1], "facts": {}}]
    answer = leader.post(f"/api/v1/documents/{waiting}/steps/sign-leader")
    assert (answer.status_code, answer.json().get("code")) == (status, code)
    waits = leader.get(f"/api/v1/documents/{waiting}").json()["waits_for"]
    assert waits == ("leader" if code else None)


def test_a_yes_without_a_certificate_or_a_time_leaves_the_document_waiting(
    as_role: AsRole, services: Services, waiting: UUID
) -> None:
    leader = as_role(Role.LEADER)
    path = f"/api/v1/documents/{waiting}/steps/sign-leader"
    assert leader.post(path).json()["code"] == "sign.no-certificate"
    give(services, "leader.h99-12-05")
    assert leader.post(path).json()["code"] == "sign.no-timestamp-authority"
    again = leader.post(f"/api/v1/documents/{waiting}/signature/ask-again")
    assert again.json()["code"] == "sign.no-timestamp-authority"


def test_a_batch_leaves_out_what_something_stands_against(
    as_role: AsRole, services: Services, deliver: Deliver, waiting: UUID
) -> None:
    leader = as_role(Role.LEADER)
    in_order(services)
    other = deliver(until=Step.CONFIRM, data=b"%PDF-1.7 of somebody else")
    with services.transactions() as tx:
        documents.get(tx, other).signer = "Trần Thị Bình"
    body = {"step": "sign-leader", "documents": [str(waiting), str(other)]}
    lines = leader.post("/api/v1/batches", json=body).json()["lines"]
    assert [(one["progress"], one["code"]) for one in lines] == [
        ("queued", None),
        ("failed", "sign.no-certificate"),
    ]
    assert leader.get(f"/api/v1/documents/{other}").json()["waits_for"] == "leader"


def test_a_person_with_several_certificates_chooses(
    as_role: AsRole, services: Services, waiting: UUID
) -> None:
    leader = as_role(Role.LEADER)
    first, second = in_order(services), add_certificate(services, token="remote")
    choices = {one["certificate"]: one["keeper"] for one in seen(leader, waiting)["choices"]}
    assert choices == {first: "sim", second: "remote"}
    assert f'<option value="{second}">' in leader.get("/sign").text
    path = f"/api/v1/documents/{waiting}/steps/sign-leader"
    strange = leader.post(path, json={"certificate": "0" * 64})
    assert (strange.status_code, strange.json()["code"]) == (422, "sign.certificate-not-offered")
    assert leader.post(path, json={"certificate": second}).status_code == 200
    with services.transactions() as tx:
        given = documents.confirmation(tx, waiting, Step.SIGN_LEADER)
        document = documents.get(tx, waiting)
        used = certificate_for(
            tx, document, SignatureRole.LEADER, on=AT_DAY, account=given.account,
            wanted=given.facts["certificate"],
        )  # fmt: skip
    assert used.fingerprint == second


def test_a_choice_on_the_page_is_kept_with_the_yes(
    as_role: AsRole, services: Services, deliver: Deliver, waiting: UUID
) -> None:
    leader = as_role(Role.LEADER)
    chosen = in_order(services)
    other = deliver(until=Step.CONFIRM, data=b"%PDF-1.7 another")
    form = {"csrf": leader.headers["X-CSRF-Token"], "seen": "yes", "certificate": chosen}
    assert "1 trên 1" in leader.post("/sign", data=form | {"document": str(waiting)}).text
    both = form | {"document": [str(waiting), str(other)]}
    assert leader.post("/sign", data=both).status_code == 303
    wrong = leader.post("/sign", data=both | {"certificate": "x"})
    assert wrong.status_code == 422
    with services.transactions() as tx:
        facts = [documents.confirmation(tx, d, Step.SIGN_LEADER).facts for d in (waiting, other)]
    assert [one["certificate"] for one in facts] == [chosen, chosen]


def test_the_clerk_chooses_the_seal(services: Services, deliver: Deliver) -> None:
    in_order(services)
    with services.transactions() as tx:
        document = documents.get(tx, deliver(until=Step.REGISTER))
        (newest, *_) = organisations.seal_certificates(tx, HOME, AT_DAY)
        ask = partial(
            certificate_for, tx, document, SignatureRole.ORGANISATION, on=AT_DAY, account="clerk"
        )
        assert ask(wanted=newest.fingerprint) == ask() == newest
        with pytest.raises(NotOfferedError):
            ask(wanted="0" * 64)


def sign(services: Services, document: UUID, account: str) -> None:
    """Say yes past every door, as a defect of one would, and let the worker sign."""
    services.confirm(document, Step.SIGN_LEADER, account=account)
    desk = Desk(
        stores=services.stores, sandbox=services.sandbox, tokens=services.tokens,
        requests=services.requests,
        stamp=services.stamp, holder="test", server_side_personal_keys=True,
    )  # fmt: skip
    run(document, SignatureRole.LEADER, desk=desk)


def test_an_administrators_yes_is_worth_nothing_whatever_way_it_came(
    as_role: AsRole, services: Services, waiting: UUID
) -> None:
    as_role(Role.ADMINISTRATOR)
    give(services, "administrator.h99-12-05")
    with pytest.raises(AdministratorError):
        sign(services, waiting, "administrator.h99-12-05")


def test_somebody_elses_yes_is_not_the_officers(services: Services, waiting: UUID) -> None:
    give(services, "an")
    with pytest.raises(NotThisPersonError):
        sign(services, waiting, "somebody")
