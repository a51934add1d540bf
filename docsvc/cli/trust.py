"""``docsvc trust``: which certificates this installation trusts, and who decided so."""

from __future__ import annotations

import contextlib
import getpass
import os
import sys
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from docsvc import logs, settings
from docsvc.cli.output import JsonOption, Lang, LangOption, Output
from docsvc.cli.paths import walk
from docsvc.clock import VIETNAM, SystemClock
from docsvc.db.engine import open_engine
from docsvc.db.transactions import transactions_of
from docsvc.errors import CodedError
from docsvc.trust import rules
from docsvc.trust.errors import (
    DeclinedError,
    FingerprintNeededError,
    NotACertificateError,
    StoreUnavailableError,
)
from docsvc.trust.rules import INTERMEDIATES, Candidate
from docsvc.trust.service import Held, TrustStore, Wish
from verification.anchors import AnchorKind
from verification.errors import VerificationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docsvc.settings import Settings

_UNREADABLE = "ingest.unreadable-path"

app = typer.Typer(no_args_is_help=True, help="Chứng thư tin cậy: nhập, liệt kê, gỡ bỏ.")

ReasonOption = Annotated[str, typer.Option("--reason", help="lý do, ghi vào nhật ký")]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Consent:
    """How it is known that somebody compared: fingerprints that were named, or a question."""

    fingerprints: tuple[str, ...]
    yes: bool

    def require(self, candidates: list[Candidate]) -> None:
        """Check what was named before anything is shown or asked."""
        if self.fingerprints or self.yes:
            rules.require_named(candidates, self.fingerprints)

    def ask(self, output: Output) -> None:
        """Ask, unless the fingerprints were named.

        Raises:
            FingerprintNeededError: nobody is there to be asked.
            DeclinedError: the answer is no.
        """
        if not self.fingerprints:
            consent_to(output)


def consent_to(output: Output) -> None:
    """Ask whether the fingerprints that were shown are those that were published.

    Raises:
        FingerprintNeededError: nobody is there to be asked.
        DeclinedError: the answer is no.
    """
    if output.as_json or not sys.stdin.isatty():
        raise FingerprintNeededError
    if not typer.confirm(_QUESTION[output.lang]):
        raise DeclinedError


_QUESTION = {
    Lang.VI: "Hai dấu vân tay trên có khớp với công bố của chính tổ chức cấp chứng thư không?",
    Lang.EN: "Do these fingerprints match what the CA itself has published?",
}


@app.command("import")
def import_(  # noqa: PLR0913  # the options of the contract
    paths: Annotated[list[Path], typer.Argument(help="tệp chứng thư (PEM hoặc DER), hoặc thư mục")],
    *,
    kind: Annotated[AnchorKind, typer.Option(help="của ai: state | party | public | tsa")],
    reason: ReasonOption,
    name: Annotated[str, typer.Option(help="tên gọi; mặc định là tên trong chứng thư")] = "",
    since: Annotated[str | None, typer.Option(help="tin cậy từ, ISO 8601")] = None,
    until: Annotated[str | None, typer.Option(help="tin cậy đến hết, ISO 8601")] = None,
    anchor: Annotated[
        bool, typer.Option("--anchor", help="tin cậy trực tiếp cả chứng thư không tự ký")
    ] = False,
    fingerprint: Annotated[
        list[str] | None,
        typer.Option(help="SHA-256 do nơi cấp công bố, của mỗi chứng thư; thay cho câu hỏi"),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="không hỏi; chỉ dùng được cùng --fingerprint")
    ] = False,
    as_json: JsonOption = False,
    lang: LangOption = Lang.VI,
) -> int:
    """Nhập chứng thư vào kho tin cậy sau khi đối chiếu dấu vân tay với nơi công bố."""
    wish = Wish(
        kind=_importable(kind),
        reason=plain_text(reason, "--reason"),
        name=plain_text(name, "--name") if name else "",
        since=_moment(since, "--since", time.min),
        until=_moment(until, "--until", time(23, 59, 59)),
        as_anchor=anchor,
    )
    if wish.since and wish.until and wish.until < wish.since:
        raise typer.BadParameter(str(until), param_hint="--until")
    consent = _Consent(fingerprints=tuple(fingerprint or ()), yes=yes)
    candidates = candidates_in(paths)
    consent.require(candidates)
    with opened(as_json=as_json, lang=lang) as (store, output):
        # What cannot be taken in is refused before anybody is asked and anything is written.
        places = [rules.place_of(one, wish.kind, as_anchor=anchor) for one in candidates]
        for one, place in zip(candidates, places, strict=True):
            show(output, one, place)
            consent.ask(output)
            held = store.add(one, wish, at=SystemClock().now())
            output.line(facts_of(held)) if as_json else output.say(f"✓ {held.file}")
    return 0


@app.command("list")
def list_(*, as_json: JsonOption = False, lang: LangOption = Lang.VI) -> int:
    """Liệt kê chứng thư trong kho tin cậy, thời hạn, lý do và người quyết định."""
    with opened(as_json=as_json, lang=lang) as (store, output):
        held = store.held()
        if as_json:
            output.document([facts_of(one) for one in held])
        else:
            output.table(_HEADS[lang], [_row(one) for one in held])
        if not any(one.place != INTERMEDIATES and one.certificate for one in held):
            output.warn("verify.no-anchors", {"folder": str(store.folder)})
            return 1
    return 0


@app.command("remove")
def remove(
    fingerprint: Annotated[str, typer.Argument(help="SHA-256, hoặc phần đầu đủ để phân biệt")],
    *,
    reason: ReasonOption,
    as_json: JsonOption = False,
    lang: LangOption = Lang.VI,
) -> int:
    """Gỡ một chứng thư khỏi kho tin cậy; từ lúc đó không còn được tin cậy."""
    why = plain_text(reason, "--reason")
    with opened(as_json=as_json, lang=lang) as (store, output):
        held = store.remove(fingerprint, reason=why, at=SystemClock().now())
        output.line(facts_of(held)) if as_json else output.say(f"✗ {held.file}")
    return 0


@contextlib.contextmanager
def opened(*, as_json: bool, lang: Lang) -> Iterator[tuple[TrustStore, Output]]:
    """Open the trust store of the settings, and the audit log if there is a database."""
    logs.configure("error")
    chosen = settings.load()
    engine = open_engine(chosen.database) if _has_database(chosen) else None
    transactions = transactions_of(engine) if engine else None
    store = TrustStore(folder=chosen.trust_dir, actor=actor(), transactions=transactions)
    try:
        yield store, Output(as_json=as_json, lang=lang)
    except VerificationError as e:
        raise CodedError.of(e) from e
    except OSError as e:
        raise StoreUnavailableError(folder=str(chosen.trust_dir), problem=e.strerror) from e
    finally:
        if engine is not None:
            engine.dispose()


def _has_database(chosen: Settings) -> bool:
    """Tell whether there is a database: one that is named, or the embedded one once it is made."""
    return bool(chosen.database_url) or (chosen.data_dir / "docsvc.sqlite").is_file()


def actor() -> str:
    """Return who runs the command, as the log names them."""
    try:
        return f"cli:{getpass.getuser()}"[:80]
    except (KeyError, OSError):  # a container may run under a number that has no name
        return f"cli:{os.getuid()}"


def candidates_in(paths: list[Path]) -> list[Candidate]:
    """Read the certificates of files and folders, each once.

    Raises:
        NotACertificateError: a file holds something else, or there are too many.
    """
    found: dict[str, Candidate] = {}
    for path in walk(paths):
        try:
            with path.open("rb") as file:
                data = file.read(rules.MAX_BYTES + 1)
        except OSError as e:
            raise CodedError(_UNREADABLE, problem=e.strerror or "") from e
        found |= {one.sha256: one for one in rules.read(data, file=path.name)}
        if len(found) > rules.MAX_CERTIFICATES:
            raise NotACertificateError(file=path.name)
    return list(found.values())


# The demonstration makes its own anchors, and trusted lists say which are of the EU.
_NOT_BY_HAND = frozenset({AnchorKind.DEMO, AnchorKind.EU, AnchorKind.EU_TSA})


def _importable(kind: AnchorKind) -> AnchorKind:
    if kind in _NOT_BY_HAND:
        raise typer.BadParameter(kind, param_hint="--kind")
    return kind


def plain_text(text: str, option: str) -> str:
    """Return what a person wrote without the blanks around it; nothing at all is wrong use."""
    if not text.strip() or not text.isprintable():
        raise typer.BadParameter(text, param_hint=option)
    return text.strip()


def _moment(text: str | None, option: str, of_a_day: time) -> datetime | None:
    """Read a moment, or a day in Vietnam, of which it is the given time."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as e:
        raise typer.BadParameter(text, param_hint=option) from e
    if len(text) <= len("2026-11-25"):
        moment = datetime.combine(moment.date(), of_a_day)
    return moment if moment.tzinfo else moment.replace(tzinfo=VIETNAM)


def show(output: Output, one: Candidate, place: str) -> None:
    """Print what a person compares with the CA's own publication."""
    if output.as_json:
        return
    lines = {
        "chủ thể": one.subject,
        "nơi cấp": one.issuer + (" (tự ký)" if one.is_self_signed else ""),
        "số hiệu": one.serial,
        "hiệu lực": f"{one.valid_from:%Y-%m-%d} – {one.valid_to:%Y-%m-%d}",
        "khóa": f"{one.key}, {one.signed_with}",
        "SHA-256": rules.grouped(one.sha256),
        "SHA-1": rules.grouped(one.sha1),
        "vào": place,
    }
    names = list(lines) if output.lang is Lang.VI else _ENGLISH
    rows = [[name, value] for name, value in zip(names, lines.values(), strict=True)]
    output.table(["", one.common_name], rows)


_ENGLISH = ["subject", "issuer", "serial", "validity", "key", "SHA-256", "SHA-1", "into"]
_HEADS = {
    Lang.VI: ["loại", "tên", "SHA-256", "tin cậy từ", "đến", "lý do", "người quyết định"],
    Lang.EN: ["kind", "name", "SHA-256", "since", "until", "reason", "decided by"],
}


def _row(one: Held) -> list[str]:
    decision, certificate = one.decision, one.certificate
    if decision is None:
        name = certificate.common_name if certificate else "–"
        return [one.place, name, one.sha256[:16], "–", "–", "–", "–"]
    return [
        one.place if certificate else f"{one.place} (✗)",
        rules.printable(decision.name),
        one.sha256[:16],
        _day(decision.since),
        _day(decision.until),
        rules.printable(decision.reason),
        rules.printable(decision.decided_by) or "–",
    ]


def _day(moment: datetime | None) -> str:
    return f"{moment.astimezone(VIETNAM):%Y-%m-%d}" if moment else "–"


def facts_of(one: Held) -> dict[str, object]:
    """Return what is known of a certificate of the store, for programs."""
    certificate, decision = one.certificate, one.decision
    facts: dict[str, object] = {
        "file": one.file,
        "place": one.place,
        "sha256": one.sha256,
        "present": certificate is not None,
        "decided": decision is not None,
    }
    if certificate is not None:
        facts |= {
            "sha1": certificate.sha1,
            "subject": certificate.subject,
            "issuer": certificate.issuer,
            "serial": certificate.serial,
            "valid_from": certificate.valid_from.isoformat(),
            "valid_to": certificate.valid_to.isoformat(),
        }
    if decision is not None:
        facts |= {
            "name": decision.name,
            "since": _iso(decision.since),
            "until": _iso(decision.until),
            "reason": decision.reason,
            "decided_by": decision.decided_by,
            "decided_at": _iso(decision.decided_at),
        }
    return facts


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
