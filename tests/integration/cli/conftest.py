"""A service at the end of whose road three documents stand, and the commands run against it."""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from support import road

from docsvc.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.demo import DemoInstance
    from support.road import Road


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Read standard output as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def document(self) -> Any:
        """Read standard output as one JSON document."""
        return json.loads(self.out)


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory, demo_instance: DemoInstance) -> Iterator[Road]:
    """Three documents, published; nothing works on them any more. Tests change nothing in it."""
    with road.opened(tmp_path_factory.mktemp("town") / "var", demo_instance) as opened:
        opened.walk(opened.feed(3))
        yield opened


@pytest.fixture
def docsvc(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Iterator[Callable[..., Ended]]:
    """Run ``docsvc`` with arguments, in this process, in an empty folder."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")

    def run(*arguments: str | Path, config: Path | None = None, **environment: str) -> Ended:
        with monkeypatch.context() as patched:
            patched.setattr(sys, "argv", ["docsvc", *map(str, arguments)])
            if config is not None:
                patched.setenv("DOCSVC_CONFIG", str(config))
            for name, value in environment.items():
                patched.setenv(name, value)
            with pytest.raises(SystemExit) as ended:
                main.main()
        said = capsys.readouterr()
        code = ended.value.code
        return Ended(code=code if isinstance(code, int) else 0, out=said.out, err=said.err)

    yield run
    root.handlers[:] = handlers
    root.setLevel(level)
