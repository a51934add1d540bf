"""Lists of devices, as an office writes them."""

from __future__ import annotations

import io

from openpyxl import Workbook

HEAD = ["Mã đơn vị", "Người giữ", "Loại thuê bao", "Loại thiết bị", "Số sê-ri", "Hiệu lực đến"]


def row(serial: str, *, unit: str = "H99.12.05", last: str = "01/12/2026") -> list[str]:
    """Return the line of a token of an organisation."""
    return [unit, "UBND xã", "Tổ chức", "USB token", serial, last]


def xlsx(*rows: list[str]) -> bytes:
    """Return the lines below their headings, as a workbook."""
    book, file = Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    for one in (HEAD, *rows):
        sheet.append(one)
    book.save(file)
    return file.getvalue()
