"""Files that come back signed: what was wanted of them, and what is said of each."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from verification_pki import NOW

from verification.extension import Accepted, Expected, require_extension

if TYPE_CHECKING:
    from verification_pki import Party

    from verification.errors import ExtensionError

ORGANISATION = "docsvc.organisation"
TEXTS = {"docsvc.number": "05", "docsvc.day": "07", "docsvc.month": "11"}
# The leader's step: the seal and the number are still to come.
LATER = frozenset({ORGANISATION, *TEXTS})


def fingerprint(party: Party) -> str:
    return hashlib.sha256(party.der).hexdigest()


def wanted(pdf: bytes, party: Party, field: str = "docsvc.leader", **more: object) -> Expected:
    return Expected(
        sha256=hashlib.sha256(pdf).hexdigest(),
        size=len(pdf),
        field=field,
        certificates=frozenset({fingerprint(party)}),
        **more,  # type: ignore[arg-type]
    )


def accept(returned: bytes, expected: Expected) -> Accepted:
    return require_extension(returned, expected, at=NOW)


def refused(returned: bytes, expected: Expected, error: type[ExtensionError]) -> dict[str, object]:
    with pytest.raises(error) as caught:
        accept(returned, expected)
    return dict(caught.value.facts)
