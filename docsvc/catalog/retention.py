"""How long the documents of each kind are kept: defaults that a body edits."""

from dataclasses import dataclass
from pathlib import Path

from docsvc.catalog.source import entries, read_table


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """The period of one kind; ``years`` is None for documents that are kept for ever."""

    kind: str
    years: int | None
    maintenance: str


def periods(own: Path | None = None) -> dict[str, Retention]:
    """Read the periods by code of kind.

    Args:
        own: the body's TOML file; without it the defaults of this package.
    """
    found = (
        Retention(
            kind=entry["kind"],
            years=int(entry["years"]) or None,
            maintenance=entry["maintenance"],
        )
        for entry in entries(read_table("retention", own=own), "retention")
    )
    return {retention.kind: retention for retention in found}
