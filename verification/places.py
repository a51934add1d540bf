"""Where on the pages an object is seen, and what it is: facts for a sentence."""

from verification._pdf.document import Document
from verification._pdf.objects import PdfObject, PdfSyntaxError, Ref, Stream

# Page trees are balanced; a deeper one is a trap.
MAX_TREE = 32
# From a picture inside of forms up to its page.
_MAX_CLIMB = 8
_MAX_OWNERS = 256


def page_number(document: Document, page: int, revision: int) -> int:
    """Return the number of a page, counted from 1; 0 if the tree does not hold it."""
    before, at = 1, page
    for _ in range(MAX_TREE):
        node = document.dictionary(Ref(at, 0), revision)
        parent = node.get("Parent")
        if not isinstance(parent, Ref):
            return 0 if at == page else before
        kids = document.array(document.dictionary(parent, revision).get("Kids"), revision)
        numbers = [kid.number if isinstance(kid, Ref) else 0 for kid in kids]
        if at not in numbers:
            return 0
        total = document.dictionary(parent, revision).get("Count")
        older = kids[: numbers.index(at)]
        if total == len(kids):
            before += len(older)
        else:
            before += sum(_count(document, kid, revision) for kid in older)
        at = parent.number
    return 0


def _count(document: Document, kid: PdfObject, revision: int) -> int:
    count = document.dictionary(kid, revision).get("Count", 1)
    return count if isinstance(count, int) else 1


def pages_with(document: Document, annotation: int, revision: int) -> list[int]:
    """Return the object numbers of the pages that list an annotation."""
    holders: set[int] = set()
    for owner in document.referrers(annotation, revision):
        is_list = isinstance(document.get(owner, revision), list)
        holders |= document.referrers(owner, revision) if is_list else {owner}
    return sorted(one for one in holders if _lists(document, one, annotation, revision))


def _lists(document: Document, page: int, annotation: int, revision: int) -> bool:
    annotations = document.dictionary(Ref(page, 0), revision).get("Annots")
    return any(
        isinstance(item, Ref) and item.number == annotation
        for item in document.array(annotations, revision)
    )


def facts(document: Document, number: int, revision: int) -> dict[str, str]:
    """Return ``page`` and ``kind`` of an object, as far as they can be told."""
    try:
        kind = _kind(document.get(number, revision))
        page = _page_above(document, number, revision)
    except PdfSyntaxError:
        return {"kind": "object"}
    return {"kind": kind} | ({"page": str(page)} if page else {})


def _kind(value: PdfObject) -> str:
    head = value.dictionary if isinstance(value, Stream) else value
    if not isinstance(head, dict):
        return "object"
    kind, sub = head.get("Type"), head.get("Subtype")
    if kind == "Annot" or (sub is not None and "Rect" in head):
        return "field" if sub == "Widget" else "annotation"
    if sub == "Image":
        return "image"
    named = {"Page": "page", "Pages": "page", "Font": "font", "Catalog": "catalog"}
    if isinstance(kind, str) and kind in named:
        return named[kind]
    return "content" if isinstance(value, Stream) else "object"


def _page_above(document: Document, number: int, revision: int) -> int:
    """Climb from an object to the first page that shows it."""
    seen: set[int] = set()
    level = {number}
    for _ in range(_MAX_CLIMB):
        for one in sorted(level - {0}):
            value = document.get(one, revision)
            if isinstance(value, dict) and value.get("Type") == "Page":
                return page_number(document, one, revision)
        seen |= level
        above = set().union(*(document.referrers(one, revision) for one in level))
        level = set(sorted(above - seen - {0})[:_MAX_OWNERS])
    return 0
