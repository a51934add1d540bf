"""Tokens with the keys of holders: SoftHSM, and NSS softokn as the module of another maker."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pkcs11
from pkcs11 import Attribute
from pkcs11.util.x509 import decode_x509_certificate
from support import nss

from docsvc.demo.token import token_module

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from holders import Holder

LABEL, PIN = "oracle", "824613"


@contextmanager
def softhsm(folder: Path, held: Iterable[Holder]) -> Iterator[str]:
    """Make a token with keys, for this process and its children; yield the module's path."""
    (folder / "tokens").mkdir(parents=True)
    conf = folder / "softhsm2.conf"
    conf.write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\n")
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(conf)
    try:
        _util("--init-token", "--free", "--label", LABEL, "--so-pin", "99887766", "--pin", PIN)
        holders = {f"{number:02x}": holder for number, holder in enumerate(held, 1)}
        for key_id, holder in holders.items():
            file = folder / "key.pem"
            file.write_bytes(holder.key_pem)
            _util(
                "--import", str(file), "--token", LABEL, "--label", holder.name,
                "--id", key_id, "--pin", PIN,
            )  # fmt: skip
            file.unlink()
        module = token_module()
        library = pkcs11.lib(str(module))
        library.reinitialize()
        _bring_certificates(library, holders)
        yield str(module)
        library.finalize()
    finally:
        os.environ.pop("SOFTHSM2_CONF")
        if before is not None:
            os.environ["SOFTHSM2_CONF"] = before


@contextmanager
def softokn(folder: Path, held: Iterable[Holder]) -> Iterator[str]:
    """Make a database of NSS with keys; yield the path of the module that opens it."""
    folder.mkdir()
    module = nss.make(folder, PIN)
    for holder in held:
        own, *above = holder.certificates
        nss.bring(folder, holder.name, holder.key, own, above)
    yield str(module)


def _util(*arguments: str) -> None:
    subprocess.run(["softhsm2-util", *arguments], check=True, capture_output=True)


def _bring_certificates(library: pkcs11.lib, holders: Mapping[str, Holder]) -> None:
    """Bring the certificates under the CKA_ID of their keys, and those of the authorities."""
    certificates = {key_id: holder.chain[0] for key_id, holder in holders.items()}
    above = {der for holder in holders.values() for der in holder.chain[1:]}
    certificates |= {f"ca{number:02x}": der for number, der in enumerate(sorted(above))}
    with library.get_token(token_label=LABEL).open(rw=True, user_pin=PIN) as session:
        for key_id, der in certificates.items():
            session.create_object(
                decode_x509_certificate(der)
                | {
                    Attribute.ID: bytes.fromhex(key_id),
                    Attribute.LABEL: key_id,
                    Attribute.TOKEN: True,
                }
            )
