"""Evidence: what a verdict rests on, kept so that anybody gets the same verdict years later.

One JSON object, in one spelling only, so that the same verdict gives the same bytes and a byte
that differs is seen: the report as it was given, the moment, the policy with all its values, the
roles of the inventory, versions, and every certificate, CRL and OCSP answer that was used. What
came from outside of the file is fed to the replay; what the file itself carries is kept beside
it for whoever wants to look, and read from the file again.
"""

import base64
import hashlib
import json
import platform
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from importlib import metadata
from typing import Any

from cryptography import __version__ as cryptography_version
from cryptography.hazmat.backends.openssl.backend import backend

from verification import context as contexts
from verification import revisions
from verification._pades import cms
from verification._pdf import document as documents
from verification._pdf.objects import PdfSyntaxError
from verification.context import digest_of
from verification.errors import EvidenceError, OtherFileError, PolicyError
from verification.masking import masked
from verification.model import Report, Role
from verification.policy import DEFAULT_POLICY, Policy, policy_of, policy_values
from verification.report.json import to_json
from verification.trust import Anchor, AnchorKind, Trust
from verification.verify import verify

SCHEMA = "docsvc.evidence/1"
# The largest CRLs of national authorities have 20 MB, and 27 MB in base64.
MAX_BYTES = 128 << 20
# A file renewed for decades uses some hundred items.
MAX_ITEMS = 5_000

# What makes two verdicts the same; names, sentences and what a later program adds do not.
_OF_REPORT = ("indication", "sub_indication", "completeness", "policy", "reasons")
_OF_SIGNATURE = (
    "field",
    "role",
    "certificate_sha256",
    "timestamp_time",
    "level",
    "indication",
    "sub_indication",
    "coverage",
    "modification",
    "reasons",
)
_OF_TIMESTAMP = ("field", "time", "indication", "sub_indication", "coverage", "reasons")

_KINDS = ("certificate", "crl", "ocsp")
_IN_FILE, _OUTSIDE = "file", "trust"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a verdict rests on.

    Attributes:
        sha256: of the file that the verdict is about.
        at: the moment of the verdict.
        policy: by which it was judged.
        trust: the anchors, certificates, CRLs and OCSP answers from outside that were used.
        carried: those of the file itself that were used.
        roles: what the inventory knew of the certificates that were used.
        versions: of what made the verdict.
        report: the verdict as it was given, in its JSON form.
    """

    sha256: str
    at: datetime
    policy: Policy
    trust: Trust
    carried: contexts.Store
    roles: Mapping[str, Role]
    versions: Mapping[str, str]
    report: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A verdict given again; ``differences`` names what differs from the one that was kept."""

    report: Report
    differences: tuple[str, ...]


def gather(
    pdf: bytes, report: Report, *, policy: Policy, trust: Trust, roles: Mapping[str, Role]
) -> Evidence:
    """Gather the evidence of a verdict.

    What is left out of the trust is tried: if the verdict is not the same without it, as where no
    chain was found among all the anchors there were, everything is kept.

    Args:
        pdf: the file.
        report: what `verify` found, with the arguments that follow.
        policy: that it was judged by.
        trust: that was at hand.
        roles: of the inventory.

    Returns:
        Evidence that gives the same verdict when it is replayed.
    """
    carried = _carried(pdf, report.used)
    whole = Evidence(
        sha256=report.sha256,
        at=report.verified_at,
        policy=policy,
        trust=trust,
        carried=carried,
        roles={key: role for key, role in sorted(roles.items()) if key in report.used},
        versions=_versions(),
        report=json.loads(json.dumps(to_json(report))),
    )
    least = replace(whole, trust=_only(trust, report.used))
    return whole if replay(least, pdf).differences else least


def replay(evidence: Evidence, pdf: bytes) -> Replay:
    """Give the verdict again, by the evidence and the file and nothing else.

    Raises:
        OtherFileError: the evidence belongs to another file.
        UnreadableFileError: as by `verify`.
    """
    found = hashlib.sha256(pdf).hexdigest()
    if found != evidence.sha256:
        raise OtherFileError(expected=evidence.sha256, found=found)
    report = verify(
        pdf,
        policy=evidence.policy,
        trust=evidence.trust,
        at=evidence.at,
        roles=evidence.roles,
        file=str(evidence.report.get("file", "")),
    )
    again = json.loads(json.dumps(to_json(report)))
    return Replay(report=report, differences=tuple(_differences(evidence.report, again)))


def to_bytes(evidence: Evidence) -> bytes:
    """Write evidence; the same evidence gives the same bytes."""
    body = {
        "schema": SCHEMA,
        "sha256": evidence.sha256,
        "verified_at": evidence.at.isoformat(),
        "policy": policy_values(evidence.policy),
        "anchors": [_anchor_values(one) for one in evidence.trust.anchors],
        "items": [*_items(evidence)],
        "roles": dict(evidence.roles),
        "versions": dict(evidence.versions),
        "report": evidence.report,
    }
    return _canonical(body | {"digest": hashlib.sha256(_canonical(body)).hexdigest()})


def read(data: bytes) -> Evidence:
    """Read evidence, which may come from anywhere.

    Raises:
        EvidenceError: it is damaged, altered, too large, or of a form that is not known.
    """
    if len(data) > MAX_BYTES:
        raise EvidenceError(problem="size")
    try:
        body = json.loads(data)
        # One spelling only: what was doubled, moved or spelt otherwise shows here.
        spelt = _canonical(body) == data
        stated = body.pop("digest")
        if not spelt or stated != hashlib.sha256(_canonical(body)).hexdigest():
            raise EvidenceError(problem="digest")
        return _read(body)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError, PolicyError) as e:
        raise EvidenceError(problem=type(e).__name__) from e


def _read(body: dict[str, Any]) -> Evidence:
    if body["schema"] != SCHEMA or len(body["items"]) + len(body["anchors"]) > MAX_ITEMS:
        raise EvidenceError(problem="schema")
    items = [(one["origin"], one["kind"], _decode(one)) for one in body["items"]]

    def of(origin: str, kind: str) -> tuple[bytes, ...]:
        return tuple(der for where, what, der in items if (where, what) == (origin, kind))

    return Evidence(
        sha256=str(body["sha256"]),
        at=_moment(body["verified_at"]),
        policy=policy_of(body["policy"], DEFAULT_POLICY, name="evidence"),
        trust=Trust(
            anchors=tuple(_anchor(one) for one in body["anchors"]),
            intermediates=of(_OUTSIDE, "certificate"),
            crls=of(_OUTSIDE, "crl"),
            ocsps=of(_OUTSIDE, "ocsp"),
        ),
        carried=contexts.Store(
            certificates=of(_IN_FILE, "certificate"),
            crls=of(_IN_FILE, "crl"),
            ocsps=of(_IN_FILE, "ocsp"),
        ),
        roles={str(key): Role(role) for key, role in body["roles"].items()},
        versions={str(key): str(value) for key, value in body["versions"].items()},
        report=_report(body["report"]),
    )


def _report(values: Any) -> dict[str, Any]:
    """Take a report whose parts can be compared."""
    parts = (values, *values["signatures"], *values["document_timestamps"])
    if not all(isinstance(part, dict) for part in parts):
        raise EvidenceError(problem="report")
    return dict(values)


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise EvidenceError(problem="time")
    return at


def _canonical(body: Mapping[str, Any]) -> bytes:
    text = json.dumps(body, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False)
    return text.encode() + b"\n"


def _items(evidence: Evidence) -> Iterator[dict[str, str]]:
    outside = (evidence.trust.intermediates, evidence.trust.crls, evidence.trust.ocsps)
    inside = (evidence.carried.certificates, evidence.carried.crls, evidence.carried.ocsps)
    for origin, groups in ((_OUTSIDE, outside), (_IN_FILE, inside)):
        for kind, ders in zip(_KINDS, groups, strict=True):
            for der in ders:
                yield {"origin": origin, "kind": kind, "sha256": digest_of(der)} | _encode(der)


def _anchor_values(anchor: Anchor) -> dict[str, str | None]:
    return {
        "name": masked(anchor.name),
        "kind": anchor.kind,
        "since": None if anchor.since is None else anchor.since.isoformat(),
        "until": None if anchor.until is None else anchor.until.isoformat(),
        "reason": anchor.reason,
        "sha256": digest_of(anchor.certificate),
    } | _encode(anchor.certificate)


def _anchor(values: Mapping[str, Any]) -> Anchor:
    since, until = values["since"], values["until"]
    return Anchor(
        certificate=_decode(values),
        name=str(values["name"]),
        kind=AnchorKind(values["kind"]),
        since=None if since is None else _moment(since),
        until=None if until is None else _moment(until),
        reason=str(values["reason"]),
    )


def _encode(der: bytes) -> dict[str, str]:
    return {"der": base64.b64encode(der).decode()}


def _decode(values: Mapping[str, Any]) -> bytes:
    der = base64.b64decode(values["der"], validate=True)
    if values["sha256"] != digest_of(der):
        raise EvidenceError(problem="item")
    return der


def _only(trust: Trust, used: frozenset[str]) -> Trust:
    """Leave out of a trust what was not used."""

    def kept(ders: Iterable[bytes]) -> tuple[bytes, ...]:
        return tuple(der for der in ders if digest_of(der) in used)

    return Trust(
        anchors=tuple(one for one in trust.anchors if digest_of(one.certificate) in used),
        intermediates=kept(trust.intermediates),
        crls=kept(trust.crls),
        ocsps=kept(trust.ocsps),
    )


def _carried(pdf: bytes, used: frozenset[str]) -> contexts.Store:
    """Return what was used of a file's own validation data: its store's and its containers'."""
    try:
        document = documents.open_document(pdf)
        store = contexts.read_store(document, document.newest)
        signed = revisions.signed_fields(document)
    except PdfSyntaxError:
        return contexts.Store()
    boxes = [*_containers(one.contents for one in signed)]

    def kept(*groups: tuple[bytes, ...]) -> tuple[bytes, ...]:
        each = dict.fromkeys(der for group in groups for der in group)
        return tuple(der for der in each if digest_of(der) in used)

    return contexts.Store(
        certificates=kept(store.certificates, *(box.certificates for box in boxes)),
        crls=kept(store.crls, *(box.crls for box in boxes)),
        ocsps=kept(store.ocsps, *(box.ocsps for box in boxes)),
    )


def _containers(contents: Iterable[bytes]) -> Iterator[cms.Cms]:
    """Read containers and the timestamps in them; what cannot be read brings nothing."""
    for data in contents:
        try:
            box = cms.parse(data)
        except cms.CmsError:
            continue
        yield box
        yield from _containers(box.timestamps)


def _versions() -> dict[str, str]:
    try:
        program = metadata.version("docsvc")
    except metadata.PackageNotFoundError:
        program = "unknown"
    return {
        "docsvc": program,
        "evidence": SCHEMA,
        "cryptography": cryptography_version,
        "openssl": backend.openssl_version_text(),
        "python": platform.python_version(),
    }


def _differences(kept: Mapping[str, Any], again: Mapping[str, Any]) -> Iterator[str]:
    """Name what differs between two verdicts, from the file down to its signatures."""
    yield from (key for key in _OF_REPORT if kept.get(key) != again.get(key))
    for group, keys in (("signatures", _OF_SIGNATURE), ("document_timestamps", _OF_TIMESTAMP)):
        before, after = kept.get(group, []), again.get(group, [])
        if len(before) != len(after):
            yield group
            continue
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from (f"{group}[{index}].{key}" for key in keys if old.get(key) != new.get(key))
