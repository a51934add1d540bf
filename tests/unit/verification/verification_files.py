"""PDF files written by hand: a document with reserved fields, updates, signatures."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from verification_containers import Recipe, container, token
from verification_pki import NOW, Party, Pki

from verification.policy import DEFAULT_POLICY, Policy
from verification.verify import verify

if TYPE_CHECKING:
    from datetime import datetime
    from mmap import mmap

    from verification.model import Report, Role
    from verification.trust import Trust

CATALOG, PAGES, PAGE, CONTENTS, FORM, NUMBER, DAY, MONTH, LEADER, SEAL, LOOK, INFO = range(1, 13)

PAGE_BODY = (
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
    b"/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Times-Roman>>>>>>/Annots[%s]>>"
)


def refs(*numbers: int) -> bytes:
    return b" ".join(b"%d 0 R" % number for number in numbers)


def stream(data: bytes, head: bytes = b"") -> bytes:
    return b"<</Length %d%s>>\nstream\n%s\nendstream" % (len(data), head, data)


def text_field(name: bytes, more: bytes = b"") -> bytes:
    return (
        b"<</Type/Annot/Subtype/Widget/FT/Tx/T(%s)/F 4/Rect[70 700 120 715]/P 3 0 R"
        b"/DA(/F1 13 Tf 0 g)%s>>" % (name, more)
    )


def signature_field(name: bytes, more: bytes = b"", box: bytes = b"0 0 0 0") -> bytes:
    return b"<</Type/Annot/Subtype/Widget/FT/Sig/T(%s)/F 132/Rect[%s]/P 3 0 R%s>>" % (
        name,
        box,
        more,
    )


def base_objects() -> dict[int, bytes]:
    return {
        CATALOG: b"<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R>>",
        PAGES: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        PAGE: PAGE_BODY % refs(NUMBER, DAY, MONTH, LEADER, SEAL),
        CONTENTS: stream(b"BT /F1 14 Tf 100 700 Td (CONG VAN) Tj ET"),
        FORM: b"<</SigFlags 3/Fields[%s]>>" % refs(NUMBER, DAY, MONTH, LEADER, SEAL),
        NUMBER: text_field(b"docsvc.number", b"/AP<</N 11 0 R>>"),
        DAY: text_field(b"docsvc.day"),
        MONTH: text_field(b"docsvc.month"),
        LEADER: signature_field(b"docsvc.leader", box=b"300 100 400 150"),
        SEAL: signature_field(b"docsvc.organisation", box=b"250 100 350 200"),
        LOOK: stream(b"", b"/Type/XObject/Subtype/Form/BBox[0 0 50 15]"),
        INFO: b"<</Producer(tests)>>",
    }


def base(objects: dict[int, bytes] | None = None) -> bytes:
    """Write a file from nothing."""
    return update(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", objects or base_objects())


def sections(pdf: bytes) -> int:
    """Return the offset of the newest section, 0 if there is none."""
    found = re.findall(rb"startxref\s+(\d+)", pdf)
    return int(found[-1]) if found else 0


def update(
    pdf: bytes,
    objects: dict[int, bytes],
    *,
    trailer: bytes = b"",
    free: tuple[int, ...] = (),
    root: int = CATALOG,
    size: int = 90,
) -> bytes:
    """Append a revision with a cross-reference table."""
    previous = sections(pdf)
    out = bytearray(pdf)
    entries = {0: b"0000000000 65535 f \n"} | dict.fromkeys(free, b"0000000000 00001 f \n")
    for number, body in objects.items():
        entries[number] = b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    offset = len(out)
    out += b"xref\n"
    for number in sorted(entries):
        out += b"%d 1\n%s" % (number, entries[number])
    prev = b"/Prev %d" % previous if previous else b""
    out += b"trailer\n<</Size %d/Root %d 0 R/Info 12 0 R%s%s>>\nstartxref\n%d\n%%%%EOF\n" % (
        size,
        root,
        prev,
        trailer,
        offset,
    )
    return bytes(out)


def update_by_stream(
    pdf: bytes,
    objects: dict[int, bytes],
    *,
    number: int = 80,
    packed: dict[int, bytes] | None = None,
) -> bytes:
    """Append a revision with a cross-reference stream, some objects packed in an object stream."""
    previous = sections(pdf)
    out = bytearray(pdf)
    rows: dict[int, tuple[int, int, int]] = {}
    inside = packed or {}
    if inside:
        bodies = b" ".join(inside.values())
        starts, at = [], 0
        for key, body in inside.items():
            starts.append(b"%d %d" % (key, at))
            at += len(body) + 1
        head = b" ".join(starts) + b" "
        data = zlib.compress(head + bodies)
        box = number - 1
        objects = objects | {
            box: stream(
                data, b"/Type/ObjStm/N %d/First %d/Filter/FlateDecode" % (len(inside), len(head))
            )
        }
        rows |= {key: (2, box, index) for index, key in enumerate(inside)}
    for key, body in objects.items():
        rows[key] = (1, len(out), 0)
        out += b"%d 0 obj\n%s\nendobj\n" % (key, body)
    rows[number] = (1, len(out), 0)
    index = b" ".join(b"%d 1" % key for key in sorted(rows))
    data = b"".join(
        kind.to_bytes(1, "big") + one.to_bytes(4, "big") + two.to_bytes(2, "big")
        for _, (kind, one, two) in sorted(rows.items())
    )
    packed_rows = zlib.compress(data)
    offset = len(out)
    prev = b"/Prev %d" % previous if previous else b""
    out += b"%d 0 obj\n" % number
    out += stream(
        packed_rows,
        b"/Type/XRef/Size 90/Root 1 0 R/Info 12 0 R/W[1 4 2]/Index[%s]/Filter/FlateDecode%s"
        % (index, prev),
    )
    out += b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % offset
    return bytes(out)


Filler = Callable[[bytes], bytes]


@dataclass(kw_only=True)
class Plan:
    """What one signature's revision holds besides it."""

    field_number: int = LEADER
    value_number: int = 20
    name: bytes = b"docsvc.leader"
    box: bytes = b"300 100 400 150"
    sub_filter: bytes = b"ETSI.CAdES.detached"
    objects: dict[int, bytes] = field(default_factory=dict)
    value_more: bytes = b""
    field_more: bytes = b""
    hole: int = 24_000
    trailer: bytes = b""
    range_shift: tuple[int, int, int, int] = (0, 0, 0, 0)
    write: Callable[..., bytes] = update


def sign(pdf: bytes, filler: Filler, plan: Plan | None = None) -> bytes:
    """Append a signature: ``filler`` turns the signed bytes into the container."""
    how = plan or Plan()
    blank = b"<" + b"0" * how.hole + b">"
    placeholder = b"[0 %010d %010d %010d]" % (0, 0, 0)
    value = b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/%s/ByteRange%s%s/Contents%s>>" % (
        how.sub_filter,
        placeholder,
        how.value_more,
        blank,
    )
    own = signature_field(how.name, b"/V %d 0 R%s" % (how.value_number, how.field_more), how.box)
    objects = {how.field_number: own, how.value_number: value, **how.objects}
    hollow = how.write(pdf, objects, **({"trailer": how.trailer} if how.trailer else {}))
    start = hollow.index(blank, len(pdf))
    end = start + len(blank)
    shifted = [
        a + b for a, b in zip((0, start, end, len(hollow) - end), how.range_shift, strict=True)
    ]
    stated = b"[%d %010d %010d %010d]" % tuple(shifted)
    hollow = hollow.replace(placeholder, stated.ljust(len(placeholder)), 1)
    digits = filler(hollow[:start] + hollow[end:]).hex().encode()
    return hollow[: start + 1] + digits.ljust(how.hole, b"0") + hollow[end - 1 :]


def by(party: Party, recipe: Recipe | None = None) -> Filler:
    """Fill the hole with a container of a party."""
    how = recipe or Recipe()
    return lambda data: container(party, hashlib.new(how.hash_name, data).digest(), how)


def stamp(pdf: bytes, authority: Party, at: datetime = NOW, plan: Plan | None = None) -> bytes:
    """Append a document timestamp in a new field that is not to be seen."""
    how = plan or Plan(
        field_number=40,
        value_number=41,
        name=b"stamp",
        box=b"0 0 0 0",
        sub_filter=b"ETSI.RFC3161",
        objects={
            FORM: b"<</SigFlags 3/Fields[%s]>>" % refs(NUMBER, DAY, MONTH, LEADER, SEAL, 40),
            PAGE: PAGE_BODY % refs(NUMBER, DAY, MONTH, LEADER, SEAL, 40),
        },
    )
    return sign(pdf, lambda data: token(authority, hashlib.sha256(data).digest(), at), how)


SEALED = Plan(
    field_number=SEAL,
    value_number=30,
    name=b"docsvc.organisation",
    box=b"250 100 350 200",
    objects={
        NUMBER: text_field(b"docsvc.number", b"/V(05)/AP<</N 31 0 R>>"),
        DAY: text_field(b"docsvc.day", b"/V(07)/AP<</N 32 0 R>>"),
        MONTH: text_field(b"docsvc.month", b"/V(11)/AP<</N 32 0 R>>"),
        31: stream(b"BT ET", b"/Type/XObject/Subtype/Form/BBox[0 0 50 15]"),
        32: stream(b"BT ET", b"/Type/XObject/Subtype/Form/BBox[0 0 50 15]"),
        33: stream(b"q Q", b"/Type/XObject/Subtype/Form/BBox[0 0 100 100]"),
    },
    field_more=b"/AP<</N 33 0 R>>",
)

CERTIFIED = Plan(
    value_more=(
        b"/Reference[<</Type/SigRef/TransformMethod/DocMDP"
        b"/TransformParams<</Type/TransformParams/P 2/V/1.2>>>>]"
    )
)


def store(pdf: bytes, pki: Pki, *, crls: tuple[bytes, ...] | None = None) -> bytes:
    """Append a document security store."""
    both = (pki.crl(pki.root), pki.crl()) if crls is None else crls
    certificates = [pki.root.der, pki.ca.der]
    objects = {50 + n: stream(der) for n, der in enumerate((*certificates, *both))}
    objects[60] = b"<</Type/DSS/Certs[50 0 R 51 0 R]/CRLs[%s]>>" % refs(
        *(52 + n for n in range(len(both)))
    )
    objects[CATALOG] = b"<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R/DSS 60 0 R>>"
    return update(pdf, objects)


def road(pki: Pki, level: int = 4) -> bytes:
    """Return the document of the road: 1 leader, 2 sealed, 3 with store, 4 stamped."""
    stamped = Recipe(timestamp=pki.tsa, certificates=(pki.leader, pki.ca))
    pdf = sign(base(), by(pki.leader, stamped), CERTIFIED)
    if level > 1:
        pdf = sign(pdf, by(pki.organisation, Recipe(timestamp=pki.tsa)), SEALED)
    if level > 2:
        pdf = store(pdf, pki)
    return stamp(pdf, pki.tsa) if level > 3 else pdf


def check(
    pdf: bytes | bytearray | memoryview | mmap,
    trust: Trust,
    *,
    policy: Policy = DEFAULT_POLICY,
    at: datetime = NOW,
    roles: dict[str, Role] | None = None,
) -> Report:
    return verify(pdf, policy=policy, trust=trust, at=at, roles=roles, file="a.pdf")
