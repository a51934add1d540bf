"""A credential as CSC describes it: its chain, what its key can do, what its holder has to give."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from cryptography.hazmat.primitives.asymmetric import rsa

from signing._pades.cms import template_of
from signing.errors import UnusableCertificateError
from signing.signers.remote.errors import ActivationMissingError, RemoteCertificateError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from signing.signers.remote.reading import Fields

# With the hash beside it, or with the hash in the name: services offer one or both of a pair.
_RSA = ("1.2.840.113549.1.1.1", "1.2.840.113549.1.1.11")
_ECDSA = ("1.2.840.10045.4.3.2", "1.2.840.10045.2.1")


class Version(StrEnum):
    """Which version of the API a service speaks."""

    V1 = "v1"
    V2 = "v2"


class Mode(StrEnum):
    """How the holder lets the key be used (CSC 1.0.4 §11.5 ``authMode``, 2.0 ``auth/mode``).

    Attributes:
        IMPLICIT: the service sees to it by itself.
        EXPLICIT: with a PIN, a one-time code or both, which we pass on.
        OAUTH: in a browser, at the service's own page; we do not offer it.
    """

    IMPLICIT = "implicit"
    EXPLICIT = "explicit"
    OAUTH = "oauth2code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """What the holder typed for this one signing session; kept in memory and shown nowhere."""

    pin: str = field(default="", repr=False)
    otp: str = field(default="", repr=False)

    def given(self) -> dict[str, str]:
        """Return what there is, by the name that the API gives it."""
        return {name: value for name, value in (("PIN", self.pin), ("OTP", self.otp)) if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """What ``credentials/info`` says of one key.

    Attributes:
        chain: certificates in DER, the key's first, without the root.
        mode: how the holder lets it be used.
        wanted: factors an explicit authorization takes, among ``PIN`` and ``OTP``.
        any_is_enough: one of them will do.
        sends_code: the one-time code comes when the service is told to send it (1.0.4 §11.5
            ``OTP/type`` online, 2.0 §8.3.1.4 a ChallengeResponse); otherwise the holder has it.
        binds_hashes: the authorization has to name the hashes (SCAL 2).
        multisign: hashes that one authorization may cover; at least 1.
        algorithms: signature algorithms the service offers for the key, as OIDs.
        bits: length of the key as the service says it; 0 where it says nothing.
    """

    credential_id: str
    chain: tuple[bytes, ...]
    mode: Mode
    wanted: frozenset[str]
    any_is_enough: bool
    sends_code: bool
    binds_hashes: bool
    multisign: int
    algorithms: tuple[str, ...]
    bits: int

    def factors(self, activation: Activation) -> Mapping[str, str]:
        """Return what to pass on of what the holder gave, by the API's name.

        Raises:
            ActivationMissingError: the key wants something else; if it is something to be typed,
                ``mode`` is explicit and the facts say what, so that the holder can be asked.
        """
        if self.mode is Mode.IMPLICIT:
            return {}
        if self.mode is Mode.OAUTH:
            raise ActivationMissingError(mode=str(self.mode))
        given = {k: v for k, v in activation.given().items() if k in self.wanted}
        missing = self.wanted - given.keys()
        if not given or (missing and not self.any_is_enough):
            raise ActivationMissingError(
                mode=str(self.mode),
                missing=", ".join(sorted(missing)),
                any_is_enough=self.any_is_enough,
                sends_code=self.sends_code,
            )
        return given


def sign_algorithm(chain: tuple[bytes, ...], offered: Sequence[str]) -> str:
    """Return the OID of RSA (PKCS #1 v1.5) or ECDSA, as a service offers it for a key.

    Raises:
        UnusableCertificateError: it offers neither for this certificate's key.
    """
    key = template_of(chain).public_key
    fit = _RSA if isinstance(key, rsa.RSAPublicKey) else _ECDSA
    found = next((one for one in fit if one in offered), "")
    if not found:
        raise UnusableCertificateError(reason="algorithm")
    return found


def read_credential(fields: Fields, *, credential_id: str, version: Version) -> Credential:
    """Read the answer of ``credentials/info``.

    Raises:
        RemoteAnswerInvalidError: it lacks what we asked for.
        RemoteCertificateError: the key is disabled, or its certificate is not valid.
        UnusableCertificateError: a certificate can't be read.
    """
    key, cert = fields.part("key"), fields.part("cert")
    _require_usable(key.text_or("status", "enabled"), cert.text_or("status", "valid"))
    holder = _holder_v1(fields) if version is Version.V1 else _holder_v2(fields)
    return Credential(
        credential_id=credential_id,
        chain=cert.chain("certificates"),
        mode=holder.mode,
        wanted=holder.wanted,
        any_is_enough=holder.any_is_enough,
        sends_code=holder.sends_code,
        binds_hashes=fields.text_or("SCAL", "1") == "2",  # 1.0.4 §11.5: 1 where nothing is said
        multisign=max(1, fields.number_or("multisign", 1)),
        algorithms=tuple(key.texts("algo")),
        bits=key.number_or("len", 0),
    )


def _require_usable(key_status: str, certificate_status: str) -> None:
    if key_status != "enabled":
        raise RemoteCertificateError(status="disabled")
    if certificate_status != "valid":
        known = certificate_status in {"expired", "revoked", "suspended"}
        raise RemoteCertificateError(status=certificate_status if known else "other")


class _Holder(NamedTuple):
    """What a holder has to give, and how."""

    mode: Mode
    wanted: frozenset[str]
    any_is_enough: bool
    sends_code: bool


def _holder_v1(fields: Fields) -> _Holder:
    wanted = _wanted_v1(fields)
    sends = "OTP" in wanted and fields.part("OTP").text_or("type") == "online"
    return _Holder(_mode(fields.text("authMode")), wanted, any_is_enough=False, sends_code=sends)


def _holder_v2(fields: Fields) -> _Holder:
    auth = fields.part("auth")
    kinds = {one.text("id"): one.text_or("type") for one in auth.objects("objects")}
    return _Holder(
        _mode(auth.text("mode")),
        frozenset(kinds.keys() & {"PIN", "OTP"}),
        any_is_enough=" OR " in auth.text_or("expression").upper(),
        sends_code=kinds.get("OTP") == "ChallengeResponse",
    )


def _mode(text: str) -> Mode:
    if text not in set(Mode):
        raise ActivationMissingError(mode="other")
    return Mode(text)


def _wanted_v1(fields: Fields) -> frozenset[str]:
    """Return the factors that are present; an optional one is not asked of the holder."""
    return frozenset(name for name in ("PIN", "OTP") if fields.part(name).flag("presence"))
