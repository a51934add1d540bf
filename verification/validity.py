"""Whether a certificate's chain held at the moment a signature is proven to have existed."""

from dataclasses import dataclass, field
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

from verification import statuses, trust
from verification.certificates import Certificate
from verification.context import Context, failed, remark, unsure
from verification.model import Finding, SubIndication
from verification.statuses import Revocation, Sources, Status

_ALGORITHMS = "V-15"
# There is data, made by a key that has expired since, and nothing proves that it is older.
_NO_PROOF = Revocation(status=Status.STALE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When a signature existed: proven by ``proof``, claimed by its signer or not at all.

    ``is_trusted`` tells whether a timestamp stands behind ``proof``; else it is now.
    """

    proof: datetime
    is_trusted: bool
    claimed: datetime | None = None


@dataclass(slots=True)
class ChainVerdict:
    """What was found about a chain; ``in_store`` if the file's DSS alone carries it."""

    findings: list[Finding] = field(default_factory=list)
    chain: tuple[Certificate, ...] = ()
    in_store: bool = False


def judge(
    leaf: Certificate,
    when: Moment,
    context: Context,
    *,
    for_timestamps: bool = False,
    container: Sources | None = None,
    proven: Moment | None = None,
) -> ChainVerdict:
    """Judge a certificate by its chain (V-11 to V-15).

    Args:
        leaf: the signer's, or the timestamp authority's certificate.
        when: the moment to judge it at.
        context: trust, policy and evidence.
        for_timestamps: whether it is an authority's.
        container: revocation data of the signature's own container.
        proven: when the signature is known to have existed, if ``when`` is only what an
            authority states; algorithms and revocations are judged by it.

    Returns:
        Findings in the order of the checks; none of them fails if the chain held.
    """
    verdict = ChainVerdict()
    _check_leaf(leaf, when, verdict.findings, for_timestamps=for_timestamps)
    chain = trust.find_chain(leaf, context.embedded, context.trusted, for_timestamps=for_timestamps)
    if chain is None:
        code = (
            "verification.no-chain" if context.trusted.anchors else "verification.no-trust-anchors"
        )
        verdict.findings.append(unsure("V-11", code, SubIndication.NO_CERTIFICATE_CHAIN_FOUND))
        return verdict
    verdict.chain = chain
    context.used.update(one.sha256 for one in chain)
    known = proven or when
    if not (trust.chain_fits(chain, when.proof) and trust.chain_fits(chain, known.proof)):
        verdict.findings.append(
            unsure(
                "V-11",
                "verification.chain-not-valid-then",
                SubIndication.CHAIN_CONSTRAINTS_FAILURE,
            )
        )
    _check_algorithms(chain, known, context, verdict.findings)
    _check_revocation(verdict, (when, known), context, container)
    return verdict


def _check_leaf(
    leaf: Certificate, when: Moment, findings: list[Finding], *, for_timestamps: bool
) -> None:
    if when.proof < leaf.valid_from:
        findings.append(failed("V-12", "verification.not-yet-valid", SubIndication.NOT_YET_VALID))
    elif when.proof > leaf.valid_to:
        admitted = when.claimed is not None and when.claimed > leaf.valid_to
        findings.append(
            failed("V-12", "verification.expired", SubIndication.EXPIRED)
            if admitted
            else unsure("V-12", "verification.expired-no-proof", SubIndication.OUT_OF_BOUNDS_NO_POE)
        )
    fits = leaf.is_for_timestamps if for_timestamps else _may_sign(leaf)
    if not fits:
        findings.append(
            unsure("V-13", "verification.key-usage", SubIndication.CHAIN_CONSTRAINTS_FAILURE)
        )


def _may_sign(leaf: Certificate) -> bool:
    """EN 319 412-2 §4.3.2: either bit serves; a CA's or an authority's key signs no document."""
    uses = leaf.may("digital_signature") or leaf.may("content_commitment")
    return uses and not leaf.is_for_timestamps


def _check_algorithms(
    chain: tuple[Certificate, ...], when: Moment, context: Context, findings: list[Finding]
) -> None:
    """Judge keys of all members, and the digest of each signature but the anchor's own."""
    for one in chain:
        if not key_is_strong(one, when, context):
            findings.append(
                unsure(
                    _ALGORITHMS,
                    "verification.weak-key",
                    SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE,
                )
            )
            return
    for one in chain[:-1]:
        if one.hash_name is not None:
            found = check_digest(one.hash_name, when, context)
            if found is not None:
                findings.append(found)
                return


def key_is_strong(one: Certificate, when: Moment, context: Context) -> bool:
    """Tell whether a key is as long as the policy asked then; Edwards curves always are."""
    key = one.public_key
    if isinstance(key, rsa.RSAPublicKey | dsa.DSAPublicKey):
        return context.policy.accepts_rsa(key.key_size, when.proof)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.curve.key_size >= context.policy.min_ec_bits
    return True


def check_digest(name: str, when: Moment, context: Context) -> Finding | None:
    """Judge a digest by the date until which the policy accepts it."""
    until = context.policy.hashes.get(name)
    if until is not None and when.proof <= until:
        return None
    if until is not None and not when.is_trusted:
        return unsure(
            _ALGORITHMS,
            "verification.weak-digest-no-proof",
            SubIndication.CRYPTO_CONSTRAINTS_FAILURE_NO_POE,
            algorithm=name,
        )
    return unsure(
        _ALGORITHMS,
        "verification.weak-digest",
        SubIndication.CRYPTO_CONSTRAINTS_FAILURE,
        algorithm=name,
    )


def _check_revocation(
    verdict: ChainVerdict,
    moments: tuple[Moment, Moment],
    context: Context,
    container: Sources | None,
) -> None:
    """Ask for each member below the anchor; note whether the file's store suffices (V-14)."""
    when, proven = moments
    inside = context.known()[:1]
    everywhere = context.known(*(() if container is None else (container,)))
    verdict.in_store = bool(context.store.certificates)
    for one, issuer in zip(verdict.chain, verdict.chain[1:], strict=False):
        if one.no_revocation_check:
            continue
        found = statuses.status(one, issuer, at=when.proof, known=everywhere, policy=context.policy)
        if not _data_counts(found, issuer, verdict.chain[-1], context):
            kept = context.known()[1:]
            found = statuses.status(one, issuer, at=when.proof, known=kept, policy=context.policy)
            found = found if found.status is not Status.UNKNOWN else _NO_PROOF
        if found.source is not None:
            context.used.add(found.source)
        verdict.findings.extend(_about(found, one, proven, context))
        stored = statuses.status(one, issuer, at=when.proof, known=inside, policy=context.policy)
        verdict.in_store = verdict.in_store and stored.status in (Status.GOOD, Status.REVOKED)


def _data_counts(
    found: Revocation, issuer: Certificate, anchor: Certificate, context: Context
) -> bool:
    """EN 319 102-1 §5.6.2.2: what an expired key says counts if it is proven to be older.

    An anchor is trusted for as long as whoever trusts it has said.
    """
    return (
        found.status is not Status.GOOD
        or context.at <= issuer.valid_to
        or issuer is anchor
        or (
            found.source is not None and context.existence.was_before(found.source, issuer.valid_to)
        )
    )


def _about(found: Revocation, one: Certificate, when: Moment, context: Context) -> list[Finding]:
    if found is _NO_PROOF:
        sub = SubIndication.REVOCATION_OUT_OF_BOUNDS_NO_POE
        return [unsure("V-14", "verification.revocation-no-proof", sub)]
    if found.status is Status.GOOD:
        return []
    if found.status is Status.REVOKED:
        return [_revoked(found, one, when)]
    code = (
        "verification.revocation-stale"
        if found.status is Status.STALE
        else "verification.revocation-unknown"
    )
    if context.policy.require_revocation:
        return [unsure("V-14", code, SubIndication.TRY_LATER)]
    return [remark("V-14", code)]


def _revoked(found: Revocation, one: Certificate, when: Moment) -> Finding:
    """Judge a revocation by its date; a signer who claims a later date admits it (§5.5.4)."""
    since = found.since
    facts = {} if since is None else {"since": since.isoformat()}
    if since is not None and when.is_trusted and when.proof < since:
        return remark("V-14", "verification.revoked-later", **facts)
    if one.is_ca:
        return unsure("V-14", "verification.ca-revoked", SubIndication.REVOKED_CA_NO_POE, **facts)
    admitted = since is None or (when.claimed is not None and when.claimed >= since)
    if admitted:
        return failed("V-14", "verification.revoked", SubIndication.REVOKED, **facts)
    return unsure("V-14", "verification.revoked-no-proof", SubIndication.REVOKED_NO_POE, **facts)
