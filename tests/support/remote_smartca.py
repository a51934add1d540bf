"""A stand-in of VNPT SmartCA: the messages of the vendor's API sp769, version 1."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from support.remote_service import Asked, Heard, Key, Reply, Stand, StandIn

SP_ID, SP_PASSWORD = "4184-637127995547330633.apps.example", "sp-password-NGNhMzdmOGE"
_HEX = re.compile(r"[0-9a-f]{64}")
_WORDS = {Stand.REFUSED: "SIGNER_REJECTED", Stand.EXPIRED: "EXPIRED"}


@dataclass
class Certificate:
    """One of an account's: ``serial`` in hexadecimal, ``service`` SMARTCA or ESEAL."""

    key: Key
    serial: str
    service: str = "SMARTCA"
    status: str = "Đang hoạt động"


class SmartCa(StandIn):
    """Keeps the certificates of accounts, by identity number or tax code."""

    name = "smartca"

    def __init__(self, accounts: dict[str, list[Certificate]]) -> None:
        super().__init__()
        self.accounts = accounts
        self.sp_password = SP_PASSWORD

    @property
    def address(self) -> str:
        return f"{self.url}/sca/sp769"

    def answer(self, heard: Heard) -> Reply:
        path = heard.path.removeprefix("/sca/sp769/v1/")
        if found := re.fullmatch(r"signatures/sign/([^/]+)/status", path):
            return self._status(found[1])
        said = heard.said
        if (said.get("sp_id"), said.get("sp_password")) != (SP_ID, self.sp_password):
            return _no(401, "SP_CREDENTIAL_INVALID")
        if path == "credentials/get_certificate":
            return self._certificates(said)
        if path == "signatures/sign":
            return self._sign(said)
        return _no(404, "NOT_FOUND")

    def notices(self) -> list[bytes]:
        """Return what the service posts, one for each request that was agreed to."""
        return [
            json.dumps(
                {
                    "sp_id": SP_ID,
                    "status_code": 200,
                    "message": "SUCCESS",
                    "transaction_id": name,
                    "signed_files": self._signatures(asked),
                }
            ).encode()
            for name, asked in self.requests.items()
            if asked.stand is Stand.AGREED
        ]

    def _certificates(self, said: dict[str, Any]) -> Reply:
        if not said.get("transaction_id"):
            return _no(400, "BAD_REQUEST")
        held = self.accounts.get(said["user_id"])
        if held is None:
            return _no(400, "BAD_REQUEST")
        wanted = said.get("serial_number")
        return _yes(
            "Success",
            {
                "user_certificates": [
                    _shown(one, said["transaction_id"])
                    for one in held
                    if not wanted or one.serial == wanted
                ]
            },
        )

    def _sign(self, said: dict[str, Any]) -> Reply:
        held = [
            one
            for one in self.accounts.get(said["user_id"], [])
            if one.serial == said["serial_number"]
        ]
        files = said["sign_files"]
        documents = [one["doc_id"] for one in files]
        is_sound = (
            held
            and files
            and said["transaction_id"] not in self.requests
            and len(set(documents)) == len(documents)
            and all(_HEX.fullmatch(one["data_to_be_signed"]) for one in files)
            and all(one["sign_type"] == "hash" and one["file_type"] for one in files)
        )
        if not is_sound:
            return _no(400, "BAD_REQUEST")
        if held[0].status != "Đang hoạt động":
            return _no(403, "CREDENTIAL_STATUS_INVALID")
        self.requests[said["transaction_id"]] = Asked(
            key=held[0].key,
            digests=[bytes.fromhex(one["data_to_be_signed"]) for one in files],
            documents=documents,
        )
        return _yes(
            "sig_wait_for_user_confirm",
            {"transaction_id": said["transaction_id"], "tran_code": "acd9be84-60e7-4645"},
        )

    def _status(self, name: str) -> Reply:
        asked = self.requests.get(name)
        if asked is None:
            return _no(400, "BAD_REQUEST")
        stand = self.stand_of(asked)
        if stand is Stand.AGREED:
            return _yes("SUCCESS", {"transaction_id": name, "signatures": self._signatures(asked)})
        word = _WORDS.get(stand, "sig_wait_for_user_confirm")
        return _yes(word, {"transaction_id": name, "signatures": None})

    def _signatures(self, asked: Asked) -> list[dict[str, Any]]:
        pairs = zip(asked.documents, asked.digests, strict=True)
        return [
            {
                "doc_id": document,
                "signature_value": self.value(asked.key, digest),
                "timestamp_signature": None,
            }
            for document, digest in pairs
        ]


def _shown(one: Certificate, transaction: str) -> dict[str, Any]:
    leaf, *others = one.key.chain_texts
    ca, root = [*others, None, None][:2]
    return {
        "service_type": one.service,
        "service_name": one.service,
        "cert_id": f"id-{one.serial}",
        "cert_status": one.status,
        "serial_number": one.serial,
        "cert_subject": "C=VN,CN=…",
        "cert_valid_from": "2023-07-18T09:12:00Z",
        "cert_valid_to": "2036-07-18T21:12:00Z",
        "cert_data": leaf,
        "chain_data": {"ca_cert": ca, "root_cert": root},
        "transaction_id": transaction,
    }


def _yes(message: str, data: dict[str, Any]) -> Reply:
    return 200, {"status_code": 200, "message": message, "data": data}


def _no(status: int, message: str) -> Reply:
    return status, {"status_code": status, "message": message, "data": None}
