"""Structures that programs read differently, and actions that come after the signature."""

from typing import TypeAlias

from attacks import writer
from attacks.incremental import FORGED
from attacks.victim import (
    CATALOG,
    CONTENTS,
    FORM,
    INFO,
    LEADER,
    LEADER_VALUE,
    NEW,
    NUMBER,
    PAGE,
    SEAL_VALUE,
    Victim,
    name,
    painted,
    refs,
    signature_field,
    text_field,
)
from attacks.writer import append, end_at, pack, stream, write_objects, write_rows, write_table
from verification._pdf.objects import PdfObject, Ref

Entries: TypeAlias = dict[str, PdfObject]

NUMBER_BOX = b"110 740 150 755"


def object_twice(victim: Victim) -> bytes:
    """An update holds an object twice; its table names the harmless one."""
    harmless, places = write_objects(victim.sealed, {NEW: b"null"})
    body, _ = write_objects(harmless, {NEW: b"<<>>", **FORGED})
    return write_table(body, places)


def objects_overlap(victim: Victim) -> bytes:
    """An object of the update begins inside of another one."""
    inner = b"5 0 obj\n<<>>\nendobj\n"
    body, places = write_objects(victim.sealed, {NEW: stream(inner)})
    inside = body.index(inner, len(victim.sealed))
    return write_table(body, {**places, 5: inside})


def hidden_by_hybrid(victim: Victim) -> bytes:
    """An update's table hides an object that only its cross-reference stream knows."""
    body, places = write_objects(victim.sealed, FORGED)
    offset = len(body)
    body = write_rows(body, {CONTENTS: (1, places[CONTENTS], 0)}, number=NEW)
    return write_table(body, {CONTENTS: None}, trailer=b"/XRefStm %d" % offset)


def hidden_in_the_original(victim: Victim) -> bytes:
    """The author hid a layer of the page from readers that know no cross-reference streams."""
    prepared = victim.prepare({PAGE: victim.page(Contents=refs(CONTENTS, NEW))})
    body, places = write_objects(prepared, {NEW: painted()})
    offset = len(body)
    body = write_rows(body, {NEW: (1, places[NEW], 0)}, number=NEW + 1)
    return victim.lead(write_table(body, {NEW: None}, trailer=b"/XRefStm %d" % offset))


def bytes_after_end(victim: Victim) -> bytes:
    """Objects stand behind the end of the file."""
    return victim.sealed + b"5 0 obj\n<<>>\nendobj\n"


def bytes_between_revisions(victim: Victim) -> bytes:
    """Objects that nothing names stand between two revisions."""
    return append(victim.sealed + b"5 0 obj\n<<>>\nendobj\n", {NEW: b"null"})


def rubbish_between_revisions(victim: Victim) -> bytes:
    """Bytes that are no object stand between two revisions."""
    return append(victim.sealed + b"\x89PNG rubbish\n", {NEW: b"null"})


def packed_replacement(victim: Victim) -> bytes:
    """An object stream of the update holds another page."""
    box = pack({PAGE: victim.page(Contents=None)})
    body, places = write_objects(victim.sealed, {NEW: box})
    offset = len(body)
    more = b"/Prev %d" % writer.newest_section(victim.sealed)
    rows = {NEW: (1, places[NEW], 0), PAGE: (2, NEW, 0)}
    return end_at(write_rows(body, rows, number=NEW + 1, more=more), offset)


def packed_twice(victim: Victim) -> bytes:
    """An object stream holds a field twice, and programs differ in which one they take."""
    filled = text_field(b"docsvc.number", NUMBER_BOX, b"/V(05)")
    evil = text_field(b"docsvc.number", b"0 0 595 842", b"/V(evil)")
    box = pack({1: evil, 2: filled}, (NUMBER, NUMBER))
    return _with_box(victim, box)


def packed_elsewhere(victim: Victim) -> bytes:
    """The table gives a field another place in the object stream than its head does."""
    filled = text_field(b"docsvc.number", NUMBER_BOX, b"/V(05)")
    box = pack({NEW + 5: text_field(b"evil", b"0 0 595 842"), NUMBER: filled})
    return _with_box(victim, box)


def _with_box(victim: Victim, box: bytes) -> bytes:
    body, places = write_objects(victim.led, {NEW: box})
    offset = len(body)
    more = b"/Prev %d" % writer.newest_section(victim.led)
    rows = {NEW: (1, places[NEW], 0), NUMBER: (2, NEW, 0)}
    return end_at(write_rows(body, rows, number=NEW + 1, more=more), offset)


def circle_of_sections(victim: Victim) -> bytes:
    """The section names itself as the one before."""
    place = len(victim.sealed)
    return write_table(victim.sealed, {NEW: None}, previous=place)


def section_skipped(victim: Victim) -> bytes:
    """The section of the seal is left out of the chain."""
    before = writer.newest_section(victim.led)
    return write_table(victim.sealed, {NEW: None}, previous=before)


def section_without_past(victim: Victim) -> bytes:
    """The newest section names no other, and holds a document of its own."""
    objects = {
        CATALOG: victim.entry(CATALOG, AcroForm=Ref(FORM, 0), Pages=Ref(NEW, 0)),
        NEW: b"<</Type/Pages/Kids[201 0 R]/Count 1>>",
        NEW + 1: b"<</Type/Page/Parent 200 0 R/MediaBox[0 0 9 9]>>",
        FORM: b"<</SigFlags 3/Fields[%d 0 R]>>" % LEADER,
    }
    body, places = write_objects(victim.led, objects)
    kept = {LEADER: body.rindex(b"\n%d 0 obj" % LEADER) + 1}
    kept[LEADER_VALUE] = body.rindex(b"\n%d 0 obj" % LEADER_VALUE) + 1
    table = write_table(body, {**places, **kept})
    at = table.rindex(b"/Prev")
    return table[:at] + b"/Prex" + table[at + 5 :]


def section_in_contents(victim: Victim) -> bytes:
    """An object of the update stands in the hole of the signature."""
    inside = victim.led.index(b"/Contents<") + 20
    return write_table(victim.led, {CONTENTS: inside})


def section_counted_otherwise(victim: Victim) -> bytes:
    """A table that begins at one with the head of the free list: programs count differently."""
    body, places = write_objects(victim.led, {NUMBER: text_field(b"docsvc.number", NUMBER_BOX)})
    offset = len(body)
    back = writer.newest_section(victim.led)
    body += b"xref\n1 2\n0000000000 65535 f \n%010d 00000 n \n" % places[NUMBER]
    body += b"trailer\n<</Size 900/Root 1 0 R/Info 2 0 R/Prev %d>>\n" % back
    return end_at(body, offset)


def numbers_beyond_size(victim: Victim) -> bytes:
    """The trailer's /Size leaves out the fields, which strict programs then do not see."""
    pdf = append(victim.led, victim.filled())
    at = pdf.rindex(b"/Size 900")
    return pdf[:at] + b"/Size 100" + pdf[at + 9 :]


def other_generation(victim: Victim) -> bytes:
    """The object of the update says another generation than its table."""
    field = text_field(b"docsvc.number", NUMBER_BOX, b"/V(05)")
    pdf = append(victim.led, {NUMBER: field})
    at = pdf.rindex(b"\n%d 0 obj" % NUMBER)
    return pdf[:at] + b"\n%d 1 obj" % NUMBER + pdf[at + len(b"\n101 0 obj") :]


def key_twice(victim: Victim) -> bytes:
    """A field of the update has two values, of which programs take one."""
    evil = text_field(b"docsvc.number", NUMBER_BOX, b"/V(05)/V(06)")
    return append(victim.led, {NUMBER: evil})


def key_twice_with_null(victim: Victim) -> bytes:
    """A page of the update has no annotations, and then has."""
    page = victim.page()
    return append(victim.led, {PAGE: b"<</Annots null" + page[2:]})


def signature_taken_away(victim: Victim) -> bytes:
    """The signature's field is no part of the form any more."""
    return append(victim.led, {FORM: b"<</Fields[101 0 R]>>"})


def signature_shown_twice(victim: Victim) -> bytes:
    """A further field shows the leader's signature as its own."""
    field = signature_field(b"more", more=b"/V %d 0 R" % LEADER_VALUE)
    return append(victim.led, {NEW: field, FORM: victim.form(NEW), PAGE: victim.page(NEW)})


def signature_by_kid(victim: Victim) -> bytes:
    """A field gains a widget that shows something else."""
    parent = text_field(b"docsvc.number", NUMBER_BOX, b"/Kids[200 0 R]")
    kid = text_field(b"kid", b"0 0 595 842", b"/Parent 101 0 R/AP<</N 201 0 R>>")
    return append(victim.led, {NUMBER: parent, NEW: kid, NEW + 1: painted()})


def inherited_kind(victim: Victim) -> bytes:
    """A new field takes its kind from a parent that shows more than a signature."""
    parent = b"<</FT/Sig/T(more)/Kids[201 0 R 202 0 R]>>"
    kid = signature_field(b"one", b"0 0 595 842", b"/Parent 200 0 R/AP<</N 203 0 R>>")
    objects = {NEW: parent, NEW + 1: kid, NEW + 2: kid, NEW + 3: painted(), FORM: victim.form(NEW)}
    return append(victim.led, objects)


def look_of_others(victim: Victim) -> bytes:
    """A field's look is an object that was there before, and belongs to the page."""
    field = text_field(b"docsvc.number", NUMBER_BOX, b"/V(05)/AP<</N 5 0 R>>")
    return append(victim.led, {NUMBER: field})


def script_added(victim: Victim) -> bytes:
    """A script runs when the document is opened."""
    action: Entries = {"S": name("JavaScript"), "JS": b"app.alert(1)"}
    return append(victim.sealed, {CATALOG: victim.catalog(OpenAction=action)})


def script_on_page(victim: Victim) -> bytes:
    """A script runs when the page is opened."""
    page = victim.page(AA={"O": {"S": name("JavaScript"), "JS": b"1"}})
    return append(victim.sealed, {PAGE: page})


def script_on_field(victim: Victim) -> bytes:
    """A script runs when the field is clicked."""
    field = text_field(b"docsvc.number", NUMBER_BOX, b"/A<</S/JavaScript/JS(1)>>")
    return append(victim.led, {NUMBER: field})


def names_added(victim: Victim) -> bytes:
    """Scripts and files come with a tree of names."""
    return append(victim.sealed, {CATALOG: victim.catalog(Names=Ref(NEW, 0)), NEW: b"<<>>"})


def layers_added(victim: Victim) -> bytes:
    """Layers are added to the catalog."""
    layers: Entries = {"OCGs": [], "D": {"BaseState": name("OFF")}}
    return append(victim.sealed, {CATALOG: victim.catalog(OCProperties=layers)})


def labels_added(victim: Victim) -> bytes:
    """Pages are given other numbers."""
    labels: Entries = {"Nums": [0, {"S": name("D"), "St": 99}]}
    return append(victim.sealed, {CATALOG: victim.catalog(PageLabels=labels)})


def xfa_added(victim: Victim) -> bytes:
    """The form is given an XML form, which readers show instead of the pages."""
    return append(victim.sealed, {FORM: victim.form(more=b"/XFA 200 0 R"), NEW: stream(b"<xdp/>")})


def entry_in_trailer(victim: Victim) -> bytes:
    """The trailer gains an entry."""
    return append(victim.sealed, {}, trailer=b"/Foo 1")


def info_shared(victim: Victim) -> bytes:
    """The information dictionary is made the page."""
    return append(victim.sealed, {INFO: victim.page(Contents=None)})


def filled_after_seal(victim: Victim) -> bytes:
    """The number is filled in again after everybody has signed."""
    field = text_field(b"docsvc.number", NUMBER_BOX, b"/V(99)/AP<</N 200 0 R>>")
    return append(victim.sealed, {NUMBER: field, NEW: painted()})


def seal_moved(victim: Victim) -> bytes:
    """The seal is moved over the text."""
    more = b"/V %d 0 R/AP<</N 107 0 R>>" % SEAL_VALUE
    moved = signature_field(b"docsvc.organisation", b"80 400 480 560", more)
    return append(victim.sealed, {104: moved})


ATTACKS = {
    "mess-object-twice": object_twice,
    "mess-objects-overlap": objects_overlap,
    "mess-hidden-by-hybrid": hidden_by_hybrid,
    "mess-hidden-in-the-original": hidden_in_the_original,
    "mess-bytes-after-end": bytes_after_end,
    "mess-bytes-between-revisions": bytes_between_revisions,
    "mess-rubbish-between-revisions": rubbish_between_revisions,
    "mess-packed-replacement": packed_replacement,
    "mess-packed-twice": packed_twice,
    "mess-packed-elsewhere": packed_elsewhere,
    "mess-circle-of-sections": circle_of_sections,
    "mess-section-skipped": section_skipped,
    "mess-section-without-past": section_without_past,
    "mess-section-in-contents": section_in_contents,
    "mess-section-counted-otherwise": section_counted_otherwise,
    "mess-numbers-beyond-size": numbers_beyond_size,
    "mess-other-generation": other_generation,
    "mess-key-twice": key_twice,
    "mess-key-twice-with-null": key_twice_with_null,
    "mess-signature-taken-away": signature_taken_away,
    "mess-signature-shown-twice": signature_shown_twice,
    "mess-widget-gained": signature_by_kid,
    "mess-kind-inherited": inherited_kind,
    "mess-look-of-others": look_of_others,
    "mess-script-added": script_added,
    "mess-script-on-page": script_on_page,
    "mess-script-on-field": script_on_field,
    "mess-names-added": names_added,
    "mess-layers-added": layers_added,
    "mess-labels-added": labels_added,
    "mess-xfa-added": xfa_added,
    "mess-entry-in-trailer": entry_in_trailer,
    "mess-info-as-page": info_shared,
    "mess-filled-after-seal": filled_after_seal,
    "mess-seal-moved": seal_moved,
}
