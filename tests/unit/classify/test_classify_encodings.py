"""TCVN3 and VNI: every letter, every vector."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docsvc.steps.classify.encodings import clusters, decode, encoding_of, guess
from docsvc.steps.classify.model import Encoding

# The 67 letters of Vietnamese that ASCII has not, by base: none, sắc, huyền, hỏi, ngã, nặng.
SMALL = "áàảãạ ăắằẳẵặ âấầẩẫậ đ éèẻẽẹ êếềểễệ íìỉĩị óòỏõọ ôốồổỗộ ơớờởỡợ úùủũụ ưứừửữự ýỳỷỹỵ".replace(
    " ", ""
)
# The same letters as an ABC font stores them, written down from the printed table.
TCVN3_BYTES = bytes.fromhex(
    "B8B5B6B7B9 A8BEBBBCBDC6 A9CAC7C8C9CB AE D0CCCECFD1 AAD5D2D3D4D6 DDD7D8DCDE E3DFE1E2E4"
    "ABE8E5E6E7E9 ACEDEAEBECEE F3EFF1F2F4 ADF8F5F6F7F9 FDFAFBFCFE"
)
# And as VNI writes them.
VNI_LETTERS = (
    "aù aø aû aõ aï aê aé aè aú aü aë aâ aá aà aå aã aä ñ eù eø eû eõ eï eâ eá eà eå eã eä "
    "í ì æ ó ò où oø oû oõ oï oâ oá oà oå oã oä ô ôù ôø ôû ôõ ôï uù uø uû uõ uï "
    "ö öù öø öû öõ öï yù yø yû yõ î"
)
VNI_TEXT = tuple(VNI_LETTERS.split())


def test_the_tables_are_about_all_134_letters() -> None:
    assert len(SMALL) == len(TCVN3_BYTES) == len(VNI_TEXT) == 67
    assert len(set(SMALL) | set(SMALL.upper())) == 134


@pytest.mark.parametrize(("letter", "code"), list(zip(SMALL, TCVN3_BYTES, strict=True)))
def test_tcvn3_writes_each_small_letter(letter: str, code: int) -> None:
    assert decode(chr(code), Encoding.TCVN3) == letter


@pytest.mark.parametrize(("letter", "code"), list(zip(SMALL.upper(), TCVN3_BYTES, strict=True)))
def test_the_capital_face_of_tcvn3_writes_each_capital(letter: str, code: int) -> None:
    assert decode(chr(code), Encoding.TCVN3_CAPITALS) == letter


@pytest.mark.parametrize(("code", "letter"), list(zip("¡¢£¤¥¦§", "ĂÂÊÔƠƯĐ", strict=True)))
def test_tcvn3_has_seven_capitals_of_its_own(code: str, letter: str) -> None:
    assert decode(code, Encoding.TCVN3) == letter


@pytest.mark.parametrize(("letter", "pair"), list(zip(SMALL, VNI_TEXT, strict=True)))
def test_vni_writes_each_small_letter(letter: str, pair: str) -> None:
    assert decode(pair, Encoding.VNI) == letter


@pytest.mark.parametrize(("letter", "pair"), list(zip(SMALL.upper(), VNI_TEXT, strict=True)))
def test_vni_writes_each_capital(letter: str, pair: str) -> None:
    assert decode(pair.upper(), Encoding.VNI) == letter


@pytest.mark.parametrize(
    ("raw", "encoding", "text"),
    [
        (b"\x53\xe8\x3a".decode("cp1252"), Encoding.TCVN3, "Số:"),
        (
            bytes.fromhex("51757 9D57420 AEDE6E68".replace(" ", "")).decode("cp1252"),
            Encoding.TCVN3,
            "Quyết định",
        ),
        (
            "céng hßa x· héi chñ nghÜa viÖt nam",
            Encoding.TCVN3,
            "cộng hòa xã hội chủ nghĩa việt nam",
        ),
        ("TèI MËT", Encoding.TCVN3, "TốI MậT"),
        ("Quyeát ñònh", Encoding.VNI, "Quyết định"),
        ("COÄNG HOØA XAÕ HOÄI", Encoding.VNI, "CỘNG HÒA XÃ HỘI"),
        ("MAÄT", Encoding.VNI, "MẬT"),
        ("Aù", Encoding.VNI, "Á"),
        ("Số:", Encoding.UNICODE, "Số:"),
        (unicodedata.normalize("NFD", "MẬT"), Encoding.UNICODE, "MẬT"),
        ("Q\xd0-UBND", Encoding.UNICODE, "QĐ-UBND"),
    ],
)
def test_vectors(raw: str, encoding: Encoding, text: str) -> None:
    assert decode(raw, encoding) == text
    assert "".join(piece for piece, _, _ in clusters(raw, encoding)) == text


@pytest.mark.parametrize(
    ("font", "encoding"),
    [
        (".VnTime", Encoding.TCVN3),
        ("ABCDEF+.VnTime,Bold", Encoding.TCVN3),
        ("ABCDEF+.VnTimeH", Encoding.TCVN3_CAPITALS),
        (".VnArialH-BoldItalic", Encoding.TCVN3_CAPITALS),
        ("VNI-Times", Encoding.VNI),
        ("ABCDEF+VNI-Helve,Italic", Encoding.VNI),
        ("TimesNewRomanPSMT", Encoding.UNICODE),
        ("Tinos-Bold", Encoding.UNICODE),
        ("", Encoding.UNICODE),
    ],
)
def test_the_name_of_a_font_tells_its_encoding(font: str, encoding: Encoding) -> None:
    assert encoding_of(font) is encoding


TCVN3_TEXT = "Uû ban nh©n d©n x· tæ chøc héi nghÞ triÓn khai nhiÖm vô, c¸c phßng ban dù häp ®Çy ®ñ"
VNI_LONG = (
    "UÛy ban nhaân daân xaõ toå chöùc hoäi nghò trieån khai nhieäm vuï, caùc phoøng ban döï hoïp"
)
UNICODE_TEXT = (
    "Ủy ban nhân dân xã tổ chức hội nghị triển khai nhiệm vụ, các phòng ban dự họp đầy đủ"
)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (TCVN3_TEXT, Encoding.TCVN3),
        (VNI_LONG, Encoding.VNI),
        (UNICODE_TEXT, Encoding.UNICODE),
        ("An English letter about nothing in particular, of sufficient length", Encoding.UNICODE),
        ("héi nghÞ", Encoding.UNICODE),
    ],
)
def test_the_letters_of_a_page_tell_the_encoding_of_a_font_without_a_name(
    text: str, encoding: Encoding
) -> None:
    assert guess(text) is encoding


@given(st.text(alphabet=SMALL + "abcdeghiklmnopqrstuvxy ", max_size=40))
def test_tcvn3_comes_back_whole(text: str) -> None:
    raw = "".join(
        chr(TCVN3_BYTES[SMALL.index(letter)]) if letter in SMALL else letter for letter in text
    )
    assert decode(raw, Encoding.TCVN3) == text
    assert decode(raw, Encoding.TCVN3_CAPITALS) == text.upper()


@given(st.text(max_size=40), st.sampled_from(Encoding))
def test_clusters_cover_the_raw_text_without_gap(raw: str, encoding: Encoding) -> None:
    spans = sorted({(start, end) for _, start, end in clusters(raw, encoding)})
    ends = [0, *(end for _, end in spans)]
    assert [start for start, _ in spans] == ends[:-1]
    assert ends[-1] == len(raw)
