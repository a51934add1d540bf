"""What each revision changed, judged object by object against what signing may change.

An object that a revision writes anew is allowed only if its place in the structure is known, it
is reached from nowhere else, and each changed entry is of the right kind. A new object is harmless
as long as nothing that was signed refers to it. Everything else is ``Modification.OTHER``.
"""

import re
from collections.abc import Callable
from contextlib import closing

from verification._pdf.document import Document
from verification._pdf.objects import WHITE, PdfObject, PdfSyntaxError, Ref, Stream
from verification._pdf.xref import FREE, Entry
from verification.allowed import Rules
from verification.marks import Marker
from verification.model import Modification
from verification.steps import (
    Dictionary,
    Forms,
    RefusedError,
    Step,
    as_dictionary,
    is_metadata,
    references,
    refuse,
    same,
)

_REVISION_TAIL = re.compile(
    # Possessive: what a comment has taken is not given back, however many signs of one it holds.
    rb"(?:[" + WHITE + rb"]++|%(?!%EOF)[^\r\n]*+|endstream|endobj)*+"
    rb"startxref[" + WHITE + rb"]+(\d{1,12})[" + WHITE + rb"]+%%EOF(?:\r\n|\n|\r)?"
)
_BETWEEN = re.compile(rb"(?:[" + WHITE + rb"]|%[^\r\n]*)*")
_OBJECT_END = re.compile(rb"[" + WHITE + rb"]*(?:endstream[" + WHITE + rb"]*)?(?:endobj)?")
# What a trailer, or the dictionary of a cross-reference stream, keeps about itself.
_TRAILER_OWN = frozenset(
    {
        "Root",
        "Size",
        "Prev",
        "XRefStm",
        "ID",
        "Info",
        "Type",
        "W",
        "Index",
        "Filter",
        "DecodeParms",
        "Length",
    }
)


def analyse(document: Document, revision: int, forms: Forms) -> Step:
    """Compare a revision with the one before it.

    Args:
        document: the file.
        revision: index of the revision, at least 1.
        forms: the forms of this document, shared by all steps.

    Returns:
        What changed; a structure that cannot be read is refused, never raised.
    """
    comparison = _Comparison(document, revision, forms)
    try:
        comparison.run()
    except RefusedError as e:
        comparison.step.refuse(e.code)
    except PdfSyntaxError:
        comparison.step.refuse("verification.update-unreadable")
    return comparison.step


class _Comparison(Rules):
    """One revision against its predecessor: bytes, trailer, and each object in it."""

    def __init__(self, document: Document, revision: int, forms: Forms) -> None:
        super().__init__(document, revision, forms)
        self.section = document.history[revision]

    def run(self) -> None:
        self._bytes()
        self._trailer()
        for number in sorted(self.section.entries):
            if number and number not in self.section.stream_numbers:
                self._guarded(self._object, number)
        for number in self.section.stream_numbers:
            if self.document.locate(number, self.before) is not None:
                self.step.refuse("verification.object-replaced", number)
        if not self.step.reasons:
            self._marks()

    def _marks(self) -> None:
        """Look at what was drawn, once it is known that it may be."""
        ends = (self._end_of(self.before), self._end_of(self.now))
        with closing(Marker(self.document, self.now, ends)) as marker:
            for number, (name, reserved) in sorted(self.step.drawn.items()):
                self.step.marks += marker.marks(name, number, reserved=reserved)

    def _guarded(self, check: Callable[[int], None], number: int) -> None:
        try:
            check(number)
        except RefusedError as e:
            self.step.refuse(e.code, number)
        except PdfSyntaxError:
            self.step.refuse("verification.update-unreadable", number)

    # -- bytes and trailer

    def _bytes(self) -> None:
        """Require that the update consists of its objects, its section and nothing else."""
        start = self._end_of(self.before)
        end = self._end_of(self.now)
        if self.section.offset < start:
            refuse("verification.update-out-of-order")
        at = start
        for first, last in sorted(self._spans(start, end)):
            gap = _BETWEEN.match(self.document.data, at, max(first, at))
            if first < at:
                self.step.refuse("verification.objects-overlap")
            elif gap is None or gap.end() != first:
                self.step.refuse("verification.bytes-between-objects")
            at = max(at, last)

    def _spans(self, start: int, end: int) -> list[tuple[int, int]]:
        """Return the spans of the section and of each object it says is its own."""
        hybrid = self.section.hybrid_offset
        spans = [(self.section.offset, end)]
        if hybrid is not None:
            spans.append(self._object_span(hybrid))
        for number, entry in self.section.entries.items():
            if entry.container is not None or entry == FREE or number == 0:
                continue
            if self.document.locate(number, self.before) == entry:
                continue
            if not start <= entry.offset < end:
                self.step.refuse("verification.update-out-of-order", number)
            elif entry.offset not in (self.section.offset, hybrid):
                spans.append(self._object_span(entry.offset))
                self._require_named(number, entry)
        return spans

    def _require_named(self, number: int, entry: Entry) -> None:
        """An object says itself which one it is; programs differ in whom they believe."""
        parsed = self.document.parsed(entry.offset)
        if (parsed.number, parsed.generation) != (number, entry.generation):
            self.step.refuse("verification.object-misnamed", number)

    def _end_of(self, revision: int) -> int:
        section = self.document.history[revision]
        tail = _REVISION_TAIL.match(self.document.data, section.end)
        if tail is None or int(tail.group(1)) != section.offset:
            if revision < self.now:
                # A linearised file has its first section in front; its end was signed as it is.
                found = self.document.data.rfind(b"%%EOF", 0, self.section.offset)
                return max(0, found + 5)
            refuse("verification.update-without-end")
        return tail.end()

    def _object_span(self, offset: int) -> tuple[int, int]:
        parsed = self.document.parsed(offset)
        end = parsed.end
        if isinstance(parsed.value, Stream):
            end += len(self.document.raw(parsed.value, self.now))
        tail = _OBJECT_END.match(self.document.data, end)
        return parsed.start, end if tail is None else tail.end()

    def _trailer(self) -> None:
        old_root, new_root = self.document.root(self.before), self.document.root(self.now)
        if old_root != new_root:
            if self.document.locate(new_root.number, self.before) is not None:
                refuse("verification.trailer-changed")
            self.catalog(
                self.document.dictionary(old_root, self.before),
                self.document.dictionary(new_root, self.now),
            )
        size = self.section.trailer.get("Size")
        if not isinstance(size, int) or size <= max(self.section.entries, default=0):
            # ISO 32000-2 §7.5.5: what lies beyond is taken for missing.
            refuse("verification.objects-beyond-size")
        old: Dictionary = {}
        for section in self.document.history[: self.now]:
            old.update(section.trailer)
        for key, value in self.section.trailer.items():
            if key not in _TRAILER_OWN and not self._is_same_entry(old.get(key), value):
                refuse("verification.trailer-changed")

    def _is_same_entry(self, old: PdfObject, new: PdfObject) -> bool:
        """LibreOffice's /AdditionalStreams: some tools count its reference up to nowhere."""
        if same(old, new):
            return True
        if not isinstance(old, list) or not isinstance(new, list) or len(old) != len(new):
            return False
        return all(
            same(one, other)
            or (isinstance(other, Ref) and self.document.locate(other.number, self.now) is None)
            for one, other in zip(old, new, strict=True)
        )

    # -- objects

    def _object(self, number: int) -> None:
        old_place = self.document.locate(number, self.before)
        new_place = self.document.locate(number, self.now)
        if old_place == new_place:
            return
        if old_place is None:
            self._new(number)
            return
        if new_place is None or new_place.generation != old_place.generation:
            refuse("verification.object-removed")
        if new_place.container is None and self.document.parsed(new_place.offset).duplicate_keys:
            refuse("verification.duplicate-key")
        if new_place.container is not None and not self.document.is_packed_at(
            number, new_place, self.now
        ):
            refuse("verification.object-misnamed")
        old, new = self.get(number, self.before), self.get(number, self.now)
        if not isinstance(old, Stream) and same(old, new):
            return
        self._replaced(number, old, new)

    def _new(self, number: int) -> None:
        """Refuse a new object that a signed reference points to already."""
        owners = self.document.referrers(number, self.before)
        if owners == {0} and not self._is_named_by_trailer(number):
            return
        if owners:
            refuse("verification.dangling-reference-filled")

    def _is_named_by_trailer(self, number: int) -> bool:
        """Tell whether a trailer that was signed leads to a new object: see ``_is_same_entry``.

        An entry of a program's own leads to a stream; a tool that copies the entry without end
        has its reference meet the next free number, and that is a field or a dictionary.
        """
        trailer = self.section.trailer
        own = {key: value for key, value in trailer.items() if key in _TRAILER_OWN}
        is_stream = isinstance(self.get(number, self.now), Stream)
        return number in references(trailer if is_stream else own)

    def _replaced(self, number: int, old: PdfObject, new: PdfObject) -> None:
        if number == self.root():
            self.catalog(as_dictionary(old), as_dictionary(new))
        elif number in self.info_numbers():
            self.info(number, new)
        elif isinstance(old, Stream) or isinstance(new, Stream):
            self._stream(number, old, new)
        elif isinstance(old, list) or isinstance(new, list):
            self._list(number, old, new)
        else:
            self._dictionary(number, as_dictionary(old), as_dictionary(new))

    def _dictionary(self, number: int, old: Dictionary, new: Dictionary) -> None:
        catalog = self.catalog_before()
        form = self.document.dictionary(catalog.get("AcroForm"), self.before)
        if number in self.old_fields:
            self.field(number, old, new)
        elif old.get("Type") == "Page" and new.get("Type") == "Page":
            self.page(old, new)
        elif Ref(number, 0) == catalog.get("AcroForm"):
            self.require_only(number, self.root(), "AcroForm")
            self.form(old, new)
        elif Ref(number, 0) == form.get("DR"):
            self.require_only(number, self._form_owner(), "DR")
            self.default_resources(old, new)
        elif Ref(number, 0) == catalog.get("Extensions"):
            self.require_only(number, self.root(), "Extensions")
            self.step.reach(Modification.VALIDATION_DATA)
        elif self.changed(old, new) != ["ITXT"] or not isinstance(new.get("ITXT"), bytes):
            # iText 5 marks the fonts it touches with its version, and changes nothing else.
            self.beside_the_form(number, old, new)

    def _form_owner(self) -> int:
        form = self.catalog_before().get("AcroForm")
        return form.number if isinstance(form, Ref) else self.root()

    def _list(self, number: int, old: PdfObject, new: PdfObject) -> None:
        """Judge an array of its own: /Fields, the /Annots of a page, or one of the DSS."""
        if not isinstance(old, list) or not isinstance(new, list):
            refuse("verification.object-replaced")
        owners = self.document.referrers(number, self.before)
        form = self.document.dictionary(self.catalog_before().get("AcroForm"), self.before)
        if form.get("Fields") == Ref(number, 0):
            owner = self._form_owner()
            self.require_only(number, owner, "AcroForm" if owner == self.root() else "Fields")
            self.appended_fields(old, new)
        elif owners and all(self._is_page_with(owner, number) for owner in owners):
            self.appended_annotations(old, new)
        else:
            self.security_store_list(number, new)

    def _is_page_with(self, owner: int, number: int) -> bool:
        page = self.get(owner, self.before)
        if not isinstance(page, dict) or page.get("Type") != "Page":
            return False
        rest = {key: value for key, value in page.items() if key != "Annots"}
        return page.get("Annots") == Ref(number, 0) and number not in references(rest)

    def _stream(self, number: int, old: PdfObject, new: PdfObject) -> None:
        if not isinstance(old, Stream) or not isinstance(new, Stream):
            refuse("verification.object-replaced")
        if same(old.dictionary, new.dictionary) and self.document.raw(
            old, self.before
        ) == self.document.raw(new, self.now):
            return
        catalog = self.catalog_before()
        if Ref(number, 0) == catalog.get("Metadata") and is_metadata(new):
            self.require_only(number, self.root(), "Metadata")
            self.step.reach(Modification.VALIDATION_DATA)
            return
        self._appearance_replaced(number, new)

    def _appearance_replaced(self, number: int, new: Stream) -> None:
        """Judge the appearance of a text field written in its place: its alone it has to be."""
        owners = self.document.referrers(number, self.before)
        for owner in owners:
            known = self.old_fields.get(owner)
            if known is None or known[1].get("FT") not in ("Tx", "Ch"):
                refuse("verification.object-replaced")
            widget = as_dictionary(self.get(owner, self.before))
            rest = {key: value for key, value in widget.items() if key != "AP"}
            appearance = self.document.dictionary(widget.get("AP"), self.before)
            alone = appearance == {"N": Ref(number, 0)} and number not in references(rest)
            if not alone or new.dictionary.get("Subtype") != "Form":
                refuse("verification.object-replaced")
            self.require_empty(known[1])
            self.fill(owner, known[0])
        if not owners:
            refuse("verification.object-replaced")
