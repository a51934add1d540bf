"""Servers that a test starts: with a time limit, their output in a file, and never left behind."""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_POLL_S = 0.05
_STOP_LIMIT_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running child; ``stop`` ends it and everything that it started."""

    process: subprocess.Popen[bytes]
    output: Path
    gentle: signal.Signals

    def stop(self) -> None:
        """Ask the server to end, then end its process group by force; twice is harmless."""
        if self.process.returncode is not None:
            return  # its number may be another program's by now
        self.process.send_signal(self.gentle)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(_STOP_LIMIT_S)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def start(
    command: Sequence[str | Path],
    *,
    output: Path,
    ready: Callable[[], bool],
    environment: Mapping[str, str] | None = None,
    limit_s: float = 30.0,
    gentle: signal.Signals = signal.SIGTERM,
    user: str | None = None,
) -> Server:
    """Start a server and wait until ``ready`` says so.

    Args:
        command: program and arguments.
        output: file that takes what the server says; a pipe nobody reads would stop it.
        ready: asked again and again; it must not raise.
        environment: added to this process's own.
        limit_s: how long the server may take to become ready.
        gentle: the signal that asks the server to end.
        user: runs the server as this user; needs root.

    Raises:
        RuntimeError: the server ended or did not become ready; the end of its output is told.
    """
    with output.open("ab") as log:
        process = subprocess.Popen(
            [*_wrapped(user), *command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=os.environ | dict(environment or {}),
            start_new_session=True,
        )
    server = Server(process=process, output=output, gentle=gentle)
    atexit.register(server.stop)
    end = time.monotonic() + limit_s
    while not ready():
        if process.poll() is not None or time.monotonic() > end:
            server.stop()
            tail = output.read_text(errors="replace")[-2000:]
            msg = f"{command[0]} is not ready, exit code {process.returncode}:\n{tail}"
            raise RuntimeError(msg)
        time.sleep(_POLL_S)
    return server


def free_port() -> int:
    """Return a port of the loopback address that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_listening(port: int) -> bool:
    """Tell whether anything accepts connections on a port of the loopback address."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _wrapped(user: str | None) -> list[str]:
    """Return the command that runs another one as ``user``, and ends it when we are killed.

    The signal at the death of the parent is what is left when the test run itself gets SIGKILL:
    then no fixture and no atexit function runs.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return [] if user is None else ["runuser", "-u", user, "--"]
    drop = [] if user is None else [f"--reuid={user}", f"--regid={user}", "--init-groups"]
    return [setpriv, *drop, "--pdeathsig=KILL"]
