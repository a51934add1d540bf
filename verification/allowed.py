"""What one revision may change in the structure of a form: the rules, one place each.

An entry may change only if its kind is known and its new value can draw nothing by itself; what
draws has to be a new object, which nothing that was signed refers to.
"""

from verification._pdf.objects import Name, PdfObject, Ref, Stream
from verification.model import Modification
from verification.steps import Dictionary, as_dictionary, refuse
from verification.stores import StoreRules

_SIDES = 4
_A4 = 595.0 * 842.0
# Page trees are balanced; a deeper one is a trap.
_MAX_TREE = 32
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


class Rules(StoreRules):
    """The rules for one revision against the one before it."""

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
        self.step.shares[name] = self._share(own)
        is_timestamp = "V" in one and self._is_timestamp(one["V"])
        self.step.reach(
            Modification.VALIDATION_DATA
            if is_timestamp and not self._has_area(own)
            else Modification.FORM_FILLING
        )

    def _has_mark(self, own: Dictionary) -> bool:
        return "AP" in own and self._has_area(own)

    def _has_area(self, own: Dictionary) -> bool:
        return self._area(own.get("Rect")) > 0

    def _area(self, item: PdfObject) -> float:
        """Return the area of a rectangle in square points; what is none counts as a page."""
        box = self.document.array(item, self.now)
        sides = [float(one) for one in box if isinstance(one, int | float)]
        if len(sides) != _SIDES:
            return _A4
        return abs((sides[2] - sides[0]) * (sides[3] - sides[1]))

    def _share(self, own: Dictionary) -> float:
        """Return how much of its page a widget covers."""
        page = self.document.dictionary(own.get("P"), self.now)
        for _ in range(_MAX_TREE):
            if "MediaBox" in page or "Parent" not in page:
                break
            page = self.document.dictionary(page.get("Parent"), self.now)
        return self._area(own.get("Rect")) / max(1.0, self._area(page.get("MediaBox")))

    def _is_timestamp(self, value: PdfObject) -> bool:
        return self.document.dictionary(value, self.now).get("SubFilter") == "ETSI.RFC3161"

    def _signature_value(self, value: PdfObject) -> None:
        """The value of a signature field: a new object that claims bytes of this revision."""
        if not isinstance(value, Ref) or self.document.locate(value.number, self.before):
            refuse("verification.signature-value-reused")
        if "ByteRange" not in self.document.dictionary(value, self.now):
            refuse("verification.mark-without-signature")

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
