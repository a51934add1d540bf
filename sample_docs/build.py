"""Builds the sample documents and their manifest; ``--check`` compares instead of writing.

    python sample_docs/build.py           write what differs
    python sample_docs/build.py --check   fail if a committed file is not what a rebuild gives
    python sample_docs/build.py --sign    sign the foreign samples anew, with new keys

Files under ``signed/`` are signed once, with keys that were thrown away: a build keeps them as they
are, and ``--check`` only asks that they are there.
"""

import argparse
import sys
from pathlib import Path

import broken
import faces
import hybrid
import layout
import manifest
import sources
import variants
from sources import HERE, Book, Source


def _page(source: Source, book: Book) -> bytes:
    """Return the plain page of a source in the letters that it is made for."""
    match source.make:
        case "legacy":
            return layout.render(source, book, faces.legacy(typed_small=True))
        case "legacy-caps":
            return layout.render(source, book, faces.legacy(typed_small=False))
        case _:
            return layout.render(source, book, faces.UNICODE)


def make(source: Source, book: Book) -> bytes:
    """Return the bytes of one sample that has a file."""
    page = _page(source, book)
    match source.make:
        case "legacy" | "legacy-caps":
            return variants.as_legacy(page)
        case "scan":
            return variants.as_scan(page)
        case "pdfa":
            return variants.as_pdfa(page, source.subject)
        case "compact":
            return variants.tidy(page, compact=True)
        case "hybrid":
            return hybrid.as_hybrid(page)
        case kind:
            return broken.MAKERS[kind](variants.tidy(page))


def _read_signed(source: Source) -> bytes:
    path = HERE / source.path
    return path.read_bytes() if path.is_file() else b""


def _sign(source: Source, book: Book) -> dict[str, bytes]:
    """Sign a foreign sample; return it and the certificates by their paths."""
    import foreign  # noqa: PLC0415  # pyHanko takes a second to load and is seldom needed

    signer = book.officers[source.signer].full_name
    signed = foreign.sign(variants.tidy(_page(source, book)), signer)
    return {path or source.path: data for path, data in signed.items()}


def build(*, sign: bool = False) -> dict[str, bytes]:
    """Return every built file by its path relative to ``sample_docs/``."""
    book = sources.load()
    built: dict[str, bytes] = {}
    for source in book.sources:
        if not source.path:
            continue
        if source.make != "foreign":
            built[source.path] = make(source, book)
        elif sign:
            built |= _sign(source, book)
        else:
            built[source.path] = _read_signed(source)
    return {**built, "MANIFEST.toml": manifest.write(book, built)}


def differences(built: dict[str, bytes], folder: Path) -> list[str]:
    """Return the paths whose committed bytes are missing, different or not wanted."""
    stale = {
        name
        for name, data in built.items()
        if not (folder / name).is_file() or (folder / name).read_bytes() != data
    }
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*.pdf")}
    return sorted(stale | (present - built.keys()))


def main(arguments: list[str]) -> int:
    """Build or check, and say what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    parser.add_argument("--sign", action="store_true", help="sign the foreign samples anew")
    options = parser.parse_args(arguments)
    built = build(sign=options.sign)
    stale = differences(built, HERE)
    if options.check:
        for name in stale:
            print(f"differs from a rebuild: {name}")
        return 1 if stale else 0
    for name in stale:
        path = HERE / name
        if name not in built:
            path.unlink()
            print(f"removed: {name}")
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(built[name])
        print(f"written: {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
