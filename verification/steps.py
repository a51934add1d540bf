"""One revision beside the one before it: what both look like, and what is noted of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn, TypeAlias

from verification import revisions
from verification._pdf.document import Document
from verification._pdf.objects import PdfObject, Ref, Stream
from verification.marks import Mark
from verification.model import Modification

Dictionary: TypeAlias = dict[str, PdfObject]

_ORDER = tuple(Modification)


class RefusedError(Exception):
    """An entry changed that may not; ``code`` is that of the reason. Kept inside this package."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def refuse(code: str) -> NoReturn:
    """Raise a refusal.

    Raises:
        RefusedError: always.
    """
    raise RefusedError(code)


@dataclass(slots=True)
class Step:
    """What one revision did to the one before it.

    ``filled`` are names of form fields given a value, ``signed`` of signature fields given one,
    ``added`` of signature fields that are new; ``drawn`` maps a widget that was given a look to
    its field and whether its place was there before; ``marks`` are those looks on their pages;
    ``reasons`` are codes with the object concerned.
    """

    modification: Modification = Modification.NONE
    filled: set[str] = field(default_factory=set)
    signed: set[str] = field(default_factory=set)
    added: set[str] = field(default_factory=set)
    drawn: dict[int, tuple[str, bool]] = field(default_factory=dict)
    marks: list[Mark] = field(default_factory=list)
    reasons: list[tuple[str, int]] = field(default_factory=list)

    def reach(self, modification: Modification) -> None:
        """Raise the kind of change to at least this one."""
        self.modification = max(self.modification, modification, key=_ORDER.index)

    def refuse(self, code: str, number: int = 0) -> None:
        """Note a change that may not be."""
        self.reach(Modification.OTHER)
        if (code, number) not in self.reasons:
            self.reasons.append((code, number))


def farthest(one: Modification, other: Modification) -> Modification:
    """Return the farther-reaching of two kinds of change."""
    return max(one, other, key=_ORDER.index)


class Forms:
    """The form after each revision, read once; ``first`` is the first revision that is signed."""

    def __init__(self, document: Document, first: int) -> None:
        self._document = document
        self.first = first
        self._known: dict[int, dict[int, tuple[str, Dictionary]]] = {}

    def at(self, revision: int) -> dict[int, tuple[str, Dictionary]]:
        """Return full name and entries of each field and widget, by object number."""
        if revision not in self._known:
            self._known[revision] = _widgets(self._document, revision)
        return self._known[revision]


def _widgets(document: Document, revision: int) -> dict[int, tuple[str, Dictionary]]:
    """Map object number → (full name, entries) of fields and of their unnamed widgets."""
    found: dict[int, tuple[str, Dictionary]] = {}
    for name, reference, one in revisions.form_fields(document, revision):
        if reference is not None:
            found[reference.number] = (name, one)
        for kid in document.array(one.get("Kids"), revision):
            if isinstance(kid, Ref):
                found[kid.number] = (name, {**one, **document.dictionary(kid, revision)})
    return found


class View:
    """A revision, the one before it, and the step between them."""

    def __init__(self, document: Document, revision: int, forms: Forms) -> None:
        self.document = document
        self.now = revision
        self.before = revision - 1
        self.step = Step()
        self._forms = forms

    @property
    def fields(self) -> dict[int, tuple[str, Dictionary]]:
        """Return name and dictionary of each field and widget after this revision."""
        return self._forms.at(self.now)

    @property
    def old_fields(self) -> dict[int, tuple[str, Dictionary]]:
        """Return name and dictionary of each field and widget before this revision."""
        return self._forms.at(self.before)

    def is_reserved(self, number: int) -> bool:
        """Tell whether the first signer saw the place of a widget."""
        return number in self._forms.at(self._forms.first)

    def changed(self, old: Dictionary, new: Dictionary) -> list[str]:
        """Return the keys whose values differ, in order; a copy elsewhere is no difference."""
        return [
            key
            for key in changed(old, new)
            if key not in old or key not in new or not self._is_copy(old[key], new[key])
        ]

    def _is_copy(self, old: PdfObject, new: PdfObject) -> bool:
        if not isinstance(new, Ref):
            return False
        before = self.document.resolve(old, self.before)
        after = self.document.resolve(new, self.now)
        return isinstance(after, dict | list) and same(before, after)

    def require_only(self, number: int, owner: int, key: str) -> None:
        """Refuse an object that is reached from anywhere else than one entry of its owner."""
        held = self.get(owner, self.before)
        rest = {} if not isinstance(held, dict) else {k: v for k, v in held.items() if k != key}
        if not self.document.referrers(number, self.before) <= {owner} or number in references(
            rest
        ):
            refuse("verification.object-shared")

    def root(self) -> int:
        """Return the object number of the catalog before this revision."""
        return self.document.root(self.before).number

    def catalog_before(self) -> Dictionary:
        """Return the catalog as it was."""
        return self.document.dictionary(self.document.root(self.before), self.before)

    def get(self, number: int, revision: int) -> PdfObject:
        """Return an object as of a revision."""
        return self.document.get(number, revision)


def changed(old: Dictionary, new: Dictionary) -> list[str]:
    """Return the keys whose values differ, in order."""
    return sorted(
        key
        for key in old.keys() | new.keys()
        if key not in old or key not in new or not same(old[key], new[key])
    )


def same(one: PdfObject, other: PdfObject) -> bool:
    """Compare values; a name is not a number, nor 1 the same as true."""
    numbers = all(
        isinstance(each, int | float) and not isinstance(each, bool) for each in (one, other)
    )
    if type(one) is not type(other) and not numbers:
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


def references(item: PdfObject) -> set[int]:
    """Return the object numbers that a value names, at any depth."""
    if isinstance(item, Ref):
        return {item.number}
    if isinstance(item, dict):
        return set().union(*(references(value) for value in item.values()))
    if isinstance(item, list):
        return set().union(*(references(value) for value in item))
    return set()


def holding(item: PdfObject, number: int, key: str = "") -> Iterator[str]:
    """Yield the key of the nearest dictionary entry for each reference to an object."""
    if isinstance(item, Ref):
        if item.number == number:
            yield key
    elif isinstance(item, list):
        for each in item:
            yield from holding(each, number, key)
    elif isinstance(item, dict | Stream):
        entries = item.dictionary if isinstance(item, Stream) else item
        for name, value in entries.items():
            yield from holding(value, number, name)


def is_metadata(stream: Stream) -> bool:
    """Tell whether a stream is metadata, and no picture besides."""
    head = stream.dictionary
    return head.get("Type") == "Metadata" and head.get("Subtype") in (None, "XML")


def as_dictionary(item: PdfObject) -> Dictionary:
    """Return a dictionary, and refuse anything else."""
    if not isinstance(item, dict):
        refuse("verification.object-replaced")
    return item
