"""Trust anchors, what is known besides them, and chains from a signer up to an anchor."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from verification import anchors as anchor_sets
from verification import certificates
from verification.anchors import Decision
from verification.certificates import Certificate, CertificateError, NameKey
from verification.errors import TrustMaterialError

# Real chains have three or four members; cross-certificates add one or two.
_MAX_CHAIN = 8
_PEM = re.compile(rb"-----BEGIN (CERTIFICATE|X509 CRL)-----.*?-----END \1-----", re.DOTALL)


AnchorKind: TypeAlias = anchor_sets.AnchorKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A certificate (DER) that is trusted because somebody decided so.

    ``since`` and ``until`` bound the moments for which it is trusted, both included; None is no
    bound. ``reason`` is why, in the words of who decided.
    """

    certificate: bytes
    name: str
    kind: AnchorKind
    since: datetime | None = None
    until: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """All that is known before a file is opened; everything DER."""

    anchors: tuple[Anchor, ...] = ()
    intermediates: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrustIndex:
    """Trust with its certificates read: anchors by fingerprint, issuers by subject."""

    anchors: Mapping[str, Anchor]
    issuers: Mapping[NameKey, tuple[Certificate, ...]]

    def accepts(self, one: Certificate, *, for_timestamps: bool) -> bool:
        """Tell whether a chain of this purpose may end here."""
        anchor = self.anchors.get(one.sha256)
        return anchor is not None and (for_timestamps or anchor.kind is not AnchorKind.TSA)


@lru_cache(maxsize=8)
def index(trust: Trust) -> TrustIndex:
    """Read the certificates of a trust once for each process."""
    known = certificates.load_all(
        (*(anchor.certificate for anchor in trust.anchors), *trust.intermediates)
    )
    anchors: dict[str, Anchor] = {}
    for anchor in trust.anchors:
        for one in certificates.load_all((anchor.certificate,)):
            anchors[one.sha256] = anchor
    return TrustIndex(anchors=anchors, issuers=by_subject(known))


def by_subject(known: Iterable[Certificate]) -> dict[NameKey, tuple[Certificate, ...]]:
    """Group certificates by their subject."""
    found: dict[NameKey, tuple[Certificate, ...]] = {}
    for one in known:
        found[one.subject] = (*found.get(one.subject, ()), one)
    return found


def find_chain(
    leaf: Certificate,
    embedded: Mapping[NameKey, tuple[Certificate, ...]],
    trusted: TrustIndex,
    *,
    for_timestamps: bool,
) -> tuple[Certificate, ...] | None:
    """Find a chain from a certificate up to an anchor.

    Args:
        leaf: the signer's certificate.
        embedded: what the file brings with it, by subject.
        trusted: anchors and intermediates from outside.
        for_timestamps: whether the chain may end at an anchor of kind ``tsa``.

    Returns:
        Leaf first, anchor last; a leaf that is an anchor itself is a chain of one; None if
        no chain leads to an anchor.
    """

    def climb(chain: tuple[Certificate, ...]) -> tuple[Certificate, ...] | None:
        last = chain[-1]
        if trusted.accepts(last, for_timestamps=for_timestamps):
            return chain
        if len(chain) >= _MAX_CHAIN:
            return None
        for issuer in _issuers(last):
            if issuer not in chain and _may_issue(issuer, len(chain) - 1):
                found = climb((*chain, issuer)) if is_issued(last, issuer) else None
                if found is not None:
                    return found
        return None

    def _issuers(one: Certificate) -> Iterator[Certificate]:
        candidates = {
            each.sha256: each
            for each in (*trusted.issuers.get(one.issuer, ()), *embedded.get(one.issuer, ()))
        }
        # Anchors first: the shortest way up is the one to report.
        yield from sorted(candidates.values(), key=lambda each: each.sha256 not in trusted.anchors)

    is_issued = certificates.is_issued_by
    return climb((leaf,))


def _may_issue(issuer: Certificate, below: int) -> bool:
    """RFC 5280 §6.1.4 (k)–(n): a CA, allowed to sign certificates, path length kept."""
    within = issuer.path_length is None or below <= issuer.path_length
    # Version 1 roots have no extensions; they count only as anchors, which need no check.
    return (issuer.is_ca or not issuer.extended_usage) and issuer.may("key_cert_sign") and within


def chain_fits(chain: tuple[Certificate, ...], at: datetime) -> bool:
    """Tell whether all CA certificates below the anchor were valid at a time and are understood."""
    return not any(one.unknown_critical for one in chain[:-1]) and all(
        one.valid_from <= at <= one.valid_to for one in chain[1:-1]
    )


def load_directory(path: Path) -> Trust:
    """Read a trust store from a folder, or from one file.

    A certificate that ``anchors.toml`` at the top of the folder lists is the anchor that was
    decided upon there. Of the rest, folders named as an anchor kind hold anchors of that kind;
    elsewhere a self-signed certificate is an anchor of kind ``public``, any other an intermediate.
    CRLs and OCSP answers are told apart by what they are. PEM and DER are read; other endings than
    .crt .cer .pem .der .crl .ocsp are passed over.

    Args:
        path: the folder or file.

    Returns:
        Everything found, in the order of the paths.

    Raises:
        TrustMaterialError: a file is none of these.
        AnchorMismatchError: a certificate is not the one that was decided upon.
        OSError: a file cannot be read.
    """
    endings = {".crt", ".cer", ".pem", ".der", ".crl", ".ocsp"}
    decisions = anchor_sets.load(path)
    by_file = {one.file: one for one in decisions}
    by_digest = {one.sha256: one for one in decisions}
    files = [path] if path.is_file() else sorted(one for one in path.rglob("*") if one.is_file())
    anchors: list[Anchor] = []
    others: dict[str, list[bytes]] = {"certificate": [], "crl": [], "ocsp": []}
    for file in files:
        if file != path and file.suffix.lower() not in endings:
            continue
        for der in _parts(file.read_bytes()):
            kind = _kind(der, file.name)
            decision = by_file.get(file.relative_to(path).as_posix())
            if decision is not None:
                decision.require_match(der)
            anchor = _anchor(der, file, by_digest) if kind == "certificate" else None
            if anchor is None:
                others[kind].append(der)
            else:
                anchors.append(anchor)
    return Trust(
        anchors=tuple(anchors),
        intermediates=tuple(others["certificate"]),
        crls=tuple(others["crl"]),
        ocsps=tuple(others["ocsp"]),
    )


def _parts(data: bytes) -> list[bytes]:
    """Return the DER of each part of a PEM file, or the bytes themselves."""
    parts: list[bytes] = []
    for found in _PEM.finditer(data):
        if found.group(1) == b"CERTIFICATE":
            parts.append(x509.load_pem_x509_certificate(found.group()).public_bytes(Encoding.DER))
        else:
            parts.append(x509.load_pem_x509_crl(found.group()).public_bytes(Encoding.DER))
    return parts or [data]


def _kind(der: bytes, name: str) -> str:
    readers: dict[str, Callable[[bytes], object]] = {
        "certificate": certificates.load,
        "crl": x509.load_der_x509_crl,
        "ocsp": ocsp.load_der_ocsp_response,
    }
    for kind, read in readers.items():
        try:
            read(der)
        except (ValueError, TypeError, CertificateError):
            continue
        return kind
    raise TrustMaterialError(file=name)


def _anchor(der: bytes, file: Path, decided: Mapping[str, Decision]) -> Anchor | None:
    one = certificates.load(der)
    decision = decided.get(one.sha256)
    if decision is not None:
        return Anchor(
            certificate=der,
            name=decision.name,
            kind=decision.kind,
            since=decision.since,
            until=decision.until,
            reason=decision.reason,
        )
    folder = file.parent.name
    named = folder in set(AnchorKind)
    if not named and (one.subject != one.issuer or folder == "intermediates"):
        return None
    return Anchor(
        certificate=der,
        name=one.common_name or one.sha256,
        kind=AnchorKind(folder) if named else AnchorKind.PUBLIC,
    )
