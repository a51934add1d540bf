"""What a child process does to reach B-LTA; it has no network: it says what it wants fetched."""

from __future__ import annotations

from pathlib import Path

from docsvc.revocation.asking import Asking, Known
from docsvc.sandbox import Answer
from signing.augment import add_validation_data, complete_timestamp, prepare_timestamp
from signing.model import Level, Prepared, ValidationData
from verification.revocation import collect
from verification.trust import load_directory


def augment(pdf: bytes, trust_dir: str, known: Known | None, level: Level) -> Answer:
    """Add validation data and prepare the document timestamp.

    Args:
        pdf: the sealed file.
        trust_dir: folder of anchors and intermediates.
        known: answers that were got before; None: nothing is asked for.
        level: B-LT or B-LTA.

    Returns:
        ``wanted`` requests in the facts as long as some are not known. Else, for B-LT, the file
        as a frame; for B-LTA the hole in the facts and file and digest as frames.
    """
    asking = Asking(known)
    data = collect(pdf, load_directory(Path(trust_dir)), asking.fetch)
    if asking.wanted:
        return asking.wanted
    extended = add_validation_data(
        pdf,
        ValidationData(certificates=data.certificates, crls=data.crls, ocsps=data.ocsps),
    )
    if level is Level.B_LT:
        return Answer(frames=(extended,))
    prepared = prepare_timestamp(extended)
    return Answer(facts={"hole": prepared.hole}, frames=(prepared.pdf, prepared.digest))


def complete(prepared: Prepared, token: bytes) -> Answer:
    """Return the file with its document timestamp."""
    return Answer(frames=(complete_timestamp(prepared, token),))
