"""A file on the disk and what is appended to it in memory: pyHanko writes, and the file stays."""

from __future__ import annotations

import io
import os
from contextlib import contextmanager, nullcontext
from mmap import ACCESS_READ, mmap
from typing import TYPE_CHECKING, Any, Final

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from _typeshed import WriteableBuffer

    from signing._pades.plain_syntax import Buffer

CHUNK: Final = 1 << 20  # bytes that are read at once


class CutShortError(OSError):
    """A file has become shorter while it was read."""


class Overlay(io.RawIOBase):
    """A stream that begins with a file, read only, and goes on with what is written behind it.

    Attributes:
        mapped: the file, for the few objects that are looked at. To read all of it this way would
            have it counted as memory of this process: streams and hashes read the file itself.
        length: of the file in bytes.
    """

    def __init__(self, descriptor: int, mapped: Buffer) -> None:
        """Lay an empty update behind an open file."""
        super().__init__()
        self.mapped, self.length = mapped, len(mapped)
        self._descriptor = descriptor
        self._update, self._at = bytearray(), 0

    @property
    def update(self) -> bytes:
        """Return what was written behind the file."""
        return bytes(self._update)

    def feed(self, state: Any, start: int, end: int) -> None:
        """Give a span of the file to a hash.

        Raises:
            CutShortError: the file has become shorter.
        """
        with memoryview(bytearray(min(CHUNK, end - start))) as view:
            while start < end:
                got = self._read(view[: end - start], start)
                state.update(view[:got])
                start += got

    def _read(self, view: memoryview, at: int) -> int:
        got = os.preadv(self._descriptor, [view], at)
        if got == 0:
            raise CutShortError
        return got

    @override
    def close(self) -> None:
        """Stay open: a buffer that lets go of this stream ends no file that is another's."""

    @override
    def readable(self) -> bool:
        return True

    @override
    def writable(self) -> bool:
        return True

    @override
    def seekable(self) -> bool:
        return True

    @override
    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        origins = {
            os.SEEK_SET: 0,
            os.SEEK_CUR: self._at,
            os.SEEK_END: self.length + len(self._update),
        }
        self._at = origins[whence] + offset
        return self._at

    @override
    def readinto(self, buffer: WriteableBuffer, /) -> int:
        with memoryview(buffer).cast("B") as view:
            if self._at < self.length:
                got = self._read(view[: self.length - self._at], self._at)
            else:
                behind = self._at - self.length
                rest = self._update[behind : behind + len(view)]
                got = len(rest)
                view[:got] = rest
        self._at += got
        return got

    @override
    def write(self, data: Any, /) -> int:
        if self._at < self.length:
            msg = "the file itself is not written to"
            raise io.UnsupportedOperation(msg)
        written = bytes(data)
        behind = self._at - self.length
        self._update[behind : behind + len(written)] = written
        self._at += len(written)
        return len(written)


@contextmanager
def overlaid(path: Path) -> Iterator[Overlay]:
    """Open a file that nobody writes to.

    Raises:
        OSError: the file can't be read.
    """
    with path.open("rb", buffering=0) as file:
        descriptor = file.fileno()
        with _mapped(descriptor) as mapped:
            yield Overlay(descriptor, mapped)


def _mapped(descriptor: int) -> AbstractContextManager[Buffer]:
    if os.fstat(descriptor).st_size == 0:  # nothing can't be mapped
        return nullcontext(b"")
    return mmap(descriptor, 0, access=ACCESS_READ)
