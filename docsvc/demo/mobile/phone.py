"""The page that plays the phones: what waits, the code to compare, and two buttons."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from docsvc.demo.mobile.prompts import Prompt

STYLE = """
body { font: 1.1rem/1.5 system-ui, sans-serif; margin: 0; background: #e9edf2; color: #10202f; }
main { max-width: 26rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.2rem; }
.mark { margin: 0; background: #7a1f1f; color: #fff; padding: .4rem 1rem; text-align: center; }
article { background: #fff; border: .5rem solid #10202f; border-radius: 1.6rem; padding: 1rem;
  margin: 0 0 1.2rem; }
article h2 { font-size: 1rem; margin: 0 0 .5rem; color: #40566b; }
.screen { font-family: ui-monospace, monospace; background: #dfe9d8; padding: .8rem;
  border-radius: .4rem; overflow-wrap: anywhere; }
.code { font-size: 2rem; font-weight: 700; letter-spacing: .3rem; text-align: center;
  margin: .8rem 0; }
form { display: flex; gap: .8rem; }
button { flex: 1; font: inherit; font-weight: 600; padding: .7rem; border-radius: .6rem;
  border: .15rem solid #10202f; background: #fff; color: #10202f; }
button[value="yes"] { background: #14532d; border-color: #14532d; color: #fff; }
button:focus-visible { outline: .25rem solid #c2410c; outline-offset: .15rem; }
"""

_PAGE = """<!doctype html>
<html lang="vi">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
{refresh}
<title>Điện thoại thử nghiệm</title>
<link rel="stylesheet" href="/phone.css">
</head>
<body>
<p class="mark">THỬ NGHIỆM – không phải điện thoại thật</p>
<main>
<h1>Yêu cầu ký đang chờ</h1>
{prompts}
</main>
</body>
</html>
"""
# A page that reloads itself takes the keyboard from who is about to press a button.
_REFRESH = '<meta http-equiv="refresh" content="2">'
_NOTHING = "<p>Không có yêu cầu nào. Trang tự tải lại.</p>"
_PROMPT = """<article aria-label="Điện thoại {number}">
<h2>Điện thoại {number}</h2>
<div class="screen">{lines}</div>
<p class="code" aria-label="Mã đối chiếu {code}">{code}</p>
<form method="post" action="/phone">
<input type="hidden" name="token" value="{token}">
<input type="hidden" name="prompt" value="{identifier}">
<button name="answer" value="no">Từ chối</button>
<button name="answer" value="yes">Đồng ý ký</button>
</form>
</article>
"""


def page(prompts: Iterable[Prompt], *, token: str) -> str:
    """Return the page; ``token`` comes back with every answer, so that no other page can press."""
    shown = "".join(_shown(one, token=token) for one in prompts)
    return _PAGE.format(prompts=shown or _NOTHING, refresh="" if shown else _REFRESH)


def _shown(prompt: Prompt, *, token: str) -> str:
    lines = "".join(f"<p>{escape(one.display)}</p>" for one in prompt.documents)
    code = prompt.documents[0].display.rpartition(" ")[2]
    return _PROMPT.format(
        number=escape(prompt.subscriber.msisdn),
        lines=lines,
        code=escape(code),
        token=escape(token),
        identifier=escape(prompt.identifier),
    )
