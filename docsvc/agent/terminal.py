"""The person at this PC, by the terminal: sees what is to be signed, types the PIN unseen."""

from __future__ import annotations

import getpass
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from docsvc.catalog.messages import Lang

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from docsvc.agent.service import Shown

_KIB = 1024
# What a hostile name could do to a terminal: nothing.
_UNPRINTABLE = "�"

_WORDS: Mapping[Lang, Mapping[str, str]] = {
    Lang.VI: {
        "asks": "Trang {origin} đề nghị ký {count} tệp:",
        "file": "Tệp",
        "act": "Việc",
        "pages": "Số trang",
        "size": "KB",
        "pin": "Mã PIN của thiết bị (để trống rồi Enter: từ chối): ",
        "refused": "Đã từ chối; chưa ký gì.",
        "good": "đã ký và gửi về hệ thống",
    },
    Lang.EN: {
        "asks": "The page {origin} asks for {count} files to be signed:",
        "file": "File",
        "act": "Act",
        "pages": "Pages",
        "size": "KB",
        "pin": "PIN of the device (empty, then Enter: refuse): ",
        "refused": "Refused; nothing was signed.",
        "good": "signed and sent back to the service",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """Asks on the terminal that the agent was started from."""

    console: Console
    lang: Lang

    def ask(self, origin: str, files: Sequence[Shown]) -> str | None:
        """Show files and ask for the PIN, once for all of them; None: refused."""
        words = _WORDS[self.lang]
        self.console.bell()
        self.console.print(words["asks"].format(origin=origin, count=len(files)))
        table = Table(words["file"], words["act"], words["pages"], words["size"], "SHA-256")
        for file in files:
            table.add_row(
                printable(file.name),
                file.operation,
                str(file.pages),
                str(max(1, round(file.size / _KIB))),
                file.groups,
            )
        self.console.print(table)
        pin = getpass.getpass(words["pin"]).strip()
        if not pin:
            self.console.print(words["refused"])
            return None
        return pin

    def tell(self, name: str, problem: str | None) -> None:
        """Say what became of a file."""
        mark = "✓" if problem is None else "✗"
        said = _WORDS[self.lang]["good"] if problem is None else problem
        self.console.print(f"{mark} {printable(name)}: {printable(said)}")


def printable(text: str) -> str:
    """Return a text whose characters only show: none moves the cursor or hides another one."""
    return "".join(c if c.isprintable() else _UNPRINTABLE for c in text)
