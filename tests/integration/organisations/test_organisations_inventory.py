"""Bodies, officers and certificates on a real database."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import func, select

import docsvc.audit.tables
import docsvc.documents.tables
import docsvc.organisations.tables
from docsvc.db.base import Base
from docsvc.db.engine import open_engine
from docsvc.db.transactions import Transactions, Tx, transactions_of
from docsvc.organisations import queries, service
from docsvc.organisations.errors import (
    CertificateConflictError,
    CertificateHolderError,
    CertificateUnknownError,
    CertificateUnreadableError,
    MandateDatesError,
    OfficerUnknownError,
    ParentCycleError,
    SealMissingError,
    TwoParentsError,
    UnitCodeError,
    UnitUnknownError,
)
from docsvc.organisations.mandates import require_mandate
from docsvc.organisations.rules import Device, HolderGroup
from docsvc.organisations.service import (
    CertificateEntry,
    OfficerEntry,
    ParentEntry,
    UnitEntry,
)
from verification.model import Role

AT = datetime(2026, 1, 5, 2, tzinfo=UTC)
DAY = date(2026, 1, 5)
END_OF_DISTRICTS, DAY_AFTER = date(2025, 6, 30), date(2025, 7, 1)


def body(
    code: str, *parents: ParentEntry, kind: str = "state", symbol: str = "UBND", **more: date
) -> UnitEntry:
    return UnitEntry(
        code=code,
        name=f"Đơn vị {code}",
        short_name=code,
        symbol=symbol,
        tier="commune",
        kind=kind,
        number_form="state",
        place="Lâm An",
        seal_mm=36,
        parents=parents,
        **more,
    )


UNITS = (
    body("H99"),
    body("H99.12", ParentEntry(code="H99"), valid_to=END_OF_DISTRICTS),
    body(
        "H99.12.05",
        ParentEntry(code="H99.12", valid_to=END_OF_DISTRICTS),
        ParentEntry(code="H99", valid_from=DAY_AFTER),
    ),
    body("A99", kind="party", symbol="TU"),
)
CHAIR = OfficerEntry(
    key="chair",
    unit="H99.12.05",
    full_name="Nguyễn Văn An",
    title="Chủ tịch",
    authority="TM.",
    valid_from=date(2024, 1, 1),
    valid_to=date(2026, 6, 30),
)


@pytest.fixture
def transactions(tmp_path: Path) -> Iterator[Transactions]:
    engine = open_engine(f"sqlite:///{tmp_path}/docsvc.db")
    Base.metadata.create_all(engine)
    yield transactions_of(engine)
    engine.dispose()


@pytest.fixture
def tx(transactions: Transactions) -> Iterator[Tx]:
    with transactions() as opened:
        yield opened


@pytest.fixture
def chair(tx: Tx) -> int:
    return service.load(tx, UNITS, [CHAIR], at=AT, actor="test")["chair"]


def certificate(
    name: str, *, since: datetime = datetime(2025, 1, 1, tzinfo=UTC), years: int = 3
) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(0xABCDEF)
        .not_valid_before(since)
        .not_valid_after(since.replace(year=since.year + years))
        .sign(key, hashes.SHA256())
    )
    return built.public_bytes(serialization.Encoding.DER)


def count(tx: Tx, table: type[Base]) -> int:
    return tx.scalar(select(func.count()).select_from(table)) or 0


def test_the_same_entries_twice_make_nothing_twice(tx: Tx, chair: int) -> None:
    tables = docsvc.organisations.tables
    kinds = (tables.Unit, tables.UnitParent, tables.Officer, tables.Mandate)
    before = [count(tx, table) for table in kinds]
    assert service.load(tx, UNITS, [CHAIR], at=AT, actor="test") == {"chair": chair}
    assert [count(tx, table) for table in kinds] == before == [4, 3, 1, 1]


def test_an_entry_that_changed_changes_what_is_known(tx: Tx, chair: int) -> None:
    promoted = replace(CHAIR, account="an", valid_to=date(2027, 1, 1))
    moved = body("H99.12.05", ParentEntry(code="A99"))
    numbers = service.load(tx, [moved], [promoted], at=AT, actor="test")
    assert numbers == {"chair": chair}
    assert queries.path(tx, "H99.12.05", DAY) == "A99/H99.12.05"
    assert queries.mandates(tx, "H99.12.05")[0].valid_to == date(2027, 1, 1)
    assert service.load(tx, [], [promoted], at=AT, actor="test") == {"chair": chair}
    assert service.load(tx, [], [CHAIR], at=AT, actor="test") == {"chair": chair}


def test_a_namesake_with_an_account_is_another_person(tx: Tx, chair: int) -> None:
    first = replace(CHAIR, account="an")
    second = replace(CHAIR, key="second", account="an.2")
    numbers = service.load(tx, [], [first, second], at=AT, actor="test")
    assert numbers["chair"] == chair
    assert numbers["second"] != chair


def test_a_second_mandate_of_a_person_is_added(tx: Tx, chair: int) -> None:
    acting = replace(CHAIR, authority="Q.", valid_from=date(2026, 7, 1), valid_to=None)
    assert service.load(tx, [], [acting], at=AT, actor="test") == {"chair": chair}
    assert [m.authority for m in queries.mandates(tx, "H99.12.05")] == ["TM.", "Q."]


def test_what_is_known_decides_who_may_sign(tx: Tx, chair: int) -> None:
    known = queries.mandates(tx, "H99.12.05")
    found = require_mandate(known, officer=chair, unit="H99.12.05", on=DAY, authority="TM.")
    assert found.title == "Chủ tịch"
    with pytest.raises(MandateDatesError):
        require_mandate(
            known, officer=chair, unit="H99.12.05", on=date(2026, 7, 1), authority="TM."
        )


def test_bodies_that_do_not_fit_together_are_refused(tx: Tx) -> None:
    def load(*units: UnitEntry) -> None:
        service.load(tx, units, [], at=AT, actor="test")

    with pytest.raises(UnitCodeError):
        load(body("h99"))
    with pytest.raises(UnitUnknownError):
        load(body("H98", ParentEntry(code="H97")))
    load(*UNITS)
    with pytest.raises(TwoParentsError):
        load(body("H99.12.05", ParentEntry(code="H99"), ParentEntry(code="A99")))
    with pytest.raises(ParentCycleError):
        load(body("H99.12.05"), body("H99", ParentEntry(code="H99")))


def test_an_officer_of_an_unknown_body_is_refused(tx: Tx) -> None:
    with pytest.raises(UnitUnknownError):
        service.load(tx, [], [CHAIR], at=AT, actor="test")


@pytest.mark.usefixtures("chair")
def test_the_tree_is_that_of_the_day(tx: Tx) -> None:
    def shape(day: date) -> list[object]:
        def of(nodes: tuple[queries.UnitNode, ...]) -> list[object]:
            return [(node.unit.code, of(node.children)) for node in nodes]

        return of(queries.tree(tx, day))

    assert shape(END_OF_DISTRICTS) == [
        ("A99", []),
        ("H99", [("H99.12", [("H99.12.05", [])])]),
    ]
    assert shape(DAY_AFTER) == [("A99", []), ("H99", [("H99.12.05", [])])]


@pytest.mark.usefixtures("chair")
def test_a_body_is_found_by_its_code(tx: Tx) -> None:
    assert queries.unit(tx, "H99").seal_mm == 36
    assert [u.code for u in queries.units(tx)] == ["A99", "H99", "H99.12", "H99.12.05"]
    with pytest.raises(UnitUnknownError):
        queries.unit(tx, "H98")


def leader(der: bytes, officer: int | None) -> CertificateEntry:
    return CertificateEntry(
        der=der,
        role=Role.LEADER,
        unit="H99.12.05",
        officer=officer,
        token="docsvc-demo",
        key_id="0a",
        issued_on=date(2025, 3, 1),
    )


def seal(der: bytes) -> CertificateEntry:
    return CertificateEntry(der=der, role=Role.ORGANISATION, unit="H99.12.05")


def test_certificates_of_a_day_are_found_by_role(tx: Tx, chair: int) -> None:
    own, old = certificate("Nguyễn Văn An"), certificate("old", years=1)
    for der in (own, old):
        service.add_certificate(tx, leader(der, chair), at=AT, actor="test")
    print_ = service.add_certificate(tx, seal(certificate("UBND")), at=AT, actor="test")
    (found,) = queries.leader_certificates(tx, "H99.12.05", DAY)
    assert found.fingerprint == hashlib.sha256(own).hexdigest()
    assert (found.full_name, found.officer, found.serial) == ("Nguyễn Văn An", chair, "ABCDEF")
    assert (found.token, found.key_id, found.device) == ("docsvc-demo", "0a", Device.USB_TOKEN)
    assert queries.seal_certificate(tx, "H99.12.05", DAY).fingerprint == print_
    assert queries.certificate(tx, print_) is not None
    assert queries.certificate(tx, "00") is None
    with pytest.raises(SealMissingError):
        queries.seal_certificate(tx, "H99", DAY)


@pytest.mark.usefixtures("chair")
def test_of_two_seals_the_newer_is_taken(tx: Tx) -> None:
    service.add_certificate(tx, seal(certificate("old")), at=AT, actor="test")
    newer = certificate("new", since=datetime(2025, 6, 1, tzinfo=UTC))
    service.add_certificate(tx, seal(newer), at=AT, actor="test")
    found = queries.seal_certificate(tx, "H99.12.05", DAY)
    assert found.fingerprint == hashlib.sha256(newer).hexdigest()


def test_days_of_a_certificate_are_days_in_vietnam(tx: Tx, chair: int) -> None:
    evening = certificate("late", since=datetime(2025, 12, 31, 20, tzinfo=UTC))
    service.add_certificate(tx, leader(evening, chair), at=AT, actor="test")
    assert not queries.leader_certificates(tx, "H99.12.05", date(2025, 12, 31))
    assert queries.leader_certificates(tx, "H99.12.05", date(2026, 1, 1))


def test_roles_of_the_whole_inventory_are_known(tx: Tx, chair: int) -> None:
    one = service.add_certificate(tx, leader(certificate("a"), chair), at=AT, actor="test")
    two = service.add_certificate(tx, seal(certificate("b")), at=AT, actor="test")
    assert queries.roles(tx) == {one: "leader", two: "organisation"}


def test_a_certificate_twice_is_one_and_its_device_is_the_last_said(tx: Tx, chair: int) -> None:
    der = certificate("a")
    first = service.add_certificate(tx, leader(der, chair), at=AT, actor="test")
    again = replace(leader(der, chair), device=Device.SIM_PKI)
    assert service.add_certificate(tx, again, at=AT, actor="test") == first
    (found,) = queries.leader_certificates(tx, "H99.12.05", DAY)
    assert found.device == Device.SIM_PKI


def test_a_certificate_of_somebody_else_is_refused(tx: Tx, chair: int) -> None:
    der = certificate("a")
    service.add_certificate(tx, leader(der, chair), at=AT, actor="test")
    with pytest.raises(CertificateConflictError):
        service.add_certificate(tx, seal(der), at=AT, actor="test")


def test_entries_that_make_no_sense_are_refused(tx: Tx, chair: int) -> None:
    def add(entry: CertificateEntry) -> None:
        service.add_certificate(tx, entry, at=AT, actor="test")

    der = certificate("a")
    with pytest.raises(CertificateHolderError):
        add(leader(der, None))
    with pytest.raises(CertificateHolderError):
        add(replace(seal(der), officer=chair))
    with pytest.raises(OfficerUnknownError):
        add(leader(der, chair + 1))
    with pytest.raises(UnitUnknownError):
        add(replace(seal(der), unit="H98"))
    with pytest.raises(CertificateUnreadableError):
        add(seal(b"nothing"))
    with pytest.raises(CertificateUnknownError):
        service.report_lost(tx, "00", on=DAY, at=AT, actor="test")


def test_a_lost_device_signs_no_more_and_is_counted_no_more(tx: Tx, chair: int) -> None:
    lost = service.add_certificate(tx, leader(certificate("a"), chair), at=AT, actor="test")
    service.add_certificate(tx, seal(certificate("b")), at=AT, actor="test")
    service.report_lost(tx, lost, on=DAY, at=AT, actor="test")
    assert queries.leader_certificates(tx, "H99.12.05", date(2026, 1, 4))
    assert not queries.leader_certificates(tx, "H99.12.05", DAY)
    counted = queries.device_counts(tx, on=DAY)
    assert {group: n for group, n in counted.items() if n} == {HolderGroup.COMMITTEE: 1}


def test_new_devices_are_counted_by_the_day_they_were_handed_out(tx: Tx, chair: int) -> None:
    for day in (date(2024, 12, 31), date(2025, 1, 1), date(2025, 12, 31)):
        entry = replace(leader(certificate("a"), chair), issued_on=day, token=None)
        service.add_certificate(tx, entry, at=AT, actor="test")
    counted = queries.device_counts(tx, on=date(2025, 6, 30), issued_from=date(2025, 1, 1))
    assert counted[HolderGroup.INDIVIDUAL] == 1
