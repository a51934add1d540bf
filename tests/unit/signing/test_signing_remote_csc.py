"""The CSC API, versions 1 and 2, on a stand-in that follows the published documents."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from signing_remotes import BOTH, ECDSA, csc_signer, done, elliptic_key, request, rsa_key
from support import remote_csc
from support.remote_csc import Credential, Csc
from support.remote_service import other_value

from signing.errors import KeyNotFoundError, UnusableCertificateError, ValueDoesNotVerifyError
from signing.signers.base import Refused
from signing.signers.remote.credential import Mode
from signing.signers.remote.errors import RemoteAnswerInvalidError, RemoteCertificateError

# --- what the service says of itself and its keys ------------------------------------------


@pytest.mark.parametrize(("version", "later"), [("v1", False), ("v2", True)])
def test_the_service_says_what_it_is(stand_in: Csc, version: str, later: bool) -> None:  # noqa: FBT001
    info = csc_signer(stand_in).info()
    assert info.specs.startswith(version[1])
    assert info.answers_later is later
    assert "signatures/signHash" in info.methods
    assert info.name == "stand-in"
    assert stand_in.heard[0].bearer == ""


@BOTH
def test_keys_are_listed_page_by_page(stand_in: Csc) -> None:
    stand_in.pages = remote_csc.Pages(size=2, others=["a", "b", "c", "d"])
    assert csc_signer(stand_in, user_id="an").key_ids() == ["seal", "a", "b", "c", "d"]
    assert [one.said["userID"] for one in stand_in.heard] == ["an"] * 3


def test_a_list_without_an_end_is_named(stand_in: Csc) -> None:
    stand_in.pages = remote_csc.Pages(size=1, endless=True)
    with pytest.raises(RemoteAnswerInvalidError):
        csc_signer(stand_in).key_ids()
    assert len(stand_in.heard) == 20


def test_a_list_of_too_many_keys_is_named(stand_in: Csc) -> None:
    stand_in.pages = remote_csc.Pages(size=900, others=[str(n) for n in range(5000)])
    with pytest.raises(RemoteAnswerInvalidError):
        csc_signer(stand_in).key_ids()
    assert len(stand_in.heard) == 2


@BOTH
def test_a_credential_says_what_its_key_can_do(stand_in: Csc, held: Credential) -> None:
    held.wants = ("PIN", "OTP")
    found = csc_signer(stand_in).credential("seal")
    assert found.mode is Mode.EXPLICIT
    assert found.wanted == {"PIN", "OTP"}
    assert (found.multisign, found.bits, found.binds_hashes) == (10, 2048, True)
    assert found.algorithms == ("1.2.840.113549.1.1.1",)
    assert found.chain == rsa_key().chain[:2]


@BOTH
def test_an_unknown_key_is_named_without_its_name(stand_in: Csc) -> None:
    with pytest.raises(KeyNotFoundError) as caught:
        csc_signer(stand_in).chain("Nguyễn Văn An")
    assert caught.value.facts == {"service": "csc"}


@pytest.mark.parametrize(
    ("key_status", "status", "said"),
    [
        ("disabled", "valid", "disabled"),
        ("enabled", "expired", "expired"),
        ("enabled", "revoked", "revoked"),
        ("enabled", "Mr An's", "other"),
    ],
)
def test_a_key_that_cannot_be_used_is_named_before_anything_is_asked(
    stand_in: Csc, held: Credential, key_status: str, status: str, said: str
) -> None:
    held.status, held.certificate_status = key_status, status
    with pytest.raises(RemoteCertificateError) as caught:
        csc_signer(stand_in).sign(request("seal"))
    assert caught.value.facts == {"status": said}
    assert len(stand_in.heard) == 1


def test_a_certificate_without_a_status_is_taken(stand_in: Csc, held: Credential) -> None:
    held.certificate_status = None
    assert csc_signer(stand_in).chain("seal")


# --- signing -------------------------------------------------------------------------------


@BOTH
def test_hashes_are_bound_to_their_authorization(stand_in: Csc) -> None:
    outcome = csc_signer(stand_in).sign(request("seal", 3))
    assert len(done(outcome).values) == 3
    _, authorized, signed = stand_in.heard
    name = "hash" if stand_in.version == "v1" else "hashes"
    assert authorized.said[name] == signed.said[name]
    assert authorized.said["numSignatures"] == 3
    assert authorized.said["description"].startswith("4F7K Ký Quyết định")


@BOTH
def test_hashes_are_left_out_of_the_authorization_where_nothing_binds_them(
    stand_in: Csc, held: Credential
) -> None:
    held.scal = None
    done(csc_signer(stand_in).sign(request("seal", prompt="", control_code="")))
    said = stand_in.heard[1].said
    assert not {"hash", "hashes", "description"} & said.keys()


@BOTH
def test_a_batch_takes_as_many_authorizations_as_the_key_wants(
    stand_in: Csc, held: Credential
) -> None:
    held.multisign = 4
    assert len(done(csc_signer(stand_in).sign(request("seal", 10))).values) == 10
    assert stand_in.count("credentials/authorize") == stand_in.count("signHash") == 3


@pytest.mark.parametrize(
    ("key", "algorithms", "used"),
    [
        ("rsa", ("1.2.3", "1.2.840.113549.1.1.11"), "1.2.840.113549.1.1.11"),
        ("ec", ("1.2.840.10045.4.3.3", ECDSA), ECDSA),
        ("ec", ("1.2.840.10045.2.1",), "1.2.840.10045.2.1"),
    ],
)
def test_the_algorithm_is_one_that_the_service_offers(
    key: str, algorithms: tuple[str, ...], used: str
) -> None:
    made = Credential(rsa_key() if key == "rsa" else elliptic_key(), algorithms=algorithms)
    with Csc({"seal": made}) as stand_in:
        done(csc_signer(stand_in).sign(request("seal")))
        assert stand_in.heard[-1].said["signAlgo"] == used


def test_a_key_without_an_algorithm_of_ours_is_named(stand_in: Csc, held: Credential) -> None:
    held.algorithms = (ECDSA,)
    with pytest.raises(UnusableCertificateError):
        csc_signer(stand_in).sign(request("seal"))
    assert stand_in.count("signHash") == 0


@BOTH
def test_a_value_of_another_key_is_named(stand_in: Csc) -> None:
    stand_in.value_of = other_value(rsa.generate_private_key(65537, 2048))
    with pytest.raises(ValueDoesNotVerifyError):
        csc_signer(stand_in).sign(request("seal"))


@pytest.mark.parametrize("where", ["authorize", "sign"])
@BOTH
def test_a_denial_is_a_refusal(stand_in: Csc, where: str) -> None:
    stand_in.deny = where
    assert csc_signer(stand_in).sign(request("seal")) == Refused(code="signing.refused")
