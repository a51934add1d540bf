"""The report in words, ready to be drawn: every rendering for people shows this one record.

All that comes from the file or a certificate has passed `shown`; the renderings escape it.
"""

from dataclasses import dataclass

from verification.report.summary import Colour
from verification.report.words import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A label and its value; ``colour`` where the value is an outcome."""

    label: str
    value: str
    colour: Colour | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LampLines:
    """A lamp in words: question, the word beside the shape, answer, details."""

    colour: Colour
    title: str
    word: str
    answer: str
    details: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonLines:
    """A finding in words."""

    code: str
    colour: Colour
    sentence: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureLines:
    """A signature in words: the seven fields, what came later, and what experts want."""

    title: str
    colour: Colour
    verdict: str
    fields: tuple[Row, ...]
    later: str
    facts: tuple[Row, ...]
    checks: tuple[Row, ...]
    findings: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The whole report in one language; ``banner`` is empty but in a demonstration."""

    lang: Language
    banner: str
    colour: Colour
    verdict: str
    sentence: str
    lamps: tuple[LampLines, ...]
    reasons: tuple[ReasonLines, ...]
    actions: tuple[str, ...]
    signatures: tuple[SignatureLines, ...]
    stamps: tuple[SignatureLines, ...]
    facts: tuple[Row, ...]
    notes: tuple[str, ...]
