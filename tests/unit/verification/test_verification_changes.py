from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from verification_files import (
    CATALOG,
    CONTENTS,
    FORM,
    INFO,
    LEADER,
    LOOK,
    NUMBER,
    PAGE,
    PAGE_BODY,
    PAGES,
    SEAL,
    refs,
    signature_field,
    stream,
    text_field,
    update,
)

from verification.model import Indication, Modification

if TYPE_CHECKING:
    from verification.trust import Trust

from verification_change_cases import ALLOWED, FIELDS, FORM_OBJECT, NEW_FIELDS, leader

LED_FIELD = signature_field(b"docsvc.leader", b"/V 20 0 R", b"300 100 400 150")


REFUSED = {
    "content replaced": ({CONTENTS: stream(b"BT ET")}, "object-replaced"),
    "content of another type": ({CONTENTS: b"<<>>"}, "object-replaced"),
    "font taken away": ({PAGE: b"<</Type/Page/Parent 2 0 R>>"}, "page-changed"),
    "page no page any more": ({PAGE: b"<</Type/Foo>>"}, "object-replaced"),
    "page tree": ({PAGES: b"<</Type/Pages/Kids[3 0 R 41 0 R]/Count 2>>"}, "object-replaced"),
    "annotation dropped": ({PAGE: PAGE_BODY % refs(NUMBER)}, "annotations-changed"),
    "annotation added": (
        {PAGE: PAGE_BODY % (FIELDS + b" 40 0 R"), 40: b"<</Subtype/FreeText/Rect[0 0 9 9]>>"},
        "annotation-added",
    ),
    "annotation added directly": (
        {PAGE: PAGE_BODY % (FIELDS + b"<</Subtype/FreeText>>")},
        "annotation-added",
    ),
    "annotation list of another kind": (
        {PAGE: (PAGE_BODY % FIELDS).replace(b"[%s]" % FIELDS, b"(x)")},
        "page-changed",
    ),
    "catalog entry": (
        {CATALOG: b"<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/OpenAction 40 0 R>>"},
        "catalog-changed",
    ),
    "metadata that is none": (
        {CATALOG: b"<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/Metadata 40 0 R>>", 40: b"<<>>"},
        "catalog-changed",
    ),
    "form entry": ({FORM: b"<</SigFlags 3/XFA 40 0 R/Fields[%s]>>" % FIELDS}, "form-changed"),
    "fields dropped": ({FORM: b"<</SigFlags 3/Fields[9 0 R]>>"}, "form-changed"),
    "text field added": (
        {FORM: NEW_FIELDS, 40: text_field(b"more")},
        "field-added",
    ),
    "field added that is no field": ({FORM: NEW_FIELDS, 40: b"[]"}, "field-added"),
    "signature field with foreign entry": (
        {FORM: NEW_FIELDS, 40: signature_field(b"s", b"/Foo 1")},
        "field-added",
    ),
    "mark without signature": (
        {
            FORM: NEW_FIELDS,
            40: signature_field(b"s", b"/AP<</N 41 0 R>>", b"0 0 90 90"),
            41: stream(b"", FORM_OBJECT),
        },
        "mark-without-signature",
    ),
    "mark on a broken rectangle": (
        {FORM: NEW_FIELDS, 40: signature_field(b"s", b"/AP<</N 11 0 R>>", b"0 0 90")},
        "mark-without-signature",
    ),
    "signature that is none": (
        {FORM: NEW_FIELDS, 40: signature_field(b"s", b"/V 41 0 R"), 41: b"<<>>"},
        "mark-without-signature",
    ),
    "signature of another used again": (
        {FORM: NEW_FIELDS, 40: signature_field(b"s", b"/V 20 0 R")},
        "signature-value-reused",
    ),
    "seal field filled without signature": (
        {SEAL: signature_field(b"docsvc.organisation", b"/M(x)", b"250 100 350 200")},
        "mark-without-signature",
    ),
    "seal field moved": (
        {SEAL: signature_field(b"docsvc.organisation", b"", b"0 0 600 900")},
        "field-changed",
    ),
    "signed field given another look": (
        {LEADER: LED_FIELD[:-2] + b"/AP<</N 11 0 R>>>>"},
        "field-changed",
    ),
    "field moved": (
        {NUMBER: text_field(b"docsvc.number").replace(b"70 700", b"10 100")},
        "field-changed",
    ),
    "field value that draws": (
        {NUMBER: text_field(b"docsvc.number", b"/AP<</N 11 0 R>>/V<</A 1>>")},
        "field-changed",
    ),
    "field value list that draws": (
        {NUMBER: text_field(b"docsvc.number", b"/AP<</N 11 0 R>>/V[<<>>]")},
        "field-changed",
    ),
    "appearance that was there": (
        {NUMBER: text_field(b"docsvc.number", b"/V(1)/AP<</N 4 0 R>>")},
        "appearance-reused",
    ),
    "appearance dictionary that was there": (
        {NUMBER: text_field(b"docsvc.number", b"/V(1)/AP 2 0 R")},
        "appearance-reused",
    ),
    "appearance that is none": (
        {NUMBER: text_field(b"docsvc.number", b"/V(1)/AP<</N 7>>")},
        "appearance-reused",
    ),
    "states of an appearance that was there": (
        {NUMBER: text_field(b"docsvc.number", b"/V(1)/AP<</N<</On 4 0 R>>>>")},
        "appearance-reused",
    ),
    "store with a foreign entry": (
        {CATALOG: b"<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/DSS<</Foo 1>>>>"},
        "store-changed",
    ),
    "store of no streams": (
        {CATALOG: b"<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/DSS<</Certs[3 0 R]>>>>"},
        "store-changed",
    ),
    "related data with a foreign entry": (
        {CATALOG: b"<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/DSS<</VRI<</A<</X 1>>>>>>>>"},
        "store-changed",
    ),
    "information that refers": ({INFO: b"<</Producer 4 0 R>>"}, "object-replaced"),
    "page that is a number": ({PAGE: b"7"}, "object-replaced"),
    "entry twice": ({FORM: b"<</SigFlags 3/SigFlags 3/Fields[%s]>>" % FIELDS}, "duplicate-key"),
    "object that cannot be read": ({CONTENTS: b"<</Length (x>>"}, "update-unreadable"),
    "fonts of fields that readers draw": (
        {FORM: b"<</SigFlags 3/NeedAppearances true/DA(/F 0 Tf)/Fields[%s]>>" % FIELDS},
        "form-changed",
    ),
    "field that readers paint": (
        {FORM: NEW_FIELDS, 40: signature_field(b"s", b"/MK<</BG[1]>>", b"0 0 90 90")},
        "mark-without-signature",
    ),
    "metadata that are a picture": (
        {
            CATALOG: b"<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/Metadata 40 0 R>>",
            40: stream(b"", b"/Type/Metadata/Subtype/Form"),
        },
        "catalog-changed",
    ),
    "field that is a word": ({NUMBER: b"/Tx"}, "object-replaced"),
    "appearance of the wrong kind": ({LOOK: stream(b"x", b"/Subtype/Image")}, "object-replaced"),
}


@pytest.mark.parametrize("name", list(REFUSED))
def test_change_is_refused(name: str, led: bytes, trust: Trust) -> None:
    objects, code = REFUSED[name]

    one = leader(update(led, objects), trust)

    assert one.indication is Indication.TOTAL_FAILED
    assert one.modification is Modification.OTHER
    assert f"verification.{code}" in one.reasons


@pytest.mark.parametrize("name", list(ALLOWED))
def test_change_is_allowed(name: str, led: bytes, trust: Trust) -> None:
    objects, kind = ALLOWED[name]

    one = leader(update(led, objects), trust)

    assert one.indication is Indication.TOTAL_PASSED, one.findings
    assert one.modification is kind
