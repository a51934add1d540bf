"""Verify the last revision and keep the verdict with its report."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from docsvc.documents import revisions
from docsvc.documents import service as documents
from docsvc.documents.revisions import NamedBlob
from docsvc.documents.stores import Stores
from docsvc.errors import DocsvcError
from docsvc.organisations import queries as organisations
from docsvc.revocation.online import Online
from docsvc.sandbox import Answer, Sandbox
from docsvc.steps.verify.tables import Verdict
from docsvc.workflow import Step

if TYPE_CHECKING:
    from uuid import UUID

    from docsvc.revocation.asking import Known

_VERIFY = "docsvc.steps.verify.tasks:verify"
REPORT = "report.json"
_PASSED = "TOTAL-PASSED"
_BOTH = "both"


class BadVerdictError(DocsvcError):
    """The finished document does not verify: it is not deposited and not published."""

    code = "verify.bad-verdict"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifier:
    """Verifies bytes in a child process."""

    stores: Stores
    sandbox: Sandbox
    trust_dir: str
    online: Online | None = None

    def verdict(self, pdf: bytes, *, file: str = "") -> dict[str, Any]:
        """Return the verdict of a file; nothing is kept.

        Raises:
            CodedError: the file cannot be read as a PDF.
        """
        with self.stores.transactions() as tx:
            roles = {k: str(v) for k, v in organisations.roles(tx).items()}
        at = self.stores.clock.now().isoformat()

        def ask(known: Known | None) -> Answer:
            return self.sandbox.run(_VERIFY, pdf, self.trust_dir, at, roles, file, known)

        return (self.online.complete(ask) if self.online else ask(None)).facts


def run(document_id: UUID, *, stores: Stores, verifier: Verifier) -> None:
    """Verify the last revision.

    Raises:
        BadVerdictError: not both signatures are TOTAL-PASSED; the verdict is kept all the same.
    """
    revision, pdf = stores.last(document_id)
    verdict = verifier.verdict(pdf, file=f"{document_id}.pdf")
    report = json.dumps(verdict, ensure_ascii=False, sort_keys=True).encode()
    digest = stores.put_claimed(document_id, Step.VERIFY, report)
    good = verdict["indication"] == _PASSED and verdict["completeness"] == _BOTH
    at = stores.clock.now()
    with stores.transactions() as tx:
        blob = NamedBlob(name=REPORT, digest=digest, size=len(report))
        revisions.attach(tx, document_id, Step.VERIFY, blob, at=at)
        tx.merge(verdict_row(document_id, revision.digest, verdict))
        document = documents.get(tx, document_id)
        document.indication = verdict["indication"]
        document.completeness = verdict["completeness"]
        if good:
            documents.advance(tx, document_id, Step.VERIFY, at=at)
    if not good:
        raise BadVerdictError(
            indication=verdict["indication"], completeness=verdict["completeness"]
        )


def verdict_row(document_id: UUID, digest: str, verdict: dict[str, Any]) -> Verdict:
    """Return the row of a verdict about the revision with this digest."""
    return Verdict(
        document_id=document_id,
        revision_digest=digest,
        indication=verdict["indication"],
        completeness=verdict["completeness"],
        policy=str(verdict["policy"]),
        verified_at=datetime.fromisoformat(verdict["verified_at"]),
    )
