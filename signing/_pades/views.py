"""Does a hybrid-reference file show the same to readers of both kinds (ISO 32000-2 §7.5.8.4)?

Word writes such files: a classic table for old readers, and beside it a stream that names further
objects, for new ones. A revision over it is written as a table without such a stream, so that both
kinds read it. What remains is what was hidden before: it may be the structure of the text, as Word
hides it, but nothing that a page or the form shows; else each reader would see another document
under the same signature.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyhanko.pdf_utils import generic

from signing.errors import UnreadablePdfError, ViewsDifferError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyhanko.pdf_utils.reader import PdfFileReader

# What of the catalogue is no part of a page or of the form.
_NOT_SHOWN = frozenset(
    {"/StructTreeRoot", "/Metadata", "/PieceInfo", "/Names", "/Dests", "/Outlines"}
    | {"/OutputIntents", "/DSS", "/Extensions", "/Threads"}
)
_MAX_OBJECTS = 50_000  # a file that shows more of them, and is hybrid, is a trap


def require_one_view(reader: PdfFileReader) -> None:
    """Check that what only some readers find is shown to nobody.

    Raises:
        ViewsDifferError: a page or the form shows it.
        UnreadablePdfError: the file shows too much to be looked at.
    """
    if not reader.xrefs.hybrid_xrefs_present:
        return
    hidden = _hidden(reader)
    shown = sum(1 for number in _shown(reader) if number in hidden)
    if shown:
        raise ViewsDifferError(objects=shown)


def _hidden(reader: PdfFileReader) -> frozenset[int]:
    """Return the numbers of the objects that old readers do not find, or find elsewhere."""
    hidden: set[int] = set()
    tabled: dict[int, tuple[int, int]] = {}
    for index in range(reader.xrefs.total_revisions):  # the oldest first
        section = reader.xrefs.get_xref_data(index)
        tabled |= section.standard_xrefs
        if section.hybrid is not None:
            beside = section.hybrid.xref_data
            # Word lists every object in the stream: most are those of the table once more.
            moved = beside.standard_xrefs.items() - tabled.items()
            hidden |= {number for number, _ in moved} | beside.xrefs_in_objstm.keys()
        hidden -= section.standard_xrefs.keys() | section.xrefs_in_objstm.keys()
    return frozenset(hidden)


def _shown(reader: PdfFileReader) -> Iterator[int]:
    """Yield the number of every object that pages and form show, once."""
    root: Any = reader.root
    waiting = [value for key, value in root.items() if key not in _NOT_SHOWN]
    # A certification leads back to the catalogue, and so to everything.
    start = reader.root_ref
    seen = {(start.idnum, start.generation)}
    while waiting:
        item = waiting.pop()
        if isinstance(item, generic.IndirectObject):
            key = item.idnum, item.generation
            if key in seen:
                continue
            if len(seen) > _MAX_OBJECTS:
                raise UnreadablePdfError(reason="objects")
            seen.add(key)
            yield item.idnum
            item = reader.get_object(item.reference)
        waiting.extend(_inside(item))


def _inside(item: Any) -> Iterable[Any]:
    if isinstance(item, generic.DictionaryObject):  # a stream is one, too
        return [item.raw_get(key) for key in item if key != "/Metadata"]
    return list(_raw(item)) if isinstance(item, generic.ArrayObject) else ()


def _raw(array: generic.ArrayObject) -> Iterator[Any]:
    return (array.raw_get(index) for index in range(len(array)))
