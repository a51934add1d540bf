"""Signatures and timestamps over a file that is too large to be held in memory.

What is appended is held, and the file is read in pieces: once for its digest, and once more while
it is copied. That second reading is never spared: a file on a disk may change behind one's back.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Any

from signing._pades.overlay import CHUNK, Overlay, overlaid
from signing._pades.revision import Revision
from signing.augment import TOKEN_BYTES, complete_timestamp
from signing.complete import complete
from signing.errors import PreparedMismatchError
from signing.model import Level, Prepared, PreparedFile
from signing.plainly import NotPlainError, prepare_tail
from signing.prepare import prepare_the_long_way, require_zone

if TYPE_CHECKING:
    from datetime import datetime
    from io import FileIO
    from pathlib import Path
    from typing import BinaryIO

    from signing.model import SignaturePlan, ValidationData


def prepare_file(path: Path, *, plan: SignaturePlan, at: datetime) -> PreparedFile:
    """Make the update of one signature, its value missing; the file is left as it is.

    Args:
        path: a file that nobody writes to; its places were reserved.
        plan: what to sign, fill and show.
        at: moment of signing for /M, with its zone.

    Raises:
        OSError: the file can't be read.
        SigningError, ValueError: as `prepare` does.
    """
    require_zone(at)
    with overlaid(path) as file:
        try:
            made = prepare_tail(file.mapped, plan=plan, at=at, feed=file.feed)
        except NotPlainError:
            return _of(file, prepare_the_long_way(file, plan=plan, at=at))
    tail = made.tail
    return PreparedFile(
        length=file.length,
        update=tail.whole,
        digest=tail.digest,
        hole=tail.span,
        to_be_signed=made.to_be_signed,
    )


def _of(file: Overlay, first: Prepared) -> PreparedFile:
    return PreparedFile(
        length=file.length,
        update=first.pdf,
        digest=first.digest,
        hole=first.hole,
        to_be_signed=first.to_be_signed,
    )


def augment_file(path: Path, data: ValidationData, *, level: Level) -> PreparedFile:
    """Make the update of validation data and, for B-LTA, of a document timestamp without its token.

    Args:
        path: a signed file that nobody writes to.
        data: certificates, CRLs and OCSP answers of all signatures and timestamps.
        level: B-LT or B-LTA.

    Returns:
        For B-LT an update without a hole, which is empty when the file has everything; its digest
        is of nothing.

    Raises:
        OSError: the file can't be read.
        UnreadablePdfError: the file can't be read strictly.
    """
    with overlaid(path) as file:
        update = Revision(file).store(Certs=data.certificates, CRLs=data.crls, OCSPs=data.ocsps)
        if level is not Level.B_LTA:
            return PreparedFile(
                length=file.length, update=update, digest=b"", hole=(0, 0), to_be_signed=b""
            )
        hollow = Revision(file).timestamp(reserved_bytes=TOKEN_BYTES)
        return PreparedFile(
            length=file.length,
            update=hollow.pdf,
            digest=hollow.digest,
            hole=hollow.hole,
            to_be_signed=b"",
        )


def complete_update(
    prepared: PreparedFile, *, plan: SignaturePlan, value: bytes, timestamp_token: bytes | None
) -> bytes:
    """Return what is to be appended to the file, signed.

    Whoever appends it checks with `PreparedFile.require_file` that it is the same file.

    Args:
        prepared: the first half.
        plan: the plan it was made with.
        value: as `complete` takes it.
        timestamp_token: as `complete` takes it.

    Raises:
        SigningError: as `complete` does.
    """
    return complete(prepared.alone, plan=plan, value=value, timestamp_token=timestamp_token)


def complete_timestamp_update(prepared: PreparedFile, token: bytes) -> bytes:
    """Return what is to be appended to the file, with its document timestamp.

    Args:
        prepared: what `augment_file` returned for B-LTA.
        token: TimeStampToken over ``prepared.digest``.

    Raises:
        SigningError: as `complete_timestamp` does.
    """
    return complete_timestamp(prepared.alone, token)


def complete_file(
    prepared: PreparedFile,
    *,
    source: Path,
    target: Path,
    plan: SignaturePlan,
    value: bytes,
    timestamp_token: bytes | None,
) -> None:
    """Write the signed file.

    Args:
        prepared: the first half.
        source: the file that it was made of.
        target: where the signed file goes; it is there whole, or not at all.
        plan: the plan it was made with.
        value: as `complete` takes it.
        timestamp_token: as `complete` takes it.

    Raises:
        PreparedMismatchError: the update, the digest, the plan and the file do not belong together.
        OSError: a file can't be read or written.
        SigningError: as `complete` does.
    """
    update = complete_update(prepared, plan=plan, value=value, timestamp_token=timestamp_token)
    unfinished = target.with_name(f"{target.name}.part")
    try:
        with source.open("rb", buffering=0) as old, unfinished.open("wb") as new:
            state = _copied(old, new, prepared.length)
            prepared.require_file(state)
            new.write(update)
            # A crash of the machine must not leave a file of the right name and no content.
            new.flush()
            os.fsync(new.fileno())
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def _copied(old: FileIO, new: BinaryIO, length: int) -> Any:
    """Copy a whole file, and return the state of SHA-256 over what was copied.

    Raises:
        PreparedMismatchError: the file has another length.
    """
    state, copied, buffer = hashlib.sha256(), 0, bytearray(CHUNK)
    with memoryview(buffer) as view:
        while got := old.readinto(view):
            state.update(view[:got])
            new.write(view[:got])
            copied += got
    if copied != length:
        raise PreparedMismatchError(reason="length")
    return state
