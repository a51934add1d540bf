"""The child process of ``docsvc.demo.token``: makes a new token and imports keys into it.

It reads its order as JSON from standard input, says nothing, and alone loads the PKCS#11 module.
"""

from __future__ import annotations

import ctypes
import json
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pkcs11
from cryptography.hazmat.primitives import serialization
from pkcs11.util.rsa import decode_rsa_private_key
from pkcs11.util.x509 import decode_x509_certificate

if TYPE_CHECKING:
    from collections.abc import Mapping

# PKCS#11 2.40 §3: names and values of the header file.
_CKR_OK = 0
_CKU_SO = 0
_CKF_RW_SERIAL_SESSION = 0x2 | 0x4
_LABEL_BYTES = 32


class _ModuleError(Exception):
    """A function of the PKCS#11 module failed; its name and its CKR value."""


def main() -> int:
    """Carry out the order of standard input."""
    order = json.load(sys.stdin)
    pin = Path(order["pin_file"]).read_text(encoding="ascii")
    _initialise(order["module"], label=order["label"], pin=pin)
    token = pkcs11.lib(order["module"]).get_token(token_label=order["label"])
    with token.open(rw=True, user_pin=pin) as session:
        for name, entry in order["keys"].items():
            _import(session, name, entry)
    return 0


def _initialise(module: str, *, label: str, pin: str) -> None:
    """Make the token in the module's free slot.

    python-pkcs11 0.9 has no call for it. The security officer's PIN is thrown away: who loses
    the user's PIN makes a new demonstration.
    """
    functions = ctypes.CDLL(module)

    def call(name: str, *arguments: object) -> None:
        result = functions[name](*arguments)
        if result != _CKR_OK:
            raise _ModuleError(name, hex(result))

    slot, session, count = ctypes.c_ulong(), ctypes.c_ulong(), ctypes.c_ulong(1)
    officer = secrets.token_hex(8).encode()
    user = pin.encode()
    call("C_Initialize", None)
    call("C_GetSlotList", ctypes.c_ubyte(0), ctypes.byref(slot), ctypes.byref(count))
    padded = label.encode().ljust(_LABEL_BYTES)
    call("C_InitToken", slot, officer, ctypes.c_ulong(len(officer)), padded)
    flags = ctypes.c_ulong(_CKF_RW_SERIAL_SESSION)
    call("C_OpenSession", slot, flags, None, None, ctypes.byref(session))
    call("C_Login", session, ctypes.c_ulong(_CKU_SO), officer, ctypes.c_ulong(len(officer)))
    call("C_InitPIN", session, user, ctypes.c_ulong(len(user)))
    call("C_Finalize", None)


def _import(session: pkcs11.Session, name: str, entry: Mapping[str, str]) -> None:
    """Bring one private key and its certificate onto the token, under one label and CKA_ID."""
    certificate = Path(entry["certificate"]).read_bytes()
    pem = Path(entry["key"]).read_bytes()
    key = serialization.load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)
    pkcs1 = key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    common = {
        pkcs11.Attribute.TOKEN: True,
        pkcs11.Attribute.LABEL: name,
        pkcs11.Attribute.ID: bytes.fromhex(entry["id"]),
    }
    usage = {
        pkcs11.Attribute.PRIVATE: True,
        pkcs11.Attribute.SENSITIVE: True,
        pkcs11.Attribute.EXTRACTABLE: False,
    }
    capabilities = pkcs11.MechanismFlag.SIGN
    session.create_object(decode_rsa_private_key(pkcs1, capabilities) | common | usage)
    session.create_object(decode_x509_certificate(certificate) | common)


if __name__ == "__main__":
    sys.exit(main())
