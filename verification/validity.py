"""Whether a certificate's chain held at the moment a signature is proven to have existed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice, pairwise

from cryptography import x509

from verification import paths, trust
from verification.certificates import Certificate
from verification.context import Context, conclude, failed, remark, unsure
from verification.inquiry import Inquiry
from verification.model import Finding, Indication, SubIndication
from verification.paths import Chain
from verification.statuses import Revocation, Sources, Status
from verification.trust import Anchor

_ALGORITHMS = "V-15"
_PASSED_OVER = "verification.extension-unreadable"
# Roots that are renewed and certify each other make two or three chains; each costs a judgement.
_MAX_CHAINS = 8
_SEVERITIES = (Indication.TOTAL_PASSED, Indication.INDETERMINATE, Indication.TOTAL_FAILED)
# There is data, made by a key that has expired since, and nothing proves that it is older.
_NO_PROOF = Revocation(status=Status.STALE)
# RFC 3161 §4: an authority that was revoked for one of these had not lost its key, so what it
# stamped before stays stamped.
_KEY_WAS_SAFE = frozenset(
    {
        x509.ReasonFlags.unspecified,
        x509.ReasonFlags.affiliation_changed,
        x509.ReasonFlags.superseded,
        x509.ReasonFlags.cessation_of_operation,
    }
)
_LEAF_REVOKED = frozenset({"verification.revoked", "verification.revoked-no-proof"})


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
    """What was found about a chain, and the anchor that it ends at.

    ``in_store`` tells whether the file's DSS alone carries the revocation data.
    """

    findings: list[Finding] = field(default_factory=list)
    chain: Chain = ()
    anchor: Anchor | None = None
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

    Several chains may lead to anchors: the first that holds is taken, else the one that fails
    least. A signer's certificate that was revoked is so on any of them.

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
    own: list[Finding] = []
    _check_leaf(leaf, when, own, for_timestamps=for_timestamps)
    known = context.known(*(() if container is None else (container,)))
    inquiry = Inquiry(context=context, at=when.proof, known=known)
    best: ChainVerdict | None = None
    for chain, anchor in _trusted_chains(leaf, when, context, for_timestamps=for_timestamps):
        found = (
            _mistrusted(chain) if anchor is None else _try(chain, (when, proven or when), inquiry)
        )
        context.used.update(one.sha256 for one in chain)
        found.anchor = anchor
        if best is None or _rank(found) < _rank(best):
            best = found
        if _rank(found) == 0 or _leaf_is_revoked(found):
            best = found
            break
    verdict = best or ChainVerdict(findings=[_no_chain(context)])
    verdict.findings[:0] = own
    verdict.in_store = _is_in_store(verdict.chain, when, context)
    return verdict


def _trusted_chains(
    leaf: Certificate, when: Moment, context: Context, *, for_timestamps: bool
) -> Iterator[tuple[Chain, Anchor | None]]:
    """Yield chains with the anchor that was trusted then, None if none was."""
    found = trust.find_chains(
        leaf, context.embedded, context.trusted, for_timestamps=for_timestamps, at=when.proof
    )
    for chain in islice(found, _MAX_CHAINS):
        ends = context.trusted.ends(chain[-1], for_timestamps=for_timestamps)
        yield chain, next((one for one in ends if one.is_trusted_at(when.proof)), None)


def _of_path(chain: Chain, broken: str | None) -> Iterator[Finding]:
    """Say why a path does not hold, and what of it could not be read."""
    if broken is not None:
        named = paths.unreadable_critical(chain) if broken == paths.UNREADABLE else ()
        facts = {"extensions": ", ".join(named)} if named else {}
        yield unsure("V-11", broken, SubIndication.CHAIN_CONSTRAINTS_FAILURE, **facts)
    if passed_over := paths.unreadable_optional(chain):
        yield remark("V-11", _PASSED_OVER, extensions=", ".join(passed_over))


def _try(chain: Chain, moments: tuple[Moment, Moment], inquiry: Inquiry) -> ChainVerdict:
    """Judge a chain; of the moments the first is stated, the second proven."""
    verdict = ChainVerdict(chain=chain)
    context, (when, proven) = inquiry.context, moments
    broken = paths.fault(chain, context.policy.certificate_policies)
    if broken is None and any(paths.outdated(chain, each.proof) for each in moments):
        broken = "verification.chain-not-valid-then"
    verdict.findings += _of_path(chain, broken)
    _check_algorithms(chain, proven, context, verdict.findings)
    for one, issuer in pairwise(chain):
        if one.no_revocation_check:
            continue
        answer = _answer(one, issuer, chain[-1], inquiry)
        was_safe = one is chain[0] and answer.reason in _KEY_WAS_SAFE
        verdict.findings.extend(_about(answer, one, when if was_safe else proven, context))
        if answer.source is not None:
            context.used.add(answer.source)
    return verdict


def _answer(
    one: Certificate, issuer: Certificate, anchor: Certificate, inquiry: Inquiry
) -> Revocation:
    """Ask about a certificate; what an expired key says counts only if it is proven to be older.

    EN 319 102-1 §5.6.2.2. An anchor is trusted for as long as whoever trusts it has said, and
    data that the verifier keeps needs no proof.
    """
    context = inquiry.context
    found = inquiry.about(one, issuer, anchor)
    if (
        found.status is not Status.GOOD
        or context.at <= issuer.valid_to
        or issuer is anchor
        or context.existence.was_before(found.source or "", issuer.valid_to)
    ):
        return found
    kept = Inquiry(context=context, at=inquiry.at, known=context.known()[1:])
    again = kept.about(one, issuer, anchor)
    return _NO_PROOF if again.status is Status.UNKNOWN else again


def _mistrusted(chain: Chain) -> ChainVerdict:
    return ChainVerdict(
        findings=[
            unsure(
                "V-11",
                "verification.anchor-not-trusted-then",
                SubIndication.NO_CERTIFICATE_CHAIN_FOUND,
                anchor=chain[-1].common_name or chain[-1].sha256,
            )
        ]
    )


def _no_chain(context: Context) -> Finding:
    code = "verification.no-chain" if context.trusted.anchors else "verification.no-trust-anchors"
    return unsure("V-11", code, SubIndication.NO_CERTIFICATE_CHAIN_FOUND)


def _rank(found: ChainVerdict) -> int:
    """Order verdicts, the better first; a chain to an anchor not trusted then is none at all."""
    if not found.chain:
        return len(_SEVERITIES)
    return _SEVERITIES.index(conclude(found.findings)[0])


def _leaf_is_revoked(found: ChainVerdict) -> bool:
    return any(one.code in _LEAF_REVOKED for one in found.findings)


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
    policy = context.policy
    return (one.rsa_bits is None or policy.accepts_rsa(one.rsa_bits, when.proof)) and (
        one.ec_bits is None or one.ec_bits >= policy.min_ec_bits
    )


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


def _is_in_store(chain: Chain, when: Moment, context: Context) -> bool:
    """Tell whether the file's store alone answers for each member below the anchor (V-14)."""
    if not context.store.certificates:
        return False
    inside = Inquiry(context=context, at=when.proof, known=context.known()[:1])
    return all(
        inside.about(one, issuer, chain[-1]).status in (Status.GOOD, Status.REVOKED)
        for one, issuer in pairwise(chain)
        if not one.no_revocation_check
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
    if found.reason is x509.ReasonFlags.certificate_hold:
        return unsure("V-14", "verification.on-hold", SubIndication.TRY_LATER, **facts)
    if one.is_ca:
        return unsure("V-14", "verification.ca-revoked", SubIndication.REVOKED_CA_NO_POE, **facts)
    admitted = since is None or (when.claimed is not None and when.claimed >= since)
    if admitted:
        return failed("V-14", "verification.revoked", SubIndication.REVOKED, **facts)
    return unsure("V-14", "verification.revoked-no-proof", SubIndication.REVOKED_NO_POE, **facts)
