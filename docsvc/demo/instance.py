"""A whole demonstration instance in a folder: PKI, token, bodies, accounts, settings."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import update

from docsvc.access import queries as access_queries
from docsvc.access import service as access
from docsvc.access.rules import Membership, Role
from docsvc.access.service import NewAccount
from docsvc.demo import images, organisations, pki, token
from docsvc.demo.mobile import demonstration as mobile
from docsvc.demo.organisations import Organisations
from docsvc.demo.pki import DemoPki
from docsvc.demo.token import DemoToken
from docsvc.organisations.officers import set_account
from docsvc.organisations.rules import Device
from docsvc.organisations.service import (
    CertificateEntry,
    OfficerEntry,
    ParentEntry,
    UnitEntry,
    add_certificate,
)
from docsvc.organisations.service import load as load_bodies
from docsvc.organisations.tables import Certificate
from docsvc.settings import TABLES, Settings, Token
from docsvc.settings import Provider as ProviderSettings
from verification.model import Role as SignatureRole

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from docsvc.bootstrap import Services

ACTOR = "demonstration"
# Everybody who tries the demonstration knows it; a real installation has no such account.
PASSWORD = "thu-nghiem-2026"  # noqa: S105  # printed on the login page of the demonstration
_AUTHORITY_PORT = 8001
PHONES = "sim-thu-nghiem"
_WITH_PHONE = "leader-h99-12-06"
# The officer whose account is the one that the login page names.
_WITH_LOGIN = "leader-h99-12-05"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """What the folder of a demonstration holds."""

    folder: Path
    bodies: Organisations
    pki: DemoPki
    token: DemoToken
    settings: Settings


def prepare(folder: Path, *, port: int = _AUTHORITY_PORT, **changes: object) -> Instance:
    """Make the PKI, the token and the settings of a demonstration; a second time changes nothing.

    Args:
        folder: of the instance.
        port: of the demonstration authority on the loopback address.
        changes: settings that differ from the embedded ones.
    """
    bodies = organisations.load()
    made = pki.create(folder / "demo", port=port, organisations=bodies)
    keys = token.create(folder / "demo", pki=made)
    values: dict[str, object] = {
        "data_dir": folder,
        "trust_dir": made.trust,
        "tsa_url": made.tsa_url,
        "fetch_allow": (f"127.0.0.1:{made.port}",),
        "tokens": (
            Token(
                label=keys.label,
                module=keys.module,
                pin_file=keys.pin_file,
                environment=dict(keys.environment),
            ),
        ),
        "server_side_personal_keys": True,
        "demonstration": True,
    }
    settings = Settings.model_validate(values | changes)
    return Instance(folder=folder, bodies=bodies, pki=made, token=keys, settings=settings)


def write_settings(instance: Instance, path: Path) -> None:
    """Write the settings of an instance as a file that ``DOCSVC_CONFIG`` can name."""
    values = instance.settings.model_dump(mode="json", exclude_defaults=True)
    tables = {name: values.pop(name) for name in TABLES if name in values}
    lines = list(_lines(values))
    for name, entries in tables.items():
        for entry in entries:
            inner = {key: entry.pop(key) for key in list(entry) if isinstance(entry[key], dict)}
            lines += [f"\n[[{name}]]", *_lines(entry)]
            for key, value in inner.items():
                lines += [f"\n[{name}.{key}]", *_lines(value)]
    path.write_text("\n".join(lines) + "\n", "utf-8")


def _lines(values: Mapping[str, object]) -> Iterator[str]:
    """Write plain values as lines of TOML."""
    return (f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in values.items())


def populate(services: Services, instance: Instance) -> None:
    """Make bodies, officers, certificates, images and accounts known; harmless twice."""
    bodies, at = instance.bodies, services.clock.now()
    pictures = images.create(instance.folder / "demo", bodies)
    digests = {key: services.blobs.put(path.read_bytes()) for key, path in pictures.items()}
    with services.transactions() as tx:
        numbers = load_bodies(
            tx, map(_unit, bodies.units), map(_officer, bodies.officers), at=at, actor=ACTOR
        )
        for holder in bodies.holders:
            own, *issuers = instance.pki.chain(holder.key)
            leader = holder.key in numbers
            entry = CertificateEntry(
                der=own,
                issuers=tuple(issuers),
                role=SignatureRole.LEADER if leader else SignatureRole.ORGANISATION,
                unit=holder.unit,
                officer=numbers.get(holder.key),
                token=instance.token.label,
                key_id=instance.token.keys[holder.key],
                image_digest=digests[holder.key],
            )
            add_certificate(tx, entry, at=at, actor=ACTOR)
    _add_accounts(services, bodies)


def phones_of(folder: Path) -> ProviderSettings:
    """Return the settings by which a demonstration reaches its phones; they are made if need be."""
    (folder / "demo").mkdir(parents=True, exist_ok=True)
    made = mobile.prepare(folder / "demo", bodies=organisations.load())
    return ProviderSettings(
        name=PHONES,
        kind="mobile-soap",
        url=f"https://127.0.0.1:{mobile.DEFAULT_PORT}/soap",
        account=mobile.AP_ID,
        secret_file=made.secret_file,
        ca_file=made.ca_file,
    )


def hand_out_phone(services: Services, instance: Instance) -> None:
    """Let one leader sign with a phone from now on; it is played by a page."""
    numbers = mobile.prepare(instance.folder / "demo", bodies=instance.bodies).numbers
    own, *_ = instance.pki.chain(_WITH_PHONE)
    with services.transactions() as tx:
        tx.execute(
            update(Certificate)
            .where(Certificate.fingerprint == hashlib.sha256(own).hexdigest())
            .values(token=PHONES, key_id=numbers[_WITH_PHONE], device=Device.SIM_PKI)
        )


def give_accounts(services: Services, instance: Instance) -> None:
    """Let every officer sign with an account of their own from now on, and nobody else for them.

    Harmless twice. The account that the login page names is one officer's; the others' are called
    as their keys.
    """
    bodies, at = instance.bodies, services.clock.now()
    logins = {one.key: one.key for one in bodies.officers} | {_WITH_LOGIN: "lanhdao"}
    for officer in bodies.officers:
        if officer.key != _WITH_LOGIN:
            _add_account(
                services, logins[officer.key], Role.LEADER, [officer.unit], officer.full_name
            )
    with services.transactions() as tx:
        numbers = load_bodies(
            tx, map(_unit, bodies.units), map(_officer, bodies.officers), at=at, actor=ACTOR
        )
        units = {one.code for one in bodies.units}
        for key, login in logins.items():
            set_account(tx, numbers[key], login, units=units, at=at, actor=ACTOR)


def _unit(unit: organisations.Unit) -> UnitEntry:
    return UnitEntry(
        code=unit.code,
        name=unit.name,
        short_name=unit.short_name,
        symbol=unit.symbol,
        tier=unit.tier,
        kind=unit.kind,
        number_form=unit.number_form,
        place=unit.place,
        seal_mm=unit.seal_mm,
        term=unit.term or None,
        valid_to=unit.valid_to,
        parents=tuple(
            ParentEntry(code=p.code, valid_from=p.valid_from, valid_to=p.valid_to)
            for p in unit.parents
        ),
    )


def _officer(officer: organisations.Officer) -> OfficerEntry:
    return OfficerEntry(
        key=officer.key,
        unit=officer.unit,
        full_name=officer.full_name,
        title=officer.title,
        authority=officer.authority,
    )


def _add_accounts(services: Services, bodies: Organisations) -> None:
    """Add an account for each role, for the whole demonstration province."""
    units = [u.code for u in bodies.units]
    tops = [u.code for u in bodies.units if not u.parents]
    wanted = {
        "vanthu": (Role.CLERK, units, "Văn thư (thử nghiệm)"),
        "lanhdao": (Role.LEADER, units, "Lãnh đạo (thử nghiệm)"),
        "kiemtra": (Role.AUDITOR, tops, "Kiểm tra viên (thử nghiệm)"),
        "thongke": (Role.LEADERSHIP, tops, "Lãnh đạo theo dõi số liệu (thử nghiệm)"),
        "quantri": (Role.ADMINISTRATOR, tops, "Quản trị (thử nghiệm)"),
    }
    for login, (role, codes, name) in wanted.items():
        _add_account(services, login, role, codes, name)


def _add_account(
    services: Services, login: str, role: Role, codes: Sequence[str], name: str
) -> None:
    """Add an account with the password that everybody knows, unless it is there."""
    with services.transactions() as tx:
        if access_queries.identity(tx, login) is not None:
            return
    account = NewAccount(
        login=login,
        display_name=name,
        password=PASSWORD,
        must_change=False,
        memberships=tuple(Membership(role=role, unit_code=code) for code in codes),
    )
    access.add_account(services.transactions, account, at=services.clock.now(), actor=ACTOR)
