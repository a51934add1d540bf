"""What a revision may change in the document security store and in the metadata."""

from verification._pdf.objects import PdfObject, Ref, Stream
from verification.model import Modification
from verification.steps import Dictionary, View, as_dictionary, refuse

_DSS_KEYS = frozenset({"Type", "Certs", "CRLs", "OCSPs", "VRI"})
_VRI_KEYS = frozenset({"Type", "Cert", "CRL", "OCSP", "TU", "TS"})


class StoreRules(View):
    """The rules for validation data (ISO 32000-2 §12.8.4.3) and for the information dictionary."""

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
