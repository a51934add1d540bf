"""What a signature looks like before it is made: whose certificate, which fields, what is shown."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from docsvc.access import queries as access
from docsvc.access.rules import Role as AccountRole
from docsvc.catalog.wording import day_text, month_text, number_line, number_text
from docsvc.documents import service as documents
from docsvc.errors import DocsvcError
from docsvc.organisations import queries as organisations
from docsvc.organisations.mandates import require_mandate
from docsvc.steps.sign.marks import STAMP_FIELD, appendix_line, copy_line, field_of, stamp_look
from docsvc.steps.sign.rules import FIELD_OF, fills_of, sealed_with_caption
from docsvc.steps.sign.tables import HandOut
from docsvc.workflow import RouteName, Step
from signing.layouts import Incoming
from signing.model import LEADER_FIELD, Role, SignaturePlan
from signing.profiles import ProfileName, planned
from verification.model import Role as HolderRole

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from docsvc.db.transactions import Tx
    from docsvc.documents.tables import Document
    from docsvc.organisations.queries import CertificateRecord
    from docsvc.steps.sign.marks import CornerLine
    from signing.model import Appearance


class NoCertificateError(DocsvcError):
    """The inventory holds no usable certificate for this signature on this day."""

    code = "sign.no-certificate"


class NoRoomForStampError(DocsvcError):
    """Page 1 has no free paper for the stamp of an incoming document."""

    code = "sign.no-room-for-stamp"


class NotThisPersonError(DocsvcError):
    """Somebody else confirmed than the officer whose certificate this is."""

    code = "sign.not-this-person"


class AdministratorError(DocsvcError):
    """An administrator confirmed: no key of a person or a body is ever used for one."""

    code = "sign.administrator"


def plan_of(  # whose, by whom, with what, when
    tx: Tx,
    document: Document,
    role: Role,
    *,
    certificate: CertificateRecord,
    image: bytes | None,
    at: datetime,
) -> tuple[SignaturePlan, CornerLine | None]:
    """Return what is to be signed, filled in and shown, and the line that bears the moment.

    Args:
        tx: the transaction.
        document: whose signature it is.
        role: leader or organisation.
        certificate: of the signer.
        image: PNG of the handwritten signature or of the seal.
        at: moment of signing.

    Raises:
        NoRoomForStampError: page 1 has no free paper for the stamp on what came from elsewhere.
    """
    line = _line_of(tx, document, at)
    if line is not None:
        return _plan_of_line(document, line, certificate=certificate, at=at), line
    if document.route is RouteName.INCOMING:
        name = organisations.unit(tx, document.unit_code).name
        return _plan_of_stamp(document, organisation=name, certificate=certificate), None
    return _plan_of_mark(tx, document, role, certificate=certificate, image=image), None


def _plan_of_mark(
    tx: Tx,
    document: Document,
    role: Role,
    *,
    certificate: CertificateRecord,
    image: bytes | None,
) -> SignaturePlan:
    """Return what is signed and shown on a document of our own: the leader's mark, or the seal."""
    seals = role is Role.ORGANISATION
    return SignaturePlan(
        role=role,
        field_name=FIELD_OF[role],
        chain=certificate.chain,
        image=image,
        fills=fills_for(document) if seals else {},
        certify=not seals,
        appearance=_captioned(document, image) if seals else None,
        leader_field=_leader_field(tx, document.id),
        leaders=_leaders(tx, document) if seals else frozenset(),
    )


def _plan_of_line(
    document: Document, line: CornerLine, *, certificate: CertificateRecord, at: datetime
) -> SignaturePlan:
    """Return what is signed and shown on a copy or an appendix: a line, and no seal.

    The original may be certified, by us as by others: form filling is allowed there, and a copy
    does no more.

    Args:
        document: the copy or the appendix.
        line: what it shows.
        certificate: of the body that copies.
        at: moment of signing.
    """
    plan = planned(
        line.profile,
        Role.ORGANISATION,
        chain=certificate.chain,
        appearance=line.look(at),
        field_name=field_of(line.profile, document.id),
    )
    return replace(plan, after_certification=True)


def _plan_of_stamp(
    document: Document, *, organisation: str, certificate: CertificateRecord
) -> SignaturePlan:
    """Return what is signed and shown on what came from elsewhere: the stamp "ĐẾN".

    The sender may have certified the file: form filling is allowed there, and a stamp does no
    more.

    Args:
        document: what came, in the book already.
        organisation: name of the body that it came to.
        certificate: of that body.

    Raises:
        NoRoomForStampError: page 1 has no free paper for it.
    """
    entry = Incoming(
        organisation=organisation,
        number=str(document.arrival_number or ""),
        day=f"{document.arrived_on:%d/%m/%Y}" if document.arrived_on else "",
    )
    look = stamp_look(entry, document.classification)
    if look is None:
        raise NoRoomForStampError(document=str(document.id))
    plan = planned(
        ProfileName.INCOMING,
        Role.ORGANISATION,
        chain=certificate.chain,
        appearance=look,
        field_name=STAMP_FIELD,
    )
    return replace(plan, after_certification=True)


def _line_of(tx: Tx, document: Document, at: datetime) -> CornerLine | None:
    """Return the line that a document shows as a copy or an appendix; None if it is neither.

    A copy of a copy keeps off the line that is there, whose length does not hang on its moment.
    """
    if document.route is RouteName.APPENDIX:
        return appendix_line(document.number_text or "", document.classification)
    if document.route is not RouteName.COPY:
        return None
    line = copy_line(document.kind or "", document.issuer_name or "", document.classification)
    original = documents.get(tx, document.original_id) if document.original_id else None
    above = _line_of(tx, original, at) if original else None
    return line if above is None else replace(line, texts=(*line.texts, above.box(at)))


def _leader_field(tx: Tx, document_id: UUID) -> str:
    """Return where the leader's signature is: a tool on the leader's own PC may have chosen."""
    row = tx.get(HandOut, (document_id, Step.SIGN_LEADER))
    return LEADER_FIELD if row is None or row.field is None else row.field


def _leaders(tx: Tx, document: Document) -> frozenset[str]:
    """Return whose signatures a seal may be built upon: those of officers of this body."""
    known = organisations.certificates_of(tx, document.unit_code, HolderRole.LEADER)
    return frozenset(one.fingerprint for one in known)


class NotOfferedError(DocsvcError):
    """The certificate that was chosen by hand is not one to sign this with today."""

    code = "sign.certificate-not-offered"


def certificate_for(  # the whole question of every way to sign
    tx: Tx, document: Document, role: Role, *, on: date, account: str, wanted: str = ""
) -> CertificateRecord:
    """Return the seal's certificate, or that of the officer whose name stands on the page.

    Every way to sign comes by here, whatever it does with the certificate afterwards.

    Args:
        tx: the transaction.
        document: what is to be signed.
        role: leader or organisation.
        on: the day of the signature, in Vietnam.
        account: who wants it signed.
        wanted: fingerprint of the certificate that was chosen by hand; empty: the newest.

    Raises:
        NotOfferedError: the certificate that was chosen is not one of those.
        NoCertificateError: no officer of that name has a usable certificate.
        NoMandateError, MandateDatesError, MandateAuthorityError: who may not sign this today.
        NotThisPersonError: the officer signs with an account of their own, and it is not this.
        AdministratorError: the account is an administrator's.
    """
    if any(one.role is AccountRole.ADMINISTRATOR for one in access.memberships(tx, account)):
        raise AdministratorError(account=account)
    if role is Role.ORGANISATION:
        certificate = _seal_certificate(tx, document.unit_code, on, wanted)
    else:
        certificate = _leader_certificate(tx, document, on, wanted)
    if certificate.account is not None and certificate.account != account:
        raise NotThisPersonError(certificate=certificate.fingerprint)
    return certificate


def _seal_certificate(tx: Tx, unit: str, on: date, wanted: str) -> CertificateRecord:
    newest = organisations.seal_certificate(tx, unit, on)
    if not wanted:
        return newest
    for one in organisations.seal_certificates(tx, unit, on):
        if one.fingerprint == wanted:
            return one
    raise NotOfferedError(unit=unit, day=on.isoformat())


def _leader_certificate(tx: Tx, document: Document, on: date, wanted: str) -> CertificateRecord:
    for certificate in organisations.leader_certificates(tx, document.unit_code, on):
        if wanted and certificate.fingerprint != wanted:
            continue
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
    missing = NotOfferedError if wanted else NoCertificateError
    raise missing(unit=document.unit_code, day=on.isoformat())


def fills_for(document: Document) -> dict[str, str]:
    """Return the values of the text fields; nothing before the document is in the book."""
    if document.number is None or document.issued_on is None:
        return {}
    return fills_of(
        document.classification,
        number=number_text(document.number),
        day=day_text(document.issued_on),
        month=month_text(document.issued_on),
    )


def _captioned(document: Document, image: bytes | None) -> Appearance | None:
    """Return the seal with number and date beside it where the page has no blanks for them."""
    if image is None or document.number is None or document.issued_on is None:
        return None
    line = number_line(
        document.number,
        document.symbol or "",
        number_form=document.classification.get("number_form") or "",
    )
    return sealed_with_caption(
        document.classification, image, number_line=line, issued_on=document.issued_on
    )
