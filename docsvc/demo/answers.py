"""What the demonstration authority answers: address by address, from the folder of its PKI."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cryptography import x509

from docsvc.demo.pki import ROOT, SUB_CAS, TSA, responder_of
from docsvc.demo.revocation import Responder, Revocation, RevocationList
from docsvc.demo.timestamping import TimestampAuthority

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from docsvc.clock import Clock
    from docsvc.demo.pki import DemoPki

    Answer = Callable[[bytes], bytes]


class Answers:
    """Certificates and keys are read once, revocations each time they are asked for."""

    def __init__(self, pki: DemoPki, clock: Clock) -> None:
        self._pki = pki
        self._clock = clock
        self._serials = {name: self._certificate(name).serial_number for name in pki.issuer_of}
        self._routes: dict[tuple[str, str], tuple[str, Answer]] = {
            ("GET", "/health"): ("text/plain", lambda _: b"%d" % os.getpid()),
            ("POST", "/tsa"): ("application/timestamp-reply", self._timestamps()),
        }
        for ca in (ROOT, *SUB_CAS):
            self._routes |= {
                ("GET", f"/ca/{ca}.crt"): ("application/pkix-cert", self._published(ca)),
                ("GET", f"/crl/{ca}.crl"): ("application/pkix-crl", self._crls(ca)),
            }
        for ca in SUB_CAS:
            self._routes["POST", f"/ocsp/{ca}"] = ("application/ocsp-response", self._states(ca))

    def answer(self, method: str, path: str, body: bytes) -> tuple[str, bytes] | None:
        """Return media type and bytes of the answer; None where nothing has this address."""
        route = self._routes.get((method, path))
        if route is None:
            return None
        media_type, answer = route
        return media_type, answer(body)

    def _certificate(self, name: str) -> x509.Certificate:
        return x509.load_der_x509_certificate(self._pki.certificate(name))

    def _revoked(self, ca: str) -> Mapping[int, Revocation]:
        """Return what is revoked now of one CA's certificates, by serial number."""
        now = self._clock.now()
        return {
            self._serials[name]: mark
            for name, mark in self._pki.revocations().items()
            if self._pki.issuer_of[name] == ca and mark.since <= now
        }

    def _published(self, ca: str) -> Answer:
        certificate = self._pki.certificate(ca)
        return lambda _: certificate

    def _timestamps(self) -> Answer:
        tsa = TimestampAuthority(self._pki.certificate(TSA), self._pki.ec_key(TSA))
        return lambda body: tsa.answer(body, at=self._clock.now())

    def _crls(self, ca: str) -> Answer:
        crls = RevocationList(certificate=self._certificate(ca), key=self._pki.rsa_key(ca))
        return lambda _: crls.answer(self._revoked(ca), at=self._clock.now())

    def _states(self, ca: str) -> Answer:
        name = responder_of(ca)
        responder = Responder(
            certificate=self._certificate(name),
            key=self._pki.ec_key(name),
            issuer=self._certificate(ca),
            serials=frozenset(
                serial for key, serial in self._serials.items() if self._pki.issuer_of[key] == ca
            ),
        )
        return lambda body: responder.answer(body, self._revoked(ca), at=self._clock.now())
