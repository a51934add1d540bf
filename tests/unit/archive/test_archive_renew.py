from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from archive.errors import LossyRenewalError
from archive.model import User
from archive.ocfl import StorageRoot
from archive.renew import FINAL, Stamped, due, renew
from archive.stores import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ID = "urn:test:1"
USER = User(name="docsvc", address="urn:docsvc:software")
ORIGINAL = "representations/rep1/data/original.pdf"
FILES = {FINAL: b"%PDF signed", ORIGINAL: b"%PDF", "METS.xml": b"<old/>"}


def _at(year: int) -> datetime:
    return datetime(year, 1, 1, tzinfo=UTC)


class ChangingRenewer:
    """A renewer that does what a test tells it."""

    def __init__(self, change: Callable[[dict[str, bytes]], dict[str, bytes]]) -> None:
        self._change = change

    def renew(self, object_id: str, files: Mapping[str, bytes]) -> Mapping[str, bytes]:
        assert object_id == ID
        return self._change(dict(files))


@pytest.fixture
def root() -> StorageRoot:
    root = StorageRoot(MemoryStore())
    root.initialise()
    root.deposit(ID, FILES, message="deposit", at=_at(2026), user=USER)
    return root


def test_unprotected_come_first_then_by_urgency() -> None:
    deposits = [
        Stamped(object_id="late", valid_until=(_at(2040),)),
        Stamped(object_id="renewed", valid_until=(_at(2027), _at(2041))),
        Stamped(object_id="soon", valid_until=(_at(2029),)),
        Stamped(object_id="sooner", valid_until=(_at(2027), _at(2028))),
        Stamped(object_id="bare", valid_until=()),
    ]
    assert [each.object_id for each in due(deposits, before=_at(2030))] == [
        "bare",
        "sooner",
        "soon",
    ]


def test_protection_that_ends_at_the_very_moment_is_not_yet_due() -> None:
    assert due([Stamped(object_id="a", valid_until=(_at(2030),))], before=_at(2030)) == []


def test_renewed_package_is_the_next_version(root: StorageRoot) -> None:
    renewer = ChangingRenewer(
        lambda files: {**files, FINAL: files[FINAL] + b" stamped", "METS.xml": b"<new/>"}
    )
    deposited = renew(root, ID, renewer=renewer, at=_at(2030), user=USER)
    assert (deposited.version, deposited.is_new) == ("v2", True)
    assert root.read_file(ID, FINAL) == b"%PDF signed stamped"
    assert root.read(ID, version="v1") == FILES


@pytest.mark.parametrize(
    "change",
    [
        lambda files: {**files, FINAL: b"%PDF rewritten"},
        lambda files: {**files, ORIGINAL: b"%PDF other"},
        lambda files: {name: data for name, data in files.items() if name != ORIGINAL},
        lambda files: {name: data for name, data in files.items() if name != FINAL},
    ],
    ids=["rewritten", "changed", "dropped", "dropped-final"],
)
def test_renewal_that_loses_something_is_refused(
    root: StorageRoot, change: Callable[[dict[str, bytes]], dict[str, bytes]]
) -> None:
    with pytest.raises(LossyRenewalError):
        renew(root, ID, renewer=ChangingRenewer(change), at=_at(2030), user=USER)
    assert root.inventory(ID).head == "v1"
