"""The sources of the sample documents: what each page says and what is expected of the file.

One TOML file a document lies in ``sources/``; who issues and who signs comes from the demonstration
organisations, so that the pages, the manifest and the demonstration cannot drift apart.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SOURCES = HERE / "sources"
ORGANISATIONS = HERE.parent / "docsvc" / "demo" / "data" / "organisations.toml"
LETTERHEADS = HERE / "letterheads.toml"

KIND_NAMES = {
    "CV": "Công văn",
    "NQ": "Nghị quyết",
    "QĐ": "Quyết định",
    "CT": "Chỉ thị",
    "KL": "Kết luận",
    "TB": "Thông báo",
    "HD": "Hướng dẫn",
    "CTr": "Chương trình",
    "KH": "Kế hoạch",
    "BC": "Báo cáo",
    "TTr": "Tờ trình",
    "GM": "Giấy mời",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """The top of the first page: the lines of the issuing body and the form of the page."""

    form: str  # state | party | front
    superior: tuple[str, ...]
    body: tuple[str, ...]
    place: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Officer:
    """Who signs, as the demonstration organisations name them."""

    key: str
    full_name: str
    title: str
    authority: str
    collective: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of the body: relative column widths, a bold head row, rows of text."""

    widths: tuple[float, ...]
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Appendix:
    """A part after the signatures, with its own page numbers."""

    label: str
    title: str
    note: str
    body: tuple[str, ...]
    landscape: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One sample document: its text, how its file is made, what is expected of it."""

    name: str
    unit: str
    kind: str
    symbol: str
    subject: str
    expect: str
    reason: str = ""
    make: str = "plain"
    about: str = ""
    form: str = "state"
    signer: str = ""
    signer_name: str = ""  # where the signer is not among the demonstration officers
    authority: tuple[str, ...] = ()
    number: int | None = None
    issued: date | None = None
    year: int = 2026
    secrecy: str = "none"
    mark: str = ""  # how the secrecy level stands on the page: text | spaced | stamp
    urgency: str = "none"
    note: str = ""  # the framed line of box 11: LƯU HÀNH NỘI BỘ …
    competence: str = ""
    addressed: tuple[str, ...] = ()
    legal: tuple[str, ...] = ()
    body: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    tables: Mapping[str, Table] = field(default_factory=dict)
    appendices: tuple[Appendix, ...] = ()
    footer: bool = False
    points: float = 14.0  # size of the body, 13 or 14

    @property
    def title(self) -> str:
        """The kind and subject in one line, as a register shows them."""
        kind = KIND_NAMES[self.kind]
        return f"{kind} {'V/v ' if self.kind == 'CV' else ''}{self.subject}"

    @property
    def number_line(self) -> tuple[str, str]:
        """The number line before and after the number, by the form of the issuing body."""
        if self.form == "party":
            return "Số ", f"-{self.symbol}"
        return "Số: ", f"/{self.symbol}"

    @property
    def path(self) -> str:
        """Where the file lies, relative to ``sample_docs/``; empty for paper only."""
        folder = {
            "archived": "documents",
            "refused-secret": "secret",
            "quarantined": "broken",
            "rejected": "signed",
            "paper-only": "",
        }[self.expect]
        return f"{folder}/{self.name}.pdf" if folder else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """Everything the build needs: sources in order, letterheads and officers by their keys."""

    sources: tuple[Source, ...]
    letterheads: Mapping[str, Letterhead]
    officers: Mapping[str, Officer]


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _blocks(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _table(data: Mapping[str, Any]) -> Table:
    rows = tuple(tuple(cell.strip() for cell in row.split("|")) for row in _blocks(data["rows"]))
    head = tuple(cell.strip() for cell in data["head"].split("|"))
    wrong = [row for row in rows if len(row) != len(head)]
    if wrong or len(data["widths"]) != len(head):
        msg = f"a table row has not {len(head)} cells: {wrong}"
        raise ValueError(msg)
    return Table(widths=tuple(data["widths"]), head=head, rows=rows)


def _appendix(data: Mapping[str, Any]) -> Appendix:
    return Appendix(
        label=data["label"],
        title=data["title"],
        note=data.get("note", ""),
        body=_blocks(data["body"]),
        landscape=data.get("landscape", False),
    )


def _authority(officer: Officer) -> tuple[str, ...]:
    """Return the lines above a signature: the collective, the head's title, the own title."""
    title = officer.title.upper()
    match officer.authority:
        case "KT.":
            return (f"TM. {officer.collective}", "KT. CHỦ TỊCH", title)
        case "TM." | "T/M":
            return (f"{officer.authority} {officer.collective}", title)
        case _:
            return (title,)


def _source(path: Path, letterheads: Mapping[str, Letterhead], officers: Any) -> Source:
    data = _read(path)
    head = letterheads[data["unit"]]
    signer = data.get("signer", "")
    lines = data.pop("authority", None) or (_authority(officers[signer]) if signer else ())
    for key in ("addressed", "legal", "recipients"):
        data[key] = tuple(data.get(key, ()))
    return Source(
        **{
            **data,
            "name": path.stem,
            "form": head.form,
            "authority": tuple(lines),
            "body": _blocks(data.get("body", "")),
            "tables": {name: _table(t) for name, t in data.get("tables", {}).items()},
            "appendices": tuple(_appendix(a) for a in data.get("appendices", ())),
        }
    )


def load() -> Book:
    """Read all sources in the order of their names."""
    letterheads = {
        code: Letterhead(
            form=data["form"],
            superior=tuple(data.get("superior", ())),
            body=tuple(data["body"]),
            place=data["place"],
            address=data.get("address", ""),
        )
        for code, data in _read(LETTERHEADS).items()
    }
    officers = {
        o["key"]: Officer(
            key=o["key"],
            full_name=o["full_name"],
            title=o["title"],
            authority=o["authority"],
            collective=o["collective"],
        )
        for o in _read(ORGANISATIONS)["officer"]
    }
    paths = sorted(SOURCES.glob("*.toml"))
    sources = tuple(_source(path, letterheads, officers) for path in paths)
    return Book(sources=sources, letterheads=letterheads, officers=officers)
