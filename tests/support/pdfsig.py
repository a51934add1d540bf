"""What pdfsig, poppler's tool, says of the signatures of a file."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


def said_by_pdfsig(path: Path) -> str:
    """Return what it says, certificates left aside; where it is missing, the test fails.

    Raises:
        subprocess.CalledProcessError: it could not read the file, or found no signature.
    """
    if shutil.which("pdfsig") is None:
        pytest.fail("no pdfsig: install the package poppler-utils")
    command = ["pdfsig", "-nocert", path]
    # Names of certificates come as the file has them.
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=True)
    return done.stdout


def valid_for_pdfsig(path: Path) -> int:
    """Count the signatures that it finds valid; it does not look into document timestamps."""
    return said_by_pdfsig(path).count("Signature is Valid.")
