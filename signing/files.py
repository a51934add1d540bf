"""Both halves of a signature over a file that is too large to be held in memory.

What is appended is held, and the file is read in pieces: once for its digest, and once more while
it is copied. That second reading is never spared: a file on a disk may change behind one's back.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from typing import TYPE_CHECKING, Any, Final

from signing.complete import complete
from signing.errors import PreparedMismatchError
from signing.model import Prepared
from signing.plainly import NotPlainError, prepare_tail
from signing.prepare import prepare

if TYPE_CHECKING:
    from datetime import datetime
    from io import FileIO
    from pathlib import Path
    from typing import BinaryIO

    from signing.model import SignaturePlan

_CHUNK: Final = 1 << 20  # bytes that are read at once


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedFile:
    """The first half of a signature over a file, as plain data that may wait for days.

    Attributes:
        length: of the file in bytes.
        update: what is to be appended, its hole filled with zeros.
        digest: SHA-256 of the file and the update but the hole.
        hole: half-open span ``[start, end)`` of the hex string in the whole of both.
        to_be_signed: DER of the signed attributes.
    """

    length: int
    update: bytes
    digest: bytes
    hole: tuple[int, int]
    to_be_signed: bytes


def prepare_file(path: Path, *, plan: SignaturePlan, at: datetime) -> PreparedFile:
    """Make the update of one signature, its value missing; the file is left as it is.

    A file that is not plainly simple, which no file is after `reserve`, is read into memory.

    Args:
        path: a file that nobody writes to; its places were reserved.
        plan: what to sign, fill and show.
        at: moment of signing for /M, with its zone.

    Raises:
        OSError: the file can't be read.
        SigningError, ValueError: as `prepare` does.
    """
    try:
        return _prepared_plainly(path, plan, at)
    except NotPlainError:
        pdf = path.read_bytes()
        whole = prepare(pdf, plan=plan, at=at)
    return PreparedFile(
        length=len(pdf),
        update=whole.pdf[len(pdf) :],
        digest=whole.digest,
        hole=whole.hole,
        to_be_signed=whole.to_be_signed,
    )


def _prepared_plainly(path: Path, plan: SignaturePlan, at: datetime) -> PreparedFile:
    with path.open("rb", buffering=0) as file:
        length = os.fstat(file.fileno()).st_size
        if length == 0:  # nothing can't be mapped
            raise NotPlainError(reason="header")
        # Mapped for the few objects that are looked at; the digest reads the file itself, so that
        # not all of it is counted as memory of this process.
        with mmap(file.fileno(), 0, access=ACCESS_READ) as mapped:
            made = prepare_tail(mapped, plan=plan, at=at, feed=_feed_from(file.fileno()))
    tail = made.tail
    return PreparedFile(
        length=length,
        update=tail.whole,
        digest=tail.digest,
        hole=tail.span,
        to_be_signed=made.to_be_signed,
    )


def _feed_from(descriptor: int) -> Any:
    buffer = bytearray(_CHUNK)

    def feed(state: Any, start: int, end: int) -> None:
        with memoryview(buffer) as view:
            while start < end:
                got = os.preadv(descriptor, [view[: min(_CHUNK, end - start)]], start)
                if got == 0:
                    raise NotPlainError(reason="length")
                state.update(view[:got])
                start += got

    return feed


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
    start, end = prepared.hole
    # To `complete` the update is the file; that its digest is of the whole is seen while copying.
    part = Prepared.fresh(
        pdf=prepared.update,
        digest=prepared.digest,
        hole=(start - prepared.length, end - prepared.length),
        to_be_signed=prepared.to_be_signed,
    )
    update = complete(part, plan=plan, value=value, timestamp_token=timestamp_token)
    unfinished = target.with_name(f"{target.name}.part")
    try:
        with source.open("rb", buffering=0) as old, unfinished.open("wb") as new:
            state = _copied(old, new, prepared.length)
            _require_digest(state, prepared, part.hole)
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
    state, copied, buffer = hashlib.sha256(), 0, bytearray(_CHUNK)
    with memoryview(buffer) as view:
        while got := old.readinto(view):
            state.update(view[:got])
            new.write(view[:got])
            copied += got
    if copied != length:
        raise PreparedMismatchError(reason="length")
    return state


def _require_digest(state: Any, prepared: PreparedFile, hole: tuple[int, int]) -> None:
    with memoryview(prepared.update) as update:
        state.update(update[: hole[0]])
        state.update(update[hole[1] :])
    if state.digest() != prepared.digest:
        raise PreparedMismatchError(reason="digest")
