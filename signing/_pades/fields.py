"""Signature fields that a revision adds: a widget on its page, a name in the form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name

from signing._pades.objects import array, dictionary_at, entry, partial_name, references
from signing.appearance import TURNS
from signing.errors import (
    BoxOutsidePageError,
    ChangesForbiddenError,
    PageMissingError,
    UnreadablePdfError,
)

if TYPE_CHECKING:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    from signing.model import Box

_SIGNATURES_EXIST_APPEND_ONLY = 3
_PRINT_AND_LOCKED = 132
_NO_CHANGES = 1  # /P of DocMDP (ISO 32000-1 table 254)
_FORM_FILLING = 2
_MAX_ANCESTORS = 64  # of a page; a deeper tree is a trap
_TOLERANCE = 0.5  # points that a box may reach beyond its page: rounding of whoever measured it


class FieldAdder:
    """Adds signature fields to one file."""

    def __init__(self, writer: IncrementalPdfFileWriter) -> None:
        """Remember where the objects go."""
        self._writer = writer
        self._root: Any = writer.root

    def add(self, name: str, box: Box | None) -> generic.Reference:
        """Add an empty signature field; without a box it is invisible, on the first page.

        Raises:
            PageMissingError: the box names a page that the file does not have.
            BoxOutsidePageError: the box is empty or leaves its page.
        """
        page = self._page(0 if box is None else box.page)
        field = generic.DictionaryObject(
            {
                pdf_name("/Type"): pdf_name("/Annot"),
                pdf_name("/Subtype"): pdf_name("/Widget"),
                pdf_name("/FT"): pdf_name("/Sig"),
                pdf_name("/T"): generic.TextStringObject(name),
                pdf_name("/F"): generic.NumberObject(_PRINT_AND_LOCKED),
                pdf_name("/Rect"): array(*_rectangle(dictionary_at(page), box)),
                pdf_name("/P"): generic.IndirectObject(page.idnum, page.generation, page.pdf),
            }
        )
        rotation = int(_inherited(dictionary_at(page), "/Rotate") or 0) % 360
        if rotation in TURNS - {0}:
            turned = {pdf_name("/R"): generic.NumberObject(rotation)}
            field["/MK"] = generic.DictionaryObject(turned)
        widget = self._writer.add_object(field)
        self._enter(widget)
        self._annotate(page, widget)
        return widget.reference

    def names(self) -> frozenset[str]:
        """Return the partial names of the fields at the top of the form."""
        fields = entry(entry(self._root, "/AcroForm", {}), "/Fields", ())
        return frozenset(map(partial_name, references(fields)))

    def require_permission(self, *, after_certification: bool) -> None:
        """Check that nobody certified the file: then it has all the fields it may ever have.

        Args:
            after_certification: put up with one that allows form filling and signing.

        Raises:
            ChangesForbiddenError: a certification allows no new field.
        """
        permissions = entry(self._root, "/Perms", {})
        if "/DocMDP" not in permissions:
            return
        level = _level(permissions["/DocMDP"])
        if level == _NO_CHANGES or not after_certification:
            raise ChangesForbiddenError(level=level)

    def _page(self, index: int) -> generic.Reference:
        pages = int(self._root["/Pages"]["/Count"])
        if not 0 <= index < pages:
            raise PageMissingError(page=index + 1, pages=pages)
        page, _ = self._writer.find_page_for_modification(index)
        return page if isinstance(page, generic.Reference) else page.reference

    def _enter(self, widget: generic.IndirectObject) -> None:
        """Name the field in the form, which is made where there is none."""
        if "/AcroForm" not in self._root:
            form = generic.DictionaryObject({pdf_name("/Fields"): generic.ArrayObject()})
            self._root["/AcroForm"] = self._writer.add_object(form)
            self._writer.update_root()
        form = self._root["/AcroForm"]
        if "/Fields" not in form:
            form["/Fields"] = generic.ArrayObject()
            self._writer.update_container(form)
        fields = form["/Fields"]
        fields.append(widget)
        self._writer.update_container(fields)
        if entry(form, "/SigFlags") != _SIGNATURES_EXIST_APPEND_ONLY:
            form["/SigFlags"] = generic.NumberObject(_SIGNATURES_EXIST_APPEND_ONLY)
            self._writer.update_container(form)

    def _annotate(self, page: generic.Reference, widget: generic.IndirectObject) -> None:
        dictionary = dictionary_at(page)
        if "/Annots" in dictionary:
            annotations = dictionary["/Annots"]
            annotations.append(widget)
            self._writer.update_container(annotations)
        else:
            dictionary["/Annots"] = generic.ArrayObject([widget])
            self._writer.update_container(dictionary)


def _level(signature: Any) -> int:
    """Return what a certification allows: /P of its DocMDP (ISO 32000-1 table 254)."""
    for reference in entry(signature, "/Reference", ()):
        found = reference.get_object()
        if entry(found, "/TransformMethod") == "/DocMDP":
            return int(entry(entry(found, "/TransformParams", {}), "/P", _FORM_FILLING))
    return _FORM_FILLING


def _rectangle(page: generic.DictionaryObject, box: Box | None) -> tuple[float, ...]:
    if box is None:
        return 0, 0, 0, 0
    edges = [float(edge) for edge in _inherited(page, "/MediaBox") or ()]
    if len(edges) != 4:  # noqa: PLR2004  # a rectangle
        raise UnreadablePdfError(reason="page-size")
    left, right = sorted((edges[0], edges[2]))
    bottom, top = sorted((edges[1], edges[3]))
    inside = (
        left - _TOLERANCE <= box.x0 < box.x1 <= right + _TOLERANCE
        and bottom - _TOLERANCE <= box.y0 < box.y1 <= top + _TOLERANCE
    )
    if not inside:
        raise BoxOutsidePageError(page=box.page + 1, box=[box.x0, box.y0, box.x1, box.y1])
    return tuple(round(edge, 3) for edge in (box.x0, box.y0, box.x1, box.y1))


def _inherited(page: generic.DictionaryObject, key: str) -> Any:
    """Return an entry of a page, or of the nearest node of the tree above it that has one."""
    node: Any = page
    for _ in range(_MAX_ANCESTORS):
        if key in node:
            return node[key]
        if "/Parent" not in node:
            return None
        node = node["/Parent"]
    raise UnreadablePdfError(reason="page-tree")
