"""``docsvc agent``: sign on this PC what a page of the service asks for."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from docsvc import logs
from docsvc.agent.certificate import local_certificate
from docsvc.agent.errors import NoTerminalError
from docsvc.agent.listener import Listener
from docsvc.agent.requests import origin_of
from docsvc.agent.service import Agent, Pictures
from docsvc.agent.terminal import Terminal
from docsvc.agent.token import TokenPlace
from docsvc.catalog import messages
from docsvc.cli.output import JsonOption, Lang, LangOption, Output
from docsvc.clock import SystemClock
from docsvc.http import Outbound, Reach, everywhere
from docsvc.sandbox import Sandbox

if TYPE_CHECKING:
    from docsvc.agent.certificate import LocalCertificate

_PORT = 8987
_FOLDER = ".docsvc-agent"
# As large as an upload may be, and as long as a slow line needs for it.
_MAX_BYTES = 256 * 1024 * 1024
_TIMEOUT_S = 120.0

_TRUST = {
    Lang.VI: (
        "Đã tạo chứng thư TLS của máy này: {path}\n"
        "SHA-256 {fingerprint}\n"
        "Để trình duyệt tin nó, làm một lần:\n"
        "  - Cách nhanh: mở {address} trong trình duyệt và chấp nhận chứng thư.\n"
        "  - Linux (Chromium): certutil -d sql:$HOME/.pki/nssdb -A -t P,, -n docsvc-agent "
        "-i {path}\n"
        "  - macOS: security add-trusted-cert -p ssl {path}\n"
        "Chứng thư này không ký được chứng thư khác; chỉ dùng cho địa chỉ của chính máy này."
    ),
    Lang.EN: (
        "The TLS certificate of this PC was made: {path}\n"
        "SHA-256 {fingerprint}\n"
        "To let the browser trust it, once:\n"
        "  - The quick way: open {address} in the browser and accept the certificate.\n"
        "  - Linux (Chromium): certutil -d sql:$HOME/.pki/nssdb -A -t P,, -n docsvc-agent "
        "-i {path}\n"
        "  - macOS: security add-trusted-cert -p ssl {path}\n"
        "It can't sign other certificates; it stands for this PC's own address alone."
    ),
}
_LISTENS = {
    Lang.VI: "Sẵn sàng ở {address} cho {origins}. Ctrl+C để dừng.",
    Lang.EN: "Ready at {address} for {origins}. Ctrl+C to stop.",
}


def agent(  # noqa: PLR0913  # the options of the contract
    *,
    origin: Annotated[list[str], typer.Option(help="trang được phép gọi, ví dụ https://desk.vn")],
    module: Annotated[Path, typer.Option(help="thư viện PKCS#11 của thiết bị", exists=True)],
    token: Annotated[str, typer.Option(help="nhãn thiết bị")],
    key_id: Annotated[str, typer.Option(help="CKA_ID, hệ 16, khi thiết bị có nhiều khóa")] = "",
    leader_image: Annotated[
        Path | None, typer.Option(help="ảnh chữ ký tay, PNG", exists=True)
    ] = None,
    seal_image: Annotated[Path | None, typer.Option(help="ảnh con dấu, PNG", exists=True)] = None,
    ca_file: Annotated[
        Path | None, typer.Option(help="chứng thư CA nội bộ của máy chủ, PEM", exists=True)
    ] = None,
    port: Annotated[int, typer.Option(help="cổng trên 127.0.0.1")] = _PORT,
    folder: Annotated[
        Path | None, typer.Option(help="thư mục giữ chứng thư TLS; mặc định ~/.docsvc-agent")
    ] = None,
    as_json: JsonOption = False,
    lang: LangOption = Lang.VI,
) -> int:
    """Ký trên máy này bằng thiết bị cắm vào máy, theo yêu cầu của trang web; hỏi PIN tại đây."""
    logs.configure("error")
    if not sys.stdin.isatty():
        raise NoTerminalError
    origins = frozenset(origin_of(each) for each in origin)
    clock = SystemClock()
    certificate = local_certificate(folder or Path.home() / _FOLDER, now=clock.now())
    # One file is open at a time; the children fork from a process that knows what they need.
    sandbox = Sandbox(1, preload=("docsvc.agent.tasks", "docsvc.steps.sign.tasks"))
    outbound = Outbound(
        _reach(origins), timeout_s=_TIMEOUT_S, max_bytes=_MAX_BYTES, ca_file=ca_file
    )
    works = Agent(
        token=TokenPlace(module=module, label=token),
        key_id=key_id.lower(),
        operator=Terminal(console=_console(), lang=messages.Lang(lang)),
        outbound=outbound,
        sandbox=sandbox,
        clock=clock,
        pictures=Pictures(leader=_bytes(leader_image), organisation=_bytes(seal_image)),
        lang=messages.Lang(lang),
    )
    with Listener(
        port, context=certificate.context(), origins=origins, answer=works.answer
    ) as listener:
        _announce(listener, certificate, Output(as_json=as_json, lang=lang))
        _listen(listener)
    outbound.close()
    sandbox.stop()
    return 0


def _reach(origins: frozenset[str]) -> Reach:
    """Allow the service, wherever it is in the office's network, and nobody else."""
    hosts = tuple(each.partition("://")[2] for each in origins)
    return Reach(allow=hosts, networks=everywhere())


def _console() -> Console:
    """Return a console that takes no word of a file name for markup."""
    return Console(markup=False, highlight=False, emoji=False)


def _bytes(path: Path | None) -> bytes | None:
    return None if path is None else path.read_bytes()


def _announce(listener: Listener, certificate: LocalCertificate, output: Output) -> None:
    address = f"https://127.0.0.1:{listener.port}/"
    facts = {
        "path": str(certificate.certificate),
        "fingerprint": certificate.fingerprint,
        "address": address,
    }
    if output.as_json:
        output.line({"listening": address, "certificate": facts["path"]})
        return
    if certificate.fresh:
        output.say(_TRUST[output.lang].format(**facts))
    shown = ", ".join(sorted(listener.origins))
    output.say(_LISTENS[output.lang].format(address=address, origins=shown))


def _listen(listener: Listener) -> None:
    """Listen until somebody stops the program."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    stopping.wait()
    listener.shutdown()
