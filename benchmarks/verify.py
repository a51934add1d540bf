"""CPU time of one verdict: ours beside pyHanko's and pdfsig's, on the same files in one run.

Prints JSON: milliseconds of CPU (user and system) for each document, medians over rounds in which
all ways take turns, so that other work on the machine weighs on all alike, and how many times
faster we are. Ours checks everything and makes the report; pyHanko validates with one shared, warm
context and its difference analysis; pdfsig's start-up, measured on a file without signatures, is
taken off. A CRL of 20,000 entries is set against one of 20, private memory is measured on the
largest file, and files a second over a folder with one and with two processes. ``bars`` holds all
of it against what is asked: ``met`` is null for what was not measured.

    python benchmarks/verify.py [--rounds 7] [--sizes 30kB,500pages] [--without pyhanko,pdfsig]
                                [--bulk 10000]
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import io
import itertools
import json
import logging
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import async_validate_pdf_timestamp
from verify_bulk import RATIO, bulk, cpu_s, trust_folder
from verify_material import KINDS, NOW, Kind, Pki, document, signed

from docsvc.steps.verify.question import Question
from docsvc.steps.verify.tasks import verify_path
from verification._pades import cms
from verification.model import Indication
from verification.policy import DEFAULT_POLICY
from verification.report import to_json
from verification.verify import verify

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyhanko_certvalidator import ValidationContext

    from verification.trust import Trust

# Signatures, level.
SHAPES = ((1, "B-B"), (2, "B-B"), (10, "B-B"), (2, "B-T"), (2, "B-LTA"))
CALLS_A_ROUND_S = 0.15
NSS_TOOLS = ("pdfsig", "certutil", "crlutil")
_MOMENTS = itertools.count(1)


def main() -> int:
    """Measure and print."""
    options = _options()
    logging.disable(logging.WARNING)
    if options.memory_of is not None:
        json.dump(memory_of(*options.memory_of), sys.stdout)
        return 0
    pki = Pki()
    missing = [tool for tool in NSS_TOOLS if shutil.which(tool) is None]
    with tempfile.TemporaryDirectory(prefix="docsvc-verify-") as name:
        folder = Path(name)
        anchors = trust_folder(pki, folder)
        peers = {"pyhanko", "pdfsig"} - set(options.without.split(","))
        if missing:
            peers.discard("pdfsig")
        found: dict[str, Any] = {
            "machine": {"cores": os.cpu_count(), "python": platform.python_version()},
            "rounds": options.rounds,
            "missing_tools": missing,
            "skipped_peers": sorted({"pyhanko", "pdfsig"} - peers),
            "ms_of_cpu": compared(pki, folder, peers, options),
            "crl": revocation_lists(pki, options.rounds),
            "memory": memory(pki, folder, anchors),
            "bulk": bulk(pki, folder, anchors, options.bulk) if options.bulk else {},
        }
    found["bars"] = bars(found)
    json.dump(found, sys.stdout, indent=1)
    sys.stdout.write("\n")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--sizes", default=",".join(KINDS), help="of " + ", ".join(KINDS))
    parser.add_argument("--without", default="", help="peers to leave out: pyhanko,pdfsig")
    parser.add_argument("--bulk", type=int, default=10_000, help="files; 0 leaves it out")
    parser.add_argument("--memory-of", nargs=3, help=argparse.SUPPRESS)
    return parser.parse_args()


# -- one document


def compared(
    pki: Pki, folder: Path, peers: set[str], options: argparse.Namespace
) -> dict[str, dict[str, float]]:
    """Return ms of CPU a document for each file and way, and the ratios."""
    nss = nss_database(pki, folder) if "pdfsig" in peers else None
    shared = pki.context()
    results: dict[str, dict[str, float]] = {}
    for size in options.sizes.split(","):
        blank = document(KINDS[size])
        for count, level in SHAPES:
            path = folder / "document.pdf"
            path.write_bytes(signed(pki, blank, count, level))
            ways: dict[str, Callable[[], object]] = {"ours": ours(path.read_bytes(), pki.trust())}
            if "pyhanko" in peers:
                ways["pyhanko"] = pyhanko(path.read_bytes(), shared)
            if nss is not None:
                empty = folder / "empty.pdf"
                empty.write_bytes(document(Kind(pages=1)))
                ways["pdfsig"], ways["pdfsig_start"] = pdfsig(nss, path), pdfsig(nss, empty)
            results[f"{size} {count} {level}"] = with_ratios(sampled(ways, options.rounds))
    return results


def with_ratios(ms: dict[str, float]) -> dict[str, float]:
    """Add how many times faster ours is; pdfsig net of its start-up."""
    result = {way: round(value, 3) for way, value in ms.items()}
    if "pyhanko" in ms:
        result["times_faster_than_pyhanko"] = round(ms["pyhanko"] / ms["ours"], 1)
    if "pdfsig" in ms:
        net = ms["pdfsig"] - ms.pop("pdfsig_start")
        result["pdfsig_net"] = round(net, 3)
        result["times_faster_than_pdfsig_net"] = round(net / ms["ours"], 1)
    return result


def ours(pdf: bytes, trust: Trust) -> Callable[[], object]:
    """Return our way, and stop if it does not accept: a fast wrong answer is no answer.

    The moment moves on with every call, and the container is read anew, as in service.
    """

    def act() -> object:
        cms.parse.cache_clear()
        at = NOW + timedelta(minutes=1, milliseconds=next(_MOMENTS))
        report = verify(pdf, policy=DEFAULT_POLICY, trust=trust, at=at)
        if report.indication is not Indication.TOTAL_PASSED:
            sys.exit(f"not accepted: {to_json(report)}")
        return to_json(report)

    return act


def pyhanko(pdf: bytes, context: ValidationContext) -> Callable[[], object]:
    """Return pyHanko's validation of every signature and document timestamp."""

    async def validated() -> None:
        reader = PdfFileReader(io.BytesIO(pdf))
        for one in reader.embedded_regular_signatures:
            if not (await async_validate_pdf_signature(one, context)).bottom_line:
                sys.exit("pyHanko does not accept a signature")
        for one in reader.embedded_timestamp_signatures:
            if not (await async_validate_pdf_timestamp(one, context)).trusted:
                sys.exit("pyHanko does not accept a timestamp")

    return lambda: asyncio.run(validated())  # noqa: TID251 -- one loop a document, as its own calls do


def pdfsig(nss: Path, path: Path) -> Callable[[], object]:
    """Return a whole process of pdfsig."""
    command = ["pdfsig", "-no-ocsp", "-nssdir", f"sql:{nss}", str(path)]
    return lambda: subprocess.run(command, check=False, capture_output=True)


def nss_database(pki: Pki, folder: Path) -> Path:
    """Make the database that pdfsig trusts by; without the CRLs it trusts nobody."""
    nss = folder / "nss"
    nss.mkdir()
    place = ["-d", f"sql:{nss}"]
    _run("certutil", "-N", *place, "--empty-password")
    for name, flags in (("root", "CT,C,C"), ("ca", ",,")):
        file = folder / f"{name}.der"
        file.write_bytes(pki.der(name))
        _run("certutil", "-A", *place, "-n", name, "-t", flags, "-i", str(file))
    for number, crl in enumerate(pki.crls):
        file = folder / f"{number}.der"
        file.write_bytes(crl)
        _run("crlutil", "-I", *place, "-i", str(file), "-B")
    return nss


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def sampled(ways: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Return the median CPU ms a call of each way, the ways taking turns."""
    counts = {way: _calls(act) for way, act in ways.items()}
    samples: dict[str, list[float]] = {way: [] for way in ways}
    # As in the children of the service: what was loaded is not looked at again.
    gc.freeze()
    for _ in range(rounds):
        for way, act in ways.items():
            gc.collect()  # each way tidies up after itself alone
            started = cpu_s()
            for _ in range(counts[way]):
                act()
            samples[way].append((cpu_s() - started) / counts[way] * 1000)
    return {way: statistics.median(values) for way, values in samples.items()}


def _calls(act: Callable[[], object]) -> int:
    act()
    started = time.perf_counter()
    act()
    return max(1, int(CALLS_A_ROUND_S / max(time.perf_counter() - started, 1e-6)))


def revocation_lists(pki: Pki, rounds: int) -> dict[str, float]:
    """Compare a CRL of 20,000 entries with one of 20, loaded before; no OCSP answer helps."""
    pdf = signed(pki, document(KINDS["30kB"]), 1)
    ms = sampled(
        {
            f"entries_{entries}": ours(pdf, pki.trust(pki.crl("ca", entries), with_ocsp=False))
            for entries in (20, 20_000)
        },
        max(rounds, 15),
    )
    ratio = ms["entries_20000"] / ms["entries_20"]
    return {way: round(value, 3) for way, value in ms.items()} | {"ratio": round(ratio, 3)}


# -- memory


def memory(pki: Pki, folder: Path, anchors: Path) -> dict[str, object]:
    """Measure the largest file in a process of its own."""
    small, large = folder / "small.pdf", folder / "large.pdf"
    small.write_bytes(signed(pki, document(KINDS["30kB"]), 1))
    large.write_bytes(signed(pki, document(KINDS["100MB"]), 2))
    child = subprocess.run(
        [sys.executable, __file__, "--memory-of", str(small), str(large), str(anchors)],
        check=True,
        capture_output=True,
    )
    found: dict[str, object] = json.loads(child.stdout)
    return {"file_mb": round(large.stat().st_size / 2**20, 1)} | found


def memory_of(small: str, large: str, anchors: str) -> dict[str, object]:
    """Return the private memory that a file takes above that of a process which has worked."""
    question = Question(trust=(anchors,), at=(NOW + timedelta(minutes=1)).isoformat())
    verify_path(small, question)
    idle = _private_mb()
    with Sampling() as peak:
        indication = verify_path(large, question).facts["indication"]
    return {"indication": indication, "idle_mb": idle, "above_idle_mb": round(max(peak) - idle, 1)}


class Sampling:
    """Collect the private memory of this process every two milliseconds."""

    def __enter__(self) -> list[float]:
        self._done = threading.Event()
        self._found = [_private_mb()]
        self._thread = threading.Thread(target=self._sample)
        self._thread.start()
        return self._found

    def _sample(self) -> None:
        while not self._done.wait(0.002):
            self._found.append(_private_mb())

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()


def _private_mb() -> float:
    used = psutil.Process().memory_info()
    return round(int(used.rss - used.shared) / 2**20, 1)


# -- bars


def bars(found: Mapping[str, Any]) -> list[dict[str, object]]:
    """Hold what was measured against what is asked; None where it was not measured."""
    times, net = "times_faster_than_pyhanko", "times_faster_than_pdfsig_net"
    asked: list[tuple[str, str, float, object]] = []
    for shape, least in (("30kB 1 B-B", 10), ("500pages 2 B-B", 50), ("10MB 10 B-B", 15)):
        ways = found["ms_of_cpu"].get(shape, {})
        asked.append((f"{shape}: {times}", ">=", least, ways.get(times)))
        asked.append((f"{shape}: {net}", ">", 1, ways.get(net)))
    asked += [
        ("crl: ratio of 20,000 entries to 20", "<=", 1.1, found["crl"]["ratio"]),
        ("memory: MB above idle, 100 MB file", "<=", 32, found["memory"]["above_idle_mb"]),
        ("bulk: two processes against one", ">=", 1.85, found["bulk"].get(RATIO)),
    ]
    return [
        {"what": what, "bar": f"{how} {bar}", "measured": value, "met": _met(how, bar, value)}
        for what, how, bar, value in asked
    ]


def _met(how: str, bar: float, value: object) -> bool | None:
    if not isinstance(value, int | float):
        return None
    return {"<=": value <= bar, ">=": value >= bar, ">": value > bar}[how]


if __name__ == "__main__":
    sys.exit(main())
