"""The files that a command is given."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


def walk(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield files, and those of folders in the order of their names, a folder at a time."""
    for path in paths:
        if path.is_dir():
            # What a folder says of its entries is not asked again of each.
            with os.scandir(path) as entries:
                inside = sorted((e.name, e.is_dir()) for e in entries if e.is_dir() or e.is_file())
            for name, is_folder in inside:
                yield from walk([path / name]) if is_folder else (path / name,)
        else:
            yield path
