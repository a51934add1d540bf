"""Turns a plain sample into the other kinds of file that offices really send."""

import io
from typing import Any

import numpy as np
import pikepdf
import pypdfium2
from pikepdf import Array, Dictionary, Name, Pdf
from PIL import Image, ImageCms

SCAN_DPI = 200
SCAN_SKEW = 0.55  # degrees; what a hand puts on the glass
SCAN_QUALITY = 38  # JPEG; an office scanner's "small file"
SCAN_NOISE = 3  # grey steps of dust and paper
SCAN_PAPER = 247


def tidy(pdf: bytes, *, compact: bool = False) -> bytes:
    """Write a PDF the way qpdf does: the same bytes whatever zlib Python was linked with.

    Args:
        pdf: the file.
        compact: object streams and a cross-reference stream instead of the classic table.
    """
    out = io.BytesIO()
    mode = pikepdf.ObjectStreamMode.generate if compact else pikepdf.ObjectStreamMode.disable
    with pikepdf.open(io.BytesIO(pdf)) as document:
        document.save(out, deterministic_id=True, recompress_flate=True, object_stream_mode=mode)
    return out.getvalue()


def save(document: Pdf) -> bytes:
    """Write a changed document, tidy.

    The first identifier of a file outlives every later save, so it is deterministic from here on.
    """
    out = io.BytesIO()
    document.save(out, deterministic_id=True)
    return tidy(out.getvalue())


def as_legacy(pdf: bytes) -> bytes:
    """Let every code extract as its Windows-1252 character.

    This is what a word processor writes for TCVN3 fonts: it does not know that they are Vietnamese.
    """
    codes = {code: code for code in (*range(0x20, 0x7F), *range(0xA1, 0xFF))} | {0x96: 0x2013}
    pairs = [f"<{code:02X}> <{character:04X}>" for code, character in codes.items()]
    # ISO 32000-2 §9.10.3: a section holds at most 100 entries.
    sections = [pairs[start : start + 100] for start in range(0, len(pairs), 100)]
    body = "".join(
        f"{len(section)} beginbfchar\n" + "\n".join(section) + "\nendbfchar\n"
        for section in sections
    )
    cmap = (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CMapName /WinAnsi def\n/CMapType 2 def\n"
        "1 begincodespacerange\n<00> <FF>\nendcodespacerange\n"
        f"{body}endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
    )
    with pikepdf.open(io.BytesIO(pdf)) as document:
        stream = document.make_stream(cmap.encode())
        fonts: Any = document.pages[0].Resources.Font
        for font in fonts.values():
            font.ToUnicode = stream
        return save(document)


def _photograph(page: Any, seed: int) -> bytes:
    """Return a page as a scanner sees it: a skewed, slightly dirty JPEG in colour."""
    image = page.render(scale=SCAN_DPI / 72).to_pil().convert("RGB")
    image = image.rotate(SCAN_SKEW, resample=Image.Resampling.BICUBIC, fillcolor=(255, 255, 255))
    noise = np.random.default_rng(seed).integers(
        -SCAN_NOISE, SCAN_NOISE, (image.height // 2 + 1, image.width // 2 + 1), dtype=np.int16
    )
    coarse = noise.repeat(2, axis=0).repeat(2, axis=1)[: image.height, : image.width, None]
    pixels = np.minimum(np.asarray(image, dtype=np.int16), SCAN_PAPER) + coarse
    dirty = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    out = io.BytesIO()
    dirty.save(out, "JPEG", quality=SCAN_QUALITY, dpi=(SCAN_DPI, SCAN_DPI))
    return out.getvalue()


def as_scan(pdf: bytes) -> bytes:
    """Return the pages as photographs, without one letter of text."""
    source = pypdfium2.PdfDocument(pdf)
    scanned = pikepdf.new()
    try:
        for index in range(len(source)):
            page = source[index]
            width, height = page.get_size()
            jpeg = _photograph(page, seed=index)
            with Image.open(io.BytesIO(jpeg)) as image:
                columns, rows = image.size
            picture = scanned.make_stream(
                jpeg,
                Type=Name.XObject,
                Subtype=Name.Image,
                Width=columns,
                Height=rows,
                ColorSpace=Name.DeviceRGB,
                BitsPerComponent=8,
                Filter=Name.DCTDecode,
            )
            content = scanned.make_stream(
                f"q {width:.2f} 0 0 {height:.2f} 0 0 cm /Im0 Do Q".encode()
            )
            scanned.pages.append(
                pikepdf.Page(
                    Dictionary(
                        Type=Name.Page,
                        MediaBox=[0, 0, round(width, 2), round(height, 2)],
                        Resources=Dictionary(XObject=Dictionary(Im0=picture)),
                        Contents=content,
                    )
                )
            )
    finally:
        source.close()
    scanned.docinfo[Name.Producer] = "Scanner"
    return save(scanned)


XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">
<pdfaid:part>2</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>
<dc:format>application/pdf</dc:format><pdf:Producer>docsvc sample documents</pdf:Producer>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>"""


def _srgb() -> bytes:
    """Return Pillow's sRGB profile without the time at which it was made."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    # ICC.1 §7.2: bytes 24–35 creation time, 84–99 profile ID.
    profile[24:36] = bytes.fromhex("07ea00010001000000000000")
    profile[84:100] = bytes(16)
    return bytes(profile)


def as_pdfa(pdf: bytes, title: str) -> bytes:
    """Return the file with the claim of PDF/A-2b and what the claim needs."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        for key in list(document.docinfo.keys()):
            del document.docinfo[key]
        document.docinfo[Name.Title] = title
        document.docinfo[Name.Producer] = "docsvc sample documents"
        xmp = XMP.format(title=title.replace("&", "&amp;")).encode()
        root = document.Root
        root.Metadata = document.make_stream(xmp, Type=Name.Metadata, Subtype=Name.XML)
        profile = document.make_stream(_srgb(), N=3)
        intent = Dictionary(
            Type=Name.OutputIntent,
            S=Name.GTS_PDFA1,
            OutputConditionIdentifier="sRGB IEC61966-2.1",
            Info="sRGB IEC61966-2.1",
            DestOutputProfile=profile,
        )
        root.OutputIntents = Array([document.make_indirect(intent)])
        return save(document)
