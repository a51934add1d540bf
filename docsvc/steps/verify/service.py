"""Verify the last revision and keep the verdict with its report."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from docsvc.documents import revisions
from docsvc.documents import service as documents
from docsvc.documents.revisions import NamedBlob
from docsvc.documents.stores import Stores
from docsvc.errors import DocsvcError
from docsvc.organisations import queries as organisations
from docsvc.revocation.online import Online
from docsvc.sandbox import Sandbox
from docsvc.steps.verify import rules
from docsvc.steps.verify.question import Question
from docsvc.steps.verify.rules import DocumentVerdict, Holder, Inventory, Needs, Signed
from docsvc.steps.verify.tables import Verdict
from docsvc.workflow import ALONE, RouteName, Step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from docsvc.confined import Answer
    from docsvc.db.transactions import Tx
    from docsvc.revocation.asking import Known
    from verification.model import Entitlement

_VERIFY = "docsvc.steps.verify.tasks:verify"
_EXAMINE = "docsvc.steps.verify.evidence:examine"
_SHEETS = "docsvc.steps.verify.report_tasks:sheets"
# What is attached to a document: the verdict on the file, what it rests on, what it means for the
# document, and all of it in words, by language.
REPORT, EVIDENCE, VERDICT = "report.json", "evidence.json", "document-verdict.json"
SHEETS = "sheets.json"
_PASSED, _FAILED = "TOTAL-PASSED", "TOTAL-FAILED"


class BadVerdictError(DocsvcError):
    """The finished document does not verify: it is not deposited and not published."""

    code = "verify.bad-verdict"


class ArrivalFailedError(DocsvcError):
    """A signature of a document that came from elsewhere is broken: it goes back."""

    code = "verify.arrival-failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What is known once a file was looked at: what is kept, and whether the road goes on."""

    parts: dict[str, bytes]
    completeness: str
    refusal: DocsvcError | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What was found about a document.

    Attributes:
        verdict: in the form of ``docsvc verify --json``.
        evidence: to give the verdict again by.
        report: with all findings, as `report_tasks` takes it.
    """

    verdict: dict[str, Any]
    evidence: bytes
    report: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifier:
    """Verifies bytes in a child process."""

    stores: Stores
    sandbox: Sandbox
    trust_dir: str
    policy_file: str = ""
    online: Online | None = None

    def verdict(self, pdf: bytes, *, file: str = "") -> dict[str, Any]:
        """Return the verdict of any file; nothing is kept.

        Raises:
            CodedError: the file cannot be read as a PDF.
        """
        return self.ask(_VERIFY, pdf, file=file).facts

    def examined(self, pdf: bytes, *, file: str, issued: bool = True) -> Examined:
        """Return the verdict of a document, and the evidence to give it again by.

        Args:
            pdf: the file.
            file: name for the report.
            issued: it is our own, and held to a stricter policy than other files: number and date
                alone may be filled in.

        Raises:
            CodedError: the file cannot be read as a PDF.
        """
        answer = self.ask(_EXAMINE, pdf, file=file, issued=issued)
        evidence, report = answer.frames
        return Examined(verdict=answer.facts, evidence=evidence, report=report)

    def sheets(self, examined: Examined, entitlements: Mapping[str, Entitlement]) -> dict[str, Any]:
        """Put what was found into words, by language: what the pages of a document show."""
        return self.sandbox.run(_SHEETS, examined.report, dict(entitlements)).facts

    def entitlements(self, verdict: dict[str, Any]) -> dict[str, Entitlement]:
        """Return what the inventory knows about the signers of any file, by signature field.

        For people: bodies are called by their names.
        """
        signed = rules.signed_of(verdict)
        with self.stores.transactions() as tx:
            return named(tx, rules.entitlements(signed, inventory(tx, signed)))

    def ask(self, task: str, pdf: bytes, *more: object, file: str, issued: bool = False) -> Answer:
        """Have a child judge a file, and get for it what it wants meanwhile.

        Args:
            task: takes the file, the question, and ``more``.
            pdf: the file.
            more: what else the task takes.
            file: name for the report.
            issued: whether it is a document of our own.
        """
        with self.stores.transactions() as tx:
            roles = {k: str(v) for k, v in organisations.roles(tx).items()}
        question = Question(
            trust=(self.trust_dir,),
            at=self.stores.clock.now().isoformat(),
            policy=self.policy_file,
            issued=issued,
            roles=roles,
            file=file,
        )

        def asked(known: Known | None) -> Answer:
            return self.sandbox.run(task, pdf, replace(question, known=known), *more)

        return self.online.complete(asked) if self.online else asked(None)


def run(document_id: UUID, *, stores: Stores, verifier: Verifier) -> None:
    """Verify the last revision.

    Raises:
        BadVerdictError: not both signatures (of a copy, not the organisation's) are TOTAL-PASSED,
            entitled and in their order; the verdict is kept all the same.
        ArrivalFailedError: a signature of what came from elsewhere is broken.
    """
    revision, pdf = stores.last(document_id)
    with stores.transactions() as tx:
        came = documents.get(tx, document_id).route is RouteName.INCOMING
    examined = verifier.examined(pdf, file=f"{document_id}.pdf", issued=not came)
    if came:
        found = _arrived(examined, verifier=verifier)
    else:
        found = _issued(document_id, examined, stores=stores, verifier=verifier)
    report = examined.verdict
    kept = [
        NamedBlob(
            name=name, digest=stores.put_claimed(document_id, Step.VERIFY, data), size=len(data)
        )
        for name, data in found.parts.items()
    ]
    at = stores.clock.now()
    with stores.transactions() as tx:
        for blob in kept:
            revisions.attach(tx, document_id, Step.VERIFY, blob, at=at)
        tx.merge(verdict_row(document_id, revision.digest, report, found.completeness))
        document = documents.get(tx, document_id)
        document.indication = report["indication"]
        document.completeness = found.completeness
        if found.refusal is None:
            documents.advance(tx, document_id, Step.VERIFY, at=at)
    if found.refusal is not None:
        raise found.refusal


def _issued(document_id: UUID, examined: Examined, *, stores: Stores, verifier: Verifier) -> _Found:
    """Judge a document of our own: by its signatures, and by who made them."""
    report = examined.verdict
    with stores.transactions() as tx:
        judged = judgement(tx, document_id, report)
        known = named(tx, {one.field: one.entitlement for one in judged.signatures})
    good = report["indication"] == _PASSED and judged.complete
    refusal = BadVerdictError(
        indication=report["indication"],
        completeness=judged.completeness,
        reasons=", ".join(judged.reasons),
    )
    return _Found(
        parts=_kept(examined, known, verifier) | {VERDICT: _json(rules.values_of(judged))},
        completeness=judged.completeness,
        refusal=None if good else refusal,
    )


def _arrived(examined: Examined, *, verifier: Verifier) -> _Found:
    """Judge what came from elsewhere: what is broken goes back, a person judges the rest.

    Who may sign for its sender, the inventory does not say.
    """
    report = examined.verdict
    failed = report["indication"] == _FAILED
    reasons = ", ".join(dict.fromkeys(r for one in report["signatures"] for r in one["reasons"]))
    return _Found(
        parts=_kept(examined, verifier.entitlements(report), verifier),
        completeness=report["completeness"],
        refusal=ArrivalFailedError(reasons=reasons) if failed else None,
    )


def _kept(
    examined: Examined, known: Mapping[str, Entitlement], verifier: Verifier
) -> dict[str, bytes]:
    return {
        REPORT: _json(examined.verdict),
        EVIDENCE: examined.evidence,
        SHEETS: _json(verifier.sheets(examined, known)),
    }


def judgement(tx: Tx, document_id: UUID, report: dict[str, Any]) -> DocumentVerdict:
    """Judge a document by the report on its file, and by the inventory as it is now."""
    document = documents.get(tx, document_id)
    signed = rules.signed_of(report)
    authority = document.classification.get("authority") or {}
    return rules.judge(
        document.unit_code,
        signed,
        replace(inventory(tx, signed), kind=document.kind),
        authority=authority.get("value"),
        needs=Needs.ORGANISATION if document.route in ALONE else Needs.BOTH,
    )


def named(tx: Tx, known: Mapping[str, Entitlement]) -> dict[str, Entitlement]:
    """Call the bodies of signers by their names, for people."""
    return {
        field: replace(one, unit=organisations.unit(tx, one.unit).name) if one.unit else one
        for field, one in known.items()
    }


def inventory(tx: Tx, signed: Sequence[Signed]) -> Inventory:
    """Return what is known about signers, and the mandates of the bodies they belong to."""
    known = [organisations.certificate(tx, one.certificate or "") for one in signed]
    holders = {
        one.fingerprint: Holder(
            role=one.role,
            unit=one.unit,
            officer=one.officer,
            full_name=one.full_name,
            lost_on=one.lost_on,
        )
        for one in known
        if one is not None
    }
    units = sorted({holder.unit for holder in holders.values()})
    mandates = tuple(each for unit in units for each in organisations.mandates(tx, unit))
    return Inventory(holders=holders, mandates=mandates)


def _json(values: dict[str, Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False, sort_keys=True).encode()


def verdict_row(
    document_id: UUID, digest: str, verdict: dict[str, Any], completeness: str
) -> Verdict:
    """Return the row of a verdict about the revision with this digest."""
    return Verdict(
        document_id=document_id,
        revision_digest=digest,
        indication=verdict["indication"],
        completeness=completeness,
        policy=str(verdict["policy"]),
        verified_at=datetime.fromisoformat(verdict["verified_at"]),
    )
