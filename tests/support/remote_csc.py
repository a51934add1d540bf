"""A stand-in of a service behind the CSC API: version 1.0.4, or version 2 with later answers."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from support.remote_service import Asked, Heard, Key, Reply, Stand, StandIn

CLIENT_ID, CLIENT_SECRET, BEARER = "docsvc", "oauth-secret-3cd296ac", "given-bearer-205640fd"
PIN, OTP = "482913", "738496"
SHA256 = "2.16.840.1.101.3.4.2.1"
_UNDER_WAY = (
    "The previous asynchronous signature request has been accepted for processing, but the "
    "processing has not yet been completed."
)


@dataclass
class Credential:
    """One key, and what its holder has to give: ``PIN``, ``OTP`` or neither."""

    key: Key
    algorithms: tuple[str, ...] = ("1.2.840.113549.1.1.1",)
    wants: tuple[str, ...] = ()
    mode: str = ""
    sends_code: bool = False
    expression: str = ""
    scal: str | None = "2"
    multisign: int = 10
    status: str = "enabled"
    certificate_status: str | None = "valid"

    @property
    def auth_mode(self) -> str:
        return self.mode or ("explicit" if self.wants else "implicit")

    def type_of(self, factor: str) -> str:
        """Return the type of an authentication object of version 2."""
        return "ChallengeResponse" if factor == "OTP" and self.sends_code else "Password"


@dataclass
class _Sad:
    credential_id: str
    hashes: list[str] | None
    count: int


@dataclass
class Pages:
    """How a list of credentials is cut."""

    size: int = 100
    endless: bool = False
    others: list[str] = field(default_factory=list)


class Csc(StandIn):
    """Keeps credentials by id.

    Attributes:
        pin, otp: what is right; a code is right once.
        tries: wrong PINs until it is locked.
        tokens: those that are accepted.
        codes_sent: one-time codes that holders were sent.
        no_codes: refuse to send any.
        deny: refuse ``credentials/authorize``, or ``signatures/signHash``, as the holder.
        under_way: how a poll that finds nothing is answered: 202, 400 or 200.
    """

    name = "csc"

    def __init__(self, credentials: dict[str, Credential], *, version: str = "v1") -> None:
        super().__init__()
        self.credentials = credentials
        self.version = version
        self.pin, self.otp, self.tries = PIN, OTP, 3
        self.client_secret = CLIENT_SECRET
        self.tokens = {BEARER}
        self.codes_sent = 0
        self.no_codes = ""
        self.deny = ""
        self.under_way = 202
        self.pages = Pages()
        self._sads: dict[str, _Sad] = {}
        self._made = 0

    @property
    def address(self) -> str:
        return f"{self.url}/csc/{self.version}"

    @property
    def token_url(self) -> str:
        return f"{self.url}/oauth2/token"

    def answer(self, heard: Heard) -> Reply:
        if heard.path == "/oauth2/token":
            return self._token(heard)
        path = heard.path.removeprefix(f"/csc/{self.version}/")
        if path == "info":
            return 200, self._info()
        if heard.bearer not in self.tokens:
            return 401, {"error": "invalid_token", "error_description": "expired"}
        answers = {
            "credentials/list": self._list,
            "credentials/info": self._credential,
            "credentials/authorize": self._authorize,
            "credentials/sendOTP": self._send_code,
            "signatures/signHash": self._sign,
        }
        if self.version == "v2":
            answers["signatures/signPolling"] = self._poll
            answers["credentials/getChallenge"] = answers.pop("credentials/sendOTP")
        if path not in answers:
            return 404, b"<html>Not Found</html>"
        return answers[path](heard.said)

    def _info(self) -> dict[str, Any]:
        return {
            "specs": "1.0.4.0" if self.version == "v1" else "2.0.0.2",
            "name": "stand-in",
            "logo": "https://example.invalid/logo.png",
            "region": "VN",
            "lang": "vi-VN",
            "description": "A stand-in",
            "authType": ["external", "oauth2client"],
            "methods": ["credentials/list", "credentials/info", "signatures/signHash"],
        } | ({"asynchronousOperationMode": True} if self.version == "v2" else {})

    def _token(self, heard: Heard) -> Reply:
        form = {name: values[0] for name, values in parse_qs(heard.body.decode()).items()}
        if form.get("grant_type") != "client_credentials" or form.get("scope") != "service":
            return 400, {"error": "unsupported_grant_type"}
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, self.client_secret):
            return 401, {"error": "invalid_client"}
        self._made += 1
        token = f"oauth-{self._made}"
        self.tokens.add(token)
        return 200, {"access_token": token, "token_type": "Bearer", "expires_in": 3600}

    def _list(self, said: dict[str, Any]) -> Reply:
        known = [*self.credentials, *self.pages.others]
        start = int(said.get("pageToken") or 0)
        end = start + self.pages.size
        more = self.pages.endless or end < len(known)
        page = {"credentialIDs": known[start:end]}
        return 200, page | ({"nextPageToken": str(end)} if more else {})

    def _credential(self, said: dict[str, Any]) -> Reply:
        held = self.credentials.get(said["credentialID"])
        if held is None:
            return _no("invalid_request", "Invalid parameter credentialID")
        shown: dict[str, Any] = {
            "description": "a key",
            "key": {"status": held.status, "algo": list(held.algorithms), "len": 2048},
            "cert": {"status": held.certificate_status, "certificates": held.key.chain_texts},
            "multisign": held.multisign,
            "SCAL": held.scal,
        }
        if self.version == "v1":
            shown["authMode"] = held.auth_mode
            for factor in held.wants:
                shown[factor] = {"presence": "true", "format": "N", "label": factor}
            if "OTP" in shown:
                shown["OTP"]["type"] = "online" if held.sends_code else "offline"
        elif said.get("authInfo") is True:
            shown["auth"] = {
                "mode": held.auth_mode,
                "expression": held.expression or " AND ".join(held.wants),
                "objects": [{"type": held.type_of(one), "id": one} for one in held.wants],
            }
        return 200, shown

    def _send_code(self, said: dict[str, Any]) -> Reply:
        held = self.credentials[said["credentialID"]]
        fits = held.sends_code and (self.version == "v1" or said["authObjectID"] == "OTP")
        if self.no_codes or not fits:
            return _no(self.no_codes or "invalid_request", "Invalid parameter credentialID")
        self.codes_sent += 1
        return (200, {}) if self.version == "v1" else (204, b"")

    def _authorize(self, said: dict[str, Any]) -> Reply:
        held = self.credentials[said["credentialID"]]
        hashes = said.get("hash" if self.version == "v1" else "hashes")
        count = said["numSignatures"]
        if count > held.multisign or (hashes is not None and len(hashes) != count):
            return _no("invalid_request", "Numbers of signatures is too high")
        if held.scal == "2" and hashes is None:
            return _no("invalid_request", "Missing parameter hash")
        if self.deny == "authorize":
            return _no("access_denied", "The user denied the request")
        if failure := self._unfit(held, said):
            return failure
        self._made += 1
        sad = f"sad-{self._made}"
        self._sads[sad] = _Sad(said["credentialID"], hashes, count)
        return 200, {"SAD": sad, "expiresIn": 300}

    def _unfit(self, held: Credential, said: dict[str, Any]) -> Reply | None:
        """Return what is wrong with the factors that were given."""
        if self.version == "v1":
            given = {name: said[name] for name in ("PIN", "OTP") if name in said}
        else:
            given = {one["id"]: one["value"] for one in said["authData"]}
        is_any = " OR " in held.expression
        if set(given) - set(held.wants) or (not is_any and set(held.wants) - set(given)):
            return _no("invalid_request", "Missing or unknown authentication data")
        if "PIN" in given and given["PIN"] != self.pin:
            self.tries -= 1
            return _no("invalid_pin", "PIN locked" if self.tries <= 0 else "The PIN is invalid")
        if "OTP" in given:
            expected, self.otp = self.otp, ""
            if given["OTP"] != expected:
                return _no("invalid_otp", "The OTP is invalid")
        return None

    def _sign(self, said: dict[str, Any]) -> Reply:
        names = ("hash", "hashAlgo") if self.version == "v1" else ("hashes", "hashAlgorithmOID")
        hashes, sad = said[names[0]], self._sads.pop(said["SAD"], None)
        held = self.credentials[said["credentialID"]]
        if sad is None or sad.credential_id != said["credentialID"]:
            return _no("invalid_request", "Invalid parameter SAD")
        if len(hashes) > sad.count or (sad.hashes is not None and sad.hashes != hashes):
            return _no("invalid_request", "Hash not authorized by the SAD")
        if said[names[1]] != SHA256 or said["signAlgo"] not in held.algorithms:
            return _no("invalid_request", "Invalid parameter signAlgo")
        if self.deny == "sign":
            return _no("access_denied", "The service denied the request")
        digests = [base64.b64decode(one, validate=True) for one in hashes]
        if said.get("operationMode", "S") == "A":
            self._made += 1
            name = f"response/{self._made}:ä"
            self.requests[name] = Asked(key=held.key, digests=digests)
            return 200, {"responseID": name}
        return 200, {"signatures": [self.value(held.key, one) for one in digests]}

    def _poll(self, said: dict[str, Any]) -> Reply:
        asked = self.requests.get(said["requestID"])
        stand = Stand.EXPIRED if asked is None else self.stand_of(asked)
        if stand is Stand.EXPIRED or asked is None:
            return _no("invalid_request", "Invalid parameter requestID")
        if stand is Stand.REFUSED:
            return _no("access_denied", "The user denied the request")
        if stand is Stand.AGREED:
            return 200, {"signatures": [self.value(asked.key, one) for one in asked.digests]}
        if self.under_way == 400:
            return _no("invalid_request", _UNDER_WAY)
        return self.under_way, {"signatures": []} if self.under_way == 200 else b""


def _no(error: str, description: str) -> Reply:
    return 400, {"error": error, "error_description": description}
