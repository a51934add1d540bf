"""Files a second over a folder by the command line, with one process and with two.

Of CPU, what the parent uses is told apart from what its children use: the parent's share bounds
how far more children help.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import statistics
import subprocess
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

from cryptography.hazmat.primitives import serialization
from verify_material import KINDS, Pki, document, signed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RATIO = "two_processes_against_one"
# So many different files lie behind a folder of thousands: more than any cache of ours keeps.
_ROUNDS = 3
DISTINCT = 100
_PR_SET_CHILD_SUBREAPER = 36


def cpu_s() -> float:
    """Return user and system time of this process and of the children it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def trust_folder(pki: Pki, folder: Path) -> Path:
    """Write the trust store that the command line reads."""
    anchors = folder / "trust" / "public"
    anchors.mkdir(parents=True)
    (anchors / "root.crt").write_bytes(
        pki.certificates["root"].public_bytes(serialization.Encoding.PEM)
    )
    for name, der in _more_trust(pki):
        (anchors.parent / name).write_bytes(der)
    return anchors.parent


def _more_trust(pki: Pki) -> Iterator[tuple[str, bytes]]:
    yield "ca.crt", pki.der("ca")
    for number, crl in enumerate(pki.crls):
        yield f"{number}.crl", crl
    for number, answer in enumerate(pki.ocsps):
        yield f"{number}.ocsp", answer


def bulk(pki: Pki, folder: Path, anchors: Path, count: int) -> dict[str, object]:
    """Verify a folder by the command line, with one process and with two, in turn."""
    files = bulk_folder(pki, folder, count)
    runs: dict[str, list[Spent]] = {"jobs_1": [], "jobs_2": []}
    for _ in range(_ROUNDS):
        for jobs in (1, 2):
            runs[f"jobs_{jobs}"].append(spent(files, anchors, jobs, count))
    middle = {
        way: Spent(*map(statistics.median, zip(*each, strict=True))) for way, each in runs.items()
    }
    alone, both = middle["jobs_1"], middle["jobs_2"]
    return {
        "files": count,
        **{f"{way}_files_per_s": round(count / each.wall_s, 1) for way, each in middle.items()},
        **{
            f"{way}_{who}_cpu_ms_per_file": round(value / count * 1000, 3)
            for way, each in middle.items()
            for who, value in (("parent", each.parent_s), ("children", each.children_s))
        },
        "parent_share_of_cpu": round(both.parent_s / (both.parent_s + both.children_s), 3),
        RATIO: round(alone.wall_s / both.wall_s, 2),
    }


def bulk_folder(pki: Pki, folder: Path, count: int) -> Path:
    """Make a folder of files that leader and organisation have signed."""
    files = folder / "files"
    files.mkdir()
    blank = document(KINDS["30kB"])
    for number in range(min(count, DISTINCT)):
        (files / f"{number}.pdf").write_bytes(signed(pki, blank, 2))
    for number in range(DISTINCT, count):
        (files / f"{number}.pdf").hardlink_to(files / f"{number % DISTINCT}.pdf")
    return files


class Spent(NamedTuple):
    """Seconds that one run over a folder took: by the clock, and CPU of parent and children."""

    wall_s: float
    parent_s: float
    children_s: float


def spent(files: Path, anchors: Path, jobs: int, count: int) -> Spent:
    """Verify a folder and stop if not every file passes.

    Children are forked from a server that nobody waits for; left behind, they come to this
    process, which counts what they have used.
    """
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)
    command = [
        sys.executable, "-c", "from docsvc.cli.main import main; main()", "verify", str(files),
        "--json", "--trust", str(anchors), "--jobs", str(jobs),
    ]  # fmt: skip
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as running:
        lines = sum(1 for _ in running.stdout or ())
        _, status, used = os.wait4(running.pid, 0)
        running.returncode = os.waitstatus_to_exitcode(status)
    took, before = time.perf_counter() - started, cpu_s()
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()
    if running.returncode or lines != count:
        sys.exit(f"bulk ended with {running.returncode} after {lines} files")
    return Spent(took, used.ru_utime + used.ru_stime, cpu_s() - before)
