from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
import pytest
import sqlalchemy as sa
from obstore.exceptions import AlreadyExistsError
from obstore.store import S3Store
from support import servers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine
    from support.postgres import Cluster
    from support.s3 import S3Server

SUPPORT = Path(__file__).parents[2]


@pytest.fixture
def engine(postgres_cluster: Cluster) -> Iterator[Engine]:
    engine = sa.create_engine(postgres_cluster.create_database("demo_support"))
    yield engine
    engine.dispose()


@pytest.mark.postgres
def test_cluster_sorts_vietnamese_by_icu(engine: Engine) -> None:
    names = ["Đà Nẵng", "Ấn", "Dak", "An", "Ân", "Ăn"]
    query = sa.text(
        'SELECT n FROM unnest(CAST(:names AS text[])) AS n ORDER BY n COLLATE "vi-x-icu"'
    )

    with engine.connect() as connection:
        ordered = connection.execute(query, {"names": names}).scalars().all()

    assert ordered == ["An", "Ăn", "Ân", "Ấn", "Dak", "Đà Nẵng"]


@pytest.mark.postgres
def test_a_database_made_again_is_empty(postgres_cluster: Cluster) -> None:
    for _ in range(2):
        engine = sa.create_engine(postgres_cluster.create_database("demo_again"))
        with engine.begin() as connection:
            connection.execute(sa.text("CREATE TABLE once (x int)"))
        engine.dispose()


@pytest.mark.postgres
def test_cluster_listens_on_no_address(engine: Engine) -> None:
    with engine.connect() as connection:
        assert connection.execute(sa.text("SHOW listen_addresses")).scalar_one() == ""


def test_what_was_put_into_s3_is_got_back(s3_server: S3Server) -> None:
    s3_server.create_bucket("demo-roundtrip")
    variables = s3_server.environment
    store = S3Store(
        "demo-roundtrip",
        endpoint=s3_server.endpoint,
        access_key_id=variables["AWS_ACCESS_KEY_ID"],
        secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
        region=variables["AWS_REGION"],
        client_options={"allow_http": True},
    )

    obstore.put(store, "sha256/ab/cd/văn-bản", b"hello", mode="create")

    assert obstore.get(store, "sha256/ab/cd/văn-bản").bytes().to_bytes() == b"hello"
    with pytest.raises(AlreadyExistsError):
        obstore.put(store, "sha256/ab/cd/văn-bản", b"other", mode="create")


def test_the_environment_alone_leads_a_child_process_to_s3(s3_server: S3Server) -> None:
    s3_server.create_bucket("demo-environment")
    program = (
        "import obstore; from obstore.store import from_url;"
        "store = from_url('s3://demo-environment'); obstore.put(store, 'a', b'1');"
        "print(obstore.get(store, 'a').bytes().to_bytes())"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | dict(s3_server.environment),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout.strip() == "b'1'"


def test_server_that_ends_at_once_is_reported_with_its_output(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="no such place"):
        servers.start(
            [sys.executable, "-c", "raise SystemExit('no such place')"],
            output=tmp_path / "log",
            ready=lambda: False,
        )


def test_stopping_ends_what_the_server_started(tmp_path: Path) -> None:
    program = (
        "import subprocess, sys, time; p = subprocess.Popen(['sleep', '600']);"
        "print(p.pid, flush=True); time.sleep(600)"
    )
    log = tmp_path / "log"
    server = servers.start(
        [sys.executable, "-c", program], output=log, ready=lambda: log.read_text().endswith("\n")
    )

    server.stop()
    server.stop()

    assert _ends(int(log.read_text()))


def test_a_killed_test_run_leaves_no_server_behind(tmp_path: Path) -> None:
    program = (
        f"import sys, time; sys.path.append({str(SUPPORT)!r});"
        "from pathlib import Path; from support import servers;"
        "s = servers.start(['sleep', '600'], output=Path(sys.argv[1]), ready=lambda: True);"
        "print(s.process.pid, flush=True); time.sleep(600)"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", program, tmp_path / "log"], stdout=subprocess.PIPE, text=True
    )
    assert run.stdout is not None
    pid = int(run.stdout.readline())

    run.send_signal(signal.SIGKILL)
    run.communicate(timeout=30)

    assert _ends(pid)


def _ends(pid: int) -> bool:
    """Wait a little for a process that is not our child to be gone."""
    for _ in range(100):
        try:
            status = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except FileNotFoundError:
            return True
        if status == "Z":
            return True
        time.sleep(0.05)
    return False
