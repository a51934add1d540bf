"""What page 1 is made of, so that it is drawn only when something on it can be a stamp."""

from collections.abc import Callable, Iterator
from ctypes import byref, c_uint
from dataclasses import dataclass

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

# Real pages hold a few hundred objects, a scanned map some thousands. Beyond this the walk stops
# and the page counts as one that must be looked at.
MAX_OBJECTS = 20_000
# Form XObjects nest two or three deep in practice.
MAX_DEPTH = 8
# A rule or a table border has at most 5 segments; letters that were turned into outlines have many.
_MAX_PLAIN_SEGMENTS = 8
# Red clearly stands out of green and blue, of a colour's 0..255.
_RED_LEAD = 60
# Annotations that draw nothing of their own over the page.
_PLAIN_ANNOTATIONS = {pdfium_c.FPDF_ANNOT_LINK, pdfium_c.FPDF_ANNOT_POPUP}


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What may hide a mark: pictures, red ink, outlines, fonts without a name, annotations."""

    images: int
    needs_look: bool


def take(page: pdfium.PdfPage) -> Inventory:
    """Walk the objects of a page once."""
    images = 0
    needs_look = _has_drawn_annotation(page)
    for count, handle in enumerate(_objects(page)):
        if count >= MAX_OBJECTS:
            return Inventory(images=images, needs_look=True)
        kind = pdfium_c.FPDFPageObj_GetType(handle)
        images += kind == pdfium_c.FPDF_PAGEOBJ_IMAGE
        needs_look = needs_look or _may_be_mark(handle, kind)
    return Inventory(images=images, needs_look=needs_look or images > 0)


def _may_be_mark(handle: pdfium_c.FPDF_PAGEOBJECT, kind: int) -> bool:
    if kind == pdfium_c.FPDF_PAGEOBJ_TEXT:
        return _is_red(handle, pdfium_c.FPDFPageObj_GetFillColor) or _is_unnamed(handle)
    if kind == pdfium_c.FPDF_PAGEOBJ_PATH:
        return (
            pdfium_c.FPDFPath_CountSegments(handle) > _MAX_PLAIN_SEGMENTS
            or _is_red(handle, pdfium_c.FPDFPageObj_GetFillColor)
            or _is_red(handle, pdfium_c.FPDFPageObj_GetStrokeColor)
        )
    # Shadings and what this version of PDFium does not know are looked at; forms are walked.
    return kind not in (pdfium_c.FPDF_PAGEOBJ_FORM, pdfium_c.FPDF_PAGEOBJ_IMAGE)


def _objects(page: pdfium.PdfPage) -> Iterator[pdfium_c.FPDF_PAGEOBJECT]:
    waiting = [(page.raw, pdfium_c.FPDFPage_CountObjects, pdfium_c.FPDFPage_GetObject, 0)]
    while waiting:
        holder, count, get, depth = waiting.pop()
        for index in range(count(holder)):
            handle = get(holder, index)
            yield handle
            is_form = pdfium_c.FPDFPageObj_GetType(handle) == pdfium_c.FPDF_PAGEOBJ_FORM
            if is_form and depth < MAX_DEPTH:
                waiting.append(
                    (
                        handle,
                        pdfium_c.FPDFFormObj_CountObjects,
                        pdfium_c.FPDFFormObj_GetObject,
                        depth + 1,
                    )
                )


def _is_red(handle: pdfium_c.FPDF_PAGEOBJECT, get: Callable[..., int]) -> bool:
    red, green, blue, alpha = c_uint(), c_uint(), c_uint(), c_uint()
    known = get(handle, byref(red), byref(green), byref(blue), byref(alpha))
    # A pattern has no plain colour and may be red.
    return not known or red.value - max(green.value, blue.value) > _RED_LEAD


def _is_unnamed(handle: pdfium_c.FPDF_PAGEOBJECT) -> bool:
    # Type 3 fonts draw their letters as pictures or paths and have no name.
    font = pdfium_c.FPDFTextObj_GetFont(handle)
    return not font or pdfium_c.FPDFFont_GetBaseFontName(font, None, 0) <= 1


def _has_drawn_annotation(page: pdfium.PdfPage) -> bool:
    for index in range(min(pdfium_c.FPDFPage_GetAnnotCount(page.raw), MAX_OBJECTS)):
        annotation = pdfium_c.FPDFPage_GetAnnot(page.raw, index)
        kind = pdfium_c.FPDFAnnot_GetSubtype(annotation)
        pdfium_c.FPDFPage_CloseAnnot(annotation)
        if kind not in _PLAIN_ANNOTATIONS:
            return True
    return False
