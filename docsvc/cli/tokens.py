"""``docsvc doctor --token``: slots, tokens and certificates, and whether the inventory has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from docsvc.cli.output import Lang, Output
from docsvc.clock import SystemClock
from docsvc.db.engine import open_engine
from docsvc.db.transactions import transactions_of
from docsvc.organisations import queries
from docsvc.steps.sign import survey
from docsvc.steps.sign.survey import CertificateText, Look, Place
from signing.signers.pkcs11 import PinState
from verification.masking import shown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from docsvc.organisations.queries import CertificateRecord
    from docsvc.settings import Settings
    from signing.signers.pkcs11 import CertificateSeen, TokenSeen

_NOT_FOUND = "signing.token-not-found"
_HEADS = {
    Lang.VI: ["", "chứng thư số", "khóa", "CKA_ID", "hiệu lực", "danh mục"],
    Lang.EN: ["", "certificate", "key", "CKA_ID", "valid", "inventory"],
}


def show(output: Output, chosen: Settings, *, label: str | None, modules: tuple[Path, ...]) -> int:
    """Show what the modules show; nobody is asked for a PIN.

    Returns:
        0 if every module answered and, where a label is named, its token is there and not locked.
    """
    places = survey.places_of(chosen.tokens)
    places += tuple(Place(module=one, environment={}) for one in modules)
    looks = [survey.look(place) for place in places]
    if label is not None:
        looks = [one.named(label) for one in looks]
    known = _inventory(chosen)
    if output.as_json:
        output.document([_facts(one, known) for one in looks])
    else:
        for one in looks:
            _print(output, one, known)
    return _verdict(output, looks, label)


def _verdict(output: Output, looks: list[Look], label: str | None) -> int:
    tokens = [slot.token for one in looks for slot in one.slots if slot.token]
    if not tokens:
        output.warn(_NOT_FOUND, {"token": label or ""})
        return 1
    bad = any(one.code for one in looks) or any(t.pin is PinState.LOCKED for t in tokens)
    return 1 if bad else 0


def _inventory(chosen: Settings) -> Mapping[str, CertificateRecord] | None:
    """Return the inventory by fingerprint; None where there is no database to ask."""
    if not chosen.database_url and not (chosen.data_dir / "docsvc.sqlite").is_file():
        return None
    engine = open_engine(chosen.database)
    try:
        with transactions_of(engine)() as tx:
            return {one.fingerprint: one for one in queries.certificates(tx)}
    except DBAPIError:  # a database without our tables, or none that answers
        return None
    finally:
        engine.dispose()


def _print(output: Output, one: Look, known: Mapping[str, CertificateRecord] | None) -> None:
    output.say(str(one.module))
    if one.code:
        output.warn(one.code, {"module": str(one.module), "token": ""})
    for slot in one.slots:
        if slot.token is None:
            state = output.sentence(slot.code or "devices.slot-empty", {"token": ""})
            output.say(f"  [{slot.number}] {shown(slot.description)}: {state}")
            continue
        _print_token(output, slot.number, slot.token, known)


def _print_token(
    output: Output, number: int, token: TokenSeen, known: Mapping[str, CertificateRecord] | None
) -> None:
    pin = output.sentence(survey.pin_code(token.pin))
    if token.has_key_pad:
        pin = f"{pin} {output.sentence('devices.key-pad')}"
    output.say(
        f"  [{number}] {shown(token.label)} · {_serial(token)} · "
        f"{shown(token.manufacturer)} {shown(token.model)}"
    )
    output.say(f"      {pin}")
    rows = [_row(output, one, known) for one in token.certificates]
    if rows:
        output.table(_HEADS[output.lang], rows)
    else:
        output.say(f"      {output.sentence('devices.no-certificates')}")


def _serial(token: TokenSeen) -> str:
    """Return the serial as the settings take it: it is a device's, not a person's."""
    return token.serial if token.serial.isprintable() else "–"


def _row(
    output: Output, one: CertificateSeen, known: Mapping[str, CertificateRecord] | None
) -> list[str]:
    text = survey.described(one.der)
    if text is None:
        return ["✗", shown(one.label), "–", one.key_id, "–", "–"]
    state = _state(text, known)
    return [
        "✓" if state == "devices.known" else "·",
        text.subject,
        text.key,
        one.key_id,
        f"{text.valid_from:%d/%m/%Y} – {text.valid_to:%d/%m/%Y}",
        output.sentence(state),
    ]


def _state(text: CertificateText, known: Mapping[str, CertificateRecord] | None) -> str:
    """Return the code of what is to be said about a certificate, the worst first."""
    now = SystemClock().now()
    if text.valid_to < now:
        return "devices.expired"
    if text.is_authority:
        return "devices.authority"
    if known is None:
        return "devices.no-inventory"
    record = known.get(text.sha256)
    if record is None:
        return "devices.unknown"
    return "devices.lost" if record.lost_on is not None else "devices.known"


def _facts(one: Look, known: Mapping[str, CertificateRecord] | None) -> dict[str, Any]:
    return {
        "module": str(one.module),
        "code": one.code or None,
        "slots": [
            {
                "number": slot.number,
                "description": shown(slot.description),
                "code": slot.code or None,
                "token": slot.token and _token_facts(slot.token, known),
            }
            for slot in one.slots
        ],
    }


def _token_facts(token: TokenSeen, known: Mapping[str, CertificateRecord] | None) -> dict[str, Any]:
    return {
        "label": shown(token.label),
        "serial": _serial(token),
        "manufacturer": shown(token.manufacturer),
        "model": shown(token.model),
        "pin": token.pin,
        "key_pad": token.has_key_pad,
        "certificates": [_certificate_facts(one, known) for one in token.certificates],
    }


def _certificate_facts(
    one: CertificateSeen, known: Mapping[str, CertificateRecord] | None
) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "key_id": one.key_id,
        "label": shown(one.label),
        "has_key": one.has_key,
        "readable": False,
    }
    text = survey.described(one.der)
    if text is None:
        return facts
    return facts | {
        "readable": True,
        "sha256": text.sha256,
        "subject": text.subject,
        "issuer": text.issuer,
        "serial": text.serial,
        "key": text.key,
        "valid_from": text.valid_from.isoformat(),
        "valid_to": text.valid_to.isoformat(),
        "state": _state(text, known).removeprefix("devices."),
    }
