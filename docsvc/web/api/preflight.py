"""What stands against a signature, before anybody is asked for a PIN."""

from datetime import date
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from docsvc.access.rules import Action
from docsvc.bootstrap import Services
from docsvc.catalog import messages
from docsvc.catalog.messages import Lang
from docsvc.documents import queries
from docsvc.steps.sign.preflight.rules import Check, Point
from docsvc.steps.sign.preflight.service import Outcome
from docsvc.web import problems
from docsvc.web.api.steps import ACTION_OF
from docsvc.web.deps import ApiCallerDep, Caller, ServicesDep
from docsvc.workflow import Step

router = APIRouter(prefix="/documents/{document_id}", tags=["steps"])

_Steps = Literal[Step.SIGN_LEADER, Step.SIGN_ORGANISATION]


class _Out(BaseModel):
    model_config = ConfigDict(frozen=True)


class WordsOut(_Out):
    """A point in one language; ``reason`` and ``action`` may be empty."""

    sentence: str
    reason: str
    action: str


class PointOut(_Out):
    """Something that is not right; ``blocks``: nothing may be signed before it is."""

    check: Check
    code: str
    blocks: bool
    words: dict[Lang, WordsOut]

    @classmethod
    def of(cls, one: Point) -> Self:
        """Say a point in every language."""
        words = {lang: _words(one.code, dict(one.facts), lang) for lang in Lang}
        return cls(check=one.check, code=one.code, blocks=one.blocks, words=words)


class ChoiceOut(_Out):
    """A certificate that the caller may sign with; ``keeper`` is the token or the provider."""

    certificate: Annotated[str, Field(description="SHA-256")]
    serial: str
    device: str
    keeper: str | None
    valid_to: date


class PreflightOut(_Out):
    """What was looked at: what is right, and what is not."""

    ready: Annotated[bool, Field(description="Whether nothing blocks the signature")]
    certificate: Annotated[str | None, Field(description="SHA-256 of what would be signed with")]
    device: str | None
    server_side_personal_keys: bool
    choices: list[ChoiceOut]
    passed: list[Check]
    points: list[PointOut]


@router.get("/preflight")
def preflight(
    document_id: UUID,
    step: Annotated[_Steps, Query(description="The signature in question")],
    services: ServicesDep,
    caller: ApiCallerDep,
) -> PreflightOut:
    """Look at a signature before it is asked for: person, key, mandate, certificate, time."""
    found = look(services, caller, document_id, step)
    with services.transactions() as tx:
        document = queries.one(tx, document_id, units=caller.units_for(Action.SEE))
    choices = services.preflight.choices([document], step, account=caller.login)
    return PreflightOut(
        ready=found.ready,
        certificate=found.certificate.fingerprint if found.certificate else None,
        device=found.certificate.device if found.certificate else None,
        server_side_personal_keys=services.settings.server_side_personal_keys,
        choices=[
            ChoiceOut(
                certificate=one.fingerprint,
                serial=one.serial,
                device=one.device,
                keeper=one.token,
                valid_to=one.valid_to,
            )
            for one in choices
        ],
        passed=list(found.passed),
        points=[PointOut.of(one) for one in found.points],
    )


def look(services: Services, caller: Caller, document_id: UUID, step: Step) -> Outcome:
    """Look at a signature that the caller could ask for.

    Raises:
        DocumentMissingError: there is no document that the caller may see.
        NotAllowedError: the caller may see it but not sign it.
    """
    with services.transactions() as tx:
        document = queries.one(tx, document_id, units=caller.units_for(Action.SEE))
        unit = document.unit_code
    caller.require(ACTION_OF[step], unit)
    return services.preflight.look(document_id, step, account=caller.login)


def _words(code: str, facts: dict[str, Any], lang: Lang) -> WordsOut:
    reason = messages.reason(code, lang) if code in messages.codes() else ""
    return WordsOut(
        sentence=problems.sentence(code, facts, lang),
        reason=reason,
        action=problems.advice(code, facts, lang),
    )
