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
from verification import certificates, paths
from verification.anchors import Decision
from verification.certificate_policies import PolicyInputs
from verification.certificates import Certificate, CertificateError
from verification.errors import TrustMaterialError
from verification.masking import masked
from verification.names import NameKey

# Real chains have three or four members; cross-certificates add one or two.
_MAX_CHAIN = 8
# Issuers looked at for chains of one length. Authorities that certify each other have more paths
# than anybody can walk; a real search ends before the tenth.
_MAX_STEPS = 128
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

    def is_trusted_at(self, moment: datetime) -> bool:
        """Tell whether whoever decided trusted it for a moment."""
        return (self.since is None or self.since <= moment) and (
            self.until is None or moment <= self.until
        )


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

    anchors: Mapping[str, tuple[Anchor, ...]]
    issuers: Mapping[NameKey, tuple[Certificate, ...]]

    def ends(self, one: Certificate, *, for_timestamps: bool) -> tuple[Anchor, ...]:
        """Return the anchors that let a chain of this purpose end here."""
        return tuple(
            anchor
            for anchor in self.anchors.get(one.sha256, ())
            if for_timestamps or not anchor.kind.is_for_timestamps_only
        )


@lru_cache(maxsize=8)
def index(trust: Trust) -> TrustIndex:
    """Read the certificates of a trust once for each process."""
    known = certificates.load_all(
        (*(anchor.certificate for anchor in trust.anchors), *trust.intermediates)
    )
    anchors: dict[str, tuple[Anchor, ...]] = {}
    for anchor in trust.anchors:
        for one in certificates.load_all((anchor.certificate,)):
            anchors[one.sha256] = (*anchors.get(one.sha256, ()), anchor)
    return TrustIndex(anchors=anchors, issuers=by_subject(known))


def by_subject(known: Iterable[Certificate]) -> dict[NameKey, tuple[Certificate, ...]]:
    """Group certificates by their subject."""
    found: dict[NameKey, list[Certificate]] = {}
    for one in known:
        found.setdefault(one.subject, []).append(one)
    return {subject: tuple(group) for subject, group in found.items()}


def find_chain(
    leaf: Certificate,
    embedded: Mapping[NameKey, tuple[Certificate, ...]],
    trusted: TrustIndex,
    *,
    for_timestamps: bool,
) -> tuple[Certificate, ...] | None:
    """Find the first chain from a certificate up to an anchor that is a valid path.

    Returns:
        As ``find_chains`` yields it; None if no chain leads to an anchor.
    """
    found = find_chains(leaf, embedded, trusted, for_timestamps=for_timestamps)
    valid = (chain for chain in found if paths.fault(chain, PolicyInputs()) is None)
    return next(valid, None)


def find_chains(
    leaf: Certificate,
    embedded: Mapping[NameKey, tuple[Certificate, ...]],
    trusted: TrustIndex,
    *,
    for_timestamps: bool,
    at: datetime | None = None,
) -> Iterator[tuple[Certificate, ...]]:
    """Find chains from a certificate up to an anchor, shorter ones first.

    Names and signatures fit; whether a chain is a valid path is for ``paths`` to say. The search
    for each length ends after a bounded number of steps.

    Args:
        leaf: the signer's certificate.
        embedded: what the file brings with it, by subject.
        trusted: anchors and intermediates from outside.
        for_timestamps: whether a chain may end at an anchor of kind ``tsa``.
        at: the moment in question; issuers that were valid then come first.

    Yields:
        Leaf first, anchor last; a leaf that is an anchor itself is a chain of one.
    """
    search = _Search(embedded=embedded, trusted=trusted, for_timestamps=for_timestamps, at=at)
    for length in range(1, _MAX_CHAIN + 1):
        yield from search.chains((leaf,), length, iter(range(_MAX_STEPS)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Search:
    embedded: Mapping[NameKey, tuple[Certificate, ...]]
    trusted: TrustIndex
    for_timestamps: bool
    at: datetime | None

    def chains(
        self, chain: tuple[Certificate, ...], length: int, steps: Iterator[int]
    ) -> Iterator[tuple[Certificate, ...]]:
        """Continue a chain to one of some length that ends at an anchor."""
        last = chain[-1]
        if len(chain) == length:
            if self._ends(last):
                yield chain
            return
        for issuer in self._issuers(last):
            if len(chain) + 1 == length and not self._ends(issuer):
                continue
            if next(steps, None) is None:
                return
            if _is_new(issuer, chain) and certificates.is_issued_by(last, issuer):
                yield from self.chains((*chain, issuer), length, steps)

    def _ends(self, one: Certificate) -> bool:
        return bool(self.trusted.ends(one, for_timestamps=self.for_timestamps))

    def _issuers(self, one: Certificate) -> list[Certificate]:
        """Return certificates named as the issuer: anchors first, then what fits best."""
        outside = self.trusted.issuers.get(one.issuer, ())
        inside = self.embedded.get(one.issuer, ())[:_MAX_STEPS]
        found = {each.sha256: each for each in (*outside, *inside)}

        def unlikely(each: Certificate) -> tuple[bool, ...]:
            return (
                each.sha256 not in self.trusted.anchors,
                None not in (each.key_id, one.issuer_key_id) and each.key_id != one.issuer_key_id,
                self.at is not None and not each.valid_from <= self.at <= each.valid_to,
                not each.is_ca,
            )

        return sorted(found.values(), key=unlikely)


def _is_new(issuer: Certificate, chain: tuple[Certificate, ...]) -> bool:
    """Tell whether a key of this name is not in the chain yet; twice the same leads nowhere new."""
    return all(
        issuer.subject != one.subject or issuer.public_key != one.public_key for one in chain
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
        name=masked(one.common_name) if one.common_name else one.sha256,
        kind=AnchorKind(folder) if named else AnchorKind.PUBLIC,
    )
