"""The judges: processes that are kept warm and survive what kills them, and pdfsig."""

from __future__ import annotations

import base64
import json
import selectors
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

HERE = Path(__file__).parent
# A file that takes longer is a row of the table and costs a restart.
SECONDS = 60
JAVA_MEMORY = "-Xmx1500m"


@dataclass(slots=True)
class Warm:
    """A judge in a process of its own; started when needed, started anew when it dies or hangs."""

    command: tuple[str, ...]
    process: subprocess.Popen[bytes] | None = field(default=None)

    def ask(self, request: str) -> dict[str, Any]:
        """Return the answer to a request; an ``error`` where the judge died or took too long."""
        if self.process is None:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        assert self.process.stdin is not None  # noqa: S101  both are pipes
        assert self.process.stdout is not None  # noqa: S101
        try:
            self.process.stdin.write(request.encode() + b"\n")
            self.process.stdin.flush()
            with selectors.DefaultSelector() as waiting:
                waiting.register(self.process.stdout, selectors.EVENT_READ)
                answered = waiting.select(SECONDS)
            line = self.process.stdout.readline() if answered else b""
        except BrokenPipeError:
            answered, line = [], b""
        if line.endswith(b"\n"):
            return cast("dict[str, Any]", json.loads(line))
        self.stop()
        return {"error": "died" if answered else "timeout"}

    def stop(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


@dataclass(frozen=True, slots=True)
class Judges:
    """Ours, the EU's DSS with veraPDF, and pdfsig, all asked about the same moment."""

    at: str
    java: Warm
    ours: Warm

    @classmethod
    def ready(cls, java_folder: Path, at: str) -> Judges:
        """Name the processes; they start with the first question."""
        path = f"{java_folder / 'classes'}:{java_folder / 'lib'}/*"
        return cls(
            at=at,
            java=Warm(("java", JAVA_MEMORY, "-cp", path, "Oracle")),
            ours=Warm((sys.executable, str(HERE / "ours.py"))),
        )

    def ask_ours(self, file: Path, anchors: tuple[bytes, ...]) -> dict[str, Any]:
        """Return our own verdict."""
        return self.ours.ask("\t".join((self.at, str(file), *_encoded(anchors))))

    def ask_dss(self, file: Path, anchors: tuple[bytes, ...]) -> dict[str, Any]:
        """Return the verdict of the EU's DSS."""
        return self.java.ask("\t".join(("dss", self.at, str(file), *_encoded(anchors))))

    def ask_verapdf(self, file: Path) -> dict[str, Any]:
        """Return the PDF/A flavour that a file claims and whether it keeps to it."""
        return self.java.ask(f"pdfa\t{file}")

    def stop(self) -> None:
        """End the processes."""
        self.java.stop()
        self.ours.stop()


def _encoded(anchors: tuple[bytes, ...]) -> tuple[str, ...]:
    joined = ",".join(base64.b64encode(one).decode("ascii") for one in anchors)
    return (joined,) if joined else ()


def ask_pdfsig(file: Path) -> str:
    """Return what poppler says of each signature, in its own words, certificates left out."""
    try:
        done = subprocess.run(
            ("pdfsig", "-nocert", str(file)),
            capture_output=True,
            check=False,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        return "timeout"
    if done.returncode < 0:
        return f"died of signal {-done.returncode}"
    said = done.stdout.decode("utf-8", "replace").splitlines()
    found = [one.partition(":")[2].strip(" .") for one in said if "Signature Validation:" in one]
    return "; ".join(found) or ("no signature" if done.returncode in {0, 2} else "unreadable")
