"""Documents a second on the whole road: embedded, SoftHSM2, RSA-2048, B-LTA with the local TSA.

Prints one JSON object: documents/s from the first upload to the last publication, the time of
each step (p50, p95; waiting for the other worker's turn at the token or a child included), and
the peak of proportional memory of all processes. Every finished document is verified on the way:
one that does not pass is not counted and makes the run fail.

    python benchmarks/road.py [--documents 200] [--workers 2]
"""

from __future__ import annotations

import argparse
import io
import json
import logging
import platform
import shutil
import socket
import statistics
import sys
import tempfile
import threading
import time
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pikepdf
import psutil
from sqlalchemy import func, select
from typing_extensions import override

from docsvc.bootstrap import open_services
from docsvc.demo import instance as demonstration
from docsvc.demo.authority import Authority
from docsvc.documents.tables import Document
from docsvc.migrations import upgrade
from docsvc.steps.receive.service import Offer
from docsvc.worker import RunningWorker
from docsvc.workflow import Step

if TYPE_CHECKING:
    from docsvc.bootstrap import Services

SAMPLES = Path(__file__).parent.parent / "sample_docs"
# Born-digital documents of two communes, with one to three pages.
CHOSEN = ("01", "02", "13", "22", "26")
EVERY_STEP = (Step.CONFIRM, Step.SIGN_LEADER, Step.SIGN_ORGANISATION)


class Steps(logging.Handler):
    """Collects how long each step took, from the worker's own log."""

    def __init__(self) -> None:
        super().__init__()
        self.took: dict[str, list[float]] = {}

    @override
    def emit(self, record: logging.LogRecord) -> None:
        """Keep the time of a step."""
        if record.getMessage() == "step.taken":
            self.took.setdefault(str(record.step), []).append(record.took_ms)  # type: ignore[attr-defined]


class Memory(threading.Thread):
    """Samples the proportional memory of this process and all below it."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self.done = threading.Event()

    @override
    def run(self) -> None:
        """Sample until told to stop."""
        while not self.done.wait(0.5):
            me = psutil.Process()
            total = 0
            for process in (me, *me.children(recursive=True)):
                try:
                    total += process.memory_full_info().pss
                except psutil.Error:
                    continue
            self.peak = max(self.peak, total)


def variants(count: int) -> list[tuple[str, bytes]]:
    """Return ``count`` different documents with the bodies that send them."""
    made = []
    known = tomllib.loads((SAMPLES / "MANIFEST.toml").read_text("utf-8"))["document"]
    entries = [e for e in known if e["name"].startswith(CHOSEN)]
    for i in range(count):
        entry = entries[i % len(entries)]
        with pikepdf.open(SAMPLES / entry["file"]) as pdf:
            pdf.docinfo["/BenchmarkNumber"] = str(i)
            out = io.BytesIO()
            pdf.save(out)
        made.append((entry["unit"], out.getvalue()))
    return made


def published(services: Services) -> tuple[int, int]:
    """Return how many documents are published with both signatures, and how many have ended."""
    with services.transactions() as tx:
        good = tx.scalar(
            select(func.count()).where(
                Document.public_code.is_not(None), Document.completeness == "both"
            )
        )
        bad = tx.scalar(select(func.count()).where(Document.ended_code.is_not(None)))
    return good or 0, bad or 0


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def run(folder: Path, documents: list[tuple[str, bytes]], workers: int) -> dict[str, object]:
    """Take all documents down the road and measure."""
    made = demonstration.prepare(folder, port=free_port(), workers=workers)
    steps, memory = Steps(), Memory()
    logger = logging.getLogger("docsvc.worker")
    logger.setLevel(logging.INFO)
    logger.addHandler(steps)
    with Authority.start(folder / "demo", made.pki.port):
        services = open_services(made.settings)
        upgrade(services.engine)
        demonstration.populate(services, made)
        worker = RunningWorker(services)
        worker.start()
        _warm(services, *documents.pop())
        steps.took.clear()
        memory.start()
        began, cpu = time.perf_counter(), time.process_time()
        for unit, pdf in documents:
            services.accept(pdf, _offer(unit))
        while sum(published(services)) < len(documents) + 1:
            time.sleep(0.05)
        took = time.perf_counter() - began
        memory.done.set()
        good, bad = published(services)
        worker.stop()
        services.close()
    return {
        "documents": len(documents),
        "published_with_both_signatures": good - 1,
        "failed": bad,
        "workers": workers,
        "seconds": round(took, 2),
        "documents_per_s": round(len(documents) / took, 2),
        "main_process_cpu_s": round(time.process_time() - cpu, 2),
        "peak_memory_mb": round(memory.peak / 2**20),
        "steps_ms": {
            step: {
                "p50": round(statistics.median(took), 1),
                "p95": round(statistics.quantiles(took, n=20)[-1], 1),
            }
            for step, took in sorted(steps.took.items())
        },
        "machine": {"cores": psutil.cpu_count(), "python": platform.python_version()},
    }


def _warm(services: Services, unit: str, pdf: bytes) -> None:
    """Take one document down the road first: children start, caches fill."""
    services.accept(pdf, _offer(unit))
    while not sum(published(services)):
        time.sleep(0.05)


def _offer(unit: str) -> Offer:
    return Offer(
        unit_code=unit,
        file_name="benchmark.pdf",
        source="benchmark",
        actor="benchmark",
        declared_not_secret=True,
        allow=EVERY_STEP,
    )


def main() -> int:
    """Run the benchmark in a folder that is removed afterwards."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="docsvc-road-"))
    try:
        found = run(folder, variants(options.documents + 1), options.workers)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    return 0 if not found["failed"] else 1


if __name__ == "__main__":
    sys.exit(main())
