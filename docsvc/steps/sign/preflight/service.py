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
from docsvc.sandbox import Sandbox
from docsvc.steps.sign.preflight import rules
from docsvc.steps.sign.preflight.rules import Candidate, Check, Point, Signing
from docsvc.steps.sign.rules import ROLE_OF
from signing.errors import SigningError
from verification.model import Role as HolderRole

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from docsvc.confined import Answer
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


# What is found about a file or a certificate is no error by itself.
_FINDING = "verification."


class CertificateRefusedError(DocsvcError):
    """The certificate to sign with is not for this, or was revoked; ``finding`` is the code."""

    code = "sign.certificate-refused"


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

    def look(self, document_id: UUID, step: Step, *, account: str, wanted: str = "") -> Outcome:
        """Look at everything, with the network; no transaction is open meanwhile.

        Args:
            document_id: what would be signed.
            step: by whom.
            account: who asks.
            wanted: fingerprint of the certificate that was chosen by hand.

        Raises:
            DocumentMissingError: there is no such document.
        """
        with self.stores.transactions() as tx:
            document = documents.get(tx, document_id)
            looked = self._chosen(_Known(tx), document, step, account, wanted)
        return _outcome(looked.chosen, looked.points + self._outside(looked))

    def glance(
        self, found: Collection[Document], step: Step, *, account: str
    ) -> dict[UUID, tuple[Point, ...]]:
        """Look at a queue of documents without asking anybody outside."""
        with self.stores.transactions() as tx:
            known = _Known(tx)
            return {
                one.id: rules.choose(self._signing(known, one, step, account))[1] for one in found
            }

    def choices(
        self, found: Collection[Document], step: Step, *, account: str
    ) -> tuple[Candidate, ...]:
        """Return the certificates that a person may choose between for these documents."""
        with self.stores.transactions() as tx:
            known = _Known(tx)
            each = [rules.choices(self._signing(known, one, step, account)) for one in found]
        return tuple({one.fingerprint: one for held in each for one in held}.values())

    def at_the_door(
        self, found: Collection[Document], step: Step, *, account: str, wanted: str = ""
    ) -> dict[UUID, tuple[Point, ...]]:
        """Return what stands against each yes, before anybody is asked for a PIN.

        The network is asked only about documents that nothing else stands against, once for each
        certificate; what it said a moment ago counts.
        """
        with self.stores.transactions() as tx:
            known = _Known(tx)
            looked = {one.id: self._chosen(known, one, step, account, wanted) for one in found}
        return {
            document_id: one.points + (() if rules.refused(one.points) else self._outside(one))
            for document_id, one in looked.items()
        }

    def require(
        self, document: Document, step: Step, *, account: str, wanted: str = ""
    ) -> tuple[Point, ...]:
        """Refuse a yes that would be worth nothing; return what is said and does not refuse it.

        Raises:
            CertificateRefusedError: verification finds something wrong with the certificate.
            CodedError: the code of the first other point that is refused at the door.
        """
        found = self.at_the_door([document], step, account=account, wanted=wanted)[document.id]
        refused = rules.refused(found)
        if refused is not None:
            facts: dict[str, Any] = dict(refused.facts)
            if refused.code.startswith(_FINDING):
                raise CertificateRefusedError(finding=refused.code)
            raise CodedError(refused.code, **facts)
        return found

    def _chosen(  # the question of `at_the_door`, for one document
        self, known: _Known, document: Document, step: Step, account: str, wanted: str
    ) -> _Looked:
        asked = self._signing(known, document, step, account, wanted)
        chosen, points = rules.choose(asked)
        if chosen is None:
            return _Looked(chosen=None, points=points)
        held = known.certificates(document.unit_code, ROLE_OF[step])
        chain = next(one.chain for one in held if one.fingerprint == chosen.fingerprint)
        return _Looked(chosen=chosen, points=points, chain=chain)

    def _outside(self, looked: _Looked) -> tuple[Point, ...]:
        """Return what others say: about the certificate, and whether a time is to be had."""
        found: tuple[Point, ...] = ()
        if looked.chosen is not None:
            chain = looked.chain
            found = self.recent.of(looked.chosen.fingerprint, lambda: self._judged(chain))
        return found + self.recent.of("timestamp", self._stamped)

    def _signing(  # the question of `at_the_door`, for one document
        self, known: _Known, document: Document, step: Step, account: str, wanted: str = ""
    ) -> Signing:
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
            wanted=wanted,
        )

    def _judged(self, chain: tuple[bytes, ...]) -> tuple[Point, ...]:
        at = self.stores.clock.now().isoformat()

        def ask(known: Known | None) -> Answer:
            return self.sandbox.run(_JUDGE, chain, self.trust_dir, self.policy_file, at, known)

        try:
            answer = self.online.complete(ask) if self.online else ask(None)
        except DocsvcError as e:
            return (rules.point(Check.CERTIFICATE, e.code, **e.facts),)
        return rules.certificate_points(answer.facts["findings"])

    def _stamped(self) -> tuple[Point, ...]:
        if self.probe is None:
            return (rules.point(Check.TIMESTAMP, _NO_AUTHORITY, level="B-T"),)
        try:
            self.probe(bytes(32))
        except (DocsvcError, SigningError) as e:
            return rules.timestamp_points(e.code)
        return rules.timestamp_points(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looked:
    """What the inventory says about one signature; ``chain`` is of the chosen certificate."""

    chosen: Candidate | None
    points: tuple[Point, ...]
    chain: tuple[bytes, ...] = ()


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
        serial=one.serial,
    )


def _outcome(chosen: Candidate | None, points: tuple[Point, ...]) -> Outcome:
    failing = {one.check for one in points}
    looked_at = set(Check) if chosen is not None else failing | {Check.TIMESTAMP}
    if chosen is not None and chosen.officer is None:
        looked_at -= {Check.MANDATE}  # a body's seal needs none
    passed = tuple(one for one in Check if one in looked_at and one not in failing)
    ordered = sorted(points, key=lambda one: list(Check).index(one.check))
    return Outcome(certificate=chosen, points=tuple(ordered), passed=passed)
