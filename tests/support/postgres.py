"""A private PostgreSQL cluster that lives as long as a test session and is thrown away.

Built from the newest server binaries of the distribution, in a temporary folder, reached by a
unix socket in that folder and by nothing else. It never touches the machine's own cluster.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from support import servers
from support.servers import Server

_USER = "postgres"
_INITDB_LIMIT_S = 60

# A test's data may be lost with the machine; waiting for disks would be the longest part of it.
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "max_connections": "200",
    "autovacuum": "off",
    "log_min_messages": "warning",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A running cluster; ``folder`` holds its data and its socket."""

    folder: Path
    server: Server

    def create_database(self, name: str) -> str:
        """Make a database, anew if there is one, and return its SQLAlchemy address."""
        self.drop_database(name)
        self._execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return f"postgresql+psycopg://{_USER}@/{name}?host={self.folder}"

    def drop_database(self, name: str) -> None:
        """Remove a database, whoever is connected to it."""
        query = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        self._execute(query.format(sql.Identifier(name)))

    def stop(self) -> None:
        """End the server and remove its data."""
        self.server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _execute(self, query: sql.Composed) -> None:
        with psycopg.connect(_address(self.folder), autocommit=True) as connection:
            connection.execute(query)


def binaries() -> Path | None:
    """Return the folder of the newest installed server programs, or None."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(found, key=lambda path: float(path.parent.name), default=None)


def start(programs: Path) -> Cluster:
    """Make a cluster with these server programs and start it."""
    # PostgreSQL refuses to run as root, and a socket's path may have 107 bytes at most.
    user = _USER if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="docsvc-pg-", dir="/tmp"))
    if user is not None:
        account = pwd.getpwnam(user)
        os.chown(folder, account.pw_uid, account.pw_gid)
    try:
        _initialise(programs, folder, user)
        settings = [f"--{name}={value}" for name, value in _SETTINGS.items()]
        server = servers.start(
            [programs / "postgres", "-D", folder / "data", "-k", folder, *settings],
            output=folder / "server.log",
            ready=lambda: _is_ready(folder),
            gentle=signal.SIGINT,  # the fast shutdown: waits for nobody
            user=user,
        )
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Cluster(folder=folder, server=server)


def _initialise(programs: Path, folder: Path, user: str | None) -> None:
    subprocess.run(
        [
            programs / "initdb",
            *("-D", folder / "data", "-U", _USER, "--no-sync"),
            *("--encoding=UTF8", "--locale=C.UTF-8"),
            *("--auth-local=trust", "--auth-host=reject"),
        ],
        user=user,
        group=user,
        extra_groups=None if user is None else [],
        cwd=folder,
        timeout=_INITDB_LIMIT_S,
        check=True,
        capture_output=True,
    )


def _address(folder: Path) -> str:
    return f"host={folder} user={_USER} dbname=postgres"


def _is_ready(folder: Path) -> bool:
    try:
        psycopg.connect(_address(folder), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True
