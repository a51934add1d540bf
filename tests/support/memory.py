"""Resident memory of this process, and large files that take none."""

from __future__ import annotations

import os
from pathlib import Path

_IMAGE_BYTES = 2_000_000  # a scanned page
_SIDE = (1000, 2000)


def forget_peak() -> int:
    """Begin to measure anew (proc_pid_clear_refs(5)); return what is resident now, in kB."""
    Path("/proc/self/clear_refs").write_text("5", "ascii")
    return _line("VmRSS")


def peak_kb() -> int:
    """Return the most that was resident since, in kB."""
    return _line("VmHWM")


def _line(key: str) -> int:
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{key}:"))


def write_scan(path: Path, pages: int) -> None:
    """Write a file of so many pages of 2 MB each, one page in memory at a time."""
    offsets: list[int] = []
    with path.open("wb") as file:

        def add(*parts: bytes) -> None:
            offsets.append(file.tell())
            file.write(b"%d 0 obj\n" % len(offsets))
            file.writelines(parts)
            file.write(b"\nendobj\n")

        file.write(b"%PDF-1.7\n")
        kids = b" ".join(b"%d 0 R" % (3 + 3 * page) for page in range(pages))
        add(b"<< /Type /Catalog /Pages 2 0 R >>")
        add(b"<< /Type /Pages /Count %d /Kids [ %b ] >>" % (pages, kids))
        for page in range(pages):
            first = 3 + 3 * page
            add(
                b"<< /Type /Page /Parent 2 0 R /MediaBox [ 0 0 595 842 ] /Contents %d 0 R"
                b" /Resources << /XObject << /Im %d 0 R >> >> >>" % (first + 1, first + 2)
            )
            shown = b"q 595 0 0 842 0 0 cm /Im Do Q"
            add(b"<< /Length %d >>\nstream\n%b\nendstream" % (len(shown), shown))
            add(
                b"<< /Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 8"
                b" /ColorSpace /DeviceGray /Length %d >>\nstream\n" % (*_SIDE, _IMAGE_BYTES),
                os.urandom(_IMAGE_BYTES),
                b"\nendstream",
            )
        table = file.tell()
        file.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(offsets) + 1))
        file.writelines(b"%010d 00000 n \n" % offset for offset in offsets)
        file.write(b"trailer\n<< /Size %d /Root 1 0 R >>\n" % (len(offsets) + 1))
        file.write(b"startxref\n%d\n%%%%EOF\n" % table)
