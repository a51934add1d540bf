"""Asking about revocation along a chain: the data, and who was entitled to sign it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import pairwise

from verification import paths, statuses, trust
from verification.certificates import Certificate
from verification.context import Context
from verification.crls import Crl
from verification.paths import Chain
from verification.statuses import Question, Revocation, Sources, Status

# An authority signs its lists with one key beside its own, while keys change with two.
_MAX_SIGNERS = 16
# Chains looked at for the signers of lists, in all that is asked about one certificate.
_MAX_PATHS = 32


@dataclass(slots=True, kw_only=True)
class Inquiry:
    """Questions about one moment, answered from the same data.

    Attributes:
        context: policy, and the certificates at hand.
        at: the moment in question.
        known: revocation data.
    """

    context: Context
    at: datetime
    known: tuple[Sources, ...]
    # (signer, anchor, list) → whether the signer was entitled; None while that is being asked.
    _entitled: dict[tuple[str, str, str], bool | None] = field(default_factory=dict)
    _paths: Iterator[int] = field(default_factory=lambda: iter(range(_MAX_PATHS)))

    def about(self, one: Certificate, issuer: Certificate, anchor: Certificate) -> Revocation:
        """Return what is known about a member of a chain that ends at an anchor."""
        question = Question(
            at=self.at,
            known=self.known,
            policy=self.context.policy,
            signers=partial(self._signers, one, anchor),
        )
        return statuses.status(one, issuer, question)

    def _signers(self, asked: Certificate, anchor: Certificate, crl: Crl) -> Iterator[Certificate]:
        """Yield who signed a list, if entitled to; a list may speak of its own signer."""
        name = crl.issuer
        trusted, embedded = self.context.trusted.issuers, self.context.embedded
        candidates = (*trusted.get(name, ()), *embedded.get(name, ()))
        for one in candidates[:_MAX_SIGNERS]:
            if crl.is_signed_by(one) and (one is asked or self._is_entitled(one, anchor, crl)):
                yield one

    def _is_entitled(self, signer: Certificate, anchor: Certificate, crl: Crl) -> bool:
        """RFC 5280 §6.3.3 (f): a valid path leads from the signer to the same anchor."""
        key = (signer.sha256, anchor.sha256, crl.sha256)
        if key not in self._entitled:
            self._entitled[key] = None
            self._entitled[key] = any(
                self._holds(chain, crl) for chain in self._chains(signer, anchor, crl)
            )
        return self._entitled[key] is True

    def _chains(self, signer: Certificate, anchor: Certificate, crl: Crl) -> Iterator[Chain]:
        found = trust.find_chains(
            signer,
            self.context.embedded,
            self.context.trusted,
            for_timestamps=True,
            at=crl.this_update,
        )
        for _, chain in zip(self._paths, found, strict=False):
            if chain[-1].sha256 == anchor.sha256:
                yield chain

    def _holds(self, chain: Chain, crl: Crl) -> bool:
        signer, made = chain[0], crl.this_update
        return (
            signer.valid_from <= made <= signer.valid_to
            and not paths.outdated(chain, made)
            and paths.fault(chain, self.context.policy.certificate_policies) is None
            and all(self._is_good(one, issuer, chain[-1]) for one, issuer in pairwise(chain))
        )

    def _is_good(self, one: Certificate, issuer: Certificate, anchor: Certificate) -> bool:
        if one.no_revocation_check:
            return True
        found = self.about(one, issuer, anchor).status
        strict = self.context.policy.require_revocation
        return found is Status.GOOD or (not strict and found is not Status.REVOKED)
