"""Anchor sets as data that somebody signed off: which certificate is trusted, for what, and why.

A folder of trust material may hold ``anchors.toml``, with one ``[[anchor]]`` table for each
certificate that was decided upon. A certificate whose digest differs from the one decided upon is
refused; a decision whose certificate is missing trusts nothing.
"""

import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from verification.errors import AnchorMismatchError, AnchorSetError

SET_FILE = "anchors.toml"
# A table has some 600 bytes; all anchors of the EU together are a few thousand.
_MAX_BYTES = 8 << 20
_HEAD = """\
# Trust anchors and who decided on them. Written by docsvc trust; a certificate whose SHA-256
# differs from its entry is refused.
"""


class AnchorKind(StrEnum):
    """Whose anchor it is; those for timestamps let no signer's chain end.

    ``eu`` and ``eu-tsa`` come from trusted lists alone: services that certify, and that attest
    times.
    """

    STATE = "state"
    PARTY = "party"
    PUBLIC = "public"
    TSA = "tsa"
    EU = "eu"
    EU_TSA = "eu-tsa"
    DEMO = "demo"

    @property
    def is_for_timestamps_only(self) -> bool:
        """Tell whether it vouches for nobody's signature on a document."""
        return self in {AnchorKind.TSA, AnchorKind.EU_TSA}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision to trust a certificate.

    ``file`` is its path below the folder, with ``/``; ``sha256`` that of its DER, in hex. ``since``
    and ``until`` bound the moments for which it is trusted, both included.
    """

    file: str
    sha256: str
    name: str
    kind: AnchorKind
    reason: str
    since: datetime | None = None
    until: datetime | None = None
    decided_by: str = ""
    decided_at: datetime | None = None

    def require_match(self, der: bytes) -> None:
        """Check that these are the bytes that were decided upon.

        Raises:
            AnchorMismatchError: they are others.
        """
        found = hashlib.sha256(der).hexdigest()
        if found != self.sha256:
            raise AnchorMismatchError(file=self.file, expected=self.sha256, found=found)


def load(folder: Path) -> tuple[Decision, ...]:
    """Read the decisions of a folder.

    Returns:
        One for each table, in their order; none if there is no ``anchors.toml``.

    Raises:
        AnchorSetError: the file is not of the form described here.
        OSError: it cannot be read.
    """
    path = folder / SET_FILE
    if not path.is_file():
        return ()
    if path.stat().st_size > _MAX_BYTES:
        raise AnchorSetError(file=SET_FILE, problem="size")
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except ValueError as e:
        raise AnchorSetError(file=SET_FILE, problem=str(e)) from e
    entries = tables.pop("anchor", [])
    if tables or not isinstance(entries, list):
        raise AnchorSetError(file=SET_FILE, problem=", ".join(tables) or "anchor")
    decisions = tuple(_decision(entry) for entry in entries)
    for what in ("file", "sha256"):
        if len({getattr(one, what) for one in decisions}) < len(decisions):
            raise AnchorSetError(file=SET_FILE, problem=f"{what} twice")
    return decisions


def render(decisions: Iterable[Decision]) -> str:
    """Write decisions as the text of an ``anchors.toml`` that `load` reads."""
    tables = [_HEAD]
    for one in decisions:
        lines = ["[[anchor]]"]
        for name in _NAMES:
            value = getattr(one, name)
            if value not in {None, ""}:
                lines.append(f"{name} = {_literal(value)}")
        tables.append("\n".join(lines) + "\n")
    return "\n".join(tables)


def _literal(value: str | datetime) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    # A JSON string is a TOML string, but for DEL, which TOML wants escaped.
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")


_NAMES = tuple(one.name for one in fields(Decision))
_MOMENTS = frozenset({"since", "until", "decided_at"})
_REQUIRED = frozenset({"file", "sha256", "name", "kind", "reason"})


def _decision(entry: object) -> Decision:
    if not isinstance(entry, Mapping):
        raise AnchorSetError(file=SET_FILE, problem="anchor")
    problems = [name for name in _REQUIRED if not entry.get(name)]
    problems += [name for name, value in entry.items() if not _fits(name, value)]
    if problems:
        raise AnchorSetError(file=SET_FILE, problem=", ".join(sorted(problems)))
    values: dict[str, Any] = {**entry, "kind": AnchorKind(entry["kind"])}
    made = Decision(**values)
    if made.since is not None and made.until is not None and made.until < made.since:
        raise AnchorSetError(file=SET_FILE, problem="until")
    return made


def _fits(name: str, value: object) -> bool:
    """Tell whether a key is known and its value of the kind it should be."""
    if name in _MOMENTS:
        return isinstance(value, datetime) and value.tzinfo is not None
    if name not in _NAMES or not isinstance(value, str):
        return False
    if name == "sha256":
        return len(value) == 2 * hashlib.sha256().digest_size and set(value) <= set(
            "0123456789abcdef"
        )
    return name != "kind" or value in set(AnchorKind)
