"""Settings: a file, the environment over it, and no key that nobody knows."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from docsvc.settings import Settings, SettingsError, Token, load

TOKEN = """
[[tokens]]
label = "văn thư"
module = "/usr/lib/token.so"
pin_file = "/etc/docsvc/pin"

[tokens.environment]
TOKEN_CONF = "/etc/token.conf"
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def written(text: str, name: str = "own.toml") -> Path:
    path = Path(name)
    path.write_text(text, "utf-8")
    return path


def test_without_a_file_the_service_is_embedded() -> None:
    settings = load(environment={})
    assert settings == Settings()
    here = Path("var").absolute()
    assert settings.database == f"sqlite:///{here}/docsvc.sqlite"
    assert settings.blobs == (here / "blobs").as_uri()
    assert settings.archive == (here / "archive").as_uri()


def test_addresses_that_are_named_are_taken() -> None:
    settings = load(
        written(
            'database_url = "postgresql+psycopg:///d"\nblobs_url = "s3://b"\narchive_url = "s3://a"'
        ),
        {},
    )
    assert (settings.database, settings.blobs, settings.archive) == (
        "postgresql+psycopg:///d",
        "s3://b",
        "s3://a",
    )


def test_the_environment_wins_over_the_file() -> None:
    path = written('port = 1\nhost = "a"')
    settings = load(path, {"DOCSVC_PORT": "2", "PATH": "/bin"})
    assert (settings.port, settings.host) == (2, "a")


def test_the_environment_names_the_file() -> None:
    path = written("workers = 7")
    assert load(environment={"DOCSVC_CONFIG": str(path)}).workers == 7


def test_the_working_folder_may_hold_the_file() -> None:
    written("workers = 5", "docsvc.toml")
    assert load(environment={}).workers == 5


def test_hosts_in_the_environment_are_separated_by_commas() -> None:
    settings = load(environment={"DOCSVC_FETCH_ALLOW": "a.example, b.example:8080,"})
    assert settings.fetch_allow == ("a.example", "b.example:8080")


def test_networks_are_read_as_networks() -> None:
    settings = load(environment={"DOCSVC_FETCH_NETWORKS": "10.0.0.0/8, fc00::/7"})
    assert [str(one) for one in settings.fetch_networks] == ["10.0.0.0/8", "fc00::/7"]


def test_answers_about_revocation_lie_in_the_data_folder_unless_told() -> None:
    assert load(environment={"DOCSVC_DATA_DIR": "/x"}).revocation == Path("/x/revocation")
    assert load(environment={"DOCSVC_REVOCATION_DIR": "/y"}).revocation == Path("/y")


def test_tokens_come_from_the_file() -> None:
    assert load(written(TOKEN), {}).tokens == (
        Token(
            label="văn thư",
            module=Path("/usr/lib/token.so"),
            pin_file=Path("/etc/docsvc/pin"),
            environment={"TOKEN_CONF": "/etc/token.conf"},
        ),
    )


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("databse_url = 'x'", "databse_url"),
        ("port = 'many'", "port"),
        ("log_level = 'loud'", "log_level"),
        ("fetch = 'everybody'", "fetch"),
        ("fetch_networks = ['10.0.0.1/8']", "fetch_networks"),
        ("[[tokens]]\nlabel = 'x'", "tokens.0.module"),
    ],
)
def test_an_unknown_key_or_value_is_refused_by_name(text: str, key: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(written(text), {})
    assert key in str(caught.value.facts["problem"])


@pytest.mark.parametrize("name", ["DOCSVC_DATABSE_URL", "DOCSVC_TOKENS", "DOCSVC_"])
def test_a_misspelt_variable_is_refused(name: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(environment={name: "x"})
    assert name in str(caught.value.facts["problem"])


@pytest.mark.parametrize("content", [b"= broken", b"\xff\xfe"])
def test_a_file_that_is_no_toml_is_refused(content: bytes) -> None:
    path = Path("bad.toml")
    path.write_bytes(content)
    with pytest.raises(SettingsError):
        load(path, {})


def test_a_file_that_is_named_and_missing_is_refused() -> None:
    with pytest.raises(SettingsError):
        load(environment={"DOCSVC_CONFIG": "absent.toml"})


def test_settings_do_not_change_once_read() -> None:
    with pytest.raises(ValidationError):
        load(environment={}).port = 1


PROVIDER = """
[[providers]]
name = "sim"
kind = "mobile-json"
url = "https://mssp.example"
mode = "asynchServerServer"
secret_file = "/etc/docsvc/ap"

[providers.options]
profile = "http://alauda.mobi/nonRepudiation"
"""


def test_providers_come_from_the_file() -> None:
    (provider,) = load(written(PROVIDER), {}).providers
    assert (provider.name, provider.valid_for_s, provider.requests_at_once) == ("sim", 300, 1)
    assert provider.options == {"profile": "http://alauda.mobi/nonRepudiation"}


@pytest.mark.parametrize(
    "text",
    [PROVIDER + PROVIDER, PROVIDER.replace('"sim"', '"văn thư"') + TOKEN],
    ids=["two-providers", "provider-and-token"],
)
def test_two_devices_of_one_name_are_refused(text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(written(text), {})
    assert "names of their own" in str(caught.value.facts["problem"])


def test_providers_cannot_come_from_the_environment() -> None:
    with pytest.raises(SettingsError):
        load(environment={"DOCSVC_PROVIDERS": "[]"})
