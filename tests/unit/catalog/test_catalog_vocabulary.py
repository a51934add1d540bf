"""The vocabulary: kinds, levels, urgency, authority, retention."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from docsvc.catalog.authority import authorities, titles
from docsvc.catalog.kinds import Family, all_kinds, kind, with_abbreviation
from docsvc.catalog.retention import periods
from docsvc.catalog.secrecy import harmless_phrases, harmless_stamps, levels
from docsvc.catalog.urgency import urgencies

if TYPE_CHECKING:
    from pathlib import Path

ABBREVIATIONS = (
    "NQ QĐ CT QC QyĐ TC TB HD CTr KH PA ĐA DA BC BB TTr HĐ CĐ BGN BTT GUQ GM GGT GNP PG PC PB"
)
PARTY = "NQ QĐ CT KL QC TT HD TB BC KH CTr TTr CV BB ĐA PA GM GGT"


def test_the_decree_names_29_kinds_27_with_an_abbreviation() -> None:
    state = [k for k in all_kinds() if k.family is Family.STATE]
    assert len(state) == 29
    assert [k.abbreviation for k in state if k.abbreviation] == [
        a for a in ABBREVIATIONS.split() if a in {k.abbreviation for k in state}
    ]
    assert {k.abbreviation for k in state} == {*ABBREVIATIONS.split(), ""}
    assert {k.code for k in state if not k.abbreviation} == {"cong-van", "thu-cong"}


def test_the_party_has_its_own_kinds() -> None:
    assert {k.abbreviation for k in all_kinds() if k.family is Family.PARTY} == set(PARTY.split())


def test_codes_are_unique_ascii_and_found() -> None:
    codes = [k.code for k in all_kinds()]
    assert len(codes) == len(set(codes))
    assert all(code.isascii() and kind(code).code == code for code in codes)


def test_every_kind_has_both_labels_and_a_series() -> None:
    assert all(k.vi and k.en and k.series and k.archive_code for k in all_kinds())


def test_abbreviations_are_compared_with_case_and_diacritics() -> None:
    found = {a: with_abbreviation(a, (Family.STATE,)) for a in ("HD", "HĐ", "DA", "ĐA", "Qyđ", "")}
    assert [k.code for k in found["HD"]] == ["huong-dan"]
    assert [k.code for k in found["HĐ"]] == ["hop-dong"]
    assert [k.code for k in found["DA"]] == ["du-an"]
    assert [k.code for k in found["ĐA"]] == ["de-an"]
    assert found["Qyđ"] == found[""] == ()


def test_the_partys_decision_and_regulation_share_an_abbreviation() -> None:
    assert [k.code for k in with_abbreviation("QĐ", (Family.PARTY,))] == [
        "party-quyet-dinh",
        "party-quy-dinh",
    ]


def test_levels_go_from_the_gravest_down() -> None:
    assert [(level.mark, level.protected_years) for level in levels()] == [
        ("TUYỆT MẬT", 30),
        ("TỐI MẬT", 20),
        ("MẬT", 10),
    ]


def test_no_harmless_stamp_holds_a_level() -> None:
    assert not [stamp for stamp in harmless_stamps() if "MẬT" in stamp]
    assert "MẬT ĐỘ" in harmless_phrases()


def test_the_longest_urgency_is_matched_first() -> None:
    lengths = [len(urgency.mark) for urgency in urgencies()]
    assert lengths == sorted(lengths, reverse=True)
    assert {u.code for u in urgencies()} == {"urgent", "very-urgent", "express", "express-timed"}


def test_authority_has_the_prefixes_of_state_and_party() -> None:
    assert {a.code for a in authorities()} == {
        *("TM.", "KT.", "TL.", "TUQ.", "Q."),
        *("T/M", "K/T", "T/L"),
    }
    assert all(a.forms for a in authorities())
    assert "CHỦ TỊCH" in titles()


def test_every_kind_has_a_period() -> None:
    assert set(periods()) == {k.code for k in all_kinds()}
    assert periods()["quyet-dinh"].years is None
    assert periods()["cong-van"].years == 20


def test_a_body_brings_its_own_periods(tmp_path: Path) -> None:
    own = tmp_path / "retention.toml"
    own.write_text('[[retention]]\nkind = "cong-van"\nyears = 10\nmaintenance = "06"\n', "utf-8")
    assert {code: p.years for code, p in periods(own).items()} == {"cong-van": 10}


def test_an_unknown_kind_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        kind("thong-tu")
