"""Sign a revision: prepare, write the intent, let the token act under its lease, complete, store.

What can happen twice is made harmless: a token may sign again after a crash, but the document
grows by one revision only, because storing it and moving on are one transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import delete

from docsvc.access import queries as access
from docsvc.access.rules import Role as AccountRole
from docsvc.catalog.wording import day_text, month_text, number_text
from docsvc.clock import VIETNAM
from docsvc.documents import revisions
from docsvc.documents import service as documents
from docsvc.documents.errors import RevisionConflictError
from docsvc.documents.stores import Stores, grow
from docsvc.errors import DocsvcError
from docsvc.organisations import queries as organisations
from docsvc.organisations.mandates import require_mandate
from docsvc.organisations.queries import CertificateRecord
from docsvc.sandbox import Sandbox
from docsvc.steps.sign import lease
from docsvc.steps.sign.rules import FIELD_OF, fills_of, places_of
from docsvc.steps.sign.tables import PendingSignature
from docsvc.steps.sign.token import Tokens
from docsvc.workflow import Step
from signing.model import Prepared, ReservedPlaces, Role, SignaturePlan
from verification.model import Role as HolderRole

if TYPE_CHECKING:
    from datetime import date

    from docsvc.db.transactions import Tx
    from docsvc.documents.tables import Document, Revision

_PREPARE = "docsvc.steps.sign.tasks:prepare"
_COMPLETE = "docsvc.steps.sign.tasks:complete"

STEP_OF = {Role.LEADER: Step.SIGN_LEADER, Role.ORGANISATION: Step.SIGN_ORGANISATION}


class NoCertificateError(DocsvcError):
    """The inventory holds no usable certificate for this signature on this day."""

    code = "sign.no-certificate"


class NoServerKeyError(DocsvcError):
    """The certificate's key is not on a token of this machine: another way to sign is needed."""

    code = "sign.no-server-key"


class NotThisPersonError(DocsvcError):
    """Somebody else confirmed than the officer whose certificate this is."""

    code = "sign.not-this-person"


class AdministratorError(DocsvcError):
    """An administrator confirmed: no key of a person or a body is ever used for one."""

    code = "sign.administrator"


class PersonalKeyError(DocsvcError):
    """Personal keys on the server are switched off in the settings."""

    code = "sign.personal-key-on-server"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What signing needs: stores, children, tokens and a stamp of time."""

    stores: Stores
    sandbox: Sandbox
    tokens: Tokens
    stamp: Callable[[bytes], bytes]
    holder: str
    server_side_personal_keys: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """One signature to be made."""

    document_id: UUID
    step: Step
    plan: SignaturePlan
    places: ReservedPlaces | None
    certificate: CertificateRecord
    actor: str


def run(document_id: UUID, role: Role, *, desk: Desk) -> None:
    """Add the signature of ``role`` to the last revision.

    Raises:
        NoCertificateError: nobody in the inventory may sign this.
        NoServerKeyError: the key is not on a token of this machine.
        CodedError: a library, the token or the timestamp authority refused.
    """
    at = desk.stores.clock.now()
    with desk.stores.transactions() as tx:
        base = revisions.last_revision(tx, document_id)
        order = _order(tx, document_id, role, on=at.astimezone(VIETNAM).date(), desk=desk)
    if role is Role.LEADER and not desk.server_side_personal_keys:
        raise PersonalKeyError(certificate=order.certificate.fingerprint)
    pdf = desk.stores.blobs.get(base.digest)
    first = desk.sandbox.run(_PREPARE, pdf, order.plan, at.isoformat(), order.places)
    file, digest, to_be_signed = first.frames
    start, end = first.facts["hole"]
    prepared = Prepared(pdf=file, digest=digest, hole=(start, end), to_be_signed=to_be_signed)
    value = _value(order, base, prepared, desk=desk)
    token = desk.stamp(hashlib.sha256(value).digest())
    signed = desk.sandbox.run(_COMPLETE, prepared, order.plan, value, token).frames[0]

    def settle(tx: Tx) -> None:
        tx.execute(
            delete(PendingSignature).where(
                PendingSignature.document_id == document_id, PendingSignature.step == order.step
            )
        )
        documents.get(tx, document_id).device = order.certificate.device

    facts = {"certificate": order.certificate.fingerprint, "device": order.certificate.device}
    grow(
        desk.stores,
        document_id,
        order.step,
        after=base,
        before=pdf,
        now=signed,
        facts=facts,
        also=settle,
        actor=order.actor,
    )


def _value(order: _Order, base: Revision, prepared: Prepared, *, desk: Desk) -> bytes:
    """Return the signature value: the intent is written before the token acts, the value after."""
    digest = hashlib.sha256(prepared.to_be_signed).hexdigest()
    token, key_id = order.certificate.token, order.certificate.key_id
    if token is None or key_id is None:
        raise NoServerKeyError(certificate=order.certificate.fingerprint)
    process = desk.tokens.of(token)

    def intend(tx: Tx, fence: int) -> None:
        documents.require_next(tx, order.document_id, order.step)
        tx.merge(
            PendingSignature(
                document_id=order.document_id,
                step=order.step,
                base_digest=base.digest,
                digest=digest,
                fingerprint=order.certificate.fingerprint,
                token=token,
                fence=fence,
                intended_at=desk.stores.clock.now(),
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


def _order(tx: Tx, document_id: UUID, role: Role, *, on: date, desk: Desk) -> _Order:
    """Gather what the signature needs from the database and the inventory."""
    step = STEP_OF[role]
    document = documents.get(tx, document_id)
    actor = documents.confirmation(tx, document_id, step).account
    _refuse_administrators(tx, actor)
    certificate = _certificate(tx, document, role, on=on)
    if certificate.account is not None and certificate.account != actor:
        raise NotThisPersonError(certificate=certificate.fingerprint)
    image = desk.stores.blobs.get(certificate.image_digest) if certificate.image_digest else None
    plan = SignaturePlan(
        role=role,
        field_name=FIELD_OF[role],
        chain=certificate.chain,
        image=image,
        fills=_fills(document) if role is Role.ORGANISATION else {},
        certify=role is Role.LEADER,
        leaders=_leaders(tx, document) if role is Role.ORGANISATION else frozenset(),
    )
    places = places_of(document.classification) if role is Role.LEADER else None
    return _Order(
        document_id=document_id,
        step=step,
        plan=plan,
        places=places,
        certificate=certificate,
        actor=actor,
    )


def _refuse_administrators(tx: Tx, account: str) -> None:
    """Refuse a confirmation by an administrator, whatever route it came by."""
    if any(one.role is AccountRole.ADMINISTRATOR for one in access.memberships(tx, account)):
        raise AdministratorError(account=account)


def _certificate(tx: Tx, document: Document, role: Role, *, on: date) -> CertificateRecord:
    """Return the seal's certificate, or that of the officer whose name stands on the page.

    Raises:
        NoCertificateError: no officer of that name has a usable certificate.
        NoMandateError, MandateDatesError, MandateAuthorityError: who may not sign this today.
    """
    if role is Role.ORGANISATION:
        return organisations.seal_certificate(tx, document.unit_code, on)
    for certificate in organisations.leader_certificates(tx, document.unit_code, on):
        if certificate.full_name == document.signer and certificate.officer is not None:
            authority = document.classification.get("authority") or {}
            require_mandate(
                organisations.mandates(tx, document.unit_code),
                officer=certificate.officer,
                unit=document.unit_code,
                on=on,
                authority=authority.get("value"),
                kind=document.kind,
            )
            return certificate
    raise NoCertificateError(unit=document.unit_code, day=on.isoformat())


def _leaders(tx: Tx, document: Document) -> frozenset[str]:
    """Return whose signatures a seal may be built upon: those of officers of this body."""
    known = organisations.certificates_of(tx, document.unit_code, HolderRole.LEADER)
    return frozenset(one.fingerprint for one in known)


def _fills(document: Document) -> dict[str, str]:
    if document.number is None or document.issued_on is None:
        return {}
    return fills_of(
        document.classification,
        number=number_text(document.number),
        day=day_text(document.issued_on),
        month=month_text(document.issued_on),
    )
