"""Settings: read once, from one TOML file and ``DOCSVC_*``, into a frozen record.

A key nobody knows is refused: a misspelt setting must not be a silent default.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from docsvc.errors import DocsvcError

if TYPE_CHECKING:
    from collections.abc import Mapping

_PREFIX = "DOCSVC_"


class SettingsError(DocsvcError):
    """The settings cannot be read: what and where is in the facts."""

    code = "settings.invalid"


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Token(_Record):
    """A cryptographic token that is attached to this machine."""

    label: str
    module: Path
    pin_file: Path
    environment: dict[str, str] = {}


class Settings(_Record):
    """Everything that differs between installations.

    ``blobs_url`` is ``file:///folder`` or ``s3://bucket``; keys of an S3 store come from the
    usual ``AWS_*`` variables. ``workers`` counts the child processes that open files.
    """

    data_dir: Path = Path("var")
    database_url: str = ""
    blobs_url: str = ""
    archive_url: str = ""
    base_url: str = "http://127.0.0.1:8000"
    host: str = "127.0.0.1"
    port: int = 8000
    executor: str = "docsvc-0"
    workers: int = 2
    trust_dir: Path = Path("var/trust")
    tsa_url: str = ""
    tsa_timeout_s: float = 180.0
    fetch_allow: tuple[str, ...] = ()
    tokens: tuple[Token, ...] = ()
    server_side_personal_keys: bool = False
    demonstration: bool = False
    max_upload_bytes: int = 200 * 1024 * 1024
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def database(self) -> str:
        """Return the SQLAlchemy address of the database: SQLite in ``data_dir`` if none is set."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'docsvc.sqlite').absolute()}"

    @property
    def blobs(self) -> str:
        """Return the address of the blob store: a folder in ``data_dir`` if none is set."""
        return self.blobs_url or (self.data_dir / "blobs").absolute().as_uri()

    @property
    def archive(self) -> str:
        """Return the address of the OCFL storage root: a folder in ``data_dir`` if none is set."""
        return self.archive_url or (self.data_dir / "archive").absolute().as_uri()


def load(path: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings.

    Args:
        path: a TOML file; else the one that ``DOCSVC_CONFIG`` names; else ``docsvc.toml``
            of the working folder if there is one.
        environment: instead of the environment of the process; ``DOCSVC_DATABASE_URL=…`` wins
            over ``database_url`` of the file.

    Raises:
        SettingsError: the file cannot be read, or a key or value is not known.
    """
    env = os.environ if environment is None else environment
    chosen = path or (Path(env["DOCSVC_CONFIG"]) if "DOCSVC_CONFIG" in env else None)
    if chosen is None and Path("docsvc.toml").is_file():
        chosen = Path("docsvc.toml")
    try:
        values = tomllib.loads(chosen.read_text("utf-8")) if chosen else {}
    except (OSError, tomllib.TOMLDecodeError) as e:
        raise SettingsError(path=str(chosen), problem=str(e)) from e
    names = {n for n, f in Settings.model_fields.items() if n not in {"tokens", "fetch_allow"}}
    values |= {name: env[_PREFIX + name.upper()] for name in names if _PREFIX + name.upper() in env}
    try:
        return Settings.model_validate(values)
    except ValidationError as e:
        keys = ", ".join(".".join(map(str, x["loc"])) for x in e.errors())
        raise SettingsError(path=str(chosen or "DOCSVC_*"), problem=keys) from e
