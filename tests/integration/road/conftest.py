"""A road for each kind of installation: database and stores by settings alone."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from support import phones, road
from support.waiting import OneWorker

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.demo import DemoInstance
    from support.phones import Phones
    from support.road import OpenRoad, Road


@pytest.fixture
def open_road(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    demo_instance: DemoInstance,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[OpenRoad]:
    """Make a service: ``database`` is sqlite or postgresql, ``stores`` is folder or s3."""
    with ExitStack() as stack:

        def open_(*, database: str = "sqlite", stores: str = "folder", **settings: object) -> Road:
            name = f"road-{uuid4().hex[:12]}"
            if database == "postgresql":
                cluster = request.getfixturevalue("postgres_cluster")
                settings["database_url"] = cluster.create_database(name)
                stack.callback(cluster.drop_database, name)
            if stores == "s3":
                server = request.getfixturevalue("s3_server")
                for key, value in server.environment.items():
                    monkeypatch.setenv(key, value)
                settings["blobs_url"] = server.create_bucket(f"{name}-blobs")
                settings["archive_url"] = server.create_bucket(f"{name}-archive")
            return stack.enter_context(road.opened(tmp_path / name, demo_instance, **settings))

        yield open_


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, demo_instance: DemoInstance
) -> Iterator[Phones]:
    with phones.installed():
        started = phones.start(tmp_path_factory.mktemp("phones"), demo_instance)
        yield started
        started.server.stop()


@pytest.fixture(scope="module")
def shared(
    tmp_path_factory: pytest.TempPathFactory, demo_instance: DemoInstance, service: Phones
) -> Iterator[Road]:
    """A service whose leader and seal have their keys with the provider."""
    configured = [service.settings(requests_at_once=50)]
    folder = tmp_path_factory.mktemp("road") / "road"
    with road.opened(
        folder, demo_instance, providers=configured, server_side_personal_keys=False
    ) as opened:
        phones.hand_out(opened)
        yield opened


@pytest.fixture
def worker(shared: Road, service: Phones) -> Iterator[OneWorker]:
    service.behave("sign")
    made = OneWorker(shared)
    yield made
    made.asker.stop()
