"""What a child process does to reach B-LTA; it has no network: it says what it wants fetched."""

from __future__ import annotations

from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import TYPE_CHECKING

from docsvc.confined import Answer
from docsvc.halves import told, told_on_disk
from docsvc.revocation.asking import Asking, Known
from signing.augment import add_validation_data, complete_timestamp, prepare_timestamp
from signing.files import augment_file, complete_timestamp_update
from signing.model import Level, Prepared, ValidationData
from verification.revocation import collect
from verification.trust import load_directory

if TYPE_CHECKING:
    from docsvc.confined import OpenFile
    from signing.model import PreparedFile


def augment(pdf: bytes, trust_dir: str, known: Known | None, level: Level) -> Answer:
    """Add validation data and prepare the document timestamp.

    Args:
        pdf: the sealed file.
        trust_dir: folder of anchors and intermediates.
        known: answers that were got before; None: nothing is asked for.
        level: B-LT or B-LTA.

    Returns:
        ``wanted`` requests in the facts as long as some are not known. Else, for B-LT, the file
        as a frame; for B-LTA what `halves.told` says.
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
    return told(prepared)


def augment_on_disk(file: OpenFile, trust_dir: str, known: Known | None) -> Answer:
    """Do what `augment` does for B-LTA with a file on the disk.

    Args:
        file: the sealed file.
        trust_dir: as for `augment`.
        known: as for `augment`.

    Returns:
        ``wanted`` requests, or what `halves.told_on_disk` says.
    """
    asking = Asking(known)
    with file.path.open("rb") as opened, mmap(opened.fileno(), 0, access=ACCESS_READ) as mapped:
        data = collect(mapped, load_directory(Path(trust_dir)), asking.fetch)
    if asking.wanted:
        return asking.wanted
    held = ValidationData(certificates=data.certificates, crls=data.crls, ocsps=data.ocsps)
    first = augment_file(file.path, held, level=Level.B_LTA)
    return told_on_disk(first)


def complete(prepared: Prepared, token: bytes) -> Answer:
    """Return the file with its document timestamp."""
    return Answer(frames=(complete_timestamp(prepared, token),))


def complete_update(prepared: PreparedFile, token: bytes) -> Answer:
    """Return what is appended to a file on the disk, with its document timestamp."""
    return Answer(frames=(complete_timestamp_update(prepared, token),))
