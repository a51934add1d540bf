"""Settings: read once, from one TOML file and ``DOCSVC_*``, into a frozen record.

A key nobody knows is refused: a misspelt setting must not be a silent default.
"""

from __future__ import annotations

import os
import tomllib
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from docsvc.errors import DocsvcError

if TYPE_CHECKING:
    from collections.abc import Mapping

_PREFIX = "DOCSVC_"
# Names the file; every other variable with the prefix is a setting.
_CONFIG = "DOCSVC_CONFIG"
# Scheme, host and port alone: it becomes part of a policy that browsers hold pages to.
_ADDRESS = r"^wss?://[A-Za-z0-9.\-]+(:[0-9]{1,5})?$"
_LISTS = frozenset({"fetch_allow", "fetch_networks"})


class SettingsError(DocsvcError):
    """The settings cannot be read: what and where is in the facts."""

    code = "settings.invalid"


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Token(_Record):
    """A cryptographic token that is attached to this machine."""

    label: str
    """Label of the token, as its own tools show it; the certificates of the inventory name it."""
    module: Path
    """PKCS#11 library of the token's maker."""
    serial: str = ""
    """Serial of the token, where several with this label are plugged in (``docsvc doctor --token``
    shows it); empty: the only one."""
    pin_file: Path | None = None
    """File that holds the PIN and nothing else, readable by the service alone; none: the PIN is
    typed on the reader's own key pad."""
    environment: dict[str, str] = {}
    """Variables that the library wants to find, such as ``SOFTHSM2_CONF``."""


class TimestampAuthority(_Record):
    """A timestamp authority (RFC 3161); several are asked in the order of the file."""

    url: str
    """Its address; user and password may stand in it."""
    timeout_s: float = Field(default=180.0, gt=0)
    """How long one call may take, in seconds; the Government's takes up to 131."""
    tries: int = Field(default=1, ge=1, le=5)
    """How often it is asked before the next one is."""
    at_once: int = Field(default=4, ge=1)
    """How many calls a worker makes at once."""
    per_day: int = Field(default=0, ge=0)
    """How many timestamps it gives in a day; 0: as many as one likes."""


class Provider(_Record):
    """A service that holds keys, or reaches the phones that do, and answers later."""

    name: str = Field(min_length=1, max_length=80)
    """Own name of the provider; certificates of the inventory name it where others name a token,
    with the phone number, credential or account as the key."""
    kind: Literal["mobile-soap", "mobile-json", "csc", "smartca", "mysign"]
    """What it speaks: ETSI TS 102 204 over SOAP or as JSON, CSC API, VNPT SmartCA, MySign."""
    url: str
    """Address of the service."""
    account: str = ""
    """Name under which it knows this installation (AP_ID, client_id, sp_id)."""
    secret_file: Path | None = None
    """File that holds the secret of that account and nothing else."""
    certificate_file: Path | None = None
    """Certificate and key (PEM) that this installation shows to the service, if it wants one."""
    ca_file: Path | None = None
    """Authorities (PEM) that the service's own certificate is checked against; none: those of the
    system."""
    mode: Literal["synch", "asynchClientServer", "asynchServerServer"] = "asynchClientServer"
    """How the answer comes, in the words of TS 102 204: in the same call, asked for, called back.
    One that is called back is asked for as well."""
    callback_url: str = ""
    """Address that is given to the service for its call-backs; empty: that of ``base_url``."""
    callback_secret_file: Path | None = None
    """File that holds the secret by which call-backs are known to be the service's."""
    options: dict[str, str] = {}
    """What only this kind of provider knows, such as the URI of a signature profile."""
    timeout_s: float = Field(default=30.0, gt=0, le=900)
    """How long one call may take, in seconds."""
    valid_for_s: float = Field(default=300.0, gt=0, le=3600)
    """How long the holder has to answer, in seconds."""
    requests_at_once: int = Field(default=1, ge=1, le=1000)
    """Requests that may wait for the holder of one key; the next ones wait for their turn."""
    items_per_request: int = Field(default=1, ge=1, le=500)
    """Documents of a batch that the holder may be asked for at once."""


# Settings that hold tables, each of a kind: only a file can hold them.
TABLES: dict[str, type[BaseModel]] = {
    "timestamp_authorities": TimestampAuthority,
    "tokens": Token,
    "providers": Provider,
}


class Settings(_Record):
    """Everything that differs between installations."""

    data_dir: Path = Path("var")
    """Folder of this installation: lock, and whatever the addresses below do not put elsewhere."""
    database_url: str = ""
    """SQLAlchemy address; empty: SQLite in ``data_dir``. Several workers need PostgreSQL."""
    blobs_url: str = ""
    """``file:///folder`` or ``s3://bucket[/prefix]`` (keys come from ``AWS_*``); empty: a folder
    in ``data_dir``."""
    archive_url: str = ""
    """Address of the OCFL storage root, as ``blobs_url``; empty: a folder in ``data_dir``."""
    base_url: str = "http://127.0.0.1:8000"
    """Address at which people reach the service; cookies and forms are bound to it."""
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = 8000
    """Port to listen on."""
    executor: str = "docsvc-0"
    """Stable name of this worker, different for each; after a restart it takes up its own work."""
    workers: int = 2
    """Child processes that open files: how many files are open at once."""
    trust_dir: Path = Path("var/trust")
    """Folder of trust anchors, intermediates and revocation lists."""
    policy_file: str = ""
    """TOML file of the policy that signatures are judged by; empty: the built-in one."""
    tsa_url: str = ""
    """Address of the timestamp authority (RFC 3161)."""
    tsa_timeout_s: float = 180.0
    """How long a call to the timestamp authority may take, in seconds."""
    timestamp_authorities: tuple[TimestampAuthority, ...] = ()
    """``[[timestamp_authorities]]`` tables, in the file only: in the place of ``tsa_url``, where
    more than one is to be asked or more is to be said of one."""
    fetch: Literal["off", "listed", "open"] = "listed"
    """Whose CRLs and OCSP responders may be asked: nobody's, those of ``fetch_allow``, or any on
    the public internet. If nothing is set, ``docsvc verify`` without ``--offline`` takes
    ``open``."""
    fetch_allow: tuple[str, ...] = ()
    """Hosts, ``host`` or ``host:port``, whose CRLs and OCSP responders may be asked."""
    fetch_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    """Networks that are not public and in which hosts of ``fetch_allow`` may be found all the same,
    such as ``10.0.0.0/8``."""
    fetch_timeout_s: float = 15.0
    """How long one answer of a CRL server or an OCSP responder may take, in seconds."""
    fetch_issuers: bool = False
    """Also fetch certificates of issuers that are missing, from the addresses in certificates."""
    revocation_dir: Path | None = None
    """Folder in which answers of CRL servers and OCSP responders are kept; none: a folder in
    ``data_dir``."""
    revocation_bytes: int = 1024**3
    """Size of that folder, at most; what was not used for the longest time goes first."""
    tokens: tuple[Token, ...] = ()
    """Tokens of this machine: ``[[tokens]]`` tables, in the file only."""
    providers: tuple[Provider, ...] = ()
    """Providers whose signatures come later: ``[[providers]]`` tables, in the file only."""
    report_certificate: str = ""
    """SHA-256 (hex) of a body's certificate in the inventory, whose key seals reports on
    signatures; empty: they are not sealed. Anybody may ask for a report: give it a token of its
    own."""
    handout_minutes: Annotated[int, Field(ge=1, le=24 * 60)] = 30
    """How long a file that was handed out to be signed on somebody's own PC may come back, in
    minutes."""
    handout_new_fields: bool = True
    """Also take a file back whose signature is in a new field of the tool's own making, in place of
    the one that was reserved for it: the Government's helper knows no reserved fields."""
    helper_address: Annotated[str, Field(pattern=_ADDRESS)] = "wss://127.0.0.1:8987"
    """Where pages find the signing helper on the PC of whoever uses them: the Government's, or
    ``docsvc agent``."""
    server_side_personal_keys: bool = False
    """Let this machine sign with leaders' personal keys. The law wants them under the leader's
    own control; the demonstration switches it on."""
    demonstration: bool = False
    """Run the demonstration authority and say on every page that nothing here is real."""
    max_upload_bytes: int = 200 * 1024 * 1024
    """Size of an upload, at most."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """How much is logged, as JSON lines on standard error."""

    @model_validator(mode="after")
    def _own_names(self) -> Self:
        """Refuse two devices of one name: the inventory could not tell them apart."""
        names = [t.label for t in self.tokens] + [p.name for p in self.providers]
        if len(names) != len(set(names)):
            msg = "tokens and providers need names of their own"
            raise ValueError(msg)
        return self

    @property
    def database(self) -> str:
        """Return the SQLAlchemy address of the database: SQLite in ``data_dir`` if none is set."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'docsvc.sqlite').absolute()}"

    @property
    def blobs(self) -> str:
        """Return the address of the blob store: a folder in ``data_dir`` if none is set."""
        return self.blobs_url or (self.data_dir / "blobs").absolute().as_uri()

    @property
    def revocation(self) -> Path:
        """Return the folder of answers about revocation: one in ``data_dir`` if none is set."""
        return self.revocation_dir or self.data_dir / "revocation"

    @property
    def authorities(self) -> tuple[TimestampAuthority, ...]:
        """Return the timestamp authorities in the order in which they are asked."""
        one = TimestampAuthority(url=self.tsa_url, timeout_s=self.tsa_timeout_s)
        return self.timestamp_authorities or ((one,) if self.tsa_url else ())

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
            over ``database_url`` of the file, ``DOCSVC_FETCH_ALLOW`` and
            ``DOCSVC_FETCH_NETWORKS`` are separated by commas.

    Raises:
        SettingsError: the file cannot be read, or a key or value is not known.
    """
    env = os.environ if environment is None else environment
    chosen = path or (Path(env[_CONFIG]) if _CONFIG in env else None)
    if chosen is None and Path("docsvc.toml").is_file():
        chosen = Path("docsvc.toml")
    try:
        values = tomllib.loads(chosen.read_text("utf-8")) if chosen else {}
    except (OSError, ValueError) as e:  # not there, not UTF-8, or not TOML
        raise SettingsError(path=str(chosen), problem=str(e)) from e
    values |= _from_environment(env)
    try:
        return Settings.model_validate(values)
    except ValidationError as e:
        keys = ", ".join(".".join(map(str, x["loc"])) or x["msg"] for x in e.errors())
        raise SettingsError(path=str(chosen or "DOCSVC_*"), problem=keys) from e


def _from_environment(env: Mapping[str, str]) -> dict[str, object]:
    """Return what ``DOCSVC_*`` sets.

    Raises:
        SettingsError: a variable has our prefix and names no setting: a misspelt one.
    """
    names = {_PREFIX + name.upper(): name for name in set(Settings.model_fields) - set(TABLES)}
    ours = {key for key in env if key.startswith(_PREFIX)} - {_CONFIG}
    if unknown := sorted(ours - set(names)):
        raise SettingsError(path=f"{_PREFIX}*", problem=", ".join(unknown))
    values: dict[str, object] = {names[key]: env[key] for key in ours}
    for name in _LISTS & set(values):
        entries = str(values[name]).split(",")
        values[name] = tuple(entry.strip() for entry in entries if entry.strip())
    return values
