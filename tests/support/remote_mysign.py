"""A stand-in of Viettel MySign: the messages of the vendor's gateway."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from typing import Any

from support.remote_service import Asked, Heard, Key, Reply, Stand, StandIn

CLIENT_ID, CLIENT_SECRET = "Test_Demo", "client-secret-860c5746"
PROFILE = "adss:ras:profile:001"
SHA256, RSA, ECDSA = "2.16.840.1.101.3.4.2.1", "1.2.840.113549.1.1.1", "1.2.840.10045.4.3.2"
_PLAIN = re.compile(r"[A-Za-z0-9_\- ]*")
_STATUS = {Stand.WAITS: "4000", Stand.REFUSED: "4002", Stand.EXPIRED: "4001"}


@dataclass
class Credential:
    """One of an account's."""

    key: Key
    credential_id: str
    algorithm: str = RSA
    multisign: str = "2147483647"
    key_status: str = "enabled"
    status: str = "valid"


class MySign(StandIn):
    """Keeps the credentials of accounts, by ``user_id``.

    Attributes:
        overruling: status to give for everything that is polled, instead of how it stands.
        at_once: status that ``signHash`` answers instead of beginning anything.
        tokens: the tokens that are accepted, and whose they are.
    """

    name = "mysign"

    def __init__(self, accounts: dict[str, list[Credential]]) -> None:
        super().__init__()
        self.accounts = accounts
        self.client_secret = CLIENT_SECRET
        self.overruling = ""
        self.at_once = ""
        self.tokens: dict[str, str] = {}
        self._made = 0

    @property
    def address(self) -> str:
        return f"{self.url}/vtss/service"

    def answer(self, heard: Heard) -> Reply:
        path, said = heard.path.removeprefix("/vtss/service/"), heard.said
        if path == "ras/v1/login":
            return self._login(said)
        account = self.tokens.get(heard.bearer)
        if account is None:
            return 401, {"error": "invalid_token", "error_description": "token expired"}
        if path == "requests/status":
            return self._status(said["transactionId"])
        if (said["client_id"], said["client_secret"]) != (CLIENT_ID, self.client_secret):
            return 401, {"error": "86024", "error_description": "Client secret is invalid"}
        if path == "signHash":
            return self._sign(said, account)
        assert path == "certificates/info"
        return 200, [_shown(one) for one in self.accounts[account]]

    def notices(self) -> list[bytes]:
        """Return what the service posts, one for each request that was decided."""
        return [
            json.dumps(self._notice(name, asked)).encode()
            for name, asked in self.requests.items()
            if asked.stand is not Stand.WAITS
        ]

    def _notice(self, name: str, asked: Asked) -> dict[str, Any]:
        status = _STATUS.get(asked.stand, "1")
        results = zip(asked.documents, asked.digests, strict=True)
        return {
            "meta_data": {
                "request_id": f"VIETTEL_{name}",
                "transaction_id": name,
                "description": "Ký thành công",
                "status": status,
            },
            "data": {
                "action_timestamp": 1735543766,
                "signature_timestamp": 1735543766,
                "results": [
                    {"document_id": document, "signature": self.value(asked.key, digest)}
                    for document, digest in results
                    if status == "1"
                ],
            },
        }

    def _login(self, said: dict[str, Any]) -> Reply:
        if (said["client_id"], said["client_secret"]) != (CLIENT_ID, self.client_secret):
            return 401, {"error": "86024", "error_description": "Client secret is invalid"}
        if said["user_id"] not in self.accounts or said["profile_id"] != PROFILE:
            return 400, {"error": "58008", "error_description": "User ID does not exist"}
        self._made += 1
        token = f"token-{self._made}"
        self.tokens[token] = said["user_id"]
        return 200, {
            "access_token": token,
            "refresh_token": "",
            "token_type": "Bearer",
            "expires_in": "3600",
        }

    def _sign(self, said: dict[str, Any], account: str) -> Reply:
        held = [one for one in self.accounts[account] if one.credential_id == said["credentialID"]]
        if not held or not _is_sound(said, held[0]):
            return 400, {"error": "invalid_request"}
        if self.at_once:
            return 200, {"status": self.at_once, "description": "…"}
        digests = [base64.b64decode(one) for one in said["hash"]]
        if said["async"] == 0:
            return 200, {"signatures": [self._broken(held[0].key, one) for one in digests]}
        self._made += 1
        name = f"de67f948-0498-4919-{self._made:04d}"
        documents = [one["document_id"] for one in said["documents"]]
        self.requests[name] = Asked(key=held[0].key, digests=digests, documents=documents)
        return 200, {"transactionId": name}

    def _status(self, name: str) -> Reply:
        asked = self.requests.get(name)
        if asked is None:
            return 400, {"error": "invalid_request"}
        stand = self.stand_of(asked)
        status = self.overruling or _STATUS.get(stand, "1")
        signatures = (
            [self._broken(asked.key, one) for one in asked.digests] if status == "1" else None
        )
        return 200, {"signatures": signatures, "status": status, "description": "…"}

    def _broken(self, key: Key, digest: bytes) -> str:
        """Return a value in lines, as the service writes them."""
        value = self.value(key, digest)
        return "\r\n".join(value[start : start + 76] for start in range(0, len(value), 76))


def _is_sound(said: dict[str, Any], held: Credential) -> bool:
    texts = [said["description"], *(one["document_name"] for one in said["documents"])]
    return (
        len(said["hash"]) == len(said["documents"]) == said["numSignatures"] > 0
        and all(len(base64.b64decode(one)) == 32 for one in said["hash"])
        and all(_is_plain(one) for one in texts)
        and (said["hashAlgo"], said["signAlgo"]) == (SHA256, held.algorithm)
        and said["async"] in {0, 1, 2, 3}
    )


def _is_plain(text: str) -> bool:
    return len(text) < 100 and bool(_PLAIN.fullmatch(base64.b64decode(text).decode()))


def _shown(one: Credential) -> dict[str, Any]:
    return {
        "description": "mobile based implicit credential authorization",
        "key": {"status": one.key_status, "algo": [one.algorithm], "len": "2048", "curve": None},
        "cert": {
            "status": one.status,
            "certificates": one.key.chain_texts,
            "issuerDN": "CN=Viettel-CA",
            "serialNumber": "111681",
            "subjectDN": "CN=…",
            "validFrom": "20221017043150+0000",
            "validTo": "20360117043150+0000",
        },
        "authMode": "implicit",
        "multisign": one.multisign,
        "credential_id": one.credential_id,
        "scal": "2",
    }
