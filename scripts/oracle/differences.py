"""Which class of difference a row of the table belongs to; docs/reference/oracle.md explains each.

A rule is as narrow as its explanation. What no rule covers has no class, and fails the run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

from typing_extensions import override


class Kind(StrEnum):
    """What an answer comes to when trust, time and age are left aside."""

    ACCEPT = "accept"
    REJECT = "reject"
    UNSIGNED = "unsigned"
    UNREADABLE = "unreadable"
    UNJUDGED = "unjudged"
    FELL = "fell"


# Sub-indications that speak of trust, time or age and not of the bytes.
NOT_OF_THE_BYTES = {
    None,
    "CERTIFICATE_CHAIN_GENERAL_FAILURE",
    "CHAIN_CONSTRAINTS_FAILURE",
    "CRYPTO_CONSTRAINTS_FAILURE",
    "CRYPTO_CONSTRAINTS_FAILURE_NO_POE",
    "EXPIRED",
    "NOT_YET_VALID",
    "NO_CERTIFICATE_CHAIN_FOUND",
    "NO_POE",
    "NO_SIGNING_CERTIFICATE_FOUND",
    "OUT_OF_BOUNDS_NO_POE",
    "REVOCATION_OUT_OF_BOUNDS_NO_POE",
    "REVOKED",
    "REVOKED_CA_NO_POE",
    "REVOKED_NO_POE",
    "SIG_CONSTRAINTS_FAILURE",
    "TIMESTAMP_ORDER_FAILURE",
    "TRY_LATER",
}
# How DSS's messages about later revisions begin: against DocMDP, undefined, visible.
CHANGES = ("BBB_FC_ISVADMDPD", "BBB_FC_DSCNUOM", "BBB_FC_IVDBSFR")
OVERLAP = "BBB_FC_IAOD"
# What we say of bytes that one reader takes for this and another for that.
_READ_TWO_WAYS = (
    "verification.structure-broken",
    "verification.bytes-after-end",
    "verification.bytes-between-objects",
    "verification.duplicate-key",
    "verification.object-misnamed",
    "verification.objects-beyond-size",
    "verification.update-out-of-order",
)
_VALUE_WRONG = "BBB_CV_ISI"
_TIME_OUTSIDE = "BBB_SAV_ISQPSTWSCVR"
_NO_TIME = "BBB_SAV_ISQPSTP"
_NO_ATTRIBUTES = "BBB_SAV_ISQPMDOSPP"
_FELL = {"died", "timeout", "OutOfMemoryError", "StackOverflowError"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One judge's answer: the words of EN 319 102-1, and codes or messages."""

    kind: Kind
    indication: str = ""
    sub: str | None = None
    said: frozenset[str] = field(default_factory=frozenset)
    timestamps: int = 0

    def says(self, *beginnings: str) -> bool:
        """Tell whether a code or message begins so."""
        return any(one.startswith(beginnings) for one in self.said)

    @property
    def words(self) -> tuple[str, str | None]:
        """Return indication and sub-indication."""
        return self.indication, self.sub

    @override
    def __str__(self) -> str:
        return " ".join(filter(None, (self.indication or self.kind, self.sub)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What all judges said of one file."""

    file: str
    ours: Verdict
    dss: Verdict
    pdfsig: Kind
    pdfsig_words: str


def ours_of(answer: Mapping[str, Any]) -> Verdict:
    """Read our own answer."""
    if "error" in answer:
        kind = Kind.FELL if answer["error"] in _FELL else Kind.UNREADABLE
        return Verdict(kind=kind, said=frozenset({answer["error"]}))
    parts = [answer, *answer["signatures"]]
    said = frozenset(code for part in parts for code in part["reasons"])
    stamps = len(answer["timestamps"])
    if answer["indication"] is None:
        return Verdict(kind=Kind.UNSIGNED, said=said, timestamps=stamps)
    wrong = {part["sub"] for part in parts if part["indication"] != "TOTAL-PASSED"}
    return Verdict(
        kind=Kind.ACCEPT if wrong <= NOT_OF_THE_BYTES else Kind.REJECT,
        indication=answer["indication"],
        sub=answer["sub"],
        said=said,
        timestamps=stamps,
    )


def dss_of(answer: Mapping[str, Any]) -> Verdict:
    """Read the answer of the EU's DSS: the worst of all signatures, as we report a file."""
    if "error" in answer:
        kind = Kind.FELL if answer["error"] in _FELL else Kind.UNREADABLE
        return Verdict(kind=kind, said=frozenset({answer["error"]}))
    parts, stamps = answer["signatures"], len(answer["timestamps"])
    said = frozenset(one for part in parts for one in (*part["errors"], *part["warnings"]))
    if not parts:
        return Verdict(kind=Kind.UNSIGNED, said=said, timestamps=stamps)
    indication, sub = "TOTAL-PASSED", None
    for wanted in ("TOTAL_FAILED", "INDETERMINATE"):
        found = next((part["sub"] for part in parts if part["indication"] == wanted), "")
        if found != "":
            indication, sub = wanted.replace("_", "-"), found
            break
    return Verdict(
        kind=Kind.ACCEPT if all(map(_holds, parts)) else Kind.REJECT,
        indication=indication,
        sub=sub,
        said=said,
        timestamps=stamps,
    )


def _holds(part: Mapping[str, Any]) -> bool:
    """Tell whether a signature's bytes hold: what is unproven for trust alone may hide no more."""
    if part["sub"] == "NO_SIGNING_CERTIFICATE_FOUND":
        return True
    if part["indication"] == "TOTAL_PASSED":
        return True
    return bool(part["intact"] and part["valid"] and part["sub"] in NOT_OF_THE_BYTES)


def pdfsig_of(words: str) -> Kind:
    """Read the answer of pdfsig, which verifies no timestamps."""
    if words in {"no signature", "unreadable"}:
        return Kind.UNSIGNED if words == "no signature" else Kind.UNREADABLE
    if words == "timeout" or words.startswith("died"):
        return Kind.FELL
    judged = {one for one in words.split("; ") if one != "Signature has not yet been verified"}
    if not judged:
        return Kind.UNJUDGED
    return Kind.ACCEPT if judged == {"Signature is Valid"} else Kind.REJECT


Rule: TypeAlias = Callable[[Row], bool]


def _kinds(row: Row) -> tuple[Kind, Kind]:
    return row.ours.kind, row.dss.kind


def _changed(row: Row) -> bool:
    return row.dss.says(*CHANGES)


# Class by class: first those about the bytes, then those about words alone.
BYTES: Mapping[str, Rule] = {
    "encrypted": lambda row: row.ours.says("inspect.encrypted") and row.dss.kind is not Kind.FELL,
    "unreadable": lambda row: set(_kinds(row)) == {Kind.UNREADABLE, Kind.UNSIGNED},
    "called-unsigned": lambda row: _kinds(row) == (Kind.REJECT, Kind.UNSIGNED),
    "change-warned-of": lambda row: _kinds(row) == (Kind.REJECT, Kind.ACCEPT) and _changed(row),
    "structure-repaired": lambda row: (
        _kinds(row) == (Kind.REJECT, Kind.ACCEPT) and row.ours.says(*_READ_TWO_WAYS)
    ),
    "annotation-permitted": lambda row: (
        _kinds(row) == (Kind.REJECT, Kind.ACCEPT)
        and row.file.startswith("produced/forgeries/eaa-")
        and row.ours.says("verification.annotation-added")
    ),
    # Of the forgeries that we made ourselves we know what they are.
    "forgery-not-seen": lambda row: (
        _kinds(row) == (Kind.REJECT, Kind.ACCEPT) and row.file.startswith("produced/forgeries/")
    ),
    "two-signers": lambda row: (
        _kinds(row) == (Kind.REJECT, Kind.ACCEPT) and row.ours.says("verification.signers-not-one")
    ),
    "shared-signature": lambda row: (
        _kinds(row) == (Kind.REJECT, Kind.ACCEPT) and row.ours.says("verification.signature-shared")
    ),
    # A third judge has verified the value: it is ours against two otherwise.
    "attributes-not-der": lambda row: (
        _kinds(row) == (Kind.ACCEPT, Kind.REJECT)
        and row.dss.sub == "SIG_CRYPTO_FAILURE"
        and row.dss.says(_VALUE_WRONG)
        and row.pdfsig is Kind.ACCEPT
    ),
    "shake256": lambda row: (
        _kinds(row) == (Kind.ACCEPT, Kind.REJECT)
        and row.dss.says("ASCCM_CAA_ANS: The algorithm EdDSA with SHAKE256")
    ),
}
WORDS: Mapping[str, Rule] = {
    "no-signing-time": lambda row: (
        row.ours.says("verification.no-signing-time")
        and row.dss.sub == "SIG_CONSTRAINTS_FAILURE"
        and row.dss.says(_NO_TIME)
    ),
    "no-signed-attributes": lambda row: (
        row.ours.says("verification.no-signed-attributes") and row.dss.says(_NO_ATTRIBUTES)
    ),
    "signed-after-expiry": lambda row: row.ours.sub == "EXPIRED" and row.dss.says(_TIME_OUTSIDE),
    "anchor-expired": lambda row: (
        row.ours.sub == "OUT_OF_BOUNDS_NO_POE"
        and row.dss.sub in {None, "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"}
    ),
    "another-fault-named": lambda row: _kinds(row) == (Kind.REJECT, Kind.REJECT),
}
# Warnings that DSS adds to a verdict that we share.
WARNINGS: Mapping[str, Rule] = {
    "change-allowed": lambda row: _kinds(row) == (Kind.ACCEPT, Kind.ACCEPT) and _changed(row),
    "overlap": lambda row: row.ours.kind is Kind.ACCEPT and row.dss.says(OVERLAP),
}
PDFSIG: Mapping[str, Rule] = {
    "pdfsig-bytes-only": lambda row: (row.ours.kind, row.pdfsig) == (Kind.REJECT, Kind.ACCEPT),
    "pdfsig-no-answer": lambda row: (
        row.ours.kind is Kind.REJECT and row.pdfsig in {Kind.UNSIGNED, Kind.UNJUDGED}
    ),
    "pdfsig-timestamps": lambda row: (
        row.ours.kind is Kind.UNSIGNED and row.pdfsig is Kind.UNJUDGED and row.ours.timestamps > 0
    ),
    "pdfsig-unable": lambda row: (
        row.ours.kind is Kind.ACCEPT
        and row.pdfsig is Kind.REJECT
        and "Digest Mismatch" not in row.pdfsig_words
        and row.dss.says("ASCCM_CAA_ANS: The algorithm EdDSA", _TIME_OUTSIDE)
    ),
    "pdfsig-unreadable": lambda row: (
        {row.ours.kind, row.pdfsig} <= {Kind.UNREADABLE, Kind.UNSIGNED}
        or row.ours.says("inspect.encrypted")
    ),
}
UNEXPLAINED = "unexplained"


def classes_of(row: Row) -> tuple[str, ...]:
    """Return the classes of difference of a row; none where all judges agree."""
    found: list[str] = []
    if row.ours.kind is not row.dss.kind:
        found.append(_first(BYTES, row))
    elif row.ours.words != row.dss.words:
        found.append(_first(WORDS, row))
    found += [name for name, rule in WARNINGS.items() if rule(row)]
    if row.ours.kind is not row.pdfsig:
        found.append(_first(PDFSIG, row))
    return tuple(found)


def _first(rules: Mapping[str, Rule], row: Row) -> str:
    return next((name for name, rule in rules.items() if rule(row)), UNEXPLAINED)
