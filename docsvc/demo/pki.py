"""The demonstration PKI in a folder: a root, sub-CAs for State and Party, a TSA, the holders.

Certomancer was tried as its source and left: it builds subjects from a mapping, so a second OU
(THỬ NGHIỆM beside the unit) can't be said; its CRLs follow a simulated schedule, so a revocation
shows days later; its timestamp tokens name their certificate by SHA-1 only.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from docsvc.demo import issuing
from docsvc.demo.errors import OtherPortError, UnknownKeyError
from docsvc.demo.folder import locked, write_once, write_private, write_whole
from docsvc.demo.organisations import Kind
from docsvc.demo.revocation import Revocation

if TYPE_CHECKING:
    from docsvc.demo.organisations import Organisations

log = logging.getLogger(__name__)

# The sub-CA that serves each kind of unit, as in the Government's own PKI.
CA_OF_KIND: Mapping[Kind, str] = {Kind.STATE: "state", Kind.PARTY: "party", Kind.FRONT: "party"}

ROOT = "root"
TSA = "tsa"
SUB_CAS: Mapping[str, str] = {
    "state": "CA THỬ NGHIỆM phục vụ các cơ quan Nhà nước",
    "party": "CA THỬ NGHIỆM phục vụ các cơ quan Đảng",
}
ROOT_NAME = "Root CA THỬ NGHIỆM docsvc"
TSA_NAME = "TSA THỬ NGHIỆM docsvc"
RESPONDER_NAMES: Mapping[str, str] = {
    "state": "OCSP THỬ NGHIỆM Nhà nước",
    "party": "OCSP THỬ NGHIỆM Đảng",
}

_CA_BITS = 3072
_HOLDER_BITS = 2048  # what the tokens in the offices still hold
_EXPONENT = 65537
_MAKERS = 2  # threads that make keys: OpenSSL works outside the interpreter's lock


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPki:
    """The PKI of a demonstration folder.

    Args:
        folder: the folder of the PKI itself: ``keys/``, ``certificates/``, ``trust/``.
        port: of the loopback address that the certificates point at.
        issuer_of: names the CA (``state`` or ``party``) of each officer's and seal's key name.
    """

    folder: Path
    port: int
    issuer_of: Mapping[str, str]

    @property
    def url(self) -> str:
        """Return the address of the authority, without a slash at the end."""
        return authority_url(self.port)

    @property
    def tsa_url(self) -> str:
        """Return the address that takes timestamp requests."""
        return f"{self.url}/tsa"

    @property
    def trust(self) -> Path:
        """Return a trust store: the root in ``demo/``, the sub-CAs in ``intermediates/``."""
        return self.folder / "trust"

    def key_file(self, name: str) -> Path:
        """Return the PEM file (PKCS#8, mode 0600) of a private key."""
        return self.folder / "keys" / f"{name}.pem"

    def certificate_file(self, name: str) -> Path:
        """Return the DER file of the certificate of a key name, of ``root``, ``state``, ``tsa``."""
        return self.folder / "certificates" / f"{name}.crt"

    def rsa_key(self, name: str) -> rsa.RSAPrivateKey:
        """Return the private key of a CA, an officer or a seal."""
        # Checking the primes takes longer than signing, and we made the key.
        pem = self.key_file(name).read_bytes()
        key = serialization.load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)
        assert isinstance(key, rsa.RSAPrivateKey)  # noqa: S101  made so by _make_keys
        return key

    def ec_key(self, name: str) -> ec.EllipticCurvePrivateKey:
        """Return the private key of the TSA or of an OCSP responder."""
        key = serialization.load_pem_private_key(self.key_file(name).read_bytes(), None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)  # noqa: S101  made so by _make_keys
        return key

    def certificate(self, name: str) -> bytes:
        """Return a certificate as DER.

        Raises:
            UnknownKeyError: the PKI has none of this name.
        """
        try:
            return self.certificate_file(name).read_bytes()
        except FileNotFoundError as error:
            raise UnknownKeyError(key=name) from error

    def chain(self, name: str) -> tuple[bytes, ...]:
        """Return the certificates (DER) from a holder's own up to its sub-CA, without the root."""
        own = self.certificate(name)
        return (own, self.certificate(self.issuer_of[name])) if name in self.issuer_of else (own,)

    def intermediates(self) -> tuple[bytes, ...]:
        """Return the certificates (DER) of the sub-CAs."""
        return tuple(self.certificate(name) for name in SUB_CAS)

    def revocations(self) -> Mapping[str, Revocation]:
        """Return what is revoked now, by key name."""
        try:
            marked = json.loads((self.folder / "revoked.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return {
            name: Revocation(
                since=datetime.fromisoformat(mark["since"]),
                reason=x509.ReasonFlags(mark["reason"]),
            )
            for name, mark in marked.items()
        }

    def revoke(
        self,
        name: str,
        *,
        since: datetime,
        reason: x509.ReasonFlags = x509.ReasonFlags.key_compromise,
    ) -> None:
        """Mark a holder's certificate as revoked; a running authority says so from now on.

        Raises:
            UnknownKeyError: no officer and no seal has this key name.
        """
        if name not in self.issuer_of:
            raise UnknownKeyError(key=name)
        with locked(self.folder):
            marks = dict(self.revocations()) | {name: Revocation(since=since, reason=reason)}
            text = json.dumps(
                {
                    key: {"since": mark.since.isoformat(), "reason": mark.reason.value}
                    for key, mark in marks.items()
                }
            )
            write_whole(self.folder / "revoked.json", text.encode())


def authority_url(port: int) -> str:
    """Return the address of a demonstration authority on this machine."""
    return f"http://127.0.0.1:{port}"


def create(folder: Path, *, port: int, organisations: Organisations) -> DemoPki:
    """Make what is missing of the PKI in ``folder/pki``; what is there stays as it is.

    Args:
        folder: of the demonstration instance; made if it does not exist.
        port: of the loopback address that the authority will answer on.
        organisations: whose officers and seals get keys and certificates.

    Raises:
        OtherPortError: the PKI was made for another port; its certificates can't be changed.
    """
    pki = DemoPki(folder=folder / "pki", port=port, issuer_of=_issuers(organisations))
    pki.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked(pki.folder):
        _require_port(pki)
        for part in ("keys", "certificates", "trust/demo", "trust/intermediates"):
            (pki.folder / part).mkdir(mode=0o700, parents=True, exist_ok=True)
        _make_keys(pki)
        _issue(pki, organisations)
        write_once(pki.trust / "demo" / "root.crt", pki.certificate(ROOT))
        for ca in SUB_CAS:
            write_once(pki.trust / "intermediates" / f"{ca}.crt", pki.certificate(ca))
        summary = {"port": port, "issuer_of": dict(pki.issuer_of)}
        write_whole(pki.folder / "pki.json", json.dumps(summary, indent=1).encode())
    log.info("demo.pki-ready", extra={"holders": len(pki.issuer_of), "port": port})
    return pki


def load(folder: Path) -> DemoPki:
    """Return the PKI that ``create`` made in this demonstration folder.

    Raises:
        FileNotFoundError: there is none.
    """
    summary = json.loads((folder / "pki" / "pki.json").read_text(encoding="utf-8"))
    return DemoPki(folder=folder / "pki", port=summary["port"], issuer_of=summary["issuer_of"])


def _issuers(organisations: Organisations) -> Mapping[str, str]:
    units = organisations.unit_by_code
    return {holder.key: CA_OF_KIND[units[holder.unit].kind] for holder in organisations.holders}


def _require_port(pki: DemoPki) -> None:
    try:
        made_for = load(pki.folder.parent).port
    except FileNotFoundError:
        return
    if made_for != pki.port:
        raise OtherPortError(made_for=made_for, wanted=pki.port)


def responder_of(ca: str) -> str:
    """Return the name of the OCSP responder of a sub-CA."""
    return f"ocsp-{ca}"


def _make_keys(pki: DemoPki) -> None:
    """Make the private keys that are missing, a few at a time."""
    bits = dict.fromkeys((ROOT, *SUB_CAS), _CA_BITS) | dict.fromkeys(pki.issuer_of, _HOLDER_BITS)
    missing = [name for name in bits if not pki.key_file(name).exists()]
    with ThreadPoolExecutor(_MAKERS) as makers:
        keys = makers.map(lambda name: rsa.generate_private_key(_EXPONENT, bits[name]), missing)
        for name, key in zip(missing, keys, strict=True):
            _save_key(pki, name, key)
    for name in (TSA, *map(responder_of, SUB_CAS)):
        if not pki.key_file(name).exists():
            # P-256 signs in a tenth of a millisecond: a token costs little beside the work on PDFs.
            _save_key(pki, name, ec.generate_private_key(ec.SECP256R1()))


def _save_key(pki: DemoPki, name: str, key: issuing.PrivateKey) -> None:
    data = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    write_private(pki.key_file(name), data)


def _save(pki: DemoPki, name: str, certificate: x509.Certificate) -> None:
    write_once(pki.certificate_file(name), certificate.public_bytes(serialization.Encoding.DER))


def _issuer(pki: DemoPki, name: str) -> issuing.Issuer:
    certificate = x509.load_der_x509_certificate(pki.certificate(name))
    return issuing.Issuer(
        certificate=certificate,
        key=pki.rsa_key(name),
        crl_url=f"{pki.url}/crl/{name}.crl",
        certificate_url=f"{pki.url}/ca/{name}.crt",
        ocsp_url=f"{pki.url}/ocsp/{name}" if name in SUB_CAS else None,
    )


def _missing(pki: DemoPki, name: str) -> bool:
    return not pki.certificate_file(name).exists()


def _issue(pki: DemoPki, organisations: Organisations) -> None:
    """Issue the certificates that are missing, from the root down."""
    if _missing(pki, ROOT):
        subject = issuing.authority_name(ROOT_NAME)
        _save(pki, ROOT, issuing.issue_root(subject, pki.rsa_key(ROOT)))
    root = _issuer(pki, ROOT)
    if _missing(pki, TSA):
        subject = issuing.authority_name(TSA_NAME)
        _save(pki, TSA, issuing.issue_tsa(subject, pki.ec_key(TSA), issuer=root))
    for ca, common_name in SUB_CAS.items():
        if _missing(pki, ca):
            subject = issuing.authority_name(common_name)
            _save(pki, ca, issuing.issue_ca(subject, pki.rsa_key(ca), issuer=root))
        _issue_below(pki, ca, organisations)


def _issue_below(pki: DemoPki, ca: str, organisations: Organisations) -> None:
    """Issue the certificates that are missing below one sub-CA."""
    issuer = _issuer(pki, ca)
    responder = responder_of(ca)
    if _missing(pki, responder):
        subject = issuing.authority_name(RESPONDER_NAMES[ca])
        key = pki.ec_key(responder)
        _save(pki, responder, issuing.issue_responder(subject, key, issuer=issuer))
    for name, subject in _holders(organisations, ca):
        if _missing(pki, name):
            key_of_holder = pki.rsa_key(name)
            _save(pki, name, issuing.issue_holder(subject, key_of_holder, issuer=issuer))


def _holders(organisations: Organisations, ca: str) -> list[tuple[str, x509.Name]]:
    """Return key name and subject of every officer and seal that one sub-CA serves."""
    subjects: list[tuple[str, x509.Name]] = []
    for unit in organisations.units:
        if CA_OF_KIND[unit.kind] != ca:
            continue
        superior = organisations.superior_of(unit)
        subjects += [
            (officer.key, issuing.officer_name(officer, unit=unit, superior=superior))
            for officer in organisations.officers
            if officer.unit == unit.code
        ]
        subjects += [
            (seal.key, issuing.seal_name(unit=unit, superior=superior))
            for seal in organisations.seals
            if seal.unit == unit.code
        ]
    return subjects
