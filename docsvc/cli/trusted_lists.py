"""``docsvc trust import-eu``: qualified services of the EU as anchors, chosen from its lists."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from docsvc import settings
from docsvc.cli.output import JsonOption, Lang, LangOption, Output
from docsvc.cli.trust import app, candidates_in, consent_to, facts_of, opened, plain_text, show
from docsvc.clock import VIETNAM, SystemClock
from docsvc.revocation.opening import open_outbound
from docsvc.trust import lists, rules
from docsvc.trust.errors import FingerprintNeededError, ListSignerNeededError
from verification import trusted_lists
from verification.trusted_lists import Reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docsvc.trust.lists import Listed
    from docsvc.trust.rules import Candidate
    from docsvc.trust.service import TrustStore

_HEADS = {
    Lang.VI: ["nước", "loại", "tên", "SHA-256", "được công nhận từ", "đến", "danh sách"],
    Lang.EN: ["country", "kind", "name", "SHA-256", "granted since", "until", "list"],
}
_SIGNER = {Lang.VI: "ký danh sách của EU", Lang.EN: "signs the EU's list of the lists"}


@app.command("import-eu")
def import_eu(  # noqa: PLR0913  # the options of the contract
    lotl: Annotated[str, typer.Argument(help="danh sách của các danh sách (LOTL): tệp hoặc URL")],
    national: Annotated[
        list[str] | None, typer.Argument(help="danh sách của các nước: tệp hoặc URL")
    ] = None,
    *,
    signers: Annotated[
        list[Path] | None, typer.Option(help="chứng thư được phép ký LOTL (PEM, DER)")
    ] = None,
    signer: Annotated[
        list[str] | None,
        typer.Option(help="SHA-256 của chứng thư ký LOTL do EU công bố; thay cho câu hỏi"),
    ] = None,
    fetch: Annotated[
        bool, typer.Option("--fetch", help="tải danh sách các nước theo địa chỉ trong LOTL")
    ] = False,
    country: Annotated[
        list[str] | None, typer.Option(help="nhập mọi dịch vụ của nước này, ví dụ DE")
    ] = None,
    fingerprint: Annotated[
        list[str] | None, typer.Option(help="nhập dịch vụ có chứng thư với SHA-256 này")
    ] = None,
    reason: Annotated[str, typer.Option(help="lý do, ghi vào nhật ký; cần khi nhập")] = "",
    expired: Annotated[
        bool, typer.Option("--expired", help="chấp nhận danh sách đã quá hạn cập nhật")
    ] = False,
    as_json: JsonOption = False,
    lang: LangOption = Lang.VI,
) -> int:
    """Đọc danh sách tin cậy của EU; liệt kê dịch vụ, hoặc nhập những dịch vụ được chọn."""
    countries = [one.upper() for one in country or ()]
    choosing = bool(countries or fingerprint)
    why = plain_text(reason, "--reason") if choosing else ""
    with opened(as_json=as_json, lang=lang) as (store, output), _reader(expired=expired) as reader:
        above = reader.top(lotl, _compared(output, signers or [], signer or []))
        places = [*(national or ()), *(lists.locations(above, countries) if fetch else ())]
        known = lists.listed(reader.national(places, above))
        if not choosing:
            _tell(output, known)
            return 0
        found = lists.chosen(known, countries=countries, fingerprints=fingerprint or ())
        _take(store, output, found, why)
    return 0


@contextlib.contextmanager
def _reader(*, expired: bool) -> Iterator[lists.Reader]:
    client = open_outbound(settings.load())
    with contextlib.closing(client):
        yield lists.Reader(fetch=client.get, how=Reading(at=SystemClock().now(), expired=expired))


def _compared(output: Output, files: list[Path], named: list[str]) -> list[bytes]:
    """Return the certificates of signers that somebody named, or compared just now.

    What pyHanko brings along is nobody's decision: its fingerprints are shown first.
    """
    if files:
        found = candidates_in(files)
    else:
        found = [rules.candidate(one) for one in trusted_lists.bundled_signers()]
    if named:
        wanted = {rules.plain(one) for one in named}
        chosen = [one for one in found if one.sha256 in wanted]
        rules.require_named(chosen, named)
        return [one.der for one in chosen]
    if not files:
        _ask(output, found)
    return [one.der for one in found]


def _ask(output: Output, found: list[Candidate]) -> None:
    for one in found:
        show(output, one, _SIGNER[output.lang])
    try:
        consent_to(output)
    except FingerprintNeededError as e:
        raise ListSignerNeededError from e


def _take(store: TrustStore, output: Output, found: list[Listed], reason: str) -> None:
    new, by_hand = lists.undecided(found, store.decisions())
    wishes = [(rules.candidate(one.service.certificate), lists.wish(one, reason)) for one in new]
    for held in store.add_all(wishes, at=SystemClock().now()):
        output.line(facts_of(held)) if output.as_json else output.say(f"✓ {held.file}")
    if by_hand:
        output.warn("trust.decided-by-hand", {"count": len(by_hand)})


def _tell(output: Output, known: list[Listed]) -> None:
    if not output.as_json:
        output.table(_HEADS[output.lang], [_row(one) for one in known])
        return
    output.document(
        [
            {
                "country": one.service.territory,
                "kind": one.service.kind,
                "name": one.service.name,
                "sha256": one.service.sha256,
                "since": one.service.since.isoformat(),
                "until": one.service.until.isoformat() if one.service.until else None,
                "list": one.origin,
            }
            for one in known
        ]
    )


def _row(one: Listed) -> list[str]:
    service = one.service
    until = f"{service.until.astimezone(VIETNAM):%Y-%m-%d}" if service.until else "–"
    return [
        service.territory,
        str(service.kind),
        rules.printable(service.name),
        # Whole, as --fingerprint takes it: in groups it is broken, not cut.
        rules.grouped(service.sha256),
        f"{service.since.astimezone(VIETNAM):%Y-%m-%d}",
        until,
        one.origin,
    ]
