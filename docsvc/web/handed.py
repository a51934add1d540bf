"""Who may have a file handed out, fetch it and send it back: the same question at every door."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docsvc.access import queries as accounts
from docsvc.access import rules
from docsvc.access.errors import NotAllowedError
from docsvc.access.rules import Action
from docsvc.clock import VIETNAM
from docsvc.documents import queries
from docsvc.documents import service as documents
from docsvc.errors import DocsvcError
from docsvc.steps.sign.handout import HandOutUnknownError
from docsvc.web import problems
from docsvc.web import units as unit_trees
from docsvc.web.api.steps import ACTION_OF

if TYPE_CHECKING:
    from uuid import UUID

    from docsvc.bootstrap import Services
    from docsvc.catalog.messages import Lang
    from docsvc.steps.sign.handout import HandedOut, Held
    from docsvc.web.deps import Caller


def hand_out(services: Services, caller: Caller, document_id: UUID) -> HandedOut:
    """Hand a document out to be signed, if the caller may sign it.

    Raises:
        DocumentMissingError: there is none that the caller may see.
        NotWaitingError: it waits for no signature.
        NotAllowedError: the caller may see it but not sign it.
        DocsvcError: it can't be handed out; see `HandOuts.hand_out`.
    """
    with services.transactions() as tx:
        document = queries.one(tx, document_id, units=caller.units_for(Action.SEE))
        leg = documents.waiting_leg(tx, document_id)
    caller.require(ACTION_OF[leg.step], document.unit_code)
    return services.handouts.hand_out(document_id, account=caller.login)


def held_by(services: Services, caller: Caller, token: str) -> Held:
    """Return what a token stands for, if it was given to the caller.

    Raises:
        HandOutUnknownError: it was not.
        NotAllowedError: the caller may sign there no longer.
    """
    held = services.handouts.find(token)
    if held.account != caller.login:
        raise HandOutUnknownError
    caller.require(ACTION_OF[held.step], held.unit_code)
    return held


def held_by_token(services: Services, token: str) -> Held:
    """Return what a token stands for, for a tool that has nothing else to show.

    Raises:
        HandOutUnknownError: it stands for nothing.
        NotAllowedError: whoever it was given to may sign there no longer.
    """
    held = services.handouts.find(token)
    today = services.clock.now().astimezone(VIETNAM).date()
    with services.transactions() as tx:
        identity = accounts.identity(tx, held.account)
        path = unit_trees.load(tx, today).paths.get(held.unit_code, ())
    action = ACTION_OF[held.step]
    if identity is None or not rules.may(identity.memberships, action, path):
        raise NotAllowedError(action=action, unit=held.unit_code)
    return held


def cause(error: Exception, lang: Lang) -> str:
    """Say what exactly was wrong with a file that came back; empty where the error says it all."""
    if not isinstance(error, DocsvcError):
        return ""
    code = error.facts.get("change") or error.facts.get("reason")
    return problems.sentence(str(code), error.facts, lang) if code else ""
