"""``docsvc verify FILE --report FORM --out PATH``: the report on one file."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from docsvc.steps.verify.forms import Form

ReportOption = Annotated[Form | None, typer.Option("--report", help="lập báo cáo của một tệp")]
OutOption = Annotated[
    Path | None, typer.Option("--out", help="ghi báo cáo vào tệp này; bỏ trống: in ra màn hình")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The report that was asked for; it is not sealed, and says so: a command has no key."""

    form: Form
    out: Path | None

    def only(self, paths: list[Path]) -> Path:
        """Return the one file that a report is about."""
        if len(paths) != 1 or paths[0].is_dir():
            raise typer.BadParameter(", ".join(map(str, paths)), param_hint="--report")
        if self.form is Form.PDF and self.out is None:
            raise typer.BadParameter(self.form, param_hint="--out")
        return paths[0]

    def write(self, frames: tuple[bytes, ...]) -> None:
        """Write the report, if there is one, to its file or to standard output."""
        for frame in frames:
            if self.out is None:
                sys.stdout.write(frame.decode())
            else:
                self.out.write_bytes(frame)
