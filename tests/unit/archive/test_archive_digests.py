from __future__ import annotations

import pytest

from archive.digests import KNOWN, digest, is_well_formed


@pytest.mark.parametrize("algorithm", sorted(KNOWN))
def test_digest_has_its_own_form(algorithm: str) -> None:
    assert is_well_formed(algorithm, digest(algorithm, b"abc"))


@pytest.mark.parametrize(
    ("algorithm", "value"),
    [
        ("md5", "900150983cd24fb0d6963f7d28e17f72"),
        ("sha1", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("size", "3"),
    ],
)
def test_known_values(algorithm: str, value: str) -> None:
    assert digest(algorithm, b"abc") == value
