"""The document that is attacked: one of ours, certified by its leader, then numbered and sealed."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from attacks import writer
from attacks.writer import Objects, Signer, look, sign, spell
from verification._pdf.document import Document, open_document
from verification._pdf.objects import Name, PdfObject, Ref

DOCUMENT = Path(__file__).parents[1] / "documents" / "06-thong-bao-lich-tiep-cong-dan.pdf"

CATALOG, INFO, PAGES, PAGE, CONTENTS, FONTS, FONT = 1, 2, 3, 4, 5, 6, 7
FORM, NUMBER, DAY, LEADER, SEAL, NUMBER_LOOK, DAY_LOOK, SEAL_LOOK = range(100, 108)
LEADER_VALUE, SEAL_VALUE = 110, 120
# The first number that no document of ours uses.
NEW = 200

FIELDS = (NUMBER, DAY, LEADER, SEAL)
# Where the page has text: the middle of the sheet; and where it has none: below the text.
OVER_TEXT, ON_BLANK = b"80 480 480 560", b"60 55 140 105"

CERTIFIED = (
    b"/Reference[<</Type/SigRef/TransformMethod/DocMDP"
    b"/TransformParams<</Type/TransformParams/P %d/V/1.2>>>>]"
)
PAINT = b"1 1 1 rg 0 0 100 100 re f 0 g BT /F1+0 12 Tf 5 40 Td (0) Tj ET"


def text_field(name: bytes, box: bytes, more: bytes = b"") -> bytes:
    """Write a text field."""
    return (
        b"<</Type/Annot/Subtype/Widget/FT/Tx/T(%s)/F 4/Rect[%s]/P 4 0 R/DA(/F1+0 13 Tf 0 g)%s>>"
        % (name, box, more)
    )


def signature_field(name: bytes, box: bytes = b"0 0 0 0", more: bytes = b"") -> bytes:
    """Write a signature field."""
    return b"<</Type/Annot/Subtype/Widget/FT/Sig/T(%s)/F 132/Rect[%s]/P 4 0 R%s>>" % (
        name,
        box,
        more,
    )


def refs(*numbers: int) -> list[PdfObject]:
    """Return references to objects."""
    return [Ref(number, 0) for number in numbers]


def painted(resources: bytes = b"/Resources<</Font<</F1+0 7 0 R>>>>") -> bytes:
    """Write an appearance that covers what lies below and shows something else."""
    return look(PAINT, resources)


@dataclass(frozen=True)
class Victim:
    """The document at each stage; the two signers are handed in, and trusted by the verifier."""

    leader: Signer
    organisation: Signer
    stranger: Signer

    @cached_property
    def plain(self) -> bytes:
        """Return the document as it was written."""
        return DOCUMENT.read_bytes()

    @cached_property
    def document(self) -> Document:
        """Return the parsed document."""
        return open_document(self.plain)

    def entry(self, number: int, **more: PdfObject) -> bytes:
        """Return a dictionary of the document with entries changed; None takes one away."""
        value = self.document.get(number, 0)
        known = value if isinstance(value, dict) else {}
        kept: dict[str, PdfObject] = {
            key: item for key, item in {**known, **more}.items() if item is not None
        }
        return spell(kept)

    def page(self, *widgets: int, **more: PdfObject) -> bytes:
        """Return the page with the fields of the form, further widgets and entries."""
        return self.entry(PAGE, Annots=refs(*FIELDS, *widgets), **more)

    def form(self, *fields: int, more: bytes = b"") -> bytes:
        """Return the form with further fields."""
        inside = b" ".join(b"%d 0 R" % number for number in (*FIELDS, *fields))
        return b"<</SigFlags 3/Fields[%s]%s>>" % (inside, more)

    def catalog(self, **more: PdfObject) -> bytes:
        """Return the catalog."""
        return self.entry(CATALOG, **{"AcroForm": Ref(FORM, 0), **more})

    def prepare(self, objects: Objects | None = None) -> bytes:
        """Reserve number, day and both signatures, and add what an author hides in it."""
        own = {
            CATALOG: self.catalog(),
            PAGE: self.page(),
            FORM: self.form(),
            NUMBER: text_field(b"docsvc.number", b"110 740 150 755"),
            DAY: text_field(b"docsvc.day", b"350 725 370 740"),
            LEADER: signature_field(b"docsvc.leader"),
            SEAL: signature_field(b"docsvc.organisation", ON_BLANK),
        }
        return writer.append(self.plain, {**own, **(objects or {})})

    def lead(self, pdf: bytes, *, permission: int = 2) -> bytes:
        """Certify a prepared document as its leader does."""
        field = signature_field(b"docsvc.leader", more=b"/V %d 0 R" % LEADER_VALUE)
        certified = CERTIFIED % permission
        return sign(pdf, self.leader, {LEADER: field}, value=LEADER_VALUE, more=certified)

    @cached_property
    def led(self) -> bytes:
        """Return the document with the leader's signature."""
        return self.lead(self.prepare())

    def filled(self) -> dict[int, bytes]:
        """Return number and day as they are filled in with the seal."""
        drawn = look(b"BT /F1+0 13 Tf 1 2 Td (05) Tj ET", b"/Resources<</Font<</F1+0 7 0 R>>>>")
        number, day = b"/V(05)/AP<</N %d 0 R>>" % NUMBER_LOOK, b"/V(07)/AP<</N %d 0 R>>" % DAY_LOOK
        return {
            NUMBER: text_field(b"docsvc.number", b"110 740 150 755", number),
            DAY: text_field(b"docsvc.day", b"350 725 370 740", day),
            NUMBER_LOOK: drawn,
            DAY_LOOK: drawn,
        }

    def seal(self, pdf: bytes, objects: Objects | None = None) -> bytes:
        """Fill number and day in and seal, in one revision."""
        more = b"/V %d 0 R/AP<</N %d 0 R>>" % (SEAL_VALUE, SEAL_LOOK)
        own = {
            **self.filled(),
            SEAL: signature_field(b"docsvc.organisation", ON_BLANK, more),
            SEAL_LOOK: look(b"1 0 0 RG 10 10 80 80 re S"),
        }
        return sign(pdf, self.organisation, {**own, **(objects or {})}, value=SEAL_VALUE)

    @cached_property
    def sealed(self) -> bytes:
        """Return the document with both signatures."""
        return self.seal(self.led)

    def add_signature(
        self, pdf: bytes, signer: Signer, *, box: bytes, drawn: bytes, more: bytes = b""
    ) -> bytes:
        """Add a signature field with a mark, as the tool of a third party does."""
        field = signature_field(b"third", box, b"/V %d 0 R/AP<</N %d 0 R>>" % (NEW + 2, NEW + 1))
        objects = {
            PAGE: self.page(NEW),
            FORM: self.form(NEW),
            NEW: field[:-2] + more + b">>",
            NEW + 1: drawn,
        }
        return sign(pdf, signer, objects, value=NEW + 2)


def name(text: str) -> Name:
    """Return a name."""
    return Name(text)
