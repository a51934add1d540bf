"""Resident memory of a process, as Linux tells it: now, and the most since it was asked anew."""

from __future__ import annotations

from pathlib import Path


def forget_peak(process: int | str = "self") -> int:
    """Begin to measure anew (proc_pid_clear_refs(5)); return what is resident now, in kB."""
    Path(f"/proc/{process}/clear_refs").write_text("5", "ascii")
    return _line(process, "VmRSS")


def peak_kb(process: int | str = "self") -> int:
    """Return the most that was resident since, in kB."""
    return _line(process, "VmHWM")


def _line(process: int | str, key: str) -> int:
    lines = Path(f"/proc/{process}/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{key}:"))
