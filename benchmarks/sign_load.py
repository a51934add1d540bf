"""A batch on one and two processes, and the memory that a large document takes."""

from __future__ import annotations

import json
import multiprocessing
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resident import forget_peak, peak_kb
from sign_material import (
    AT,
    FILLS,
    LABEL,
    PIN,
    USES,
    Material,
    document,
    places,
    seal_png,
    values_of,
)

from signing.complete import complete
from signing.files import complete_file, prepare_file
from signing.model import LEADER_FIELD, Role, SignaturePlan
from signing.prepare import prepare
from signing.signers.pkcs11 import Pin, Pkcs11Signer
from signing.stamp import reserve, reserve_file

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

BATCH_BAR_S, MEMORY_BAR_MB = 3.0, 64
SMALL_BYTES, LARGE_BYTES = 30_000, 100_000_000
SPAWN = multiprocessing.get_context("spawn")


def batch(material: Material, name: str, count: int, folder: Path) -> dict[str, Any]:
    """Return seconds for a batch with seal and text: resident processes, one login in each.

    `sign` goes from reserved files in memory to signed files on the disk; `whole` reserves the
    places too. CPU time is that of all processes together.
    """
    sources = [folder / f"{number}.pdf" for number in range(count)]
    for number, path in enumerate(sources):
        path.write_bytes(document(SMALL_BYTES, seed=number))
    seconds = {
        f"{processes} process{'es' * (processes > 1)}": _timed(material, name, sources, processes)
        for processes in (1, 2)
    }
    return {"documents": count, "seconds": seconds, "bar_s": BATCH_BAR_S}


def _timed(
    material: Material, name: str, sources: list[Path], processes: int
) -> dict[str, dict[str, float]]:
    pipes: list[Connection] = []
    for _ in range(processes):
        ours, theirs = SPAWN.Pipe()
        arguments = (theirs, material.module, material.chain(name), name)
        SPAWN.Process(target=_work, args=arguments, daemon=True).start()
        ours.recv()  # one after the other: SoftHSM does not like to be opened by two at a time
        pipes.append(ours)
    took = {}
    for what in ("sign", "whole"):
        for index, pipe in enumerate(pipes):
            pipe.send((sources[index::processes], what == "sign"))
        for pipe in pipes:
            pipe.recv()
        started = time.perf_counter()
        for pipe in pipes:
            pipe.send(None)
        cpu = sum(pipe.recv() for pipe in pipes)
        took[what] = {"wall": round(time.perf_counter() - started, 3), "cpu": round(cpu, 3)}
    for pipe in pipes:
        pipe.send(None)
    return took


def _work(pipe: Connection, module: str, chain: tuple[bytes, ...], name: str) -> None:
    """Live in a child: read a share of the batch, say so, sign it when told."""
    plan = SignaturePlan(
        role=Role.LEADER, field_name=LEADER_FIELD, chain=chain, certify=True, image=seal_png(),
        fills=FILLS,
    )  # fmt: skip
    with Pkcs11Signer(module, LABEL, Pin(PIN, uses=USES)) as signer:
        _signed([_reserved(document(SMALL_BYTES))], plan, signer, name)
        pipe.send("warm")
        while (share := pipe.recv()) is not None:
            paths, is_reserved = share
            pdfs = [path.read_bytes() for path in paths]
            pdfs = [_reserved(pdf) for pdf in pdfs] if is_reserved else pdfs
            pipe.send("loaded")
            pipe.recv()
            started = time.process_time()
            pdfs = pdfs if is_reserved else [_reserved(pdf) for pdf in pdfs]
            for path, signed in zip(paths, _signed(pdfs, plan, signer, name), strict=True):
                path.with_suffix(".signed").write_bytes(signed)
            pipe.send(time.process_time() - started)


def _reserved(pdf: bytes) -> bytes:
    return reserve(pdf, places(visible=True))


def _signed(pdfs: list[bytes], plan: SignaturePlan, signer: Pkcs11Signer, name: str) -> list[bytes]:
    halves = [prepare(pdf, plan=plan, at=AT) for pdf in pdfs]
    values = values_of(signer, name, [half.to_be_signed for half in halves])
    return [
        complete(half, plan=plan, value=value, timestamp_token=None)
        for half, value in zip(halves, values, strict=True)
    ]


def memory(material: Material, name: str, folder: Path) -> dict[str, Any]:
    """Return the peak of resident memory above idle, in MB, for each way to sign a large file.

    `service` is what a worker and its child take for each step of a document.
    """
    source = folder / "large.pdf"
    _alone(_draw, folder / "plain.pdf", LARGE_BYTES)
    _alone(_draw, folder / "small.pdf", SMALL_BYTES)
    _alone(_reserve_large, folder / "plain.pdf", source)
    size = source.stat().st_size
    peaks = {
        way: _alone(_peak, way, source, material.module, material.chain(name), name)
        for way in ("ours_on_disk", "ours_in_memory")
    }
    peaks["service"] = _service(folder / "small.pdf", folder / "plain.pdf")
    return {"bytes": size, "peak_mb_above_idle": peaks, "bar_mb": MEMORY_BAR_MB}


def _service(*files: Path) -> Any:
    """Ask a program of its own: what lives in a pool may have no children."""
    program = Path(__file__).with_name("sign_service.py")
    told = subprocess.run([sys.executable, program, *files], stdout=subprocess.PIPE, check=True)
    return json.loads(told.stdout)


def _alone(act: Any, *arguments: Any) -> Any:
    """Call something in a process of its own."""
    with SPAWN.Pool(1) as pool:
        return pool.apply(act, arguments)


def _draw(path: Path, size: int) -> None:
    path.write_bytes(document(size))


def _reserve_large(source: Path, target: Path) -> None:
    reserve_file(source, target, places(visible=False))


def _peak(way: str, source: Path, module: str, chain: tuple[bytes, ...], name: str) -> float:
    plan = SignaturePlan(role=Role.LEADER, field_name=LEADER_FIELD, chain=chain, certify=True)
    with Pkcs11Signer(module, LABEL, Pin(PIN, uses=USES)) as signer:
        small = source.with_name("small-reserved.pdf")
        small.write_bytes(reserve(document(SMALL_BYTES), places(visible=False)))
        _sign_one(way, small, plan, signer, name)
        before = forget_peak()
        _sign_one(way, source, plan, signer, name)
        return round((peak_kb() - before) / 1000, 1)


def _sign_one(way: str, source: Path, plan: SignaturePlan, signer: Pkcs11Signer, name: str) -> None:
    target = source.with_suffix(".signed")
    if way == "ours_on_disk":
        first = prepare_file(source, plan=plan, at=AT)
        (value,) = values_of(signer, name, [first.to_be_signed])
        complete_file(
            first, source=source, target=target, plan=plan, value=value, timestamp_token=None
        )
    else:
        (signed,) = _signed([source.read_bytes()], plan, signer, name)
        target.write_bytes(signed)
