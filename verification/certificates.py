"""Facts of X.509 certificates, read once and kept."""

import hashlib
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import (
    AuthorityInformationAccessOID,
    ExtendedKeyUsageOID,
    ExtensionOID,
    NameOID,
)

from verification import extensions
from verification.cache import ByteCache
from verification.certificate_policies import PolicyFacts
from verification.extensions import Extensions, Point, value
from verification.names import (
    EMAIL_OID,
    Form,
    GeneralName,
    NameConstraints,
    NameKey,
    directory,
    name_key,
)
from verification.salvage import Salvaged, salvage

# What was read is kept up to this many bytes of certificates; they have two kilobytes each.
_CACHE_BYTES = 16 << 20
# A certificate has one issuer; the rest of the candidates are other keys of the same name.
_MAX_REMEMBERED = 64
_SIGNING_USES = ("digital_signature", "content_commitment", "key_cert_sign", "crl_sign")


class CertificateError(Exception):
    """The bytes are no certificate that can be judged; kept inside this package."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Certificate:
    """What a certificate states. ``key_usage`` is None where the extension is absent.

    ``rsa_bits`` is the length of a DSA key too; an Edwards curve has neither. ``names`` are all
    that name constraints bear on; ``has_extensions`` is false for version 1. ``unreadable`` are
    the identifiers (dotted) of extensions that cannot be read: what they say is not here;
    ``unreadable_critical`` those of them that must not be passed over.
    """

    der: bytes
    sha256: str
    subject: NameKey
    issuer: NameKey
    subject_der: bytes
    serial: int
    valid_from: datetime
    valid_to: datetime
    public_key: PublicKeyTypes
    rsa_bits: int | None
    ec_bits: int | None
    key_id: bytes | None
    issuer_key_id: bytes | None
    has_extensions: bool
    is_ca: bool
    path_length: int | None
    key_usage: frozenset[str] | None
    extended_usage: frozenset[str] | None
    no_revocation_check: bool
    unknown_critical: bool
    unreadable: tuple[str, ...]
    unreadable_critical: tuple[str, ...]
    names: tuple[GeneralName, ...]
    name_constraints: NameConstraints | None
    policies: PolicyFacts
    points: tuple[Point, ...]
    crl_urls: tuple[str, ...]
    ocsp_urls: tuple[str, ...]
    issuer_urls: tuple[str, ...]
    common_name: str | None
    organisation: str | None
    issuer_name: str | None
    hash_name: str | None
    # SHA-256 of an issuer's certificate → whether its key made the signature here.
    _issued_by: dict[str, bool] = field(default_factory=dict, repr=False)

    @property
    def is_self_issued(self) -> bool:
        """RFC 5280 §3.2: subject and issuer are the same entity."""
        return self.policies.is_self_issued

    @property
    def is_for_timestamps(self) -> bool:
        """RFC 3161 §2.3: the extended key usage is time stamping and nothing else."""
        return self.extended_usage == frozenset({ExtendedKeyUsageOID.TIME_STAMPING.dotted_string})

    @property
    def is_for_ocsp(self) -> bool:
        """RFC 6960 §4.2.2.2: the responder was delegated to by the CA."""
        wanted = ExtendedKeyUsageOID.OCSP_SIGNING.dotted_string
        return self.extended_usage is not None and wanted in self.extended_usage

    def may(self, use: str) -> bool:
        """Tell whether the key usage allows a use; all are allowed where it is absent."""
        return self.key_usage is None or use in self.key_usage


_read: ByteCache[bytes, Certificate] = ByteCache(_CACHE_BYTES)


def load(der: bytes) -> Certificate:
    """Read a certificate.

    Raises:
        CertificateError: it cannot be read.
    """
    try:
        return _read.get(der, len(der), _load)
    except Exception as e:
        raise CertificateError(type(e).__name__) from e


def load_all(ders: Iterable[bytes]) -> tuple[Certificate, ...]:
    """Read certificates and leave out those that cannot be read, and repetitions."""
    found: dict[str, Certificate] = {}
    for der in ders:
        try:
            one = load(der)
        except CertificateError:
            continue
        found.setdefault(one.sha256, one)
    return tuple(found.values())


def is_issued_by(subject: Certificate, issuer: Certificate) -> bool:
    """Tell whether names match and the issuer's key made the subject's signature."""
    if subject.issuer != issuer.subject:
        return False
    known = subject._issued_by  # noqa: SLF001 -- the memory is of this question alone
    found = known.get(issuer.sha256)
    if found is None:
        if len(known) >= _MAX_REMEMBERED:
            known.clear()
        found = known[issuer.sha256] = _has_signed(issuer, subject)
    return found


def _has_signed(issuer: Certificate, subject: Certificate) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        child = x509.load_der_x509_certificate(subject.der)
    if _hash_name(child) == child.signature_algorithm_oid.dotted_string:
        return False
    parameters = child.signature_algorithm_parameters
    return holds(
        issuer.public_key,
        child.signature,
        child.tbs_certificate_bytes,
        child.signature_hash_algorithm,
        parameters if isinstance(parameters, padding.AsymmetricPadding) else None,
    )


def holds(
    key: PublicKeyTypes,
    value: bytes,
    data: bytes,
    hashed: hashes.HashAlgorithm | None,
    pad: padding.AsymmetricPadding | None = None,
) -> bool:
    """Tell whether a key made a signature as X.509 objects carry it."""
    try:
        _verify(key, value, data, hashed, pad or padding.PKCS1v15())
    except Exception:  # noqa: BLE001 -- InvalidSignature, UnsupportedAlgorithm, ValueError all mean no
        return False
    return True


def _verify(
    key: PublicKeyTypes,
    value: bytes,
    data: bytes,
    hashed: hashes.HashAlgorithm | None,
    pad: padding.AsymmetricPadding,
) -> None:
    if isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
        key.verify(value, data)
    elif isinstance(key, rsa.RSAPublicKey) and hashed is not None:
        key.verify(value, data, pad, hashed)
    elif isinstance(key, ec.EllipticCurvePublicKey) and hashed is not None:
        key.verify(value, data, ec.ECDSA(hashed))
    elif isinstance(key, dsa.DSAPublicKey) and hashed is not None:
        key.verify(value, data, hashed)
    else:
        msg = "key type"
        raise CertificateError(msg)


def key_bits(key: PublicKeyTypes) -> bytes:
    """Return the bits of subjectPublicKey, over which key identifiers are made."""
    if isinstance(key, rsa.RSAPublicKey):
        return key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    if isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
        return key.public_bytes_raw()
    return b""


def _load(der: bytes) -> Certificate:
    with warnings.catch_warnings():
        # Real certificates break rules that cryptography only warns about.
        warnings.simplefilter("ignore")
        one = x509.load_der_x509_certificate(der)
        saved = _extensions(one, der)
        found = saved.extensions
        subject, issuer = name_key(one.subject), name_key(one.issuer)
        constraints = value(found, x509.BasicConstraints)
        key_id = value(found, x509.SubjectKeyIdentifier)
        issuer_key_id = value(found, x509.AuthorityKeyIdentifier)
        extended = value(found, x509.ExtendedKeyUsage)
        key = one.public_key()
        return Certificate(
            der=der,
            sha256=hashlib.sha256(der).hexdigest(),
            subject=subject,
            issuer=issuer,
            subject_der=one.subject.public_bytes(),
            serial=one.serial_number,
            valid_from=one.not_valid_before_utc,
            valid_to=one.not_valid_after_utc,
            public_key=key,
            rsa_bits=key.key_size if isinstance(key, rsa.RSAPublicKey | dsa.DSAPublicKey) else None,
            ec_bits=key.key_size if isinstance(key, ec.EllipticCurvePublicKey) else None,
            key_id=None if key_id is None else key_id.digest,
            issuer_key_id=None if issuer_key_id is None else issuer_key_id.key_identifier,
            has_extensions=bool(found or saved.unreadable),
            is_ca=constraints is not None and constraints.ca,
            path_length=None if constraints is None else constraints.path_length,
            key_usage=_key_usage(value(found, x509.KeyUsage)),
            extended_usage=None
            if extended is None
            else frozenset(o.dotted_string for o in extended),
            no_revocation_check=ExtensionOID.OCSP_NO_CHECK in found,
            unknown_critical=extensions.has_unknown_critical(found),
            unreadable=saved.unreadable,
            unreadable_critical=saved.unreadable_critical,
            names=_names(subject, saved),
            name_constraints=extensions.name_constraints(found),
            policies=extensions.policy_facts(found, is_self_issued=subject == issuer),
            points=extensions.points(found, issuer),
            crl_urls=_crl_urls(value(found, x509.CRLDistributionPoints)),
            ocsp_urls=_access(found, AuthorityInformationAccessOID.OCSP),
            issuer_urls=_access(found, AuthorityInformationAccessOID.CA_ISSUERS),
            common_name=_text(one.subject, NameOID.COMMON_NAME),
            organisation=_text(one.subject, NameOID.ORGANIZATION_NAME),
            issuer_name=_text(one.issuer, NameOID.COMMON_NAME),
            hash_name=_hash_name(one),
        )


def _extensions(one: x509.Certificate, der: bytes) -> Salvaged:
    try:
        found: Extensions = {extension.oid: extension for extension in one.extensions}
        extensions.require_readable(found)
    except Exception:  # noqa: BLE001 -- ValueError, but KeyError and classes of cryptography's own too
        return salvage(der)
    return Salvaged(extensions=found)


def _hash_name(one: x509.Certificate) -> str | None:
    """Return the digest of a signature, None for Edwards curves; the OID of what is not known.

    A signer is who he is even if nobody can check who issued his certificate.
    """
    try:
        hashed = one.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return one.signature_algorithm_oid.dotted_string
    return None if hashed is None else hashed.name.replace("-", "_")


def _names(subject: NameKey, saved: Salvaged) -> tuple[GeneralName, ...]:
    """Return what name constraints bear on: subject, addresses in it, alternative names."""
    unread = ExtensionOID.SUBJECT_ALTERNATIVE_NAME.dotted_string in saved.unreadable
    return (
        *((directory(subject),) if subject else ()),
        *(GeneralName(form=Form.EMAIL, text=text) for oid, text in subject if oid == EMAIL_OID),
        *extensions.alternative_names(saved.extensions),
        *((GeneralName(form=Form.UNREADABLE),) if unread else ()),
    )


def _text(name: x509.Name, oid: x509.ObjectIdentifier) -> str | None:
    found = name.get_attributes_for_oid(oid)
    return str(found[0].value) if found else None


def _key_usage(usage: x509.KeyUsage | None) -> frozenset[str] | None:
    if usage is None:
        return None
    return frozenset(use for use in _SIGNING_USES if getattr(usage, use))


def _crl_urls(points: x509.CRLDistributionPoints | None) -> tuple[str, ...]:
    names = [name for point in points or () for name in point.full_name or ()]
    return tuple(name.value for name in names if isinstance(name, x509.UniformResourceIdentifier))


def _access(found: Extensions, method: x509.ObjectIdentifier) -> tuple[str, ...]:
    access = value(found, x509.AuthorityInformationAccess)
    return tuple(
        one.access_location.value
        for one in access or ()
        if one.access_method == method
        and isinstance(one.access_location, x509.UniformResourceIdentifier)
    )
