"""What a revision may change in the structure tree: the place of a new signature field, no more.

A tool that signs a tagged document enters the new field there (ISO 32000-2 §14.7). Nothing of the
tree is drawn, but it is read aloud: what was in it stays, and what is added says nothing itself.
"""

from verification._pdf.objects import PdfObject, PdfSyntaxError, Ref
from verification.model import Modification
from verification.steps import Dictionary, refuse
from verification.stores import StoreRules

_ROOT_KEYS = frozenset({"ParentTree", "ParentTreeNextKey", "K"})
_ELEMENT_KEYS = frozenset({"Type", "S", "NS", "P", "Pg", "K"})


class StructureRules(StoreRules):
    """The rules for the structure tree; what does not belong to it is held to those of stores."""

    def beside_the_form(self, number: int, old: Dictionary, new: Dictionary) -> None:
        """Judge a dictionary that is part of neither pages nor form."""
        tree = self.catalog_before().get("StructTreeRoot")
        root = self.document.dictionary(tree, self.before)
        if Ref(number, 0) == tree:
            self._structure_root(old, new)
        elif Ref(number, 0) == root.get("ParentTree"):
            self._parents(Ref(number, 0), Ref(number, 0))
        elif root and {"S", "P"} <= old.keys() and self.changed(old, new) == ["K"]:
            self._elements(old.get("K"), new.get("K"))
        else:
            self.security_store(number, new)

    def _structure_root(self, old: Dictionary, new: Dictionary) -> None:
        if set(self.changed(old, new)) - _ROOT_KEYS:
            refuse("verification.structure-changed")
        self._elements(old.get("K"), new.get("K"))
        self._parents(old.get("ParentTree"), new.get("ParentTree"))

    def _elements(self, old: PdfObject, new: PdfObject) -> None:
        """Children: the old ones, then elements of new signature fields."""
        before, after = self._children(old, self.before), self._children(new, self.now)
        if after[: len(before)] != before:
            refuse("verification.structure-changed")
        for item in after[len(before) :]:
            self._element(item)
        self.step.reach(Modification.FORM_FILLING if after != before else Modification.NONE)

    def _children(self, item: PdfObject, revision: int) -> list[PdfObject]:
        value = self.document.resolve(item, revision)
        if isinstance(value, list):
            return value
        return [] if item is None else [item]

    def _element(self, item: PdfObject) -> None:
        element = self.document.dictionary(item, self.now)
        child = self.document.dictionary(element.get("K"), self.now)
        shown = child.get("Obj")
        known = self.fields.get(shown.number) if isinstance(shown, Ref) else None
        is_field = known is not None and known[1].get("FT") == "Sig"
        if not self.is_new(item) or set(element) - _ELEMENT_KEYS or not is_field:
            refuse("verification.structure-changed")

    def _parents(self, old: PdfObject, new: PdfObject) -> None:
        """Which element holds what: entries may be added for what is new."""
        before, after = self._entries(old, self.before), self._entries(new, self.now)
        if set(self.changed(before, {key: after.get(key) for key in before})):
            refuse("verification.structure-changed")
        if not all(self.is_new(after[key]) for key in after.keys() - before.keys()):
            refuse("verification.structure-changed")
        self.step.reach(Modification.FORM_FILLING if after != before else Modification.NONE)

    def _entries(self, tree: PdfObject, revision: int) -> Dictionary:
        """Return the entries of a number tree (ISO 32000-2 §7.9.7), numbers as text."""
        found: Dictionary = {}
        seen: set[Ref] = set()
        waiting = [tree]
        while waiting:
            item = waiting.pop()
            if isinstance(item, Ref):
                if item in seen:
                    msg = "number tree"
                    raise PdfSyntaxError(msg)
                seen.add(item)
            node = self.document.dictionary(item, revision)
            numbers = self.document.array(node.get("Nums"), revision)
            pairs = zip(numbers[::2], numbers[1::2], strict=False)
            found.update((str(key), value) for key, value in pairs)
            waiting.extend(self.document.array(node.get("Kids"), revision))
        return found

    def is_new(self, item: PdfObject) -> bool:
        """Tell whether an item leads to an object that was not there before."""
        return isinstance(item, Ref) and self.document.locate(item.number, self.before) is None
