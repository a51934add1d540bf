"""What a child process does to sign: the two halves round the token's work."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from docsvc.confined import Answer
from docsvc.errors import CodedError
from docsvc.halves import told, told_on_disk
from docsvc.revocation.asking import Asking, Known
from signing.appearance import picture_of
from signing.complete import complete as complete_signature
from signing.files import complete_update as complete_signed_update
from signing.files import prepare_file
from signing.placing import around_image
from signing.prepare import prepare as prepare_signature
from signing.stamp import reserve, reserve_file
from verification.holders import examine
from verification.model import Indication
from verification.policy import DEFAULT_POLICY, load_policy
from verification.revocation import collect
from verification.trust import Trust, load_directory
from verification.verify import verify as verify_file

if TYPE_CHECKING:
    from docsvc.confined import OpenFile
    from signing.model import Prepared, PreparedFile, ReservedPlaces, SignaturePlan


def prepare(pdf: bytes, plan: SignaturePlan, at: str, places: ReservedPlaces | None) -> Answer:
    """Return the first half: hole in the facts; file, digest and signed attributes as frames.

    Args:
        pdf: the last revision.
        plan: the signature.
        at: ISO 8601 moment of signing.
        places: to be reserved before, for the first signature; else None.
    """
    base = pdf if places is None else reserved(pdf, places, plan.image)
    prepared = prepare_signature(base, plan=plan, at=datetime.fromisoformat(at))
    return told(prepared)


def prepare_on_disk(
    base: OpenFile,
    made: OpenFile,
    plan: SignaturePlan,
    at: str,
    places: ReservedPlaces | None,
) -> Answer:
    """Return the first half of a signature over a file on the disk.

    Args:
        base: the last revision.
        made: an empty file; where places are reserved, it becomes what is signed.
        plan: the signature.
        at: ISO 8601 moment of signing.
        places: to be reserved before, for the first signature; else None.

    Returns:
        ``length`` of the file and ``hole`` in the facts; what is appended, its digest and the
        signed attributes as frames.
    """
    signed = base
    if places is not None:
        signed = made
        _reserve_on_disk(base, made, _placed(places, plan.image))
    first = prepare_file(signed.path, plan=plan, at=datetime.fromisoformat(at))
    return told_on_disk(first)


def _reserve_on_disk(base: OpenFile, made: OpenFile, places: ReservedPlaces) -> None:
    try:
        reserve_file(base.path, made.path, places)
    except OSError as e:
        # A disk that is full says nothing about the document: it is tried again.
        code = "blobs.unavailable"
        raise CodedError(code, retryable=True, problem=type(e).__name__) from e


def harmed(base: OpenFile, update: bytes, at: str) -> Answer:
    """Return as ``fields`` the signatures that are broken since a revision was added.

    They are judged by their form alone, whoever made them.

    Args:
        base: the file as it came.
        update: one signature more, appended to it.
        at: ISO 8601 moment.
    """
    moment = datetime.fromisoformat(at)
    before = base.path.read_bytes()
    broken = _broken(before + update, moment) - _broken(before, moment)
    return Answer(facts={"fields": sorted(broken)})


def _broken(pdf: bytes, at: datetime) -> frozenset[str]:
    """Return the fields whose signatures are broken, whoever made them."""
    found = verify_file(pdf, policy=DEFAULT_POLICY, trust=Trust(), at=at)
    judged = {one.field: one.indication for one in found.signatures}
    judged |= {one.field: one.indication for one in found.document_timestamps}
    return frozenset(name for name, one in judged.items() if one is Indication.TOTAL_FAILED)


def reserved(pdf: bytes, places: ReservedPlaces, image: bytes | None) -> bytes:
    """Return the file with its places reserved, those of the signatures round the image.

    Args:
        pdf: an unsigned file.
        places: as they were computed from the page.
        image: PNG of the leader's signature, if it is shown.
    """
    return reserve(pdf, _placed(places, image))


def _placed(places: ReservedPlaces, image: bytes | None) -> ReservedPlaces:
    if image is None:
        return places
    picture = picture_of(image)
    return around_image(places, (picture.width, picture.height))


def complete(prepared: Prepared, plan: SignaturePlan, value: bytes, token: bytes | None) -> Answer:
    """Return the signed file."""
    return Answer(
        frames=(complete_signature(prepared, plan=plan, value=value, timestamp_token=token),)
    )


def complete_update(
    prepared: PreparedFile, plan: SignaturePlan, value: bytes, token: bytes | None
) -> Answer:
    """Return what is appended to a file on the disk, signed."""
    signed = complete_signed_update(prepared, plan=plan, value=value, timestamp_token=token)
    return Answer(frames=(signed,))


def judge(
    chain: tuple[bytes, ...], trust_dir: str, policy_file: str, at: str, known: Known | None
) -> Answer:
    """Judge the certificate that somebody is about to sign with.

    Args:
        chain: it and its issuers, DER.
        trust_dir: folder of anchors, intermediates and revocation lists.
        policy_file: path of a policy; empty: the built-in one.
        at: ISO 8601 moment.
        known: answers of revocation services that were got before; None: none are asked for.

    Returns:
        ``wanted`` requests as long as some are not known; else the ``findings``.
    """
    trust, asking = load_directory(Path(trust_dir)), Asking(known)
    data = collect(chain, trust, asking.fetch)
    if asking.wanted:
        return asking.wanted
    found = examine(
        chain,
        policy=load_policy(Path(policy_file)) if policy_file else DEFAULT_POLICY,
        trust=replace(trust, crls=(*trust.crls, *data.crls), ocsps=(*trust.ocsps, *data.ocsps)),
        at=datetime.fromisoformat(at),
    )
    findings = [{"check": one.check, "code": one.code, "facts": dict(one.facts)} for one in found]
    return Answer(facts={"findings": findings})
