"""Sign a revision: prepare, write the intent, let the signer act, complete, store.

A token answers under its lease, at once. A provider answers later: then the intent alone is
written, the workflow ends, and the answer starts the next, which prepares the same bytes again.
What can happen twice is made harmless: a token may sign again after a crash, but the document
grows by one revision only, because storing it and moving on are one transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, NoReturn
from uuid import UUID

from docsvc.clock import VIETNAM
from docsvc.documents import revisions
from docsvc.documents import service as documents
from docsvc.documents.errors import AwaitedError, NotWaitingError, RevisionConflictError
from docsvc.documents.stores import Stores, grow
from docsvc.documents.tables import Revision
from docsvc.errors import DocsvcError
from docsvc.organisations.queries import CertificateRecord
from docsvc.sandbox import Sandbox
from docsvc.steps.sign import items, lease
from docsvc.steps.sign.plans import certificate_for, plan_for
from docsvc.steps.sign.requests import CHANGED, Requests, Wish
from docsvc.steps.sign.rules import OPEN, STEP_OF, ItemOutcome, RequestState, places_of
from docsvc.steps.sign.rules import name_of as name_on_device
from docsvc.steps.sign.tables import PendingSignature
from docsvc.steps.sign.token import Tokens
from docsvc.workflow import Step
from signing.complete import signature_value
from signing.errors import SigningError
from signing.model import Prepared, ReservedPlaces, Role, SignaturePlan

if TYPE_CHECKING:
    from docsvc.db.transactions import Tx

_PREPARE = "docsvc.steps.sign.tasks:prepare"
_COMPLETE = "docsvc.steps.sign.tasks:complete"

# The answer is at fault, not the file: the holder can be asked again.
_WRONG_ANSWERS = ("signing.value-does-not-verify", "signing.answer-")


class NoServerKeyError(DocsvcError):
    """The certificate's key is not on a token of this machine: another way to sign is needed."""

    code = "sign.no-server-key"


class PersonalKeyError(DocsvcError):
    """Personal keys on the server are switched off in the settings."""

    code = "sign.personal-key-on-server"


class ChangedMeanwhileError(DocsvcError):
    """The file or the certificate changed while the holder was asked; nothing was signed."""

    code = CHANGED


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What signing needs: stores, children, tokens, providers and a stamp of time."""

    stores: Stores
    sandbox: Sandbox
    tokens: Tokens
    requests: Requests
    stamp: Callable[[bytes], bytes]
    holder: str
    server_side_personal_keys: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """One signature to be made on ``base``; ``at`` is its moment, ``value`` what was answered."""

    document_id: UUID
    step: Step
    plan: SignaturePlan
    places: ReservedPlaces | None
    certificate: CertificateRecord
    actor: str
    name: str
    base: Revision
    at: datetime
    digest: str = ""
    value: bytes | None = None


def run(document_id: UUID, role: Role, *, desk: Desk) -> None:
    """Add the signature of ``role`` to the last revision.

    Raises:
        NoCertificateError: nobody in the inventory may sign this.
        AwaitedError: a person has to act first; the document says who or why.
        CodedError: a library or the timestamp authority refused.
    """
    at = desk.stores.clock.now()
    with desk.stores.transactions() as tx:
        order = _order(tx, document_id, role, at=at, desk=desk)
        _require_unasked(tx, order, desk=desk)
    with desk.stores.transactions() as tx:
        order = _with_answer(tx, order)
    pdf = desk.stores.blobs.get(order.base.digest)
    prepared = _prepared(order, pdf, desk=desk)
    value = _value(order, prepared, desk=desk)
    try:
        signed = _completed(order, prepared, value, desk=desk)
    except (DocsvcError, SigningError) as e:
        if not e.code.startswith(_WRONG_ANSWERS):
            raise
        _sign_nothing(order, e.code, desk=desk)

    def settle(tx: Tx) -> None:
        items.forget_pending(tx, document_id, order.step)
        items.end(tx, document_id, ItemOutcome.SIGNED, at=desk.stores.clock.now())
        documents.get(tx, document_id).device = order.certificate.device

    facts = {"certificate": order.certificate.fingerprint, "device": order.certificate.device}
    grow(
        desk.stores,
        document_id,
        order.step,
        after=order.base,
        before=pdf,
        now=signed,
        facts=facts,
        also=settle,
        actor=order.actor,
    )


def _completed(order: _Order, prepared: Prepared, value: bytes, *, desk: Desk) -> bytes:
    """Return the signed file, with a stamp of time."""
    stamped = signature_value(prepared, plan=order.plan, value=value)
    token = desk.stamp(hashlib.sha256(stamped).digest())
    return desk.sandbox.run(_COMPLETE, prepared, order.plan, value, token).frames[0]


def _require_unasked(tx: Tx, order: _Order, *, desk: Desk) -> None:
    """Go no further while the holder is asked for this very signature.

    Raises:
        AwaitedError: the holder is asked.
    """
    row = tx.get(PendingSignature, (order.document_id, order.step))
    request = desk.requests.taken(tx, row.request) if row and row.request else None
    if row is None or request is None or request.state not in OPEN:
        return
    if _fits(row, order):
        raise AwaitedError(document=str(order.document_id))
    desk.requests.give_up(tx, request, RequestState.CANCELLED, CHANGED)


def _with_answer(tx: Tx, order: _Order) -> _Order:
    """Return the order as it was asked for, with its value, if one was given before.

    The moment of then makes the same bytes again; a value for a file or certificate that is no
    longer the one to sign with is of no use.
    """
    row = tx.get(PendingSignature, (order.document_id, order.step))
    if row is None or row.value is None:
        return order
    fits = _fits(row, order)
    if not fits and row.request is None:
        return order  # a token is simply asked again
    return replace(
        order, at=row.intended_at, digest=row.digest if fits else CHANGED, value=row.value
    )


def _fits(row: PendingSignature, order: _Order) -> bool:
    kept = (row.base_digest, row.fingerprint)
    return kept == (order.base.digest, order.certificate.fingerprint)


def _prepared(order: _Order, pdf: bytes, *, desk: Desk) -> Prepared:
    first = desk.sandbox.run(_PREPARE, pdf, order.plan, order.at.isoformat(), order.places)
    file, digest, to_be_signed = first.frames
    start, end = first.facts["hole"]
    return Prepared(pdf=file, digest=digest, hole=(start, end), to_be_signed=to_be_signed)


def _value(order: _Order, prepared: Prepared, *, desk: Desk) -> bytes:
    """Return the signature value: what was answered, or what a token answers now.

    Raises:
        AwaitedError: a provider was asked, or nothing can be signed like this.
    """
    digest = hashlib.sha256(prepared.to_be_signed).hexdigest()
    if order.value is not None and order.digest == digest:
        return order.value
    token, key_id = order.certificate.token, order.certificate.key_id
    try:
        if token in desk.requests.providers and token is not None and key_id is not None:
            _ask(order, prepared, token, key_id, desk=desk)
        _require_server_key(order, desk=desk)
        return _by_token(order, prepared, str(token), str(key_id), desk=desk)
    except (AwaitedError, NotWaitingError):
        raise
    except DocsvcError as e:
        # What is wrong is the signer, not the document: who wanted it signed is told and asked.
        if e.retryable:
            raise
        _sign_nothing(order, e.code, desk=desk)


def _ask(order: _Order, prepared: Prepared, provider: str, key_id: str, *, desk: Desk) -> NoReturn:
    """Write down that the holder of the key is to be asked.

    Raises:
        AwaitedError: always.
        ChangedMeanwhileError: the holder has answered for bytes that are not these any more.
    """
    if order.value is not None:
        raise ChangedMeanwhileError(document=str(order.document_id))
    wish = Wish(
        document_id=order.document_id,
        step=order.step,
        base_digest=order.base.digest,
        fingerprint=order.certificate.fingerprint,
        provider=desk.requests.providers.settings_of(provider),
        key_id=key_id,
        to_be_signed=prepared.to_be_signed,
        content_digest=prepared.digest,
        name=order.name,
        at=order.at,
    )
    with desk.stores.transactions() as tx:
        desk.requests.ask(tx, wish)
    raise AwaitedError(document=str(order.document_id))


def _require_server_key(order: _Order, *, desk: Desk) -> None:
    certificate = order.certificate
    if certificate.token is None or certificate.key_id is None:
        raise NoServerKeyError(certificate=certificate.fingerprint)
    if order.plan.role is Role.LEADER and not desk.server_side_personal_keys:
        raise PersonalKeyError(certificate=certificate.fingerprint)


def _sign_nothing(order: _Order, code: str, *, desk: Desk) -> NoReturn:
    """Take the yes back, with the reason; the document stays as it is.

    Raises:
        AwaitedError: always.
    """
    with desk.stores.transactions() as tx:
        items.take_back(tx, order.document_id, order.step, code=code, at=desk.stores.clock.now())
    raise AwaitedError(document=str(order.document_id))


def _by_token(order: _Order, prepared: Prepared, token: str, key_id: str, *, desk: Desk) -> bytes:
    """Let the token act: the intent is written before it does, the value after."""
    process = desk.tokens.of(token)

    def intend(tx: Tx, fence: int) -> None:
        documents.require_next(tx, order.document_id, order.step)
        documents.confirmation(tx, order.document_id, order.step)
        tx.merge(
            PendingSignature(
                document_id=order.document_id,
                step=order.step,
                base_digest=order.base.digest,
                digest=hashlib.sha256(prepared.to_be_signed).hexdigest(),
                fingerprint=order.certificate.fingerprint,
                token=token,
                fence=fence,
                intended_at=order.at,
            )
        )

    fence = lease.acquire(desk.stores, token, desk.holder, also=intend)
    try:
        value = process.sign(key_id, prepared.to_be_signed)
    except BaseException:
        with desk.stores.transactions() as tx:
            lease.release(tx, token, desk.holder, fence)
        raise
    with desk.stores.transactions() as tx:
        lease.release(tx, token, desk.holder, fence)
        intended = tx.get(PendingSignature, (order.document_id, order.step))
        if intended is not None:
            intended.value = value
    if intended is None:
        # Somebody else has made this signature; the token is free all the same.
        raise RevisionConflictError(document=str(order.document_id), step=order.step)
    return value


def _order(tx: Tx, document_id: UUID, role: Role, *, at: datetime, desk: Desk) -> _Order:
    """Gather what the signature needs from the database and the inventory."""
    step = STEP_OF[role]
    document = documents.get(tx, document_id)
    given = documents.confirmation(tx, document_id, step)
    actor, wanted = given.account, str(given.facts.get("certificate", ""))
    on = at.astimezone(VIETNAM).date()
    certificate = certificate_for(tx, document, role, on=on, account=actor, wanted=wanted)
    image = desk.stores.blobs.get(certificate.image_digest) if certificate.image_digest else None
    plan = plan_for(tx, document, role, certificate=certificate, image=image)
    places = places_of(document.classification) if role is Role.LEADER else None
    return _Order(
        document_id=document_id,
        step=step,
        plan=plan,
        places=places,
        certificate=certificate,
        actor=actor,
        name=name_on_device(
            number=document.number_text, symbol=document.symbol, subject=document.subject
        ),
        base=revisions.last_revision(tx, document_id),
        at=at,
    )
