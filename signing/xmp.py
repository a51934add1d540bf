"""XMP metadata in the one form that strict verifiers read: UTF-8, rooted in x:xmpmeta.

A verifier that looks at later revisions parses the metadata of each; what it can't parse it takes
for an attack. So metadata is put in order before the first signature, when the file is rewritten
anyway, and never after.
"""

from __future__ import annotations

import codecs
import re
from xml.etree import ElementTree as ET

_ROOT = "{adobe:ns:meta/}xmpmeta"
_RDF = re.compile(r"<(?P<name>(?:\w+:)?RDF)\b.*</(?P=name)\s*>", re.DOTALL)
_PACKET = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">{}</x:xmpmeta>\n<?xpacket end="w"?>'
)
_PDFA_PART = re.compile(
    rb"pdfaid:part>\s*(?P<element>\d)\s*<|pdfaid:part\s*=\s*[\"'](?P<attribute>\d)[\"']"
)
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins like UTF-16 and so is looked for first
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def in_order(metadata: bytes) -> bytes | None:
    """Return metadata that strict verifiers read: as it was where it is well, else rewritten.

    Returns:
        None where there is nothing to be saved: no XML, or XML that needs its own entities.
    """
    encoding = next((name for bom, name in _BOMS if metadata.startswith(bom)), "utf-8")
    try:
        text = metadata.decode(encoding)
    except UnicodeDecodeError:
        return None
    root = _root_of(text)
    if root == _ROOT and encoding == "utf-8":
        return metadata
    body = _RDF.search(text)
    rewritten = _PACKET.format(body[0]) if body else ""
    return rewritten.encode("utf-8") if _root_of(rewritten) == _ROOT else None


def pdfa_part(metadata: bytes) -> int | None:
    """Return the part of PDF/A that metadata claims; None where they claim none."""
    found = _PDFA_PART.search(metadata)
    return int(found["element"] or found["attribute"]) if found else None


def _root_of(text: str) -> str | None:
    if "<!DOCTYPE" in text:
        return None  # entities are how XML is made to explode
    try:
        # The declaration may name the encoding that the text had before it was decoded.
        undeclared = re.sub(r"^\ufeff?\s*<\?xml.*?\?>", "", text, flags=re.DOTALL)
        return ET.fromstring(undeclared.encode("utf-8")).tag  # noqa: S314  # no entities: see above
    except ET.ParseError:
        return None
