"""Which paths may be read or written: the one place that decides it."""

from __future__ import annotations

import re

from archive.errors import InvalidKeyError

MAX_PATH_BYTES = 1024
"""Longest key of S3; longer ones could not be moved there."""

MAX_ELEMENT_BYTES = 255
"""Longest file name of the usual file systems."""

_UNWRITABLE = re.compile(r"[\x00-\x1f\x7f\\]")


def is_safe(path: str) -> bool:
    """Tell whether a path is relative, stays inside its folder, and can be written everywhere."""
    try:
        encoded = path.encode()
    except UnicodeEncodeError:
        return False
    return len(encoded) <= MAX_PATH_BYTES and all(map(_is_element, path.split("/")))


def require_safe(path: str) -> str:
    """Return the path if it is safe.

    Raises:
        InvalidKeyError: it is not.
    """
    if not is_safe(path):
        raise InvalidKeyError(path=path)
    return path


def conflicts(paths: set[str]) -> set[str]:
    """Give the paths that are also a folder of another one."""
    folders: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]
    return paths & folders


def _is_element(element: str) -> bool:
    return (
        element not in {"", ".", ".."}
        and len(element.encode()) <= MAX_ELEMENT_BYTES
        and _UNWRITABLE.search(element) is None
    )
