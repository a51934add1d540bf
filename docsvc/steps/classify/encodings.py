"""Vietnamese letters out of TCVN3 (ABC) and VNI fonts.

Text of such a font comes out of a PDF as Windows-1252 letters: ``Sè:`` for ``Số:``. The tables are
ours, because several public ones map control characters or miss letters; a test walks all 134.
Conversion is per font run: the same codes in another font are what they seem.
"""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from docsvc.steps.classify.model import Encoding

_TCVN3_CODES = (
    "A1Ă A2Â A3Ê A4Ô A5Ơ A6Ư A7Đ A8ă A9â AAê ABô ACơ ADư AEđ "
    "B5à B6ả B7ã B8á B9ạ BBằ BCẳ BDẵ BEắ C6ặ C7ầ C8ẩ C9ẫ CAấ CBậ "
    "CCè CEẻ CFẽ D0é D1ẹ D2ề D3ể D4ễ D5ế D6ệ D7ì D8ỉ DCĩ DDí DEị "
    "DFò E1ỏ E2õ E3ó E4ọ E5ồ E6ổ E7ỗ E8ố E9ộ EAờ EBở ECỡ EDớ EEợ "
    "EFù F1ủ F2ũ F3ú F4ụ F5ừ F6ử F7ữ F8ứ F9ự FAỳ FBỷ FCỹ FDý FEỵ"
)
TCVN3: Mapping[str, str] = MappingProxyType(
    {chr(int(entry[:2], 16)): entry[2:] for entry in _TCVN3_CODES.split()}
    # Some producers write the Greek letter for the micro sign of Windows-1252.
    | {"μ": "à"}
)

# Order of the tones: none, sắc, huyền, hỏi, ngã, nặng.
_TONED = {
    "a": "aáàảãạ",
    "ă": "ăắằẳẵặ",
    "â": "âấầẩẫậ",
    "e": "eéèẻẽẹ",
    "ê": "êếềểễệ",
    "o": "oóòỏõọ",
    "ô": "ôốồổỗộ",
    "ơ": "ơớờởỡợ",
    "u": "uúùủũụ",
    "ư": "ưứừửữự",
}
_VNI_BASE = {"ă": "a", "â": "a", "ê": "e", "ô": "o", "ơ": "ô", "ư": "ö"}
_VNI_TONES = ("", "ù", "ø", "û", "õ", "ï")
_VNI_BREVE = ("ê", "é", "è", "ú", "ü", "ë")
_VNI_CIRCUMFLEX = ("â", "á", "à", "å", "ã", "ä")
_VNI_MARKS = {"ă": _VNI_BREVE, "â": _VNI_CIRCUMFLEX, "ê": _VNI_CIRCUMFLEX, "ô": _VNI_CIRCUMFLEX}
_VNI_ALONE = {"æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ", "ñ": "đ"}


def _vni_table() -> Mapping[str, str]:
    table = dict(_VNI_ALONE) | {"yù": "ý", "yø": "ỳ", "yû": "ỷ", "yõ": "ỹ"}
    for letter, toned in _TONED.items():
        marks = _VNI_MARKS.get(letter, _VNI_TONES)
        base = _VNI_BASE.get(letter, letter)
        table.update({base + mark: result for mark, result in zip(marks, toned, strict=True)})
    # A capital may carry its mark in capitals or not; the letter itself decides the case.
    capitals = {k.upper(): v.upper() for k, v in table.items()}
    mixed = {k[0].upper() + k[1:]: v.upper() for k, v in table.items()}
    return MappingProxyType(mixed | capitals | table)


VNI: Mapping[str, str] = _vni_table()

# Many producers, and Tesseract, write the Icelandic letter for the Vietnamese one.
_ETH = "Ð"
_SUBSET = re.compile(r"^[A-Z]{6}\+")
_STYLE = re.compile(r"[-,]?\s*(?:Bold|Italic|Oblique|Regular|PS|MT)+$", re.IGNORECASE)

# A font without a telling name is taken for a legacy one when enough of its letters are codes that
# Vietnamese in Unicode never has, and none is a letter that only Unicode has.
_MIN_SHARE = 0.06
_MIN_LETTERS = 40
_TCVN3_TELL = re.compile("[µ¶·¸¹»¼½¾ÆÇ®¨©ª«¬§\u00ad]")
_VNI_TELL = re.compile("[aeAE][âáàåãäÂÁÀÅÃÄêéèúüëÊÉÈÚÜË]|[oO][âáàåãäÂÁÀÅÃÄ]|[aeouyôö][ùøûõï]|ñ|ö")
_ONLY_UNICODE = re.compile("[\u1ea0-\u1ef9đĐơƠưƯăĂ]")


@cache
def encoding_of(font: str) -> Encoding:
    """Tell the encoding from a font's name, as ``ABCDEF+.VnTimeH,Bold``."""
    name = _STYLE.sub("", _SUBSET.sub("", font)).strip()
    lowered = name.lower()
    if lowered.startswith((".vn", "vntime", "vnarial")):
        return Encoding.TCVN3_CAPITALS if name.endswith("H") else Encoding.TCVN3
    return Encoding.VNI if lowered.startswith("vni") else Encoding.UNICODE


def guess(text: str) -> Encoding:
    """Guess the encoding of all the text of a font whose name says nothing."""
    if _ONLY_UNICODE.search(text):
        return Encoding.UNICODE
    letters = sum(map(str.isalpha, text))
    if letters < _MIN_LETTERS:
        return Encoding.UNICODE
    tcvn3, vni = len(_TCVN3_TELL.findall(text)), len(_VNI_TELL.findall(text))
    if max(tcvn3, vni) < _MIN_SHARE * letters:
        return Encoding.UNICODE
    return Encoding.TCVN3 if tcvn3 >= vni else Encoding.VNI


def decode(raw: str, encoding: Encoding) -> str:
    """Return Vietnamese text in NFC."""
    if encoding is Encoding.UNICODE:
        return unicodedata.normalize("NFC", raw).replace(_ETH, "Đ")
    return "".join(text for text, _, _ in clusters(raw, encoding))


def clusters(raw: str, encoding: Encoding) -> list[tuple[str, int, int]]:
    """Cut raw text into letters: the text in NFC and the half-open span of ``raw`` it came from."""
    match encoding:
        case Encoding.UNICODE:
            return [(c.replace(_ETH, "Đ"), start, end) for c, start, end in _composed(raw)]
        case Encoding.TCVN3:
            return [(TCVN3.get(c, c), i, i + 1) for i, c in enumerate(raw)]
        case Encoding.TCVN3_CAPITALS:
            return [(TCVN3.get(c, c).upper(), i, i + 1) for i, c in enumerate(raw)]
        case Encoding.VNI:
            return _paired(raw)


def _paired(raw: str) -> list[tuple[str, int, int]]:
    found = []
    at = 0
    while at < len(raw):
        pair = raw[at : at + 2]
        step = 2 if len(pair) == 2 and pair in VNI else 1  # noqa: PLR2004  # a pair
        found.append((VNI.get(raw[at : at + step], raw[at]), at, at + step))
        at += step
    return found


def _composed(raw: str) -> list[tuple[str, int, int]]:
    if raw.isascii() or unicodedata.is_normalized("NFC", raw):
        return [(c, i, i + 1) for i, c in enumerate(raw)]
    starts = [i for i, c in enumerate(raw) if i == 0 or not unicodedata.combining(c)]
    ends = [*starts[1:], len(raw)]
    composed = []
    for start, end in zip(starts, ends, strict=True):
        text = unicodedata.normalize("NFC", raw[start:end])
        # What has no composed form stays several characters, all with the same span.
        composed += [(c, start, end) for c in text]
    return composed
