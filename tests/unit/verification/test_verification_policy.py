"""Policies are data: a file with an id, and nothing in it that nobody knows."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from verification.errors import PolicyError
from verification.policy import (
    DEFAULT_POLICY,
    ISSUED_POLICY,
    FormFilling,
    issued,
    load_policy,
    policy_of,
    policy_values,
)

if TYPE_CHECKING:
    from pathlib import Path

FOREVER = datetime(9999, 1, 1, tzinfo=UTC)
ACCEPTED = (
    "sha256 sha384 sha512 sha512_224 sha512_256 sha3_224 sha3_256 sha3_384 sha3_512 "
    "shake128 shake256"
)


def written(folder: Path, text: str) -> Path:
    path = folder / "policy.toml"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize("name", ACCEPTED.split())
def test_digest_of_the_circular_is_accepted(name: str) -> None:
    assert DEFAULT_POLICY.hashes[name] == FOREVER


@pytest.mark.parametrize(
    ("name", "until"),
    [
        ("md5", datetime(2005, 1, 1, tzinfo=UTC)),
        ("sha1", datetime(2019, 1, 1, tzinfo=UTC)),
        ("sha224", datetime(2026, 1, 1, tzinfo=UTC)),
    ],
)
def test_old_digest_has_an_end(name: str, until: datetime) -> None:
    assert DEFAULT_POLICY.hashes[name] == until


@pytest.mark.parametrize(
    ("bits", "year", "accepted"),
    [(2048, 2026, True), (2047, 2026, False), (1024, 2013, True), (1023, 2013, False)],
)
def test_rsa_key_is_accepted_by_length_and_date(bits: int, year: int, *, accepted: bool) -> None:
    assert DEFAULT_POLICY.accepts_rsa(bits, datetime(year, 6, 1, tzinfo=UTC)) is accepted


def test_issued_documents_allow_their_own_fields_alone() -> None:
    assert replace(DEFAULT_POLICY, id="docsvc-issued-1", form_filling=FormFilling.OWN_FIELDS) == (
        ISSUED_POLICY
    )


def test_policy_comes_back_from_its_values() -> None:
    plain = json.loads(json.dumps(policy_values(DEFAULT_POLICY)))

    assert policy_of(plain, name="values") == DEFAULT_POLICY


def test_certificate_policies_come_back_from_their_values(tmp_path: Path) -> None:
    text = 'id = "a"\n[certificate_policies]\naccepted = ["1.2.4", "1.2.3"]\ninhibit_any = true\n'

    found = load_policy(written(tmp_path, text))

    assert found.certificate_policies.accepted == frozenset({"1.2.3", "1.2.4"})
    assert policy_of(json.loads(json.dumps(policy_values(found))), name="values") == found


def test_file_says_what_differs_and_the_rest_stays(tmp_path: Path) -> None:
    text = 'id = "xa-1"\nclock_grace = 90\n[hashes]\nsha256 = 2040-01-01T07:00:00+07:00\n'

    found = load_policy(written(tmp_path, text))

    assert (found.id, found.clock_grace) == ("xa-1", timedelta(seconds=90))
    assert found.hashes == {"sha256": datetime(2040, 1, 1, tzinfo=UTC)}
    assert found.min_rsa_bits == DEFAULT_POLICY.min_rsa_bits


def test_date_without_a_zone_is_utc(tmp_path: Path) -> None:
    text = 'id = "a"\n[hashes]\nsha1 = 2018-01-01T00:00:00\nmd5 = "2004-01-01"\n'

    found = load_policy(written(tmp_path, text))

    assert found.hashes["sha1"] == datetime(2018, 1, 1, tzinfo=UTC)
    assert found.hashes["md5"] == datetime(2004, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("clock_grace = 60", "id"),
        ('id = "a b"', "id"),
        ("id = 1", "id"),
        ('id = "a"\ntrust_all = true', "trust_all"),
        ('id = "a"\nmin_rsa_bits = "many"', "min_rsa_bits"),
        ('id = "a"\nmin_rsa_bits = true', "min_rsa_bits"),
        ('id = "a"\nmin_ec_bits = -1', "min_ec_bits"),
        ('id = "a"\nclock_grace = nan', "clock_grace"),
        ('id = "a"\nclock_grace = "x"', "clock_grace"),
        ('id = "a"\ncrl_max_age = 1e12', "crl_max_age"),
        ('id = "a"\nmax_appearance_share = 2.0', "max_appearance_share"),
        ('id = "a"\nrequire_revocation = 0', "require_revocation"),
        ('id = "a"\nform_filling = "all"', "form_filling"),
        ('id = "a"\nhashes = ["sha1"]', "hashes"),
        ('id = "a"\n[hashes]\nsha1 = 2019', "hashes"),
        ('id = "a"\n[hashes]\nsha1 = "never"', "hashes"),
        ('id = "a"\n[certificate_policies]\nany = true', "certificate_policies"),
        ('id = "a"\n[certificate_policies]\naccepted = "1.2.3"', "certificate_policies"),
        ('id = "a"\n[certificate_policies]\ninhibit_any = 1', "certificate_policies"),
        ('id = "a"\n[old_rsa_bits]\nmany = 2019-01-01', "old_rsa_bits"),
    ],
)
def test_wrong_value_is_refused_by_its_name(text: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(PolicyError) as refused:
        load_policy(written(tmp_path, text))

    assert refused.value.facts == {"policy": "policy.toml", "problem": problem}


def test_values_without_a_base_have_to_be_whole() -> None:
    with pytest.raises(PolicyError):
        policy_of({"id": "a"}, name="values")


@pytest.mark.parametrize("text", ["id = ", "\x00"])
def test_file_that_is_no_toml_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(PolicyError):
        load_policy(written(tmp_path, text))


def test_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PolicyError):
        load_policy(tmp_path / "absent.toml")


def test_policy_of_issued_documents_fills_own_fields_alone() -> None:
    stricter = issued(DEFAULT_POLICY)

    assert (stricter.id, stricter.form_filling) == (
        f"{DEFAULT_POLICY.id}+issued",
        FormFilling.OWN_FIELDS,
    )
    assert stricter.hashes == DEFAULT_POLICY.hashes
