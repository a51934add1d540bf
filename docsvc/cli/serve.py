"""``docsvc serve`` and ``docsvc worker``."""

from __future__ import annotations

import contextlib
import signal
import threading
from typing import TYPE_CHECKING, Annotated

import typer
import uvicorn

from docsvc import logs, settings
from docsvc.bootstrap import open_services
from docsvc.cli.output import JsonOption, Lang, Output
from docsvc.clock import SystemClock
from docsvc.demo import instance as demonstration
from docsvc.demo import organisations
from docsvc.demo.authority import Authority
from docsvc.demo.mobile import demonstration as mobile
from docsvc.demo.pki import load as load_pki
from docsvc.migrations import upgrade
from docsvc.web.app import build
from docsvc.worker import RunningWorker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docsvc.settings import Settings


def serve(
    *,
    workers: Annotated[bool, typer.Option(help="chạy worker ngay trong tiến trình này")] = True,
    as_json: JsonOption = False,
) -> int:
    """Chạy dịch vụ web; mặc định có worker bên trong."""
    chosen = settings.load()
    logs.configure(chosen.log_level)
    with contextlib.ExitStack() as stack:
        if chosen.demonstration:
            stack.enter_context(authority(chosen))
            stack.enter_context(phones(chosen))
        services = open_services(chosen)
        upgrade(services.engine)
        closing = stack.enter_context(contextlib.ExitStack())
        closing.callback(services.close)
        if workers:
            running = RunningWorker(services)
            running.start()
            closing.callback(running.stop)
        if as_json:
            Output(as_json=True, lang=Lang.EN).line({"listening": f"{chosen.host}:{chosen.port}"})
        uvicorn.run(
            build(services, closing=closing.close),
            host=chosen.host,
            port=chosen.port,
            log_config=None,
            access_log=False,
            server_header=False,
        )
    return 0


def worker(*, as_json: JsonOption = False) -> int:
    """Chạy thêm một worker (PostgreSQL), cho đến khi được bảo dừng."""
    chosen = settings.load()
    logs.configure(chosen.log_level)
    services = open_services(chosen)
    running = RunningWorker(services)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    running.start()
    if as_json:
        Output(as_json=True, lang=Lang.EN).line({"executor": chosen.executor})
    stopping.wait()
    running.stop()
    services.close()
    return 0


@contextlib.contextmanager
def phones(chosen: Settings) -> Iterator[None]:
    """Play the operator of SIM PKI and its phones, if the demonstration has some."""
    if demonstration.PHONES not in {one.name for one in chosen.providers}:
        yield
        return
    folder = chosen.data_dir / "demo"
    operator = mobile.open_provider(
        folder, pki=load_pki(folder), bodies=organisations.load(), clock=SystemClock()
    )
    with operator:
        yield


@contextlib.contextmanager
def authority(chosen: Settings) -> Iterator[Authority]:
    """Run the demonstration authority as long as the service runs."""
    folder = chosen.data_dir / "demo"
    with Authority.start(folder, load_pki(folder).port) as running:
        yield running
