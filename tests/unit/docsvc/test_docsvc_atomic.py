"""A file that is written twice at once is whole all the same."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from docsvc import atomic

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_two_threads_that_write_one_file_do_not_take_it_from_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, meeting, met = tmp_path / "answer", threading.Barrier(2, timeout=10), threading.local()
    fsync = os.fsync

    def wait_for_the_other(descriptor: int) -> None:
        if not getattr(met, "once", False):
            met.once = True
            meeting.wait()  # both have written their half by now
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", wait_for_the_other)
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(atomic.write, path, b"whole") for _ in range(2)]:
            done.result(10)
    assert path.read_bytes() == b"whole"
    assert [one.name for one in tmp_path.iterdir()] == ["answer"]
