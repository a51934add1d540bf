"""The demonstration token: SoftHSM2 in a folder, with the keys of all officers and seals.

The token is prepared by a child process, because a PKCS#11 module belongs into one process a
token, and whoever calls this may want to sign later. ``softhsm2-util`` is not used: it takes the
PIN as an argument, which every user of the machine can read while it runs; the module's own
``C_InitToken`` is called instead.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509

from docsvc.demo.errors import TokenModuleMissingError, TokenNotPreparedError
from docsvc.demo.folder import locked, write_private, write_whole

if TYPE_CHECKING:
    from docsvc.demo.pki import DemoPki

log = logging.getLogger(__name__)

LABEL = "docsvc-demo"

_MODULES = (
    Path("/usr/lib/softhsm/libsofthsm2.so"),
    Path("/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"),
    Path("/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so"),
)
_PIN_DIGITS = 8
_LIMIT_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoToken:
    """Where the token is and what is on it.

    Args:
        module: the PKCS#11 module to load; in one process only for each token.
        label: of the token.
        pin_file: holds the PIN (mode 0600).
        conf: SoftHSM's configuration; the process that loads the module needs its path in
            the environment variable ``SOFTHSM2_CONF``.
        keys: CKA_ID (hexadecimal) of each key name's private key and certificate.
    """

    module: Path
    label: str
    pin_file: Path
    conf: Path
    keys: Mapping[str, str]

    @property
    def environment(self) -> Mapping[str, str]:
        """Return what the process that loads the module needs in its environment."""
        return {"SOFTHSM2_CONF": str(self.conf)}


def token_module() -> Path:
    """Return SoftHSM's PKCS#11 module as Debian installs it.

    Raises:
        TokenModuleMissingError: the package softhsm2 is not installed.
    """
    for module in _MODULES:
        if module.exists():
            return module
    raise TokenModuleMissingError(looked_at=[str(module) for module in _MODULES])


def create(folder: Path, *, pki: DemoPki) -> DemoToken:
    """Make the token in ``folder/token``, unless it is there with exactly these keys.

    Args:
        folder: of the demonstration instance.
        pki: whose officers' and seals' keys and certificates are imported.

    Raises:
        TokenModuleMissingError: the package softhsm2 is not installed.
        TokenNotPreparedError: the child process failed, or took too long.
    """
    place = (folder / "token").absolute()
    token = _token(place, {name: _key_id(pki.certificate(name)) for name in pki.issuer_of})
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    with locked(place):
        if _keys_on(place) != token.keys:
            _make(token, place, pki)
    log.info("demo.token-ready", extra={"keys": len(token.keys)})
    return token


def load(folder: Path) -> DemoToken:
    """Return the token that ``create`` made in this demonstration folder.

    Raises:
        FileNotFoundError: there is none, or it was not finished.
        TokenModuleMissingError: the package softhsm2 is not installed.
    """
    place = (folder / "token").absolute()
    keys = _keys_on(place)
    if keys is None:
        raise FileNotFoundError(place / "keys.json")
    return _token(place, keys)


def _token(place: Path, keys: Mapping[str, str]) -> DemoToken:
    return DemoToken(
        module=token_module(),
        label=LABEL,
        pin_file=place / "pin",
        conf=place / "softhsm2.conf",
        keys=keys,
    )


def _key_id(certificate: bytes) -> str:
    """Return the subject key identifier, which is what most tools choose as CKA_ID."""
    public = x509.load_der_x509_certificate(certificate).public_key()
    return x509.SubjectKeyIdentifier.from_public_key(public).digest.hex()


def _keys_on(place: Path) -> Mapping[str, str] | None:
    """Return what a finished token holds; None where there is none."""
    try:
        keys: Mapping[str, str] = json.loads((place / "keys.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return keys


def _make(token: DemoToken, place: Path, pki: DemoPki) -> None:
    """Make the token anew; ``keys.json``, written last, says that it was finished."""
    (place / "keys.json").unlink(missing_ok=True)
    shutil.rmtree(place / "tokens", ignore_errors=True)
    (place / "tokens").mkdir(mode=0o700)
    write_whole(token.conf, _configuration(place).encode())
    pin = "".join(secrets.choice("0123456789") for _ in range(_PIN_DIGITS))
    write_private(token.pin_file, pin.encode())
    _import(token, pki)
    write_whole(place / "keys.json", json.dumps(dict(token.keys), indent=1).encode())


def _configuration(place: Path) -> str:
    return (
        f"directories.tokendir = {place}/tokens\n"
        "objectstore.backend = file\n"
        "log.level = ERROR\n"
        "slots.removable = false\n"
    )


def _import(token: DemoToken, pki: DemoPki) -> None:
    """Let the child process initialise the token and import the keys."""
    order = {
        "module": str(token.module),
        "label": token.label,
        "pin_file": str(token.pin_file),
        "keys": {
            name: {
                "id": key_id,
                "key": str(pki.key_file(name).absolute()),
                "certificate": str(pki.certificate_file(name).absolute()),
            }
            for name, key_id in token.keys.items()
        },
    }
    try:
        subprocess.run(
            [sys.executable, "-m", "docsvc.demo.token_import"],
            input=json.dumps(order).encode(),
            env=os.environ | dict(token.environment),
            capture_output=True,
            timeout=_LIMIT_S,
            check=True,
        )
    except subprocess.TimeoutExpired as error:
        raise TokenNotPreparedError(waited_s=_LIMIT_S) from error
    except subprocess.CalledProcessError as error:
        # The last line names the error; no error of ours or of the module quotes the PIN.
        lines = error.stderr.decode(errors="replace").strip().splitlines() or [""]
        raise TokenNotPreparedError(exit_code=error.returncode, reason=lines[-1]) from error
