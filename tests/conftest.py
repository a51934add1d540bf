"""Real parts that many tests share; each is started once a test process, when first asked for.

========================  ===================================================================
``postgres_cluster``      ``create_database(name)`` gives a SQLAlchemy address
``s3_server``             ``create_bucket(name)``, ``endpoint``, ``environment``
``demo_instance``         demonstration PKI, SoftHSM2 token and running authority; never revoke
                          in it: make an own one for that with ``support.demo.start``
========================  ===================================================================

With ``THOROUGH=1`` (``make test-thorough``) properties are tried with many more examples, and
every file of a public collection is taken where otherwise a few stand for all.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

# pytest does not do it in the import mode importlib.
sys.path.append(str(Path(__file__).parent))

from support import demo, postgres, s3
from support.thorough import THOROUGH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.demo import DemoInstance
    from support.postgres import Cluster
    from support.s3 import S3Server

# No deadline: how long an example takes is the machine's affair. A test says how many it takes
# only where each of them is dear.
settings.register_profile("everyday", max_examples=25, deadline=None)
settings.register_profile("thorough", max_examples=1000, deadline=None)
settings.load_profile("thorough" if THOROUGH else "everyday")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that no core is left with it at the end."""
    items.sort(key=lambda item: not {"crash", "long"}.intersection(item.keywords))


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """A private cluster; each test that needs a database makes its own in it."""
    programs = postgres.binaries()
    if programs is None:
        pytest.skip("no PostgreSQL server programs: install the package postgresql")
    cluster = postgres.start(programs)
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """An S3 server; each test makes its own bucket."""
    server = s3.start(tmp_path_factory.mktemp("s3"))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def demo_instance() -> Iterator[DemoInstance]:
    """The demonstration instance: 15 holders, all their keys on one token, a running authority."""
    # SoftHSM writes each file some thirty times; on a busy disk that takes longer than the keys.
    memory = Path("/dev/shm")  # noqa: S108  a folder of random name is made in it
    with TemporaryDirectory(prefix="docsvc-", dir=memory if memory.is_dir() else None) as folder:
        instance = demo.start(Path(folder))
        yield instance
        instance.authority.stop()
