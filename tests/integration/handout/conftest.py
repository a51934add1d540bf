from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest
import uvicorn
from support import road, servers
from support.desk import Desk

from docsvc.web.app import build

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI
    from support.demo import DemoInstance
    from support.road import Road

    from docsvc.steps.sign.handout import HandOuts


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, demo_instance: DemoInstance) -> Iterator[Road]:
    with road.opened(
        tmp_path_factory.mktemp("handouts") / "var",
        demo_instance,
        server_side_personal_keys=False,
        base_url=f"http://127.0.0.1:{servers.free_port()}",
    ) as opened:
        yield opened


@pytest.fixture(scope="module")
def desk(town: Road, demo_instance: DemoInstance) -> Desk:
    return Desk(town=town, demo=demo_instance)


@pytest.fixture(scope="module")
def handouts(town: Road) -> HandOuts:
    return town.services.handouts


@pytest.fixture(scope="module")
def app(town: Road) -> FastAPI:
    return build(town.services, closing=lambda: None)


@pytest.fixture(scope="module")
def site(town: Road, app: FastAPI) -> Iterator[str]:
    """The pages, at their address."""
    address = town.services.settings.base_url
    port = int(address.rpartition(":")[2])
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, access_log=False)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    end = time.monotonic() + 60
    while not servers.is_listening(port) and time.monotonic() < end:
        time.sleep(0.05)
    yield address
    server.should_exit = True
    thread.join(30)
