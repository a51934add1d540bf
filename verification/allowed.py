"""What one revision may change in the structure of a form: the rules, one place each.

An entry may change only if its kind is known and its new value can draw nothing by itself; what
draws has to be a new object, which nothing that was signed refers to.
"""

import re

from verification._pdf.objects import WHITE, Name, PdfObject, Ref, Stream
from verification.model import Modification
from verification.steps import Dictionary, as_dictionary, holding, is_metadata, refuse
from verification.structure import StructureRules

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
        "StructParent",
    }
)
# A signature field whose widget is an object of its own (ISO 32000-2 §12.7.4.1).
_FIELD_KEYS = frozenset({"FT", "T", "TU", "Ff", "V", "Lock", "SV", "Kids"})
_FILL_KEYS = frozenset({"V", "DV", "DA", "AP", "AS", "M", "I"})
_SIGN_KEYS = frozenset({"V", "AP", "M", "F", "Type", "MK", "DA", "P"})
# What readers draw of /MK by themselves (ISO 32000-2 table 192).
_DRAWN_BY_READERS = frozenset({"BG", "BC", "I", "RI", "IX"})
# What takes the thing that it draws, or draws with, from resources.
_BY_NAME = re.compile(
    rb"/[^" + WHITE + rb"/\[\]<>()]+[" + WHITE + rb"]+(?:[0-9.+-]+[" + WHITE + rb"]+)?"
    rb"(?:Do|Tf|gs|sh|SCN|scn|CS|cs)(?![^" + WHITE + rb"\[(</])"
)
# ISO 32000-2 table 229, bit 17: a button without value, whose look is all there is of it.
_PUSH_BUTTON = 1 << 16
# Through what a field may be reached: form, page, other fields, structure, actions on fields.
_HOLDS_FIELDS = frozenset(
    {"AcroForm", "Fields", "Annots", "Kids", "Parent", "CO", "Obj", "Popup", "T", "P", "Dest"}
)


class Rules(StructureRules):
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
            elif key == "Perms" and key not in old:
                self._certified(self.document.dictionary(new.get(key), self.now))
            else:
                refuse("verification.catalog-changed")

    def _certified(self, permissions: Dictionary) -> None:
        """Only the first signature of a file may certify it (ISO 32000-2 §12.8.2.2)."""
        before = [one for _, one in self.old_fields.values() if one.get("FT") == "Sig"]
        now = [one.get("V") for _, one in self.fields.values() if one.get("FT") == "Sig"]
        if any("V" in one for one in before) or permissions.keys() != {"DocMDP"}:
            refuse("verification.catalog-changed")
        if permissions["DocMDP"] not in [one for one in now if isinstance(one, Ref)]:
            refuse("verification.catalog-changed")
        self.step.reach(Modification.FORM_FILLING)

    def _metadata(self, item: PdfObject) -> None:
        stream = self.document.resolve(item, self.now)
        if not isinstance(stream, Stream) or not is_metadata(stream):
            refuse("verification.catalog-changed")
        self.step.reach(Modification.VALIDATION_DATA)

    def form(self, old: Dictionary, new: Dictionary) -> None:
        """Judge the form dictionary: fields and default resources may be added."""
        self._require_same_drawing(old, new)
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

    def _require_same_drawing(self, old: Dictionary, new: Dictionary) -> None:
        """Where readers draw the values, what they draw them with may not change."""
        drawn = self.document.resolve(new.get("NeedAppearances"), self.now) is True
        if drawn and {"DA", "DR"} & set(self.changed(old, new)):
            refuse("verification.form-changed")

    def _resources(self, old: PdfObject, new: PdfObject) -> None:
        """Default resources may gain fonts and the like, never change one."""
        self.superset(
            self.document.dictionary(old, self.before), self.document.dictionary(new, self.now)
        )

    def default_resources(self, old: Dictionary, new: Dictionary) -> None:
        """Judge default resources that are an object of their own."""
        form = self.document.dictionary(self.catalog_before().get("AcroForm"), self.before)
        if self.document.resolve(form.get("NeedAppearances"), self.before) is True:
            refuse("verification.form-changed")
        self.superset(old, new)

    def superset(self, before: Dictionary, after: Dictionary) -> None:
        """Refuse default resources that lost or changed an entry with which values are drawn.

        PDFBox keeps the form that all its visible signatures draw through as a default XObject
        and puts that of each new signature in its place: a value is text, and draws none of them
        (ISO 32000-2 §12.7.4.3).
        """
        self._require_own_resources()
        for kind, value in before.items():
            kept = self.document.dictionary(value, self.before)
            now = self.document.dictionary(after.get(kind), self.now)
            for name, one in kept.items():
                if now.get(name) != one and not (kind == "XObject" and self.is_new(now.get(name))):
                    refuse("verification.form-changed")

    def _require_own_resources(self) -> None:
        """Refuse looks that were signed and may draw by the default resources."""
        for _, one in self.old_fields.values():
            text = self.document.resolve(one.get("DA"), self.before)
            by_name = isinstance(text, bytes) and text.rstrip().endswith(b"Do")
            appearance = self.document.dictionary(one.get("AP"), self.before)
            if by_name or any(self._borrows(item) for item in appearance.values()):
                refuse("verification.form-changed")

    def _borrows(self, item: PdfObject) -> bool:
        """Tell whether an appearance names what only other resources than its own can hold."""
        state = self.document.resolve(item, self.before)
        looks = state.values() if isinstance(state, dict) else [state]
        return any(self._is_borrower(self.document.resolve(one, self.before)) for one in looks)

    def _is_borrower(self, look: PdfObject) -> bool:
        if not isinstance(look, Stream) or "Resources" in look.dictionary:
            return False
        return _BY_NAME.search(self.document.plain(look, self.before)) is not None

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
        if "Kids" in own:
            self._widget(self._apart(own))
            return
        if set(own) - _WIDGET_KEYS:
            refuse("verification.field-added")
        if "V" in one:
            self._signature_value(one["V"])
            self.step.signed.add(name)
        elif self._has_mark(own):
            refuse("verification.mark-without-signature")
        self._appearance({}, own)
        self.step.added.add(name)
        self.draw(number, name)
        is_timestamp = "V" in one and self._is_timestamp(one["V"])
        self.step.reach(
            Modification.VALIDATION_DATA
            if is_timestamp and not self._has_area(own)
            else Modification.FORM_FILLING
        )

    def _apart(self, own: Dictionary) -> int:
        """Return the one widget, new as well, of a new field that is no widget itself."""
        kids = self.document.array(own["Kids"], self.now)
        apart = kids[0] if len(kids) == 1 else None
        if set(own) - _FIELD_KEYS or not isinstance(apart, Ref) or not self.is_new(apart):
            refuse("verification.field-added")
        if "Kids" in as_dictionary(self.get(apart.number, self.now)):
            refuse("verification.field-added")
        return apart.number

    def draw(self, number: int, name: str) -> None:
        """Note that a widget was given a look."""
        self.step.drawn[number] = (name, self.is_reserved(number))

    def _has_mark(self, own: Dictionary) -> bool:
        drawn = self.document.dictionary(own.get("MK"), self.now).keys() & _DRAWN_BY_READERS
        return ("AP" in own or bool(drawn)) and self._has_area(own)

    def _has_area(self, own: Dictionary) -> bool:
        """Tell whether a widget takes room; one whose rectangle is none may take any."""
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

    def field(self, number: int, old: Dictionary, new: Dictionary) -> None:
        """Judge a field that was there: it may be filled in, or signed once."""
        name, known = self.old_fields[number]
        kind, keys = known.get("FT"), set(self.changed(old, new))
        self._require_field(number)
        if kind == "Sig":
            self._sign(number, known, old, new)
        elif kind in ("Tx", "Ch", "Btn") and keys <= _FILL_KEYS:
            if not all(self._is_plain(new.get(key)) for key in keys & {"V", "DV", "DA"}):
                refuse("verification.field-changed")
            self.require_empty(known)
            self._appearance(old, new)
            self.fill(number, name)
        else:
            refuse("verification.field-changed")

    def fill(self, number: int, name: str) -> None:
        """Note that a field was filled in."""
        self.step.filled.add(name)
        self.draw(number, name)
        self.step.reach(Modification.FORM_FILLING)

    def require_empty(self, known: Dictionary) -> None:
        """Refuse to fill a field that had a value, or one that has none to be filled with."""
        flags = known.get("Ff", 0)
        if known.get("FT") == "Btn" and isinstance(flags, int) and flags & _PUSH_BUTTON:
            refuse("verification.field-changed")
        value = self.document.resolve(known.get("V"), self.before)
        if value not in (None, b"", b"\xfe\xff", "", "Off", []) and not self._is_first(
            known, value
        ):
            refuse("verification.value-replaced")

    def _is_first(self, known: Dictionary, value: PdfObject) -> bool:
        """Tell whether a choice still shows the first of its options: nothing was chosen yet."""
        options = self.document.array(known.get("Opt"), self.before)
        first = self.document.resolve(options[0], self.before) if options else None
        shown = first if isinstance(first, list) else [first]
        return known.get("FT") == "Ch" and value in shown

    def _require_field(self, number: int) -> None:
        """Refuse a field that is something else as well, such as the pictures of a page."""
        for owner in self.document.referrers(number, self.before) - {0}:
            keys = set(holding(self.get(owner, self.before), number))
            if "" in keys:
                above = self.document.referrers(owner, self.before) - {0}
                keys.discard("")
                keys.update(*(holding(self.get(one, self.before), owner) for one in above))
            if keys - _HOLDS_FIELDS:
                refuse("verification.object-shared")

    def _sign(self, number: int, known: Dictionary, old: Dictionary, new: Dictionary) -> None:
        if "V" in known or set(self.changed(old, new)) - _SIGN_KEYS:
            refuse("verification.field-changed")
        # A widget that is apart shows the value of its field.
        value = self.fields[number][1].get("V") if number in self.fields else None
        if value is None:
            refuse("verification.mark-without-signature")
        self._signature_value(value)
        self._appearance(old, new)
        name = self.old_fields[number][0]
        self.step.signed.add(name)
        self.draw(number, name)
        stamp = self._is_timestamp(value) and not self._has_area(new)
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
