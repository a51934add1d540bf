"""The composition root: settings become an engine, stores, children, tokens and a road."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, select

from archive.ocfl import StorageRoot
from docsvc.blobs.store import Blobs, Objects
from docsvc.clock import Clock, SystemClock
from docsvc.db.engine import open_engine
from docsvc.db.transactions import Transactions, transactions_of
from docsvc.documents import revisions
from docsvc.documents import service as documents
from docsvc.documents.service import Ending
from docsvc.documents.stores import Stores
from docsvc.jobs.engine import JobQueue
from docsvc.organisations import queries as organisations
from docsvc.organisations.rules import Device
from docsvc.organisations.tables import Unit
from docsvc.revocation.online import Online
from docsvc.revocation.opening import open_online
from docsvc.revocation.table_index import TableIndex
from docsvc.sandbox import Sandbox
from docsvc.settings import Settings
from docsvc.steps import PRELOAD
from docsvc.steps.deposit.store import open_archive
from docsvc.steps.receive import appendices, copies
from docsvc.steps.receive.service import Accepted, Offer, Reception
from docsvc.steps.register import service as register
from docsvc.steps.register.paper import PaperEntry, register_paper
from docsvc.steps.sign import asking, waiting
from docsvc.steps.sign.activation import Activations
from docsvc.steps.sign.batch import Batches
from docsvc.steps.sign.factories import Surroundings, factories
from docsvc.steps.sign.handout import HandOuts
from docsvc.steps.sign.placement import Placements
from docsvc.steps.sign.preflight.service import Preflight, Recent
from docsvc.steps.sign.providers import CallBack, Providers
from docsvc.steps.sign.reports import Sealer
from docsvc.steps.sign.requests import Requests
from docsvc.steps.sign.token import Tokens
from docsvc.steps.timestamp.service import Augmenter
from docsvc.steps.verify import service as verify
from docsvc.steps.verify.forms import Form
from docsvc.steps.verify.reports import Examination, Reporter
from docsvc.timestamps.service import Authorities
from docsvc.timestamps.usage import Usage
from docsvc.workflow import State, Step
from signing.signers.remote.credential import Activation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

    from docsvc.catalog.messages import Lang
    from docsvc.steps.receive.copies import CopyOrder
    from docsvc.steps.sign.waiting import Waiting

# What a timestamp is asked over to see whether one is to be had.
_SELF_CHECK = hashlib.sha256(b"docsvc doctor").digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that the web, the worker and the command line stand on."""

    settings: Settings
    engine: Engine
    clock: Clock
    transactions: Transactions
    blobs: Blobs
    jobs: JobQueue
    sandbox: Sandbox
    stores: Stores
    tokens: Tokens
    timestamps: Authorities
    requests: Requests
    online: Online | None
    root: StorageRoot
    verifier: verify.Verifier
    recent: Recent = field(default_factory=Recent)

    def accept(self, data: bytes, offer: Offer) -> Accepted:
        """Take an upload in; see `Reception.accept`."""
        return self._reception.accept(data, offer)

    def make_copy(self, order: CopyOrder) -> Accepted:
        """Make a copy of an issued document; see `steps.receive.copies.make`."""
        return copies.make(order, reception=self._reception)

    def attach_appendix(self, main_id: UUID, data: bytes, offer: Offer) -> Accepted:
        """Take an appendix in; see `steps.receive.appendices.attach`."""
        return appendices.attach(main_id, data, offer, reception=self._reception)

    @property
    def _reception(self) -> Reception:
        return Reception(
            stores=self.stores,
            jobs=self.jobs,
            sandbox=self.sandbox,
            max_bytes=self.settings.max_upload_bytes,
        )

    def confirm(
        self,
        document_id: UUID,
        step: Step,
        *,
        account: str,
        facts: Mapping[str, object] | None = None,
    ) -> None:
        """Say yes to a step that a document waits for; its road goes on.

        Raises:
            NotWaitingError: it does not wait for that.
        """
        with self.transactions() as tx:
            documents.confirm(
                tx, document_id, step, account=account, at=self.clock.now(), facts=facts
            )
            self.jobs.enqueue(tx, document_id)

    def refuse(self, document_id: UUID, *, account: str, reason: str) -> None:
        """End a road with a person's reason; a number that was drawn stays, void."""
        at = self.clock.now()
        with self.transactions() as tx:
            leg = documents.waiting_leg(tx, document_id)
            ending = Ending(
                state=State.REJECTED,
                step=leg.step,
                code="documents.refused",
                facts={"reason": reason},
                actor=account,
            )
            documents.end(tx, document_id, ending, at=at)
            register.void(tx, document_id, reason=reason)

    def signing_requests(self, document_id: UUID) -> list[Waiting]:
        """Return what holders of keys were and are asked for a document, the oldest first."""
        with self.transactions() as tx:
            return waiting.requests_of(tx, document_id, providers=self.requests.providers)

    def cancel_signature(self, document_id: UUID, *, account: str) -> None:
        """Give up the request that a document waits for; raises as `waiting.cancel` does."""
        with self.transactions() as tx:
            waiting.cancel(tx, document_id, account=account, requests=self.requests)

    def ask_again(self, document_id: UUID, *, account: str, certificate: str = "") -> None:
        """Ask for a signature with a new request; raises as `waiting.ask_again` does."""
        with self.transactions() as tx:
            waiting.ask_again(
                tx,
                document_id,
                account=account,
                requests=self.requests,
                certificate=certificate,
            )

    def signature_step(self, document_id: UUID) -> Step:
        """Return the signature that a document is before; raises as `waiting.step_of` does."""
        with self.transactions() as tx:
            return waiting.step_of(tx, document_id)

    def call_back(
        self, provider: str, body: bytes, headers: Mapping[str, str], *, path: str = ""
    ) -> None:
        """Take what a provider sends by itself; raises as `asking.take_call_back` does."""
        said = CallBack(body=body, headers=headers, path=path)
        asking.take_call_back(self.requests, self.transactions, provider, said)

    @property
    def batches(self) -> Batches:
        """Return what signs many documents in one confirmation."""
        return Batches(transactions=self.transactions, requests=self.requests)

    @property
    def activations(self) -> Activations:
        """Return what takes PINs and codes of remote keys, each for one signing."""
        return Activations(requests=self.requests, transactions=self.transactions)

    def activate(self, transaction: str, *, pin: str, code: str, account: str) -> None:
        """Sign with what the holder of a key typed; raises as `Activations.give` does."""
        self.activations.give(transaction, Activation(pin=pin, otp=code), account=account)

    @property
    def placements(self) -> Placements:
        """Return what keeps the places that clerks point at."""
        return Placements(stores=self.stores)

    def register_paper(self, entry: PaperEntry) -> UUID:
        """Enter a document that exists on paper only; see `steps.register.paper`."""
        return register_paper(entry, stores=self.stores)

    def check(self, pdf: bytes, *, file: str = "") -> dict[str, Any]:
        """Return the verdict of a file; nothing is kept."""
        return self.verifier.verdict(pdf, file=file)

    def examine(self, pdf: bytes, *, file: str, lang: Lang) -> Examination:
        """Return what is found about a file, in words too; nothing is kept."""
        return self._reporter.examine(pdf, file=file, lang=lang)

    def report(self, examined: Examination, form: Form) -> bytes:
        """Draw a report; as PDF it is sealed if the settings say with what, B-LT if there is a TSA.

        Raises:
            DocsvcError: the seal is not to be had.
        """
        sealer = self._sealer
        seal = sealer.seal() if form is Form.PDF else None
        drawn = self._reporter.draw(examined, form, sealed_by=seal.name if seal else None)
        if seal is None:
            return drawn
        sealed = sealer.apply(drawn, seal)
        return self.augmenter.to_lt(sealed) if self.settings.authorities else sealed

    @property
    def handouts(self) -> HandOuts:
        """Return what hands files out to be signed on somebody's own PC."""
        return HandOuts(
            stores=self.stores,
            jobs=self.jobs,
            sandbox=self.sandbox,
            valid_for=timedelta(minutes=self.settings.handout_minutes),
            new_fields=self.settings.handout_new_fields,
        )

    @property
    def augmenter(self) -> Augmenter:
        """Return what raises files to B-LTA."""
        return Augmenter(
            sandbox=self.sandbox,
            trust_dir=str(self.settings.trust_dir),
            online=self.online,
            stamp=self.stamp,
        )

    @property
    def preflight(self) -> Preflight:
        """Return what looks at a signature before anybody is asked for a PIN."""
        return Preflight(
            stores=self.stores,
            sandbox=self.sandbox,
            online=self.online,
            trust_dir=str(self.settings.trust_dir),
            policy_file=self.settings.policy_file,
            probe=self.timestamps.probe if self.settings.authorities else None,
            tokens=frozenset(one.label for one in self.settings.tokens),
            personal_keys=self.settings.server_side_personal_keys,
            recent=self.recent,
            providers=frozenset(one.name for one in self.settings.providers),
            # Whoever has a token in their own PC is handed the file out.
            devices=frozenset({Device.USB_TOKEN}),
        )

    @property
    def _reporter(self) -> Reporter:
        return Reporter(verifier=self.verifier, demonstration=self.settings.demonstration)

    @property
    def _sealer(self) -> Sealer:
        return Sealer(
            stores=self.stores,
            sandbox=self.sandbox,
            tokens=self.tokens,
            stamp=self.stamp if self.settings.authorities else None,
            holder=f"{self.settings.executor}-reports",
            fingerprint=self.settings.report_certificate,
        )

    def preview(self, document_id: UUID, page: int, *, revision: int | None = None) -> bytes:
        """Return a page of a revision as PNG; pages count from zero."""
        with self.transactions() as tx:
            digest = revisions.revision(tx, document_id, revision).digest
        return self.sandbox.run(
            "docsvc.steps.inspect.tasks:draw", self.blobs.get(digest), page
        ).frames[0]

    def stamp(self, digest: bytes) -> bytes:
        """Return a timestamp token over a SHA-256 digest; see `Authorities.stamp`."""
        return self.timestamps.stamp(digest)

    def diagnose(self) -> list[dict[str, Any]]:
        """Try every part once.

        Returns:
            ``name``, ``ok``, ``detail`` and its ``facts`` of each part.
        """
        parts: dict[str, Callable[[], object]] = {
            "database": self._try_database,
            "blobs": self._try_blobs,
            "archive": self.root.require_root,
            "sandbox": lambda: self.sandbox.run("docsvc.steps.inspect.tasks:ready").facts,
            "tokens": lambda: [self.tokens.of(t.label).ready() for t in self.settings.tokens],
            "providers": lambda: [
                self.requests.providers.of(one.name) for one in self.settings.providers
            ],
            "requests": self._try_requests,
            "timestamps": lambda: self.timestamps.try_each(_SELF_CHECK),
            "trust": lambda: (
                self.sandbox.run(
                    "docsvc.steps.verify.tasks:ready", str(self.settings.trust_dir)
                ).facts
            ),
        }
        return [{"name": name} | _tried(part) for name, part in parts.items()]

    def _try_database(self) -> None:
        with self.transactions() as tx:
            tx.execute(select(Unit.code).limit(1))

    def _try_requests(self) -> None:
        with self.transactions() as tx:
            waiting.require_no_orphans(tx, self.requests.providers)

    def _try_blobs(self) -> None:
        digest = self.blobs.put(b"docsvc doctor")
        self.blobs.get(digest)
        self.blobs.delete(digest)

    def close(self) -> None:
        """Stop the children and let go of connections."""
        self.sandbox.stop()
        self.tokens.stop()
        self.timestamps.close()
        self.requests.providers.close()
        self.jobs.close()
        self.engine.dispose()


def _chains(transactions: Transactions, provider: str) -> dict[str, tuple[bytes, ...]]:
    """Return the certificates of the keys that a provider reaches, by the ids of the keys."""
    with transactions() as tx:
        return organisations.chains_on(tx, provider)


def open_services(settings: Settings, *, clock: Clock | None = None) -> Services:
    """Compose the service for one process."""
    engine = open_engine(settings.database)
    transactions = transactions_of(engine)
    blobs = Blobs(Objects(settings.blobs))
    time = clock or SystemClock()
    stores = Stores(transactions=transactions, blobs=blobs, clock=time, spool=settings.data_dir)
    sandbox = Sandbox(settings.workers, preload=PRELOAD)
    jobs = JobQueue(engine)
    root = StorageRoot(open_archive(settings.archive))
    root.initialise()
    online = open_online(settings, TableIndex(transactions), clock=time)
    return Services(
        settings=settings,
        engine=engine,
        clock=time,
        transactions=transactions,
        blobs=blobs,
        jobs=jobs,
        sandbox=sandbox,
        stores=stores,
        tokens=Tokens(settings.tokens),
        timestamps=Authorities(
            settings.authorities,
            clock=time,
            usage=Usage(transactions=transactions, clock=time),
        ),
        requests=Requests(
            providers=Providers(
                settings.providers,
                factories(Surroundings(clock=time, chains=partial(_chains, transactions))),
                base_url=settings.base_url,
            ),
            enqueue=jobs.enqueue,
            clock=time,
        ),
        online=online,
        root=root,
        verifier=verify.Verifier(
            stores=stores,
            sandbox=sandbox,
            trust_dir=str(settings.trust_dir),
            policy_file=settings.policy_file,
            online=online,
        ),
    )


def _tried(part: Callable[[], object]) -> dict[str, Any]:
    try:
        part()
    except Exception as e:  # noqa: BLE001  # whatever is broken is what the self-check is for
        facts = getattr(e, "facts", {})
        return {"ok": False, "detail": getattr(e, "code", type(e).__name__), "facts": facts}
    return {"ok": True, "detail": "", "facts": {}}
