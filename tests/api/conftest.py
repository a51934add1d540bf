"""The application on a real database, real blobs and a real queue; children stand in for files."""

from __future__ import annotations

import hashlib
import shutil
import warnings
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pydantic import TypeAdapter
from support.commune import ABOVE, ASIDE, BROKEN, HOME, PASSWORD, PDF
from typing_extensions import override

from docsvc.access import passwords
from docsvc.access import service as access
from docsvc.access.rules import Membership, Role
from docsvc.access.service import NewAccount
from docsvc.bootstrap import Services, open_services
from docsvc.confined import Answer
from docsvc.db.base import Base
from docsvc.db.engine import open_engine
from docsvc.documents import service as documents
from docsvc.errors import CodedError
from docsvc.jobs import engine as jobs
from docsvc.organisations.tables import Unit, UnitParent
from docsvc.sandbox import Sandbox
from docsvc.settings import Settings
from docsvc.steps.receive.service import Offer
from docsvc.steps.verify import report_tasks
from docsvc.web.app import build
from docsvc.workflow import Step
from verification.model import Completeness, Indication, Report, SignatureReport
from verification.model import Role as SignatureRole
from verification.report import to_json
from verification.report.xml import to_xml

with warnings.catch_warnings():
    # Starlette wants httpx2 for its test client; httpx, which we pin, still serves.
    warnings.simplefilter("ignore")
    from fastapi.testclient import TestClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from uuid import UUID

    from fastapi import FastAPI

    from docsvc.steps.verify.question import Question

# So that its assertions, too, say what they found.
pytest.register_assert_rewrite("support.browsing")

AT = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)

VERDICT = {
    "file": "x.pdf",
    "sha256": "0" * 64,
    "indication": "TOTAL-PASSED",
    "sub_indication": None,
    "completeness": "both",
    "signatures": [
        {
            "field": f"docsvc.{role}",
            "role": role,
            "signer": signer,
            "organisation": "UBND xã Suối Trúc",
            "serial": "0A",
            "signing_time": "2026-11-22T09:00:00+07:00",
            "timestamp_time": "2026-11-22T09:00:01+07:00",
            "level": "B-LTA",
            "indication": "TOTAL-PASSED",
            "sub_indication": None,
            "coverage": "whole-revision",
            "modification": "form-filling",
            "reasons": [],
        }
        for role, signer in (("leader", "Nguyễn Văn An"), ("organisation", "UBND xã Suối Trúc"))
    ],
    "document_timestamps": [
        {
            "field": "ts1",
            "authority": "TSA",
            "time": "2026-11-22T09:00:02+07:00",
            "indication": "TOTAL-PASSED",
            "sub_indication": None,
            "coverage": "whole-file",
            "modification": "none",
            "reasons": [],
        }
    ],
    "reasons": [],
    "policy": "docsvc-1",
    "verified_at": "2026-11-22T09:00:03+07:00",
}
CLASSIFICATION = {
    "secrecy": {"verdict": "clear", "level": None, "reasons": []},
    "kind": {
        "value": "quyet-dinh",
        "page": 0,
        "box": {"page": 0, "x0": 200, "y0": 600, "x1": 400, "y1": 620},
        "confidence": 0.95,
    },
    "subject": {
        "value": "Thành lập Tổ công nghệ số cộng đồng",
        "page": 0,
        "box": {"page": 0, "x0": 120, "y0": 570, "x1": 480, "y1": 595},
        "confidence": 0.7,
    },
}
INSPECTION = {"pages": 2, "page_sizes": [[595.0, 842.0], [595.0, 842.0]]}


def a_picture() -> bytes:
    out = BytesIO()
    Image.new("RGB", (60, 85), "white").save(out, "PNG")
    return out.getvalue()


def examined(pdf: bytes, question: Question) -> Answer:
    """Return what a child finds, made from the verdict above."""
    signatures = tuple(
        SignatureReport(
            field=f"docsvc.{role}",
            role=SignatureRole(role),
            signer=signer,
            timestamp_time=AT,
            certificate_sha256="ab" * 32,
            indication=Indication.TOTAL_PASSED,
        )
        for role, signer in (("leader", "Nguyễn Văn An"), ("organisation", "UBND xã Suối Trúc"))
    )
    report = Report(
        file=question.file,
        sha256=hashlib.sha256(pdf).hexdigest(),
        indication=Indication.TOTAL_PASSED,
        sub_indication=None,
        completeness=Completeness.BOTH,
        signatures=signatures,
        document_timestamps=(),
        findings=(),
        policy="docsvc-1",
        verified_at=AT,
    )
    frames = (TypeAdapter(Report).dump_json(report), to_xml(report))
    return Answer(facts=to_json(report), frames=frames)


class StandInSandbox(Sandbox):
    """Answers as the children do, without opening the file."""

    def __init__(self) -> None:
        self.stopped = False
        self.findings: list[dict[str, Any]] = []

    @override
    def run(self, task: str, *arguments: object, timeout_s: float = 0) -> Answer:
        pdf = arguments[0] if arguments and isinstance(arguments[0], bytes) else b""
        if pdf == BROKEN:
            code = "inspect.truncated"
            raise CodedError(code)
        module, _, function = task.rpartition(":")
        if module == report_tasks.__name__ and function in {"describe", "draw"}:
            # They open no file.
            return getattr(report_tasks, function)(*arguments)  # type: ignore[no-any-return]
        match function:
            case "examine":
                return examined(pdf, *arguments[1:])  # type: ignore[arg-type]
            case "gate" | "judge":
                clear = {"verdict": "clear", "level": None, "reasons": [], "acts": []}
                return Answer(facts=clear | {"findings": self.findings})
            case "verify":
                return Answer(facts=VERDICT | {"sha256": hashlib.sha256(pdf).hexdigest()})
            case "draw":
                return Answer(frames=(a_picture(),))
            case _:
                return Answer()

    @override
    def stop(self) -> None:
        self.stopped = True


@dataclass(frozen=True, slots=True)
class FixedClock:
    at: list[datetime] = field(default_factory=lambda: [AT])

    def now(self) -> datetime:
        return self.at[0]


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "docsvc.sqlite"
    engine = open_engine(f"sqlite:///{path}")
    Base.metadata.create_all(engine)
    jobs.migrate(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path,
        base_url="http://testserver",
        demonstration=True,
        max_upload_bytes=100_000,
    )


@pytest.fixture
def services(
    settings: Settings, clock: FixedClock, empty_database: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Services]:
    quick = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1),))
    monkeypatch.setattr(passwords, "_hasher", lambda: quick)
    passwords._nobody.cache_clear()
    shutil.copy(empty_database, settings.data_dir / "docsvc.sqlite")
    opened = open_services(settings, clock=clock)
    stand_in = StandInSandbox()
    verifier = replace(opened.verifier, sandbox=stand_in)
    opened = replace(opened, sandbox=stand_in, verifier=verifier)
    with opened.transactions() as tx:
        tx.add_all([_unit(ABOVE, "province"), _unit(HOME, "commune"), _unit(ASIDE, "commune")])
        tx.flush()
        tx.add_all([UnitParent(unit_code=code, parent_code=ABOVE) for code in (HOME, ASIDE)])
    yield opened
    opened.close()
    passwords._nobody.cache_clear()


def _unit(code: str, tier: str) -> Unit:
    return Unit(
        code=code,
        name=f"Ủy ban nhân dân {code}",
        short_name=f"UBND {code}",
        symbol="UBND",
        tier=tier,
        kind="state",
        number_form="state",
        place="Suối Trúc",
        seal_mm=36,
    )


@pytest.fixture
def app(services: Services) -> FastAPI:
    return build(services)


@pytest.fixture
def anybody(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, follow_redirects=False) as client:
        yield client


@pytest.fixture
def as_role(app: FastAPI, services: Services) -> Iterator[Callable[..., TestClient]]:
    """Return what logs somebody in: a browser with its cookie and CSRF header."""
    opened: list[TestClient] = []

    def log_in(role: Role, unit: str = HOME, *, must_change: bool = False) -> TestClient:
        login = f"{role}.{unit.lower().replace('.', '-')}"
        new = NewAccount(
            login=login,
            display_name=f"Ai đó ({role})",
            password=PASSWORD,
            memberships=(Membership(role=role, unit_code=unit),),
            must_change=must_change,
        )
        access.add_account(services.transactions, new, at=AT, actor="test")
        client = TestClient(app, follow_redirects=False)
        answer = client.post("/api/v1/sessions", json={"login": login, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
        opened.append(client)
        return client

    yield log_in
    for client in opened:
        client.close()


@pytest.fixture
def deliver(services: Services) -> Callable[..., UUID]:
    """Return what takes a document down the road as far as is wanted."""

    def run(*, until: Step = Step.CLASSIFY, unit: str = HOME, data: bytes = PDF) -> UUID:
        offer = Offer(
            unit_code=unit,
            file_name="Quyết định.pdf",
            source="test",
            actor="clerk",
            declared_not_secret=True,
        )
        document_id = services.accept(data, offer).document_id
        facts: dict[str, Any] = {
            "inspection": INSPECTION,
            "classification": CLASSIFICATION,
            "kind": "quyet-dinh",
            "symbol": "QĐ-UBND",
            "subject": "Thành lập Tổ công nghệ số cộng đồng",
            "signer": "Nguyễn Văn An",
        }
        with services.transactions() as tx:
            document = documents.get(tx, document_id)
            for name, value in facts.items():
                setattr(document, name, value)
            for step in Step:
                if step is not Step.RECEIVE:
                    if step in {Step.CONFIRM, Step.SIGN_LEADER, Step.SIGN_ORGANISATION}:
                        documents.allow(tx, document_id, step, account="x", at=AT)
                    documents.advance(tx, document_id, step, at=AT)
                if step is Step.PUBLISH:
                    document.public_code = "abcdefgh23456789"
                    document.completeness, document.indication = "both", "TOTAL-PASSED"
                if step is until:
                    break
        return document_id

    return run
