"""A real server on a free port, a worker beside it, and Chromium in front."""

from __future__ import annotations

import shutil
import sys
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright
from support import road, servers
from support.road import Road

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page
    from support.demo import DemoInstance

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# The machine of a test run is busy; a person would not wait this long.
PATIENCE_MS = 30_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A running service, its address, and the port at which its pages look for a helper."""

    address: str
    road: Road
    helper_port: int


@contextmanager
def served(
    folder: Path, demo: DemoInstance, *, phones: bool = False, **settings: object
) -> Iterator[Site]:
    """Run a service and its worker; ``phones``: the worker knows the stand-in provider."""
    port = servers.free_port()
    address = f"http://127.0.0.1:{port}"
    helper_port = servers.free_port()
    with ExitStack() as stack:
        opened = stack.enter_context(
            road.opened(
                folder / "data",
                demo,
                base_url=address,
                helper_address=f"wss://127.0.0.1:{helper_port}",
                **{"trust_dir": _trusted(folder / "trust", demo)} | settings,
            )
        )
        opened.start_worker(crash={"phones": True} if phones else None)
        server = servers.start(
            [
                sys.executable, "-m", "uvicorn", "--factory", "docsvc.web.app:create",
                "--host", "127.0.0.1", "--port", str(port), "--no-access-log",
            ],
            output=folder / "web.log",
            ready=lambda: servers.is_listening(port),
            environment={"DOCSVC_CONFIG": str(opened.config)},
            limit_s=120,
        )  # fmt: skip
        stack.callback(server.stop)
        yield Site(address=address, road=opened, helper_port=helper_port)


def _trusted(folder: Path, demo: DemoInstance) -> Path:
    """Let the root of the demonstration count as the State's, as no demonstration does.

    What it signs is of no force, and the lamp of its signers never turns green.
    """
    shutil.copytree(demo.pki.trust, folder)
    (folder / "demo").rename(folder / "state")
    return folder


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, demo_instance: DemoInstance) -> Iterator[Site]:
    with served(tmp_path_factory.mktemp("site"), demo_instance) as running:
        yield running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start Chromium; an event loop runs in this thread as long as it is there.

    No longer than these tests need it: others start workers in it, which want none.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    item.stash[_FAILED] = item.stash.get(_FAILED, False) or report.failed
    return report


_FAILED = pytest.StashKey[bool]()


@pytest.fixture
def page(
    request: pytest.FixtureRequest, chromium: Browser, site: Site, tmp_path: Path
) -> Iterator[Page]:
    """A fresh browser; ``@pytest.mark.parametrize("page", [False], indirect=True)``: no scripts."""
    context = chromium.new_context(
        base_url=site.address,
        locale="vi-VN",
        viewport={"width": 1280, "height": 800},
        java_script_enabled=getattr(request, "param", True),
        # Nobody has told this browser to trust the certificate of the helper.
        ignore_https_errors=True,
    )
    context.set_default_timeout(PATIENCE_MS)
    opened = context.new_page()
    said: list[str] = []
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on(
        "console",
        lambda message: said.append(message.text) if "Policy" in message.text else None,
    )
    yield opened
    if request.node.stash.get(_FAILED, False):
        picture = tmp_path / "failure.png"
        opened.screenshot(path=picture, full_page=True)
        request.node.add_report_section("teardown", "screenshot", str(picture))
    context.close()
    # Neither a script that fails nor anything that the strict policy had to stop.
    assert said == []
