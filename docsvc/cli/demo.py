"""``docsvc demo``: a whole instance in a folder, with the sample documents at the road's end."""

from __future__ import annotations

import contextlib
import tomllib
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from docsvc import logs
from docsvc.bootstrap import open_services
from docsvc.catalog import kinds
from docsvc.catalog.kinds import Family
from docsvc.cli import ingest, stats
from docsvc.cli.ingest import Item
from docsvc.cli.output import JsonOption, Lang, LangOption, Output
from docsvc.cli.serve import authority
from docsvc.demo import instance as demonstration
from docsvc.migrations import upgrade
from docsvc.steps.register.paper import PaperEntry
from docsvc.steps.register.service import NumberTakenError

if TYPE_CHECKING:
    from docsvc.bootstrap import Services


def demo(
    *,
    folder: Annotated[Path, typer.Option(help="thư mục của bản thử nghiệm")] = Path("var"),
    samples: Annotated[Path, typer.Option(help="bộ văn bản mẫu")] = Path("sample_docs"),
    as_json: JsonOption = False,
    lang: LangOption = Lang.VI,
) -> int:
    """Tạo bản thử nghiệm và đưa mọi văn bản mẫu đi hết quy trình; chạy lại không hại gì."""
    logs.configure("error")
    output = Output(as_json=as_json, lang=lang)
    place = folder.absolute()
    made = demonstration.prepare(place, providers=(demonstration.phones_of(place),))
    config = folder / "docsvc.toml"
    demonstration.write_settings(made, config)
    with authority(made.settings):
        services = open_services(made.settings)
        upgrade(services.engine)
        demonstration.populate(services, made)
        try:
            entries = tomllib.loads((samples / "MANIFEST.toml").read_text("utf-8"))["document"]
            items = [Item(path=samples / e["file"], unit=e["unit"]) for e in entries if e["file"]]
            ingest.run(services, items, output, declared=True)
            _register_paper(services, entries)
            counted = stats.count(services.transactions, unit=None, period=None, by=None)
            demonstration.hand_out_phone(services, made)
            demonstration.give_accounts(services, made)
        finally:
            services.close()
    if not as_json:
        stats.show(output, counted)
        output.say(f"DOCSVC_CONFIG={config} docsvc serve")
    return 0


def _register_paper(services: Services, entries: list[dict[str, Any]]) -> None:
    """Enter the documents that exist on paper only; those that are in the book stay as they are."""
    for entry in entries:
        if entry["file"]:
            continue
        found = kinds.with_abbreviation(entry["kind"], (Family.STATE,))
        paper = PaperEntry(
            unit_code=entry["unit"],
            kind=found[0].code,
            symbol=entry["symbol"],
            number=entry["number"],
            issued_on=date.fromisoformat(entry["date"]),
            subject=entry["subject"],
            signer=entry["signer"],
            actor=demonstration.ACTOR,
        )
        with contextlib.suppress(NumberTakenError):
            services.register_paper(paper)
