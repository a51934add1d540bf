"""Files that are no good: cut, locked, empty, something else, too big inside, or active."""

import io
import random
import zipfile
import zlib

import pikepdf
from pikepdf import Dictionary, Name
from variants import save, tidy

BOMB_BLOCK = 16 << 20
BOMB_BLOCKS = 160  # 2.5 GiB of blanks
HTML = """<!DOCTYPE html>
<html lang="vi"><head><meta charset="utf-8"><title>Đăng nhập</title></head>
<body><h1>Phiên làm việc đã hết hạn</h1><p>Vui lòng đăng nhập lại để tải văn bản.</p></body></html>
"""


def truncated(pdf: bytes) -> bytes:
    """Return the first two thirds, as a lost connection leaves them."""
    return pdf[: len(pdf) * 2 // 3]


def encrypted(pdf: bytes) -> bytes:
    """Return the file with a password to open it; RC4, because AES draws random bytes."""
    out = io.BytesIO()
    lock = pikepdf.Encryption(user="mau-2026", owner="chu-2026", R=3, aes=False, metadata=False)
    with pikepdf.open(io.BytesIO(pdf)) as document:
        document.save(out, static_id=True, recompress_flate=True, encryption=lock)
    return out.getvalue()


def empty(_: bytes) -> bytes:
    """Return nothing."""
    return b""


def word_file(_: bytes) -> bytes:
    """Return a zip that looks like a word processor's file."""
    out = io.BytesIO()
    parts = {
        "[Content_Types].xml": '<?xml version="1.0"?><Types/>',
        "word/document.xml": '<?xml version="1.0"?><document>Văn bản mẫu</document>' * 40,
    }
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), text)
    return out.getvalue()


def web_page(_: bytes) -> bytes:
    """Return what a document system answers once the session is over."""
    return HTML.encode()


def bomb(pdf: bytes) -> bytes:
    """Return a small file whose first page unfolds to 2.5 GiB.

    A block after a full flush stands alone, so the stream is one block again and again; the
    Adler-32 of n zero bytes is (n mod 65521) << 16 | 1 (RFC 1950 §8.2).
    """
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(BOMB_BLOCK)) + packer.flush(zlib.Z_FULL_FLUSH)
    check = (BOMB_BLOCK * BOMB_BLOCKS % 65521) << 16 | 1
    inner = b"\x78\xda" + block * BOMB_BLOCKS + packer.flush() + check.to_bytes(4, "big")
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        content = document.make_stream(
            zlib.compress(inner, 9), Filter=pikepdf.Array([Name.FlateDecode, Name.FlateDecode])
        )
        document.pages[0].Contents = content
        document.save(
            out,
            deterministic_id=True,
            compress_streams=False,
            stream_decode_level=pikepdf.StreamDecodeLevel.none,
        )
    return out.getvalue()


def javascript(pdf: bytes) -> bytes:
    """Return a file that runs a script when it is opened."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        action = Dictionary(S=Name.JavaScript, JS="app.alert('Văn bản mẫu');")
        document.Root.OpenAction = document.make_indirect(action)
        return save(document)


def launch(pdf: bytes) -> bytes:
    """Return a file with a link that starts a program."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        action = Dictionary(S=Name.Launch, F="mau.exe")
        link = Dictionary(
            Type=Name.Annot, Subtype=Name.Link, Rect=[60, 60, 200, 80], Border=[0, 0, 0], A=action
        )
        document.pages[0].Annots = document.make_indirect(pikepdf.Array([link]))
        return save(document)


def garbage(_: bytes) -> bytes:
    """Return the header and the end of a PDF, and noise between them."""
    noise = random.Random(2026).randbytes(24_000)  # noqa: S311  # a fixed sequence is wanted
    return b"%PDF-1.7\n" + noise + b"\nstartxref\n116\n%%EOF\n"


MAKERS = {
    "truncated": truncated,
    "encrypted": encrypted,
    "empty": empty,
    "word-file": word_file,
    "web-page": web_page,
    "bomb": bomb,
    "javascript": javascript,
    "launch": launch,
    "garbage": garbage,
    "plain": tidy,
}
