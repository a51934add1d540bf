"""Seal a report with the service's own certificate: a signature beside the road, on no document."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from docsvc.documents.stores import Stores
from docsvc.halves import prepared_of
from docsvc.organisations import queries as organisations
from docsvc.organisations.queries import CertificateRecord
from docsvc.sandbox import Sandbox
from docsvc.steps.sign import lease
from docsvc.steps.sign.plans import NoCertificateError
from docsvc.steps.sign.service import NoServerKeyError
from docsvc.steps.sign.token import Tokens
from signing.model import ORGANISATION_FIELD, ReservedPlaces, Role, SignaturePlan

_PREPARE = "docsvc.steps.sign.tasks:prepare"
_COMPLETE = "docsvc.steps.sign.tasks:complete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """The certificate that seals reports, and the name of the body it belongs to."""

    certificate: CertificateRecord
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealer:
    """Seals reports; ``fingerprint`` names the certificate of the inventory, empty: none does."""

    stores: Stores
    sandbox: Sandbox
    tokens: Tokens
    stamp: Callable[[bytes], bytes] | None
    holder: str
    fingerprint: str

    def seal(self) -> Seal | None:
        """Return what reports are sealed with; None where the settings name nothing.

        Raises:
            NoCertificateError: the inventory has no certificate of a body by that name.
        """
        if not self.fingerprint:
            return None
        with self.stores.transactions() as tx:
            found = organisations.certificate(tx, self.fingerprint.lower())
            if found is None or found.officer is not None:
                raise NoCertificateError(certificate=self.fingerprint)
            return Seal(certificate=found, name=organisations.unit(tx, found.unit).name)

    def apply(self, report: bytes, seal: Seal) -> bytes:
        """Return the report with an unseen signature, stamped if there is an authority.

        Raises:
            NoServerKeyError: the key is not on a token of this machine.
            CodedError: the token or the timestamp authority refused.
        """
        plan = SignaturePlan(
            role=Role.ORGANISATION,
            field_name=ORGANISATION_FIELD,
            chain=seal.certificate.chain,
            requires_leader=False,
        )
        at = self.stores.clock.now().isoformat()
        first = self.sandbox.run(_PREPARE, report, plan, at, ReservedPlaces())
        prepared = prepared_of(first)
        value = self._value(seal.certificate, prepared.to_be_signed)
        token = self.stamp(hashlib.sha256(value).digest()) if self.stamp else None
        return self.sandbox.run(_COMPLETE, prepared, plan, value, token).frames[0]

    def _value(self, certificate: CertificateRecord, to_be_signed: bytes) -> bytes:
        """Let the token act under its lease, as for a document."""
        token, key_id = certificate.token, certificate.key_id
        if token is None or key_id is None:
            raise NoServerKeyError(certificate=certificate.fingerprint)
        process = self.tokens.of(token)
        fence = lease.acquire(self.stores, token, self.holder)
        try:
            return process.sign(key_id, to_be_signed)
        finally:
            with self.stores.transactions() as tx:
                lease.release(tx, token, self.holder, fence)
