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
from docsvc.confined import OpenFile
from docsvc.documents import revisions
from docsvc.documents import service as documents
from docsvc.documents.appending import Appended, appended
from docsvc.documents.errors import AwaitedError, NotWaitingError, RevisionConflictError
from docsvc.documents.stores import Stores, grow_on_disk
from docsvc.documents.tables import Revision
from docsvc.errors import DocsvcError
from docsvc.halves import prepared_file_of
from docsvc.organisations.queries import CertificateRecord
from docsvc.sandbox import Sandbox
from docsvc.steps.sign import arrival, items, lease
from docsvc.steps.sign.marks import CornerLine
from docsvc.steps.sign.plans import certificate_for, plan_of
from docsvc.steps.sign.requests import CHANGED, Requests, Wish
from docsvc.steps.sign.rules import OPEN, STEP_OF, ItemOutcome, RequestState, places_of
from docsvc.steps.sign.rules import name_of as name_on_device
from docsvc.steps.sign.tables import PendingSignature
from docsvc.steps.sign.token import Tokens
from docsvc.workflow import RouteName, Step
from signing.complete import signature_value
from signing.errors import SigningError
from signing.model import PreparedFile, ReservedPlaces, Role, SignaturePlan

if TYPE_CHECKING:
    from typing import BinaryIO

    from docsvc.db.transactions import Tx

_PREPARE = "docsvc.steps.sign.tasks:prepare_on_disk"
_COMPLETE = "docsvc.steps.sign.tasks:complete_update"

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
    line: CornerLine | None = None
    stamps: bool = False

    def dated(self, at: datetime) -> SignaturePlan:
        """Return the plan for another moment: the line of a copy bears it."""
        return self.plan if self.line is None else replace(self.plan, appearance=self.line.look(at))


def run(document_id: UUID, role: Role, *, desk: Desk) -> None:
    """Add the signature of ``role`` to the last revision.

    What came from elsewhere is left as it is where a stamp would harm it; the event says why.

    Raises:
        NoCertificateError: nobody in the inventory may sign this.
        AwaitedError: a person has to act first; the document says who or why.
        CodedError: a library or the timestamp authority refused.
    """
    try:
        _run(document_id, role, desk=desk)
    except arrival.UNSTAMPED as e:
        arrival.leave(document_id, STEP_OF[role], e, stores=desk.stores)


def _run(document_id: UUID, role: Role, *, desk: Desk) -> None:
    at = desk.stores.clock.now()
    with desk.stores.transactions() as tx:
        order = _order(tx, document_id, role, at=at, desk=desk)
        _require_unasked(tx, order, desk=desk)
    with desk.stores.transactions() as tx:
        order = _with_answer(tx, order)
    with (
        desk.stores.working_file(order.base.digest) as base,
        desk.stores.working_file() as made,
    ):
        prepared = _prepared_for_all(order, base, made, desk=desk)
        update = _signed(order, prepared, desk=desk)
        if order.stamps:
            came = OpenFile(descriptor=base.fileno())
            arrival.require_unharmed(came, update, at=order.at, sandbox=desk.sandbox)
        file = base if order.places is None else made
        _store(order, appended(file.fileno(), update, check=prepared.require_file), desk=desk)


def _signed(order: _Order, prepared: PreparedFile, *, desk: Desk) -> bytes:
    """Return what is to be appended to the file."""
    value = _value(order, prepared, desk=desk)
    try:
        return _completed(order, prepared, value, desk=desk)
    except (DocsvcError, SigningError) as e:
        if not e.code.startswith(_WRONG_ANSWERS):
            raise
        _sign_nothing(order, e.code, desk=desk)


def _store(order: _Order, now: Appended, *, desk: Desk) -> None:
    def settle(tx: Tx) -> None:
        items.forget_pending(tx, order.document_id, order.step)
        items.end(tx, order.document_id, ItemOutcome.SIGNED, at=desk.stores.clock.now())
        documents.get(tx, order.document_id).device = order.certificate.device

    facts = {"certificate": order.certificate.fingerprint, "device": order.certificate.device}
    grow_on_disk(
        desk.stores,
        order.document_id,
        order.step,
        after=order.base,
        now=now,
        facts=facts,
        also=settle,
        actor=order.actor,
    )


def _prepared_for_all(order: _Order, base: BinaryIO, made: BinaryIO, *, desk: Desk) -> PreparedFile:
    """Return the first half, or say of what came from elsewhere that it takes no stamp.

    Raises:
        StampForbiddenError: the sender's file takes none; ``reason`` says why.
        CodedError: a file of our own can't be prepared.
    """
    try:
        return _prepared(order, base, made, desk=desk)
    except DocsvcError as e:
        if order.stamps and e.code in arrival.UNSTAMPABLE:
            raise arrival.StampForbiddenError(reason=e.code) from e
        raise


def _completed(order: _Order, prepared: PreparedFile, value: bytes, *, desk: Desk) -> bytes:
    """Return what is to be appended, signed and with a stamp of time."""
    stamped = signature_value(prepared.alone, plan=order.plan, value=value)
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
        order,
        at=row.intended_at,
        plan=order.dated(row.intended_at),
        digest=row.digest if fits else CHANGED,
        value=row.value,
    )


def _fits(row: PendingSignature, order: _Order) -> bool:
    kept = (row.base_digest, row.fingerprint)
    return kept == (order.base.digest, order.certificate.fingerprint)


def _prepared(order: _Order, base: BinaryIO, made: BinaryIO, *, desk: Desk) -> PreparedFile:
    first = desk.sandbox.run(
        _PREPARE,
        OpenFile(descriptor=base.fileno()),
        OpenFile(descriptor=made.fileno()),
        order.plan,
        order.at.isoformat(),
        order.places,
    )
    return prepared_file_of(first)


def _value(order: _Order, prepared: PreparedFile, *, desk: Desk) -> bytes:
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


def _ask(
    order: _Order, prepared: PreparedFile, provider: str, key_id: str, *, desk: Desk
) -> NoReturn:
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


def _by_token(
    order: _Order, prepared: PreparedFile, token: str, key_id: str, *, desk: Desk
) -> bytes:
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
    plan, line = plan_of(tx, document, role, certificate=certificate, image=image, at=at)
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
        line=line,
        stamps=document.route is RouteName.INCOMING,
    )
