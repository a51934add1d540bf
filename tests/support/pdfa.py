"""A PDF/A-2b made by a program of today: typst, with its own fonts and colour spaces."""

from __future__ import annotations

from pathlib import Path

import typst

_FONTS = Path(__file__).parents[2] / "signing" / "fonts"
_SOURCE = """
#set page(paper: "a4", margin: (left: 30mm, right: 18mm, y: 22mm))
#set text(font: "Tinos", size: 13pt, lang: "vi")
#set document(title: "Văn bản thử", date: datetime(year: 2026, month: 11, day: 20))
#grid(columns: (1fr, 1.4fr), align: center, gutter: 6pt,
  [ỦY BAN NHÂN DÂN #linebreak() *XÃ SUỐI TRÚC*],
  [*CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM* #linebreak() *Độc lập - Tự do - Hạnh phúc*],
  [Số:#h(40pt)/UBND-VP],
  [_Suối Trúc, ngày#h(28pt)tháng#h(28pt)năm 2026_],
  text(12pt)[V/v lịch tiếp công dân năm 2026], [])
#v(20pt)
#align(center)[Kính gửi: Các cơ quan, đơn vị thuộc xã.]
#v(10pt)
#set par(justify: true, first-line-indent: 1cm)
Ủy ban nhân dân xã thông báo lịch tiếp công dân năm 2026 để các cơ quan, đơn vị biết./.
#v(20pt)
#grid(columns: (1fr, 1fr), align: (left, center),
  [*Nơi nhận:* #linebreak() - Như trên; #linebreak() - Lưu: VT.],
  [*TM. ỦY BAN NHÂN DÂN* #linebreak() *CHỦ TỊCH* #v(80pt) *Nguyễn Văn An*])
"""


def pdfa_letter(*, blanks: bool = True, standard: str = "a-2b") -> bytes:
    """Return a letter of one page that claims PDF/A, with blanks for number and date or not."""
    source = _SOURCE if blanks else _SOURCE.replace("28pt", "3pt").replace("40pt", "3pt")
    compiled = typst.compile(
        source.encode(),
        format="pdf",
        font_paths=[str(_FONTS)],
        ignore_system_fonts=True,
        pdf_standards=standard,
    )
    assert isinstance(compiled, bytes)
    return compiled
