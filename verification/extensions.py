"""Certificate extensions that bear on chains and revocation, as records of our own."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from verification import der
from verification.certificate_policies import PolicyFacts
from verification.names import (
    GeneralName,
    NameConstraints,
    NameKey,
    directory,
    general_name,
    name_key,
)

Extensions: TypeAlias = Mapping[x509.ObjectIdentifier, x509.Extension[x509.ExtensionType]]
_Kind = TypeVar("_Kind", bound=x509.ExtensionType)

# Understood here; any other extension that is critical makes a certificate unfit (RFC 5280 §4.2).
_UNDERSTOOD = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.CERTIFICATE_POLICIES,
        ExtensionOID.POLICY_MAPPINGS,
        ExtensionOID.POLICY_CONSTRAINTS,
        ExtensionOID.INHIBIT_ANY_POLICY,
        ExtensionOID.NAME_CONSTRAINTS,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
        ExtensionOID.ISSUER_ALTERNATIVE_NAME,
        ExtensionOID.CRL_DISTRIBUTION_POINTS,
        ExtensionOID.FRESHEST_CRL,
        ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
        ExtensionOID.SUBJECT_KEY_IDENTIFIER,
        ExtensionOID.AUTHORITY_INFORMATION_ACCESS,
        ExtensionOID.OCSP_NO_CHECK,
    }
)
# RFC 5280 §4.2.1.13; "unspecified" is no reason that a list could be limited to.
_REASONS = tuple(
    flag
    for flag in x509.ReasonFlags
    if flag not in (x509.ReasonFlags.unspecified, x509.ReasonFlags.remove_from_crl)
)
# Reasons as bits: sets of them are joined and met for each list that is asked.
ALL_REASONS = (1 << len(_REASONS)) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A distribution point: what a list for it is called, who issues it, for which reasons.

    ``issuers`` is empty where it is the certificate's own issuer.
    """

    names: frozenset[GeneralName]
    issuers: tuple[NameKey, ...] = ()
    reasons: int = ALL_REASONS


def value(found: Extensions, kind: type[_Kind]) -> _Kind | None:
    """Return the value of an extension, if it is there."""
    extension = found.get(kind.oid)
    return extension.value if extension is not None and isinstance(extension.value, kind) else None


def has_unknown_critical(found: Extensions) -> bool:
    """Tell whether there is a critical extension that nothing here understands."""
    return any(each.critical and oid not in _UNDERSTOOD for oid, each in found.items())


def require_readable(found: Extensions) -> None:
    """Read what cryptography leaves as it is and a chain is judged by.

    Raises:
        ValueError: it is broken.
    """
    for _ in _mappings(found):
        pass


def alternative_names(found: Extensions) -> tuple[GeneralName, ...]:
    """Return the subject's alternative names."""
    return tuple(general_name(one) for one in value(found, x509.SubjectAlternativeName) or ())


def name_constraints(found: Extensions) -> NameConstraints | None:
    """Return the constraints on names below this certificate."""
    stated = value(found, x509.NameConstraints)
    if stated is None:
        return None
    return NameConstraints(
        permitted=tuple(general_name(one) for one in stated.permitted_subtrees or ()),
        excluded=tuple(general_name(one) for one in stated.excluded_subtrees or ()),
    )


def policy_facts(found: Extensions, *, is_self_issued: bool) -> PolicyFacts:
    """Return what a certificate says of policies."""
    policies = value(found, x509.CertificatePolicies)
    constraints = value(found, x509.PolicyConstraints)
    inhibit = value(found, x509.InhibitAnyPolicy)
    mappings: dict[str, frozenset[str]] = {}
    for policy, target in _mappings(found):
        mappings[policy] = mappings.get(policy, frozenset()) | {target}
    return PolicyFacts(
        stated=None
        if policies is None
        else frozenset(one.policy_identifier.dotted_string for one in policies),
        mappings=mappings,
        require_explicit=None if constraints is None else constraints.require_explicit_policy,
        inhibit_mapping=None if constraints is None else constraints.inhibit_policy_mapping,
        inhibit_any=None if inhibit is None else inhibit.skip_certs,
        is_self_issued=is_self_issued,
    )


def _mappings(found: Extensions) -> Iterator[tuple[str, str]]:
    """Yield pairs of policies, the issuer's domain first (RFC 5280 §4.2.1.5).

    Raises:
        ValueError: the extension is broken.
    """
    stated = found.get(ExtensionOID.POLICY_MAPPINGS)
    if stated is None or not isinstance(stated.value, x509.UnrecognizedExtension):
        return
    data = stated.value.value
    for pair in der.children(data, der.element(data, 0)):
        policy, target = (data[one.start : one.end] for one in der.children(data, pair))
        yield der.oid(policy), der.oid(target)


def points(found: Extensions, issuer: NameKey) -> tuple[Point, ...]:
    """Return the distribution points of a certificate.

    The last is the one that every certificate has: lists named as its issuer is (RFC 5280 §6.3.3).
    """
    return (
        *(_point(one, issuer) for one in value(found, x509.CRLDistributionPoints) or ()),
        Point(names=frozenset({directory(issuer)})),
    )


def _point(one: x509.DistributionPoint, issuer: NameKey) -> Point:
    issuers = tuple(
        name_key(each.value)
        for each in one.crl_issuer or ()
        if isinstance(each, x509.DirectoryName)
    )
    # RFC 5280 §4.2.1.13: a relative name continues the name of the list's issuer.
    above = issuers[0] if issuers else issuer
    return Point(
        names=point_names(one.full_name, one.relative_name, above),
        issuers=issuers,
        reasons=reason_bits(one.reasons),
    )


def reason_bits(reasons: Collection[x509.ReasonFlags] | None) -> int:
    """Return reasons as bits; where none are named all are meant."""
    if reasons is None:
        return ALL_REASONS
    return sum(1 << place for place, flag in enumerate(_REASONS) if flag in reasons)


def point_names(
    full: Iterable[x509.GeneralName] | None,
    relative: x509.RelativeDistinguishedName | None,
    above: NameKey,
) -> frozenset[GeneralName]:
    """Return the names of a distribution point, the relative one made whole."""
    if relative is not None:
        return frozenset({directory((*above, *name_key(relative)))})
    return frozenset(general_name(one) for one in full or ())
