"""The judges: processes that are kept warm and survive what kills them, and pdfsig."""

from __future__ import annotations

import base64
import json
import selectors
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

HERE = Path(__file__).parent
# A file that takes longer is a row of the table and costs a restart.
SECONDS = 60
JAVA_MEMORY = "-Xmx1500m"
# How DSS says that a file is no PDF; all else that it throws may come from what was judged before.
_NO_PDF = "The document with name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What is known besides a file, in DER; no anchors: its own signers' certificates."""

    anchors: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """Return anchors and CRLs in base64, as both processes take them."""
        found = [",".join(map(_text, part)) for part in (self.anchors, self.crls)]
        return tuple(found if self.crls else found[:1]) if self.anchors else ()


def _text(der: bytes) -> str:
    return base64.b64encode(der).decode("ascii")


def missing(java_folder: Path) -> list[str]:
    """Return the judges that can't be asked, a sentence each."""
    found = [f"{tool} is not installed" for tool in ("java", "pdfsig") if not shutil.which(tool)]
    if not (java_folder / "classes" / "Oracle.class").is_file():
        found.append("DSS and veraPDF are not built: `make oracle` builds them")
    return found


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

    def ask_ours(self, file: Path, truth: Truth) -> dict[str, Any]:
        """Return our own verdict."""
        return self.ours.ask("\t".join((self.at, str(file), *truth.words)))

    def ask_dss(self, file: Path, truth: Truth) -> dict[str, Any]:
        """Return the verdict of the EU's DSS.

        It has failed on a sound file in a process that had judged hundreds of broken ones: what is
        not plainly the file's fault is asked again in a new process.
        """
        request = "\t".join(("dss", self.at, str(file), *truth.words))
        answer = self.java.ask(request)
        if answer.get("error") == "DSSException" and not answer["message"].startswith(_NO_PDF):
            self.java.stop()
            answer = self.java.ask(request)
        return answer

    def ask_verapdf(self, file: Path) -> dict[str, Any]:
        """Return the PDF/A flavour that a file claims and whether it keeps to it."""
        return self.java.ask(f"pdfa\t{file}")

    def stop(self) -> None:
        """End the processes."""
        self.java.stop()
        self.ours.stop()


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
