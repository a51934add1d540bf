"""Trusted lists of the EU: read with what was named, chosen from, turned into decisions."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from docsvc.trust import rules
from docsvc.trust.errors import (
    ListMissingError,
    ListUnreachableError,
    UnknownFingerprintError,
)
from docsvc.trust.service import Wish
from verification.anchors import AnchorKind
from verification.errors import TrustedListError
from verification.trusted_lists import (
    MAX_BYTES,
    ListOfLists,
    NationalList,
    Reading,
    Service,
    ServiceKind,
    read_list_of_lists,
    read_national,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeAlias

    from verification.anchors import Decision

    # Returns what is at an address; FetchRefusedError or OSError if nothing is.
    Fetch: TypeAlias = Callable[[str], bytes]

# The EU has 31 lists; a list of the lists that names many more is none of the EU's.
_MAX_LISTS = 64
_KINDS = {ServiceKind.CA: AnchorKind.EU, ServiceKind.TSA: AnchorKind.EU_TSA}
_ADDRESSES = ("http://", "https://")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A service, and the list that it stands in."""

    service: Service
    source: NationalList

    @property
    def origin(self) -> str:
        """Return which list it was: country, number, day of issue."""
        said = self.source.statement
        return f"EU TL {said.territory} no. {said.number}, {said.issued:%Y-%m-%d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Reads lists from files and, where there is ``fetch``, from addresses."""

    fetch: Fetch
    how: Reading

    def top(self, place: str, signers: Iterable[bytes]) -> ListOfLists:
        """Read the list of the lists at a path or an address.

        Raises:
            VerificationError: it is not one, or not signed by these.
            ListUnreachableError: nothing is there.
        """
        return read_list_of_lists(
            self._bytes(place), signers, self.how, file=rules.printable(place)
        )

    def national(self, places: Iterable[str], above: ListOfLists) -> Iterator[NationalList]:
        """Read national lists at paths or addresses; raises as `top` does."""
        for count, place in enumerate(places):
            if count == _MAX_LISTS:
                raise TrustedListError(file=rules.printable(place), problem="lists")
            file = rules.printable(place)
            yield read_national(self._bytes(place), above, self.how, file=file)

    def _bytes(self, place: str) -> bytes:
        try:
            if place.startswith(_ADDRESSES):
                return self.fetch(place)
            with Path(place).open("rb") as file:
                return file.read(MAX_BYTES + 1)
        except OSError as e:
            raise ListUnreachableError(
                place=rules.printable(place), problem=e.strerror or type(e).__name__
            ) from e


def locations(above: ListOfLists, countries: Iterable[str]) -> list[str]:
    """Return the addresses of the lists of some countries, of all where none is named.

    Raises:
        ListMissingError: the list of the lists names none of a country.
    """
    wanted = list(countries) or sorted({one.territory for one in above.pointers})
    found = {country: above.of(country) for country in wanted}
    for country, pointer in found.items():
        if pointer is None:
            raise ListMissingError(country=rules.printable(country))
    return [one.location for one in found.values() if one is not None]


def listed(lists: Iterable[NationalList]) -> list[Listed]:
    """Return the services of all lists, by country, kind and name."""
    found = [Listed(service=one, source=each) for each in lists for one in each.services]
    return sorted(found, key=lambda one: _order(one.service))


def _order(one: Service) -> tuple[str, str, str, str]:
    return one.territory, str(one.kind), one.name, one.sha256


def chosen(
    known: Iterable[Listed], *, countries: Iterable[str], fingerprints: Iterable[str]
) -> list[Listed]:
    """Choose all services of some countries, and those with some certificates.

    Returns:
        Each certificate once: as one that certifies signers if it does both.

    Raises:
        ListMissingError: no list of a country was read.
        UnknownFingerprintError: no service has this certificate.
    """
    listed_ones = list(known)
    territories = set(countries)
    named = {rules.plain(one) for one in fingerprints}
    for country in sorted(territories - {one.service.territory for one in listed_ones}):
        raise ListMissingError(country=rules.printable(country))
    for fingerprint in sorted(named - {one.service.sha256 for one in listed_ones}):
        raise UnknownFingerprintError(fingerprint=rules.printable(fingerprint))
    found: dict[str, Listed] = {}
    for one in listed_ones:
        service = one.service
        if service.territory in territories or service.sha256 in named:
            before = found.get(service.sha256)
            if before is None or before.service.kind is ServiceKind.TSA:
                found[service.sha256] = one
    return list(found.values())


def undecided(
    found: Iterable[Listed], decisions: Iterable[Decision]
) -> tuple[list[Listed], list[Listed]]:
    """Part what may be taken in from what somebody decided upon by hand, which stays as it is."""
    by_hand = {one.sha256 for one in decisions if one.kind not in _KINDS.values()}
    ordered = list(found)
    return (
        [one for one in ordered if one.service.sha256 not in by_hand],
        [one for one in ordered if one.service.sha256 in by_hand],
    )


def wish(one: Listed, reason: str) -> Wish:
    """Say on which terms a service is trusted: for the time that it was granted."""
    service = one.service
    return Wish(
        kind=_KINDS[service.kind],
        reason=f"{one.origin}: {reason}",
        name=rules.printable(service.name),
        since=service.since,
        until=service.until,
        as_anchor=True,
    )
