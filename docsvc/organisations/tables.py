"""Bodies with their history, officers with their mandates, certificates with their devices."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from docsvc.db.base import Base


class Unit(Base):
    """A body that issues documents; ``valid_to`` is the last day it existed."""

    __tablename__ = "units"

    code: Mapped[str] = mapped_column(String(35), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    short_name: Mapped[str] = mapped_column(String(200))
    symbol: Mapped[str] = mapped_column(String(30))
    tier: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(20))
    number_form: Mapped[str] = mapped_column(String(20))
    term: Mapped[str | None] = mapped_column(String(20))
    place: Mapped[str] = mapped_column(String(100))
    seal_mm: Mapped[float]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]


class UnitParent(Base):
    """Which body a body belonged to, from a day to a day; None is open."""

    __tablename__ = "unit_parents"

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_code: Mapped[str] = mapped_column(ForeignKey("units.code"), index=True)
    parent_code: Mapped[str] = mapped_column(ForeignKey("units.code"), index=True)
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]


class Officer(Base):
    """A person who may sign for a body."""

    __tablename__ = "officers"

    id: Mapped[int] = mapped_column(primary_key=True)
    full_name: Mapped[str] = mapped_column(String(100))
    account: Mapped[str | None] = mapped_column(String(80))


class Mandate(Base):
    """An officer may sign for a body under a title, from a day to a day."""

    __tablename__ = "mandates"

    id: Mapped[int] = mapped_column(primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officers.id"), index=True)
    unit_code: Mapped[str] = mapped_column(ForeignKey("units.code"), index=True)
    authority: Mapped[str] = mapped_column(String(10))
    title: Mapped[str] = mapped_column(String(100))
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    # Codes of the kinds of document it covers, with blanks between them; empty: all of them.
    kinds: Mapped[str] = mapped_column(String(400), server_default="")
    # Number and symbol of the decision or authorisation that gave it, as it is quoted.
    basis: Mapped[str] = mapped_column(String(200), server_default="")
    # Whose right it is, for a delegation.
    delegated_by: Mapped[int | None] = mapped_column(ForeignKey("officers.id"))


class Certificate(Base):
    """A certificate of the inventory, the device that holds its key, and whose it is."""

    __tablename__ = "certificates"

    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    role: Mapped[str] = mapped_column(String(20))
    unit_code: Mapped[str] = mapped_column(ForeignKey("units.code"), index=True)
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officers.id"), index=True)
    serial: Mapped[str] = mapped_column(String(64))
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    device: Mapped[str] = mapped_column(String(20))
    token: Mapped[str | None] = mapped_column(String(80))
    key_id: Mapped[str | None] = mapped_column(String(80))
    issued_on: Mapped[date | None]
    lost_on: Mapped[date | None]
    # PEM, the holder's certificate first, then its issuers without the root.
    chain_pem: Mapped[str] = mapped_column(Text)
    # The picture shown on the page: PNG with alpha, kept as a blob.
    image_digest: Mapped[str | None] = mapped_column(String(64))


class SigningDevice(Base):
    """A device as it was handed out, whether or not its certificate is known.

    ``owner`` is ``personal`` or ``organisation``; ``serial`` is the device's, as it is written on
    it or in the issuer's list; the certificate's days are kept too, for lists that come without
    the certificate itself.
    """

    __tablename__ = "signing_devices"
    __table_args__ = (UniqueConstraint("kind", "serial"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_code: Mapped[str] = mapped_column(ForeignKey("units.code"), index=True)
    owner: Mapped[str] = mapped_column(String(20))
    holder: Mapped[str] = mapped_column(String(200))
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officers.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    serial: Mapped[str] = mapped_column(String(80))
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None] = mapped_column(index=True)
    issued_on: Mapped[date | None]
    lost_on: Mapped[date | None]
    revoked_on: Mapped[date | None]
    fingerprint: Mapped[str | None] = mapped_column(
        ForeignKey("certificates.fingerprint"), unique=True
    )
