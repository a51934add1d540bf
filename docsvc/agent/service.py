"""What the agent does with a request: fetch, show, ask once, sign, send back, tell of each file."""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from docsvc.agent.errors import (
    AgentBusyError,
    AgentError,
    KeyNotEntitledError,
    NotAcceptedError,
    ServiceUnreachableError,
)
from docsvc.agent.requests import Asked, Item, Operation, parse
from docsvc.agent.token import OpenToken, TokenPlace
from docsvc.catalog import messages
from docsvc.catalog.messages import Lang
from docsvc.clock import Clock
from docsvc.errors import CodedError, DocsvcError
from docsvc.halves import prepared_of
from docsvc.http import Outbound
from docsvc.sandbox import Sandbox
from signing.model import LEADER_FIELD, ORGANISATION_FIELD, Role, SignaturePlan

if TYPE_CHECKING:
    from collections.abc import Sequence

log = logging.getLogger(__name__)

_LOOK = "docsvc.agent.tasks:look"
_PREPARE = "docsvc.steps.sign.tasks:prepare"
_COMPLETE = "docsvc.steps.sign.tasks:complete"
_GROUP = 4
_REFUSED = "signing.refused"
# What the protocol calls good; anything else is not.
_GOOD, _BAD = 0, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a person sees of a file before the PIN is asked for; ``size`` in bytes."""

    name: str
    pages: int
    size: int
    digest: str
    operation: Operation

    @property
    def groups(self) -> str:
        """Return the SHA-256 in groups of four, as the page of the service shows it."""
        return " ".join(self.digest[at : at + _GROUP] for at in range(0, len(self.digest), _GROUP))


class Operator(Protocol):
    """The person at this PC."""

    def ask(self, origin: str, files: Sequence[Shown]) -> str | None:
        """Show files and ask for the PIN, once for all; None: the person says no."""
        ...

    def tell(self, name: str, problem: str | None) -> None:
        """Say what became of a file; ``problem`` is a sentence, None if it went well."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """PNG of the leader's signature and of the seal, shown where the places have room."""

    leader: bytes | None = None
    organisation: bytes | None = None


@dataclass(slots=True, kw_only=True)
class _Work:
    """A file on its way through the agent; ``problem`` ends it."""

    item: Item
    pdf: bytes = b""
    pages: int = 0
    empty: tuple[str, ...] = ()
    problem: DocsvcError | None = None
    answer: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return what the file is called: by the service, or by its address."""
        return self.item.name or self.item.number or "PDF"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """Answers the pages of the service, one request at a time."""

    token: TokenPlace
    key_id: str
    operator: Operator
    outbound: Outbound
    sandbox: Sandbox
    clock: Clock
    pictures: Pictures
    lang: Lang
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, operation: str, origin: str, message: str) -> str:
        """Answer a message of the helper's protocol; whatever happens, with one of it."""
        try:
            told = self._answered(operation, origin, message)
        except DocsvcError as e:
            told = {"Status": _BAD} | self._said(e)
        except Exception as e:
            log.exception("agent.defect", extra={"type": type(e).__name__})
            told = {"Status": _BAD} | self._said(AgentError())
        return json.dumps(told, ensure_ascii=False)

    def _answered(self, operation: str, origin: str, message: str) -> dict[str, Any]:
        asked = parse(operation, origin, message)
        if not self.lock.acquire(blocking=False):
            raise AgentBusyError
        try:
            works = [_Work(item=item) for item in asked.items]
            self._run(asked, works)
        finally:
            self.lock.release()
        outcomes = [self._outcome(work) for work in works]
        if not asked.is_batch:
            return outcomes[0]
        failed = next((one for one in outcomes if one["Status"] != _GOOD), None)
        return {
            "Status": _GOOD if failed is None else _BAD,
            "Message": "" if failed is None else failed["Message"],
            "Files": outcomes,
        }

    def _run(self, asked: Asked, works: list[_Work]) -> None:
        """Fetch all, ask once, then sign one after the other; each has an outcome of its own."""
        for work in works:
            _attempt(work, self._fetch)
        ready = [work for work in works if work.problem is None]
        if not ready:
            return
        pin = self.operator.ask(asked.origin, [_shown(work) for work in ready])
        if pin is None:
            for work in ready:
                work.problem = CodedError(_REFUSED)
            return
        try:
            with OpenToken(self.token, pin) as token:
                del pin
                self._sign_all(token, ready)
        except DocsvcError as e:
            # The token itself: what was not signed before is not signed now.
            for work in ready:
                work.problem = work.problem or (None if work.answer else e)
        for work in ready:
            problem = work.problem
            self.operator.tell(work.name, self._sentence(problem) if problem else None)

    def _sign_all(self, token: OpenToken, works: list[_Work]) -> None:
        keys = token.keys()
        for work in works:
            _attempt(work, lambda one: self._sign(token, keys, one))

    def _fetch(self, work: _Work) -> None:
        try:
            work.pdf = self.outbound.get(work.item.source)
        except OSError as e:
            raise ServiceUnreachableError from e
        facts = self.sandbox.run(_LOOK, work.pdf, tuple(work.item.values)).facts
        work.pages, work.empty = int(facts["pages"]), tuple(facts["empty"])

    def _sign(self, token: OpenToken, keys: Sequence[Any], work: _Work) -> None:
        key_id = self._key_for(work.item, keys)
        plan = self._plan(work, token.chain(key_id))
        first = self.sandbox.run(_PREPARE, work.pdf, plan, self.clock.now().isoformat(), None)
        prepared = prepared_of(first)
        value = token.sign(key_id, prepared.to_be_signed)
        signed = self.sandbox.run(_COMPLETE, prepared, plan, value, None).frames[0]
        work.answer = self._send(work, signed)

    def _key_for(self, item: Item, keys: Sequence[Any]) -> str:
        """Choose the key that the service wants, else the one that was named at the start."""
        fits = [
            key.key_id
            for key in keys
            if not item.certificates
            or hashlib.sha256(key.certificate).hexdigest() in item.certificates
        ]
        named = [key_id for key_id in fits if key_id == self.key_id]
        if named or len(fits) == 1:
            return str((named or fits)[0])
        raise KeyNotEntitledError(token=self.token.label)

    def _plan(self, work: _Work, chain: tuple[bytes, ...]) -> SignaturePlan:
        leader = work.item.operation is Operation.APPROVED
        return SignaturePlan(
            role=Role.LEADER if leader else Role.ORGANISATION,
            field_name=LEADER_FIELD if leader else ORGANISATION_FIELD,
            chain=chain,
            image=self.pictures.leader if leader else self.pictures.organisation,
            fills={name: work.item.values[name] for name in work.empty},
            certify=leader,
            # Whether a leader has signed before is the service's to see: it may be in any field.
            requires_leader=False,
        )

    def _send(self, work: _Work, signed: bytes) -> dict[str, Any]:
        body, content_type = _multipart(work.name, signed)
        try:
            answer = json.loads(self.outbound.post(work.item.target, body, content_type))
        except (OSError, ValueError) as e:
            raise ServiceUnreachableError from e
        # The protocol's samples say good by true or by 0.
        status = answer.get("Status") if isinstance(answer, dict) else None
        if status is not True and (status != 0 or isinstance(status, bool)):
            said = answer.get("Message", "") if isinstance(answer, dict) else ""
            raise NotAcceptedError(message=str(said)[:1000])
        return {key: str(answer.get(key, "")) for key in ("FileName", "FileServer")}

    def _outcome(self, work: _Work) -> dict[str, Any]:
        told: dict[str, Any] = {"FileID": work.item.file_id} if work.item.file_id else {}
        if work.problem is not None:
            said = self._said(work.problem)
            return told | {"Status": _BAD, "FileName": work.name, "FileServer": ""} | said
        return told | {
            "Status": _GOOD,
            "Message": "",
            **work.answer,
            "DocumentNumber": work.item.number,
            "DocumentDate": work.item.date,
        }

    def _said(self, error: DocsvcError) -> dict[str, str]:
        return {"Message": self._sentence(error), "Error": error.code}

    def _sentence(self, error: DocsvcError) -> str:
        """Say what happened and what to do; a code that nobody has worded is said as it is."""
        facts = {k: v for k, v in error.facts.items() if k not in {"code", "lang"}}
        try:
            words = (
                messages.sentence(error.code, self.lang, **facts),
                messages.action(error.code, self.lang, **facts),
            )
        except KeyError:
            return error.code
        return " ".join(words).strip()


class _Act(Protocol):
    def __call__(self, work: _Work, /) -> None: ...


def _attempt(work: _Work, act: _Act) -> None:
    """Do something with a file; what goes wrong with it is its own outcome."""
    try:
        act(work)
    except DocsvcError as e:
        work.problem = e


def _shown(work: _Work) -> Shown:
    return Shown(
        name=work.name,
        pages=work.pages,
        size=len(work.pdf),
        digest=hashlib.sha256(work.pdf).hexdigest(),
        operation=work.item.operation,
    )


def _multipart(name: str, data: bytes) -> tuple[bytes, str]:
    """Return a body with the field ``uploadfile``, and its content type (RFC 7578)."""
    boundary = secrets.token_hex(16)
    plain = "".join(c if c.isprintable() and c not in '"\\' else "_" for c in name)
    head = (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="uploadfile"; filename="{plain}"\r\n'
        "Content-Type: application/pdf\r\n\r\n"
    )
    body = head.encode("utf-8") + data + f"\r\n--{boundary}--\r\n".encode("ascii")
    return body, f"multipart/form-data; boundary={boundary}"
