"""The samples go down the road of a plain service, and end as their manifest says."""

from __future__ import annotations

import base64
import json
import logging
import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives import serialization
from support import road, road_end
from support.pdfsig import said_by_pdfsig
from support.road import Road

from docsvc import logs
from docsvc.access import service as access
from docsvc.catalog import kinds
from docsvc.catalog.messages import Lang
from docsvc.demo import instance as demonstration
from docsvc.documents import revisions
from docsvc.documents import service as documents
from docsvc.errors import DocsvcError
from docsvc.steps.register.paper import PaperEntry
from docsvc.steps.verify.service import REPORT
from docsvc.workflow import State, Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.demo import DemoInstance

SAMPLES = Path(__file__).parents[3] / "sample_docs"
# Every expectation and every way to make a file: of what differs in its words only, one each.
CHOSEN = "01 02 08 09 13 24 25 26 27 28 34 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53"
_END_LIMIT_S = 240.0
# Shorter pieces of a secret may stand in a log by chance.
_PIECE = 24

pytestmark = pytest.mark.long


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """The samples at the end of their roads."""

    road: Road
    entries: dict[str, dict[str, Any]]
    documents: dict[str, UUID]
    refused: dict[str, str]
    token: str
    log: str


def chosen() -> dict[str, dict[str, Any]]:
    """Return the entries of the manifest that are walked, by name."""
    entries = tomllib.loads((SAMPLES / "MANIFEST.toml").read_text("utf-8"))["document"]
    return {e["name"]: e for e in entries if e["name"][:2] in CHOSEN.split()}


@pytest.fixture(scope="module")
def walk(demo_instance: DemoInstance, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    """Take the chosen samples down the road, with every log line kept."""
    folder = tmp_path_factory.mktemp("walk") / "road"
    with road.opened(folder, demo_instance, log_level="debug") as opened:
        own = logging.FileHandler(folder / "own.log")
        own.setFormatter(logs.JsonFormatter())
        root, level = logging.getLogger(), logging.getLogger().level
        root.addHandler(own)
        root.setLevel(logging.DEBUG)
        try:
            yield walked(opened)
        finally:
            root.setLevel(level)
            root.removeHandler(own)
            own.close()


def walked(opened: Road) -> Walk:
    entries, taken, refused = chosen(), dict[str, UUID](), dict[str, str]()
    with opened.services.transactions() as tx:
        made = access.issue_token(
            tx, "vanthu", name="test", valid=timedelta(days=1), at=opened.services.clock.now()
        )
    worker = opened.start_worker()
    for name, entry in entries.items():
        if not entry["file"]:
            taken[name] = opened.services.register_paper(paper(entry))
            continue
        try:
            taken[name] = opened.accept(
                (SAMPLES / entry["file"]).read_bytes(),
                unit=entry["unit"],
                name=Path(entry["file"]).name,
            ).document_id
        except DocsvcError as e:
            refused[name] = e.code
    opened.wait(limit_s=_END_LIMIT_S)
    assert worker.stop() == 0
    return Walk(
        road=opened,
        entries=entries,
        documents=taken,
        refused=refused,
        token=made.secret,
        log="".join(p.read_text() for p in opened.folder.glob("*.log")),
    )


def paper(entry: dict[str, Any]) -> PaperEntry:
    return PaperEntry(
        unit_code=entry["unit"],
        kind=kinds.with_abbreviation(entry["kind"], (kinds.Family.STATE,))[0].code,
        symbol=entry["symbol"],
        number=entry["number"],
        issued_on=date.fromisoformat(entry["date"]),
        subject=entry["subject"],
        signer=entry["signer"],
        actor="test",
    )


def outcome(walk: Walk, name: str) -> tuple[str, str, str]:
    """Return expectation, reason and completeness as the service made them true."""
    if name in walk.refused:
        return "refused-secret", walk.refused[name], "none"
    with walk.road.services.transactions() as tx:
        document = documents.get(tx, walk.documents[name])
    state = {State.PUBLISHED: "archived", State.REGISTERED: "paper-only"}.get(
        document.state, str(document.state)
    )
    return state, document.ended_code or "", document.completeness or "none"


def test_samples_end_as_their_manifest_says(walk: Walk) -> None:
    expected = {
        name: (e["expect"], e["reason"], e["completeness"]) for name, e in walk.entries.items()
    }
    assert {name: outcome(walk, name) for name in walk.entries} == expected


def archived(walk: Walk) -> list[UUID]:
    return [walk.documents[n] for n, e in walk.entries.items() if e["expect"] == "archived"]


def test_both_signatures_are_valid_for_our_verifier_and_for_pdfsig(
    walk: Walk, tmp_path: Path
) -> None:
    for document_id in archived(walk):
        road_end.require_whole(road_end.verdict_of(walk.road, document_id))
        path = tmp_path / f"{document_id}.pdf"
        path.write_bytes(road_end.final_file(walk.road, document_id))
        said = said_by_pdfsig(path)
        leader, organisation, timestamp = said.split("Signature #")[1:]
        for signature in (leader, organisation):
            assert "Signature is Valid." in signature
        assert "Total document signed" in timestamp


def test_report_that_is_kept_says_what_the_document_says(walk: Walk) -> None:
    services = walk.road.services
    for document_id in archived(walk):
        with services.transactions() as tx:
            kept = revisions.attachment(tx, document_id, REPORT)
            document = documents.get(tx, document_id)
        report = json.loads(services.blobs.get(kept.digest))
        assert report["indication"] == document.indication
        assert report["completeness"] == document.completeness
        assert report["sha256"] == road_end.digest_of(road_end.final_file(walk.road, document_id))


def test_report_names_those_who_signed_and_says_that_they_were_entitled(walk: Walk) -> None:
    services = walk.road.services
    with services.transactions() as tx:
        last = revisions.last_revision(tx, walk.documents["01-cong-van-ra-soat-ho-ngheo"])
    examined = services.examine(services.blobs.get(last.digest), file="x.pdf", lang=Lang.VI)

    told = json.dumps(examined.sheet, ensure_ascii=False)
    unit = "Ủy ban nhân dân xã Suối Trúc"
    assert f"Nguyễn Văn An, {unit}: có thẩm quyền tại ngày ký" in told
    assert f'"{unit}: có thẩm quyền tại ngày ký' in told


@pytest.mark.parametrize("step", [Step.SIGN_LEADER, Step.SIGN_ORGANISATION])
def test_what_a_signature_needs_is_there_when_it_is_looked_at(walk: Walk, step: Step) -> None:
    services = walk.road.services
    document_id = next(
        walk.documents[name]
        for name, entry in walk.entries.items()
        if entry["expect"] == "archived"
    )
    found = services.preflight.look(document_id, step, account="lanhdao")
    assert found.ready
    assert {one.code for one in found.points} <= {"sign.officer-without-account"}
    assert {"certificate", "revocation", "timestamp"} <= set(found.passed)
    assert ("mandate" in found.passed) is (step is Step.SIGN_LEADER)


def test_nothing_of_a_secret_document_is_kept(walk: Walk) -> None:
    secret = [e for e in walk.entries.values() if e["expect"] == "refused-secret"]
    kept = set(walk.road.services.blobs.digests())
    stored = b"".join(p.read_bytes() for p in walk.road.folder.glob("docsvc.sqlite*"))
    assert secret
    for entry in secret:
        pdf = (SAMPLES / entry["file"]).read_bytes()
        assert road_end.digest_of(pdf) not in kept
        assert road_end.digest_of(pdf).encode() not in stored
        assert entry["subject"].encode() not in stored
        assert Path(entry["file"]).name.encode() not in stored


def test_logs_are_json_lines_that_name_every_step(walk: Walk) -> None:
    lines = [json.loads(line) for line in walk.log.splitlines()]
    taken = {line["step"] for line in lines if line["event"] == "step.taken"}
    assert taken == set(Step) - {Step.RECEIVE}
    assert not [line for line in lines if line["level"] == "error"]


def test_no_log_line_tells_a_pin_a_key_or_a_token(walk: Walk, demo_instance: DemoInstance) -> None:
    token, pki = demo_instance.token, demo_instance.pki
    secrets = [token.pin_file.read_text().strip(), walk.token, demonstration.PASSWORD]
    for name in token.keys:
        der = serialization.load_pem_private_key(pki.key_file(name).read_bytes(), None)
        plain = der.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        numbers = pki.rsa_key(name).private_numbers()
        secrets += [f"{numbers.d:x}"[:_PIECE], str(numbers.d)[:_PIECE], str(numbers.p)[:_PIECE]]
        secrets += [base64.b64encode(plain).decode()[400 : 400 + _PIECE]]
    assert [s for s in secrets if s in walk.log] == []


def test_no_log_line_tells_what_a_document_says(walk: Walk) -> None:
    words = {
        entry[name]
        for entry in walk.entries.values()
        for name in ("subject", "signer", "title")
        if entry[name]
    }
    words |= {Path(e["file"]).name for e in walk.entries.values() if e["file"]}
    assert [w for w in sorted(words) if w in walk.log] == []
