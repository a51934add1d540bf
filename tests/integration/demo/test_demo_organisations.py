from __future__ import annotations

import pytest

from docsvc.demo import organisations
from docsvc.demo.errors import UnknownKeyError
from docsvc.demo.organisations import Kind, NumberForm, Tier


def test_every_officer_and_seal_belongs_to_a_unit() -> None:
    province = organisations.load()

    assert {holder.unit for holder in province.holders} <= set(province.unit_by_code)
    assert len(province.officers) == 8
    assert len(province.seals) == 7


def test_a_commune_stands_under_the_province_since_districts_ended() -> None:
    province = organisations.load()
    commune = province.unit_by_code["H99.12.05"]

    assert commune.current_parent == "H99"
    assert province.superior_of(commune).name == "Ủy ban nhân dân tỉnh Lâm An"
    assert [link.code for link in commune.parents] == ["H99.12", "H99"]


def test_a_unit_without_a_parent_is_its_own_superior() -> None:
    province = organisations.load()
    top = province.unit_by_code["A99"]

    assert province.superior_of(top) is top
    assert (top.kind, top.tier, top.number_form) == (Kind.PARTY, Tier.PROVINCE, NumberForm.PARTY)


def test_a_key_name_leads_to_its_unit() -> None:
    assert organisations.load().unit_of("seal-i99-12-05").symbol == "MTTQ-BTT"


def test_an_unknown_key_name_is_refused() -> None:
    with pytest.raises(UnknownKeyError):
        organisations.load().unit_of("nobody")
