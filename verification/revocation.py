"""What a file needs to be checkable later: which CRLs and OCSP answers, and how to collect them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509 import ocsp

from verification import answers, cades, certificates, revisions, statuses
from verification import context as contexts
from verification import trust as trusts
from verification._pades import cms
from verification._pdf import document as documents
from verification._pdf.objects import Buffer, PdfSyntaxError
from verification.certificates import Certificate
from verification.errors import UnreadableFileError
from verification.names import NameKey
from verification.trust import Trust, TrustIndex

# What is worth carrying in every file; beyond it an OCSP answer is asked for, if there can be one.
MAX_EMBEDDED_CRL = 512 << 10
# Real chains have three or four members; a certificate names one address or two of its issuer.
_MAX_CLIMB = 8
_MAX_ISSUER_URLS = 2
_MAX_ISSUERS = 16

# Address and request body (None: GET) → answer. It raises OSError for what it cannot get.
Fetch: TypeAlias = Callable[[str, bytes | None], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationData:
    """Certificates, CRLs and OCSP answers (DER), each once.

    ``missing`` are SHA-256 fingerprints of certificates without chain or revocation data.
    """

    certificates: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(slots=True)
class _Collection:
    fetch: Fetch
    prefer_ocsp: bool
    trust: Trust
    certificates: dict[bytes, None] = field(default_factory=dict)
    crls: dict[bytes, None] = field(default_factory=dict)
    ocsps: dict[bytes, None] = field(default_factory=dict)
    missing: dict[str, None] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)


def collect(
    source: Buffer | Sequence[bytes], trust: Trust, fetch: Fetch, *, prefer_ocsp: bool = False
) -> ValidationData:
    """Collect what ``signing.augment`` needs for B-LT: for every signature and every timestamp.

    Args:
        source: a signed PDF, or the certificates (DER) of signers and authorities.
        trust: anchors and intermediates; its CRLs and OCSP answers serve where nothing is fetched.
        fetch: gets an address (POST if there is a body); an OSError means it could not.
        prefer_ocsp: ask OCSP first; else CRLs first, as long as they are small.

    Returns:
        The data; what could not be had is named in ``missing``, never an exception.

    Raises:
        UnreadableFileError: the PDF cannot be read.
    """
    leaves, embedded = _from_pdf(source) if isinstance(source, Buffer) else _from_ders(source)
    collection = _Collection(fetch, prefer_ocsp, trust)
    for leaf in leaves:
        chain = _chain(leaf, embedded, trusts.index(trust))
        if not chain:
            collection.missing[leaf.sha256] = None
            continue
        for one, issuer in zip(chain, (*chain[1:], None), strict=True):
            _add(collection, one, issuer)
    return ValidationData(
        certificates=tuple(collection.certificates),
        crls=tuple(collection.crls),
        ocsps=tuple(collection.ocsps),
        missing=tuple(collection.missing),
    )


def issuers(source: Buffer | Sequence[bytes], trust: Trust, fetch: Fetch) -> tuple[bytes, ...]:
    """Fetch the issuers that are missing between signers and anchors (RFC 5280 §4.2.2.1).

    Args:
        source: a signed PDF, or the certificates (DER) of signers and authorities.
        trust: anchors and intermediates.
        fetch: gets an address; an OSError means it could not.

    Returns:
        The certificates (DER) that stand in a chain from a signer to an anchor, and no others:
        what a stranger's address gave is worth what the signatures in the chain are.

    Raises:
        UnreadableFileError: the PDF cannot be read.
    """
    leaves, embedded = _from_pdf(source) if isinstance(source, Buffer) else _from_ders(source)
    known = [one for group in embedded.values() for one in group]
    needed: dict[bytes, None] = {}
    for leaf in leaves:
        fetched: dict[str, Certificate] = {}
        for _ in range(_MAX_CLIMB):
            around = trusts.by_subject((*known, *fetched.values()))
            chain = _chain(leaf, around, trusts.index(trust))
            needed.update((one.der, None) for one in chain if one.sha256 in fetched)
            more = [] if chain else _above(leaf, around, fetch)
            new = {one.sha256: one for one in more if one.sha256 not in fetched}
            if not new:
                break
            fetched |= new
    return tuple(needed)


def _above(
    leaf: Certificate, around: dict[NameKey, tuple[Certificate, ...]], fetch: Fetch
) -> list[Certificate]:
    """Fetch the issuers of the certificates at which the ways up from a signer end."""
    found: list[Certificate] = []
    waiting, seen = [leaf], {leaf.sha256}
    while waiting:
        one = waiting.pop()
        above = [x for x in around.get(one.issuer, ()) if certificates.is_issued_by(one, x)]
        waiting += [x for x in above if x.sha256 not in seen]
        seen.update(x.sha256 for x in above)
        if not above:
            found += _issuers_of(one, fetch)
    return found


def _issuers_of(one: Certificate, fetch: Fetch) -> Iterator[Certificate]:
    for url in one.issuer_urls[:_MAX_ISSUER_URLS]:
        try:
            data = fetch(url, None)
        except OSError:
            continue
        for each in certificates.load_all(_certificates_in(data)[:_MAX_ISSUERS]):
            if certificates.is_issued_by(one, each):
                yield each


def _certificates_in(data: bytes) -> list[bytes]:
    """Return what an address of issuers gives: one certificate, or some in a PKCS #7 (.p7c)."""
    for read in (_one, x509.load_pem_x509_certificates, pkcs7.load_der_pkcs7_certificates):
        try:
            return [one.public_bytes(Encoding.DER) for one in read(data)]
        except (ValueError, TypeError, UnsupportedAlgorithm):
            continue
    return []


def _one(data: bytes) -> list[x509.Certificate]:
    return [x509.load_der_x509_certificate(data)]


def signers(pdf: bytes) -> tuple[bytes, ...]:
    """Return the certificates (DER) of all signers and authorities in a file, each once.

    Args:
        pdf: the whole file.

    Returns:
        What an administrator may compare and import; nothing is trusted by being here.

    Raises:
        UnreadableFileError: the PDF cannot be read.
    """
    return tuple(one.der for one in _from_pdf(pdf)[0])


def _chain(
    leaf: Certificate, embedded: dict[NameKey, tuple[Certificate, ...]], trusted: TrustIndex
) -> tuple[Certificate, ...]:
    found = trusts.find_chain(leaf, embedded, trusted, for_timestamps=leaf.is_for_timestamps)
    return found or ()


def _from_ders(
    ders: Sequence[bytes],
) -> tuple[list[Certificate], dict[NameKey, tuple[Certificate, ...]]]:
    known = certificates.load_all(ders)
    return list(known), trusts.by_subject(known)


def _from_pdf(
    pdf: Buffer,
) -> tuple[list[Certificate], dict[NameKey, tuple[Certificate, ...]]]:
    """Return the signers of all containers of a file, and all certificates in it."""
    try:
        document = documents.open_document(pdf)
        contents = [one.contents for one in revisions.signed_fields(document) if one.contents]
    except PdfSyntaxError as e:
        raise UnreadableFileError(cause=str(e)) from e
    store = contexts.read_store(document, document.newest)
    containers = list(_containers(contents))
    known = certificates.load_all(
        (*store.certificates, *(der for one in containers for der in one.certificates))
    )
    signers = {
        one.sha256: one
        for container in containers
        for one in known
        if cades.is_signer(one, container)
    }
    return list(signers.values()), trusts.by_subject(known)


def _containers(contents: Iterable[bytes]) -> Iterator[cms.Cms]:
    """Yield containers and the timestamp tokens in them; what cannot be read is left out."""
    for data in contents:
        try:
            container = cms.parse(data)
        except cms.CmsError:
            continue
        yield container
        yield from _containers(container.timestamps)


def _add(collection: _Collection, one: Certificate, issuer: Certificate | None) -> None:
    collection.certificates[one.der] = None
    if issuer is None or one.no_revocation_check or one.sha256 in collection.seen:
        return
    collection.seen.add(one.sha256)
    ways = [_by_crl, _by_ocsp]
    if collection.prefer_ocsp:
        ways.reverse()
    if not any(way(collection, one, issuer) for way in (*ways, _by_trust)):
        collection.missing[one.sha256] = None


def _by_crl(collection: _Collection, one: Certificate, issuer: Certificate) -> bool:
    for url in one.crl_urls:
        if not url.startswith(("http://", "https://")):
            continue
        data = _fetched(collection, url, None)
        speaks = data and statuses.speaks_for((data,), (), one, issuer)
        if speaks and (len(data) <= MAX_EMBEDDED_CRL or not one.ocsp_urls):
            collection.crls[data] = None
            return True
    return False


def _by_ocsp(collection: _Collection, one: Certificate, issuer: Certificate) -> bool:
    # While CRLs are still to come, an OCSP address is asked only where no CRL is named.
    if one.crl_urls and not collection.prefer_ocsp and not _has_large_crl(collection, one):
        return False
    for url in one.ocsp_urls:
        data = _fetched(collection, url, ocsp_request(one, issuer))
        if data and statuses.speaks_for((), (data,), one, issuer):
            collection.ocsps[data] = None
            _add_responders(collection, data, issuer)
            return True
    return False


def _add_responders(collection: _Collection, data: bytes, issuer: Certificate) -> None:
    """RFC 6960 §4.2.2.2.1: a delegate may have been revoked like anybody else."""
    for one in answers.responders(data, issuer):
        _add(collection, one, issuer)


def _has_large_crl(collection: _Collection, one: Certificate) -> bool:
    return any(len(_fetched(collection, url, None)) > MAX_EMBEDDED_CRL for url in one.crl_urls)


def _by_trust(collection: _Collection, one: Certificate, issuer: Certificate) -> bool:
    for der in collection.trust.crls:
        if statuses.speaks_for((der,), (), one, issuer):
            collection.crls[der] = None
            return True
    for der in collection.trust.ocsps:
        if statuses.speaks_for((), (der,), one, issuer):
            collection.ocsps[der] = None
            _add_responders(collection, der, issuer)
            return True
    return False


def _fetched(collection: _Collection, url: str, body: bytes | None) -> bytes:
    try:
        return collection.fetch(url, body)
    except OSError:
        return b""


def ocsp_request(one: Certificate, issuer: Certificate) -> bytes:
    """Return the DER of a request for one certificate (RFC 6960 §4.1), without a nonce."""
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        x509.load_der_x509_certificate(one.der),
        x509.load_der_x509_certificate(issuer.der),
        hashes.SHA1(),  # noqa: S303 -- an identifier that every responder knows, not a protection
    )
    return builder.build().public_bytes(Encoding.DER)
