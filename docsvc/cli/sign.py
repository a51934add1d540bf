"""``docsvc sign``: one file, with a token, without the service."""

from __future__ import annotations

import hashlib
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from docsvc import logs, settings
from docsvc.cli.output import JsonOption, Lang, LangOption, Output
from docsvc.clock import SystemClock
from docsvc.errors import CodedError, DocsvcError
from docsvc.revocation.indexes import FolderIndex
from docsvc.revocation.opening import open_online
from docsvc.sandbox import Sandbox
from docsvc.settings import TimestampAuthority
from docsvc.steps.classify.model import Hints
from docsvc.steps.sign.rules import FIELD_OF, places_of
from docsvc.steps.sign.tasks import reserved
from docsvc.steps.timestamp.service import Augmenter
from docsvc.timestamps.service import Authorities
from signing.at_once import sign_at_once
from signing.errors import SigningError
from signing.model import Level, ReservedPlaces, Role, SignaturePlan
from signing.signers.base import Completed, Item, Request
from signing.signers.pkcs11 import Pkcs11Signer

if TYPE_CHECKING:
    from collections.abc import Callable

    from docsvc.settings import Settings

_REFUSED = "signing.refused"
_CLASSIFY = "docsvc.steps.classify.tasks:classify"


class PinMissingError(DocsvcError):
    """The environment variable that should hold the PIN is not set; nothing was signed."""

    code = "sign.pin-missing"


class KeyAmbiguousError(DocsvcError):
    """The token holds no key, or several and none was named; nothing was signed."""

    code = "sign.key-ambiguous"


class TimestampMissingError(DocsvcError):
    """The level needs a timestamp authority and none is named; nothing was signed."""

    code = "sign.no-timestamp-authority"


def sign(  # noqa: PLR0913  # the options of the contract
    source: Annotated[
        Path, typer.Argument(metavar="IN", exists=True, dir_okay=False, help="tệp PDF cần ký")
    ],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="tệp kết quả")],
    *,
    role: Annotated[Role, typer.Option(help="leader | organisation")],
    module: Annotated[Path, typer.Option(help="thư viện PKCS#11")],
    token: Annotated[str, typer.Option(help="nhãn thiết bị")],
    pin_env: Annotated[
        str,
        typer.Option(help="tên biến môi trường chứa mã PIN; để trống: nhập trên bàn phím đầu đọc"),
    ] = "",
    serial: Annotated[str, typer.Option(help="số sê-ri, khi nhiều thiết bị cùng nhãn")] = "",
    use_last_try: Annotated[
        bool, typer.Option("--use-last-try", help="đồng ý dùng lần thử mã PIN cuối cùng")
    ] = False,
    key_id: Annotated[str | None, typer.Option(help="CKA_ID, hệ 16")] = None,
    level: Annotated[Level, typer.Option(help="mức chữ ký PAdES")] = Level.B_B,
    tsa: Annotated[str | None, typer.Option(help="địa chỉ máy chủ dấu thời gian")] = None,
    image: Annotated[Path | None, typer.Option(help="ảnh chữ ký hoặc con dấu, PNG")] = None,
    as_json: JsonOption = False,
    lang: LangOption = Lang.VI,
) -> int:
    """Ký một tệp bằng thiết bị PKCS#11, không cần dịch vụ."""
    logs.configure("error")
    output = Output(as_json=as_json, lang=lang)
    chosen = settings.load()
    stamper = _stamper(chosen, level, tsa)
    try:
        signed = _signed(
            source.read_bytes(),
            Pkcs11Signer(
                str(module), token, _pin(pin_env), serial=serial, use_last_try=use_last_try
            ),
            key_id=key_id,
            role=role,
            image=image.read_bytes() if image else None,
            stamp=stamper,
        )
    except SigningError as e:
        raise CodedError.of(e) from e
    if level in {Level.B_LT, Level.B_LTA}:
        signed = _augmented(signed, chosen, stamper, level)
    target.write_bytes(signed)
    facts = {"file": str(target), "sha256": hashlib.sha256(signed).hexdigest(), "level": level}
    output.line(facts) if as_json else output.say(f"{target}: {level}")
    return 0


def _stamper(chosen: Settings, level: Level, tsa: str | None) -> Callable[[bytes], bytes] | None:
    if level is Level.B_B:
        return None
    named = (TimestampAuthority(url=tsa, timeout_s=chosen.tsa_timeout_s),) if tsa else ()
    authorities = named or chosen.authorities
    if not authorities:
        raise TimestampMissingError(level=level)
    return Authorities(authorities, clock=SystemClock(), usage=None).stamp


def _pin(variable: str) -> str | None:
    """Return the PIN of the environment; None where it is typed on the reader."""
    pin = os.environ.get(variable) if variable else None
    if variable and not pin:
        raise PinMissingError(variable=variable)
    return pin


def _signed(  # everything one signature needs
    pdf: bytes,
    signer: Pkcs11Signer,
    *,
    key_id: str | None,
    role: Role,
    image: bytes | None,
    stamp: Callable[[bytes], bytes] | None,
) -> bytes:
    """Sign with the key that is named, or with the only one there is."""
    with signer:
        keys = [key.key_id for key in signer.keys()]  # noqa: SIM118  # no mapping, a token
        chosen = key_id or (keys[0] if len(keys) == 1 else "")
        if chosen not in keys:
            raise KeyAmbiguousError(keys=", ".join(keys))
        plan = SignaturePlan(
            role=role,
            field_name=FIELD_OF[role],
            chain=signer.chain(chosen),
            image=image,
            certify=role is Role.LEADER,
        )
        base = reserved(pdf, _places(pdf), image) if role is Role.LEADER else pdf
        return sign_at_once(
            base,
            plan=plan,
            at=SystemClock().now(),
            sign=partial(_value, signer, chosen),
            stamp=stamp,
        )


def _value(signer: Pkcs11Signer, key_id: str, to_be_signed: bytes) -> bytes:
    """Let the token sign.

    Raises:
        CodedError: "no" on the reader's key pad.
    """
    answer = signer.sign(Request(key_id=key_id, items=(Item(to_be_signed=to_be_signed),)))
    if not isinstance(answer, Completed):
        raise CodedError(_REFUSED)
    (value,) = answer.values
    return value


def _places(pdf: bytes) -> ReservedPlaces:
    """Find the places on the page, in a child process."""
    sandbox = Sandbox(1)
    try:
        return places_of(sandbox.run(_CLASSIFY, pdf, Hints()).facts)
    finally:
        sandbox.stop()


def _augmented(
    signed: bytes, chosen: Settings, stamp: Callable[[bytes], bytes] | None, level: Level
) -> bytes:
    sandbox = Sandbox(1)
    augmenter = Augmenter(
        sandbox=sandbox,
        trust_dir=str(chosen.trust_dir),
        online=open_online(chosen, FolderIndex(chosen.revocation / "index"), clock=SystemClock()),
        stamp=stamp or _no_stamp,
    )
    try:
        return augmenter.to_lta(signed) if level is Level.B_LTA else augmenter.to_lt(signed)
    finally:
        sandbox.stop()


def _no_stamp(_digest: bytes) -> bytes:
    raise TimestampMissingError(level=Level.B_LTA)
