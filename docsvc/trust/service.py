"""Take certificates into the trust store and out of it; every decision is recorded first."""

from __future__ import annotations

import contextlib
import fcntl
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from docsvc import atomic
from docsvc.audit import service as audit
from docsvc.db.transactions import Transactions
from docsvc.trust import rules
from docsvc.trust.errors import NotRecordedError, UnknownFingerprintError
from docsvc.trust.rules import INTERMEDIATES, Candidate
from verification import anchors
from verification.anchors import SET_FILE, AnchorKind, Decision

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_ENDINGS = frozenset({".crt", ".cer", ".pem", ".der"})
_LOCK = ".lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What an administrator asks for: the terms on which a certificate is trusted."""

    kind: AnchorKind
    reason: str
    name: str = ""
    since: datetime | None = None
    until: datetime | None = None
    as_anchor: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A certificate of the store; ``place`` is the anchor's kind or ``intermediates``.

    ``decision`` is None for what lies in the folder without anybody having decided upon it;
    ``certificate`` is None where only the decision is left.
    """

    file: str
    sha256: str
    place: str
    certificate: Candidate | None
    decision: Decision | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustStore:
    """The folder of trust material, and the audit log if there is a database."""

    folder: Path
    actor: str
    transactions: Transactions | None = None

    def add(self, one: Candidate, wish: Wish, *, at: datetime) -> Held:
        """Take a certificate in; one that is there already gets the new terms.

        Raises:
            NotAnAuthorityError: it is no CA's and was not asked for as an anchor.
            NotRecordedError: the audit log does not take the decision; nothing was changed.
            TrustMaterialError: the store cannot be read.
        """
        (held,) = self.add_all([(one, wish)], at=at)
        return held

    def add_all(self, wishes: Sequence[tuple[Candidate, Wish]], *, at: datetime) -> list[Held]:
        """Take several certificates in, each once; what is refused leaves all as it was.

        Raises:
            NotAnAuthorityError, NotRecordedError, TrustMaterialError: as `add` does.
        """
        made = [(one, self._decision(one, wish, at)) for one, wish in wishes]
        anchored = [decision for _, decision in made if not _is_intermediate(decision)]
        terms = {one.sha256: one for one in anchored}
        with self._locked():
            known = anchors.load(self.folder)
            self._record_all(made, at)
            # The decision comes first: a certificate that nobody has decided upon never lies here.
            if anchored:
                self._write([*(one for one in known if one.sha256 not in terms), *anchored])
            for one, decision in made:
                atomic.write(self.folder / decision.file, one.der)
        return [_held(self.folder, self.folder / each.file, terms) for _, each in made]

    def _decision(self, one: Candidate, wish: Wish, at: datetime) -> Decision:
        place = rules.place_of(one, wish.kind, as_anchor=wish.as_anchor)
        return Decision(
            file=f"{place}/{one.sha256}.crt",
            sha256=one.sha256,
            name=wish.name or one.common_name,
            kind=wish.kind,
            reason=wish.reason,
            since=wish.since,
            until=wish.until,
            decided_by=self.actor,
            decided_at=at.replace(microsecond=0),
        )

    def remove(self, fingerprint: str, *, reason: str, at: datetime) -> Held:
        """Take a certificate out, wherever it lies; from then on it is not trusted.

        Args:
            fingerprint: SHA-256, or so much of its beginning that it is the only one.
            reason: why.
            at: the moment of the decision.

        Raises:
            UnknownFingerprintError: no certificate, or more than one, has it.
            NotRecordedError: the audit log does not take the decision; nothing was changed.
        """
        wanted = rules.plain(fingerprint)
        with self._locked():
            held = self.held()
            found = [one for one in held if wanted and one.sha256.startswith(wanted)]
            if len({one.sha256 for one in found}) != 1:
                raise UnknownFingerprintError(fingerprint=rules.printable(wanted))
            first = found[0]
            with self._recording() as record:
                record("trust.remove", first.sha256, at, {"place": first.place, "reason": reason})
            for one in found:
                if one.certificate is not None:
                    (self.folder / one.file).unlink()
                    atomic.sync_folder((self.folder / one.file).parent)
            decisions = anchors.load(self.folder)
            kept = [one for one in decisions if one.sha256 != first.sha256]
            if len(kept) < len(decisions):
                self._write(kept)
        return first

    def decisions(self) -> tuple[Decision, ...]:
        """Return what was decided.

        Raises:
            TrustMaterialError: the store cannot be read.
        """
        return anchors.load(self.folder)

    def held(self) -> list[Held]:
        """Return everything in the store, anchors and intermediates, by path.

        Raises:
            TrustMaterialError: the store cannot be read.
        """
        decisions = {one.sha256: one for one in anchors.load(self.folder)}
        files = [one for one in sorted(self.folder.rglob("*")) if one.suffix.lower() in _ENDINGS]
        found = [_held(self.folder, file, decisions) for file in files]
        there = {one.sha256 for one in found}
        missing = [
            Held(file=d.file, sha256=d.sha256, place=str(d.kind), certificate=None, decision=d)
            for d in decisions.values()
            if d.sha256 not in there
        ]
        return found + missing

    def _write(self, decisions: list[Decision]) -> None:
        atomic.write(self.folder / SET_FILE, anchors.render(decisions).encode())

    def _record_all(self, made: Sequence[tuple[Candidate, Decision]], at: datetime) -> None:
        with self._recording() as record:
            for one, decision in made:
                facts = {"place": _place(decision), **_facts(decision, one)}
                record("trust.import", one.sha256, at, facts)

    @contextlib.contextmanager
    def _recording(self) -> Iterator[Callable[[str, str, datetime, Mapping[str, object]], None]]:
        """Give what writes to the audit log, all of it or nothing."""
        if self.transactions is None:
            yield lambda *_: None
            return
        try:
            with self.transactions() as tx:
                yield lambda act, subject, at, facts: audit.append(
                    tx, at=at, actor=self.actor, act=act, subject=subject, **facts
                )
        except SQLAlchemyError as e:
            raise NotRecordedError(problem=type(e).__name__) from e

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other administrators out as long as the store changes."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / _LOCK).open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _place(decision: Decision) -> str:
    return decision.file.partition("/")[0]


def _is_intermediate(decision: Decision) -> bool:
    return _place(decision) == INTERMEDIATES


def _held(folder: Path, file: Path, decisions: dict[str, Decision]) -> Held:
    data = file.read_bytes()
    first = rules.read(data, file=file.name)[0]
    decision = decisions.get(first.sha256)
    place = decision.kind if decision else file.parent.name
    if place not in {*AnchorKind, INTERMEDIATES}:
        place = AnchorKind.PUBLIC if first.is_self_signed else INTERMEDIATES
    return Held(
        file=file.relative_to(folder).as_posix(),
        sha256=first.sha256,
        place=str(place),
        certificate=first,
        decision=decision,
    )


def _facts(decision: Decision, one: Candidate) -> dict[str, object]:
    return {
        "name": decision.name,
        "subject_dn": one.subject,
        "since": decision.since,
        "until": decision.until,
        "reason": decision.reason,
        "sha1": one.sha1,
        "size": len(one.der),
    }
