"""Builds the sample documents and their manifest; ``--check`` compares instead of writing.

    python sample_docs/build.py           write what differs
    python sample_docs/build.py --check   fail if a committed file is not what a rebuild gives

Files under ``signed/`` are signed once with keys that are thrown away, so they cannot be rebuilt:
they are read back, never written, except with ``--sign``.
"""

import argparse
import io
import sys
from pathlib import Path

import faces
import layout
import manifest
import pikepdf
import sources
from sources import HERE, Book, Source


def tidy(pdf: bytes) -> bytes:
    """Write a PDF the way qpdf does: the same bytes whatever zlib Python was linked with."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        document.save(out, deterministic_id=True, recompress_flate=True)
    return out.getvalue()


def make(source: Source, book: Book) -> bytes | None:
    """Return the bytes of one sample, or None for a document without a file."""
    if not source.path:
        return None
    return tidy(layout.render(source, book, faces.register()))


def build() -> dict[str, bytes]:
    """Return every built file by its path relative to ``sample_docs/``."""
    book = sources.load()
    files = {source.name: make(source, book) for source in book.sources}
    built = {s.path: pdf for s in book.sources if (pdf := files[s.name]) is not None}
    return {**built, "MANIFEST.toml": manifest.write(book, files)}


def differences(built: dict[str, bytes], folder: Path) -> list[str]:
    """Return the paths whose committed bytes are missing, different or not wanted."""
    stale = [
        name
        for name, data in built.items()
        if not (folder / name).is_file() or (folder / name).read_bytes() != data
    ]
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*.pdf")}
    return sorted({*stale, *(present - built.keys())})


def main(arguments: list[str]) -> int:
    """Build or check, and say what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    options = parser.parse_args(arguments)
    built = build()
    stale = differences(built, HERE)
    if options.check:
        for name in stale:
            print(f"differs from a rebuild: {name}")
        return 1 if stale else 0
    for name in stale:
        path = HERE / name
        if name not in built:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(built[name])
        print(f"written: {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
