"""Before a PIN is asked for: is this the right certificate, may this person sign, will it hold?"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from docsvc.clock import VIETNAM
from docsvc.documents import service as documents
from docsvc.documents.stores import Stores
from docsvc.errors import CodedError, DocsvcError
from docsvc.organisations import queries as organisations
from docsvc.revocation.online import Online
from docsvc.sandbox import Answer, Sandbox
from docsvc.steps.sign.preflight import rules
from docsvc.steps.sign.preflight.rules import Candidate, Check, Point, Signing
from docsvc.steps.sign.rules import ROLE_OF
from signing.errors import SigningError
from verification.model import Role as HolderRole

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from docsvc.db.transactions import Tx
    from docsvc.documents.tables import Document
    from docsvc.organisations.mandates import Mandate
    from docsvc.organisations.queries import CertificateRecord
    from docsvc.revocation.asking import Known
    from docsvc.workflow import Step
    from signing.model import Role

_JUDGE = "docsvc.steps.sign.tasks:judge"
_NO_AUTHORITY = "sign.no-timestamp-authority"
# What the network said a moment ago serves a whole queue of documents.
_KEPT_S = 60.0
_MAX_KEPT = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What stands against a signature; what was looked at and is right is in ``passed``."""

    certificate: Candidate | None
    points: tuple[Point, ...]
    passed: tuple[Check, ...]

    @property
    def ready(self) -> bool:
        """Say whether nothing blocks the signature."""
        return not any(one.blocks for one in self.points)


@dataclass(slots=True)
class Recent:
    """What the network said a moment ago, by what was asked."""

    _kept: dict[str, tuple[float, tuple[Point, ...]]] = field(default_factory=dict)

    def of(self, key: str, ask: Callable[[], tuple[Point, ...]]) -> tuple[Point, ...]:
        """Return what is kept, or ask."""
        now = time.monotonic()
        kept = self._kept.get(key)
        if kept is not None and now < kept[0]:
            return kept[1]
        found = ask()
        if len(self._kept) >= _MAX_KEPT:
            self._kept.clear()
        self._kept[key] = (now + _KEPT_S, found)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """Looks at signatures that somebody is about to ask for; changes nothing.

    Attributes:
        probe: gets a timestamp over a SHA-256 digest, quickly or not at all; None: no authority
            is set.
        tokens: labels of the tokens of this machine.
        providers: names of the services that reach a key, such as phones.
        devices: kinds of device that are reached otherwise.
    """

    stores: Stores
    sandbox: Sandbox
    online: Online | None
    trust_dir: str
    policy_file: str
    probe: Callable[[bytes], bytes] | None
    tokens: frozenset[str]
    personal_keys: bool
    recent: Recent
    providers: frozenset[str] = frozenset()
    devices: frozenset[str] = frozenset()

    def look(self, document_id: UUID, step: Step, *, account: str) -> Outcome:
        """Look at everything, with the network; no transaction is open meanwhile.

        Raises:
            DocumentMissingError: there is no such document.
        """
        with self.stores.transactions() as tx:
            document = documents.get(tx, document_id)
            chosen, points, chain = self._chosen(tx, document, step, account)
        if chosen is not None:
            points += self.recent.of(chosen.fingerprint, lambda: self._judged(chain))
        points += self.recent.of("timestamp", self._stamped)
        return _outcome(chosen, points)

    def glance(
        self, found: Collection[Document], step: Step, *, account: str
    ) -> dict[UUID, tuple[Point, ...]]:
        """Look at a queue of documents without asking anybody outside."""
        with self.stores.transactions() as tx:
            known = _Known(tx)
            return {
                one.id: rules.choose(self._signing(known, one, step, account))[1] for one in found
            }

    def require(self, document: Document, step: Step, *, account: str) -> None:
        """Refuse a yes that could only end the document: by the wrong person, or without mandate.

        A certificate that nobody has entered, or a key that is not within reach, may be another
        way's business; the step itself says so.

        Raises:
            CodedError: the code of the first point that blocks.
        """
        with self.stores.transactions() as tx:
            chosen, points = rules.choose(self._signing(_Known(tx), document, step, account))
        if chosen is None:
            return
        for one in points:
            if one.blocks and one.check in {Check.PERSON, Check.MANDATE}:
                facts: dict[str, Any] = dict(one.facts)
                raise CodedError(one.code, **facts)

    def _chosen(
        self, tx: Tx, document: Document, step: Step, account: str
    ) -> tuple[Candidate | None, tuple[Point, ...], tuple[bytes, ...]]:
        known = _Known(tx)
        chosen, points = rules.choose(self._signing(known, document, step, account))
        if chosen is None:
            return None, points, ()
        held = known.certificates(document.unit_code, ROLE_OF[step])
        chain = next(one.chain for one in held if one.fingerprint == chosen.fingerprint)
        return chosen, points, chain

    def _signing(self, known: _Known, document: Document, step: Step, account: str) -> Signing:
        role = ROLE_OF[step]
        authority = document.classification.get("authority") or {}
        held = known.certificates(document.unit_code, role)
        return Signing(
            role=role,
            account=account,
            unit=document.unit_code,
            signer=document.signer,
            kind=document.kind,
            authority=authority.get("value"),
            on=self.stores.clock.now().astimezone(VIETNAM).date(),
            candidates=tuple(map(candidate_of, held)),
            mandates=known.mandates(document.unit_code),
            tokens=self.tokens,
            personal_keys=self.personal_keys,
            providers=self.providers,
            devices=self.devices,
        )

    def _judged(self, chain: tuple[bytes, ...]) -> tuple[Point, ...]:
        at = self.stores.clock.now().isoformat()

        def ask(known: Known | None) -> Answer:
            return self.sandbox.run(_JUDGE, chain, self.trust_dir, self.policy_file, at, known)

        try:
            answer = self.online.complete(ask) if self.online else ask(None)
        except DocsvcError as e:
            return (Point(check=Check.CERTIFICATE, code=e.code, blocks=False, facts=e.facts),)
        return rules.certificate_points(answer.facts["findings"])

    def _stamped(self) -> tuple[Point, ...]:
        if self.probe is None:
            facts = {"level": "B-T"}
            return (Point(check=Check.TIMESTAMP, code=_NO_AUTHORITY, facts=facts),)
        try:
            self.probe(bytes(32))
        except (DocsvcError, SigningError) as e:
            return rules.timestamp_points(e.code)
        return rules.timestamp_points(None)


class _Known:
    """What the inventory knows of each body, read once."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self._certificates: dict[tuple[str, Role], tuple[CertificateRecord, ...]] = {}
        self._mandates: dict[str, tuple[Mandate, ...]] = {}

    def certificates(self, unit: str, role: Role) -> tuple[CertificateRecord, ...]:
        if (unit, role) not in self._certificates:
            found = organisations.certificates_of(self._tx, unit, HolderRole(role))
            self._certificates[unit, role] = found
        return self._certificates[unit, role]

    def mandates(self, unit: str) -> tuple[Mandate, ...]:
        if unit not in self._mandates:
            self._mandates[unit] = organisations.mandates(self._tx, unit)
        return self._mandates[unit]


def candidate_of(one: CertificateRecord) -> Candidate:
    """Return a certificate of the inventory as the rules take it."""
    return Candidate(
        fingerprint=one.fingerprint,
        officer=one.officer,
        full_name=one.full_name,
        account=one.account,
        valid_from=one.valid_from,
        valid_to=one.valid_to,
        lost_on=one.lost_on,
        device=one.device,
        token=one.token if one.key_id is not None else None,
    )


def _outcome(chosen: Candidate | None, points: tuple[Point, ...]) -> Outcome:
    failing = {one.check for one in points}
    looked_at = set(Check) if chosen is not None else failing | {Check.TIMESTAMP}
    if chosen is not None and chosen.officer is None:
        looked_at -= {Check.MANDATE}  # a body's seal needs none
    passed = tuple(one for one in Check if one in looked_at and one not in failing)
    ordered = sorted(points, key=lambda one: list(Check).index(one.check))
    return Outcome(certificate=chosen, points=tuple(ordered), passed=passed)
