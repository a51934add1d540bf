"""What one revision may change in the structure of a form: the rules, one place each.

An entry may change only if its kind is known and its new value can draw nothing by itself; what
draws has to be a new object, which nothing that was signed refers to.
"""

from dataclasses import dataclass, field
from typing import NoReturn, TypeAlias

from verification import revisions
from verification._pdf.document import Document
from verification._pdf.objects import Name, PdfObject, Ref, Stream
from verification.model import Modification

Dictionary: TypeAlias = dict[str, PdfObject]

_ORDER = tuple(Modification)
_CATALOG_FREE = frozenset({"Version", "Extensions"})
_WIDGET_KEYS = frozenset(
    {
        "Type",
        "Subtype",
        "FT",
        "T",
        "TU",
        "V",
        "F",
        "P",
        "Rect",
        "AP",
        "AS",
        "DA",
        "MK",
        "Ff",
        "Lock",
        "SV",
        "Border",
        "BS",
        "M",
        "Q",
        "NM",
        "Parent",
        "H",
        "DR",
    }
)
_FILL_KEYS = frozenset({"V", "DV", "DA", "AP", "AS", "M", "I"})
_SIGN_KEYS = frozenset({"V", "AP", "M", "F", "Type", "MK", "DA", "P"})
_DSS_KEYS = frozenset({"Type", "Certs", "CRLs", "OCSPs", "VRI"})
_VRI_KEYS = frozenset({"Type", "Cert", "CRL", "OCSP", "TU", "TS"})


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
    ``added`` of signature fields that are new; ``reasons`` are codes with the object concerned.
    """

    modification: Modification = Modification.NONE
    filled: set[str] = field(default_factory=set)
    signed: set[str] = field(default_factory=set)
    added: set[str] = field(default_factory=set)
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


class Rules:
    """The rules for one revision against the one before it."""

    def __init__(self, document: Document, revision: int, step: Step) -> None:
        self.document = document
        self.now = revision
        self.before = revision - 1
        self.step = step
        self._fields: dict[int, tuple[str, Dictionary]] | None = None
        self._old_fields: dict[int, tuple[str, Dictionary]] | None = None

    # -- catalog, form, pages

    def catalog(self, old: Dictionary, new: Dictionary) -> None:
        """Judge the catalog: form, validation data, metadata and version may change."""
        for key in self.changed(old, new):
            if key == "AcroForm":
                self.form(
                    self.document.dictionary(old.get(key), self.before),
                    self.document.dictionary(new.get(key), self.now),
                )
            elif key == "DSS":
                self._store_shape(self.document.dictionary(new.get(key), self.now))
            elif key == "Metadata":
                self._metadata(new.get(key))
            elif key in _CATALOG_FREE:
                self.step.reach(Modification.VALIDATION_DATA)
            else:
                refuse("verification.catalog-changed")

    def _metadata(self, item: PdfObject) -> None:
        stream = self.document.resolve(item, self.now)
        if not isinstance(stream, Stream) or stream.dictionary.get("Type") != "Metadata":
            refuse("verification.catalog-changed")
        self.step.reach(Modification.VALIDATION_DATA)

    def form(self, old: Dictionary, new: Dictionary) -> None:
        """Judge the form dictionary: fields and default resources may be added."""
        for key in self.changed(old, new):
            if key == "Fields":
                self.appended_fields(
                    self.document.array(old.get(key), self.before),
                    self.document.array(new.get(key), self.now),
                )
            elif key == "DR":
                self._resources(old.get(key), new.get(key))
            elif key == "CO" and new.get(key) == [] and key not in old:
                continue
            elif key not in ("SigFlags", "DA") and not (
                key == "NeedAppearances" and key not in new
            ):
                refuse("verification.form-changed")

    def _resources(self, old: PdfObject, new: PdfObject) -> None:
        """Default resources may gain fonts and the like, never change one."""
        self.superset(
            self.document.dictionary(old, self.before), self.document.dictionary(new, self.now)
        )

    def superset(self, before: Dictionary, after: Dictionary) -> None:
        """Refuse default resources that lost or changed an entry."""
        for kind, value in before.items():
            kept = self.document.dictionary(value, self.before)
            now = self.document.dictionary(after.get(kind), self.now)
            if any(now.get(name) != one for name, one in kept.items()):
                refuse("verification.form-changed")

    def page(self, old: Dictionary, new: Dictionary) -> None:
        """Judge a page: widgets of signature fields may be added to it."""
        if set(self.changed(old, new)) - {"Annots"}:
            refuse("verification.page-changed")
        item = new.get("Annots")
        if item is not None and not isinstance(self.document.resolve(item, self.now), list):
            refuse("verification.page-changed")
        self.appended_annotations(
            self.document.array(old.get("Annots"), self.before),
            self.document.array(item, self.now),
        )

    def appended_annotations(self, old: list[PdfObject], new: list[PdfObject]) -> None:
        """Judge an /Annots array: the old one, then new signature fields."""
        if new[: len(old)] != old:
            refuse("verification.annotations-changed")
        for item in new[len(old) :]:
            self._added(item, "verification.annotation-added")

    def appended_fields(self, old: list[PdfObject], new: list[PdfObject]) -> None:
        """Judge a /Fields array: the old ones in their order, and new signature fields."""
        kept = [item for item in new if item in old]
        if kept != old:
            refuse("verification.form-changed")
        for item in new:
            if item not in old:
                self._added(item, "verification.field-added")

    def _added(self, item: PdfObject, code: str) -> None:
        number = item.number if isinstance(item, Ref) else -1
        if number not in self.fields or self.fields[number][1].get("FT") != "Sig":
            refuse(code)
        self._widget(number)

    def _widget(self, number: int) -> None:
        """A signature field that is new: known entries only, and no mark without a signature."""
        name, one = self.fields[number]
        own = as_dictionary(self.get(number, self.now))
        if set(own) - _WIDGET_KEYS or "Kids" in own:
            refuse("verification.field-added")
        if "V" in one:
            self._signature_value(one["V"])
            self.step.signed.add(name)
        elif self._has_mark(own):
            refuse("verification.mark-without-signature")
        self._appearance({}, own)
        self.step.added.add(name)
        is_timestamp = "V" in one and self._is_timestamp(one["V"])
        self.step.reach(
            Modification.VALIDATION_DATA
            if is_timestamp and not self._has_area(own)
            else Modification.FORM_FILLING
        )

    def _has_mark(self, own: Dictionary) -> bool:
        return "AP" in own and self._has_area(own)

    def _has_area(self, own: Dictionary) -> bool:
        box = self.document.array(own.get("Rect"), self.now)
        sides = [float(one) for one in box if isinstance(one, int | float)]
        return len(sides) != 4 or (sides[0] != sides[2] and sides[1] != sides[3])  # noqa: PLR2004 -- a rectangle

    def _is_timestamp(self, value: PdfObject) -> bool:
        return self.document.dictionary(value, self.now).get("SubFilter") == "ETSI.RFC3161"

    def _signature_value(self, value: PdfObject) -> None:
        """The value of a signature field: a new object that claims bytes of this revision."""
        if not isinstance(value, Ref) or self.document.locate(value.number, self.before):
            refuse("verification.signature-value-reused")
        if "ByteRange" not in self.document.dictionary(value, self.now):
            refuse("verification.mark-without-signature")

    # -- fields

    @property
    def fields(self) -> dict[int, tuple[str, Dictionary]]:
        """Return name and dictionary of each field and widget after this revision."""
        if self._fields is None:
            self._fields = _widgets(self.document, self.now)
        return self._fields

    @property
    def old_fields(self) -> dict[int, tuple[str, Dictionary]]:
        """Return name and dictionary of each field and widget before this revision."""
        if self._old_fields is None:
            self._old_fields = _widgets(self.document, self.before)
        return self._old_fields

    def field(self, number: int, old: Dictionary, new: Dictionary) -> None:
        """Judge a field that was there: it may be filled in, or signed once."""
        name, known = self.old_fields[number]
        kind, keys = known.get("FT"), set(self.changed(old, new))
        if kind == "Sig":
            self._sign(name, known, old, new)
        elif kind in ("Tx", "Ch", "Btn") and keys <= _FILL_KEYS:
            if not all(self._is_plain(new.get(key)) for key in keys & {"V", "DV", "DA"}):
                refuse("verification.field-changed")
            self._appearance(old, new)
            self.step.filled.add(name)
            self.step.reach(Modification.FORM_FILLING)
        else:
            refuse("verification.field-changed")

    def _sign(self, name: str, known: Dictionary, old: Dictionary, new: Dictionary) -> None:
        if "V" in known or set(self.changed(old, new)) - _SIGN_KEYS:
            refuse("verification.field-changed")
        if "V" not in new:
            refuse("verification.mark-without-signature")
        self._signature_value(new["V"])
        self._appearance(old, new)
        self.step.signed.add(name)
        stamp = self._is_timestamp(new["V"]) and not self._has_area(new)
        self.step.reach(Modification.VALIDATION_DATA if stamp else Modification.FORM_FILLING)

    def _is_plain(self, item: PdfObject) -> bool:
        """A value that cannot draw anything by itself."""
        value = self.document.resolve(item, self.now)
        if isinstance(value, list):
            return all(isinstance(one, bytes) for one in value)
        return value is None or isinstance(value, bytes | Name)

    def _appearance(self, old: Dictionary, new: Dictionary) -> None:
        """An appearance is the one there was, or made of new objects only."""
        if old.get("AP") == new.get("AP"):
            return
        item, was = new.get("AP"), old.get("AP")
        if isinstance(item, Ref):
            self._require_new(item)
        if isinstance(was, Ref) and len(self.document.referrers(was.number, self.before)) > 1:
            refuse("verification.object-shared")
        before = self.document.dictionary(old.get("AP"), self.before)
        for key, value in self.document.dictionary(item, self.now).items():
            if value != before.get(key) or key not in before:
                self._new_appearance(value)

    def _new_appearance(self, value: PdfObject) -> None:
        if isinstance(value, dict):
            for each in value.values():
                self._new_appearance(each)
        elif isinstance(value, Ref):
            self._require_new(value)
        else:
            refuse("verification.appearance-reused")

    def _require_new(self, item: Ref) -> None:
        if self.document.locate(item.number, self.before) is not None:
            refuse("verification.appearance-reused")

    # -- security store, information dictionary

    def security_store(self, number: int, new: Dictionary) -> None:
        """Judge a dictionary that should belong to the document security store."""
        root = self.root()
        catalog = self.catalog_before()
        store = self.document.dictionary(catalog.get("DSS"), self.before)
        store_owner = catalog.get("DSS")
        holder = store_owner.number if isinstance(store_owner, Ref) else root
        if Ref(number, 0) == store_owner:
            self.require_only(number, root, "DSS")
            self._store_shape(new)
        elif Ref(number, 0) == store.get("VRI"):
            self.require_only(number, holder, "VRI" if holder != root else "DSS")
            self._related_shape(new)
        elif self._is_related(number, store):
            self._related_entry(new)
        else:
            refuse("verification.object-replaced")

    def _is_related(self, number: int, store: Dictionary) -> bool:
        related = self.document.dictionary(store.get("VRI"), self.before)
        return Ref(number, 0) in related.values()

    def security_store_list(self, number: int, new: list[PdfObject]) -> None:
        """Judge an array that should belong to the document security store."""
        catalog = self.catalog_before()
        store = self.document.dictionary(catalog.get("DSS"), self.before)
        store_owner = catalog.get("DSS")
        keys = [key for key in ("Certs", "CRLs", "OCSPs") if store.get(key) == Ref(number, 0)]
        if len(keys) != 1:
            refuse("verification.object-replaced")
        if isinstance(store_owner, Ref):
            self.require_only(number, store_owner.number, keys[0])
        else:
            self.require_only(number, self.root(), "DSS")
        self._streams(new)
        self.step.reach(Modification.VALIDATION_DATA)

    def _store_shape(self, store: Dictionary) -> None:
        if set(store) - _DSS_KEYS:
            refuse("verification.store-changed")
        for key in ("Certs", "CRLs", "OCSPs"):
            self._streams(self.document.array(store.get(key), self.now))
        self._related_shape(self.document.dictionary(store.get("VRI"), self.now))
        self.step.reach(Modification.VALIDATION_DATA)

    def _related_shape(self, related: Dictionary) -> None:
        for key, value in related.items():
            if key != "Type":
                self._related_entry(self.document.dictionary(value, self.now))
        self.step.reach(Modification.VALIDATION_DATA)

    def _related_entry(self, entry: Dictionary) -> None:
        if set(entry) - _VRI_KEYS:
            refuse("verification.store-changed")
        for key in ("Cert", "CRL", "OCSP"):
            self._streams(self.document.array(entry.get(key), self.now))
        self.step.reach(Modification.VALIDATION_DATA)

    def _streams(self, items: list[PdfObject]) -> None:
        for item in items:
            if not isinstance(self.document.resolve(item, self.now), Stream | None):
                refuse("verification.store-changed")

    def info_numbers(self) -> set[int]:
        """Return the object numbers of the information dictionaries so far."""
        sections = self.document.history[: self.now]
        items = [section.trailer.get("Info") for section in sections]
        return {item.number for item in items if isinstance(item, Ref)}

    def info(self, number: int, new: PdfObject) -> None:
        """Judge the information dictionary: plain values only."""
        if not self.document.referrers(number, self.before) <= {0}:
            refuse("verification.object-shared")
        values = as_dictionary(new).values()
        if any(isinstance(value, Ref | dict | list) for value in values):
            refuse("verification.object-replaced")
        self.step.reach(Modification.VALIDATION_DATA)

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


def as_dictionary(item: PdfObject) -> Dictionary:
    """Return a dictionary, and refuse anything else."""
    if not isinstance(item, dict):
        refuse("verification.object-replaced")
    return item
