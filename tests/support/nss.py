"""NSS softokn as a PKCS#11 module: another code base than SoftHSM, with keys of our own in it.

softokn wants to be told its database when it is initialised, and the binding tells modules
nothing: a few lines of C in front of it do.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12PrivateKeyTypes

LABEL = "NSS Certificate DB"
_SOFTOKN = "libsoftokn3.so"
_FOLDERS = ("/usr/lib", "/usr/lib64", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu")

# The function list has a version (padded to 8 bytes) and 68 pointers, C_Initialize the first.
_FRONT = r"""
#include <dlfcn.h>
#include <string.h>

typedef unsigned long rv;
typedef struct { unsigned char version[8]; void *calls[68]; } functions;
typedef struct {
  void *mutexes[4];
  unsigned long flags;
  char *parameters;
  void *reserved;
} arguments;

static functions ours;
static rv (*theirs)(void *);

static rv initialize(void *ignored) {
  arguments told = {{0}, 2, PARAMETERS, 0};
  return theirs(&told);
}

rv C_GetFunctionList(functions **list) {
  void *softokn = dlopen(SOFTOKN, RTLD_NOW);
  rv (*get)(functions **) = softokn ? (rv (*)(functions **))dlsym(softokn, "C_GetFunctionList") : 0;
  functions *found;
  if (!get || get(&found)) return 5;
  memcpy(&ours, found, sizeof ours);
  theirs = (rv (*)(void *))found->calls[0];
  ours.calls[0] = (void *)initialize;
  *list = &ours;
  return 0;
}
"""


def softokn() -> Path | None:
    """Return the library, where the distribution has put it."""
    places = [Path(folder) / sub / _SOFTOKN for folder in _FOLDERS for sub in ("", "nss")]
    return next((place for place in places if place.exists()), None)


def missing() -> str:
    """Say what is not installed; empty where everything is."""
    tools = [name for name in ("certutil", "pk12util", "cc") if shutil.which(name) is None]
    if softokn() is None:
        tools.append(_SOFTOKN)
    return ", ".join(tools)


def make(folder: Path, pin: str) -> Path:
    """Make a database with a PIN, and return the module that opens it."""
    database, secret = folder / "database", folder / "pin"
    database.mkdir()
    secret.write_text(pin + "\n")
    _run("certutil", "-N", "-d", f"sql:{database}", "-f", str(secret))
    source, module = folder / "front.c", folder / "front.so"
    source.write_text(_FRONT)
    parameters = f"configdir='sql:{database}' certPrefix='' keyPrefix='' secmod='secmod.db'"
    _run(
        "cc", "-shared", "-fPIC", f'-DSOFTOKN="{softokn()}"', f'-DPARAMETERS="{parameters}"',
        "-o", str(module), str(source), "-ldl",
    )  # fmt: skip
    return module


def bring(
    folder: Path,
    name: str,
    key: PKCS12PrivateKeyTypes,
    certificate: x509.Certificate,
    issuers: list[x509.Certificate],
) -> None:
    """Bring a key with its certificates into the database."""
    file = folder / "key.p12"
    encryption = BestAvailableEncryption(b"password")
    file.write_bytes(
        pkcs12.serialize_key_and_certificates(name.encode(), key, certificate, issuers, encryption)
    )
    _run(
        "pk12util", "-i", str(file), "-W", "password", "-d", f"sql:{folder / 'database'}",
        "-k", str(folder / "pin"),
    )  # fmt: skip


def _run(*arguments: str) -> None:
    subprocess.run(arguments, check=True, capture_output=True, timeout=60)
