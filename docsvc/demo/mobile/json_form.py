"""The operator's side of the JSON form, with its own reading of the authorisation."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

from docsvc.demo.mobile.operator import Answer, Asked
from docsvc.demo.mobile.prompts import ACCEPTED, OUTSTANDING, UNAUTHORISED, WITH_SIGNATURE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from docsvc.clock import Clock

_WRONG = 101
_BATCH = "http://www.methics.fi/TS102204/ext/v1.0.0#BatchSignature"
_GOOD = frozenset({ACCEPTED, OUTSTANDING}) | WITH_SIGNATURE


class JsonForm:
    """Speaks JSON as an operator.

    Args:
        ap_id: the account that may ask.
        secret: its API key.
        clock: the time.
    """

    def __init__(self, *, ap_id: str, secret: str, clock: Clock) -> None:
        self._ap_id = ap_id
        self._secret = secret
        self._clock = clock

    def is_authentic(self, headers: Mapping[str, str], path: str, body: bytes) -> bool:
        """Check the HMAC over date, method, host, path and body, each with its line end."""
        kind, _, encoded = headers.get("Authorization", "").partition(" ")
        try:
            account, _, seal = base64.b64decode(encoded).decode("ascii").partition(":")
        except (binascii.Error, ValueError):
            return False
        lines = f"{headers.get('Date', '')}\nPOST\n{headers.get('Host', '')}\n{path}\n"
        signed = lines.encode("utf-8") + body + b"\n"
        expected = hmac.new(self._secret.encode(), signed, hashlib.sha256).hexdigest()
        ours = base64.b64encode(self._ap_id.encode()).decode("ascii")
        return (kind, account) == ("Basic", ours) and hmac.compare_digest(seal, expected)

    def read(self, body: bytes, headers: Mapping[str, str], path: str) -> Asked | int:
        """Return what is asked, or the status that refuses it."""
        if not self.is_authentic(headers, path, body):
            return UNAUTHORISED
        try:
            ((kind, request),) = json.loads(body).items()
            return _asked(kind, request)
        except (ValueError, TypeError, KeyError, AttributeError):
            return _WRONG

    def write(self, answer: Answer) -> tuple[int, str, bytes]:
        """Return HTTP status, media type and body."""
        if answer.state.status not in _GOOD:
            code = {"Value": "Sender", "SubCode": {"Value": f"_{answer.state.status}"}}
            return 500, "application/json", _encoded({"Fault": {"Code": code, "Reason": "refused"}})
        return 200, "application/json", _encoded({answer.kind: self._response(answer)})

    def notify(self, answer: Answer) -> tuple[str, bytes]:
        """Return media type and body of a call-back; a refusal is a status here, not a fault."""
        return "application/json", _encoded({answer.kind: self._response(answer)})

    def _response(self, answer: Answer) -> dict[str, Any]:
        state = answer.state
        status: dict[str, Any] = {"StatusCode": {"Value": str(state.status)}}
        response: dict[str, Any] = {
            "MajorVersion": "1",
            "MinorVersion": "1",
            "AP_Info": {
                "AP_ID": self._ap_id,
                "AP_TransID": state.ap_transaction,
                "Instant": self._clock.now().isoformat(timespec="seconds"),
            },
            "MobileUser": {"MSISDN": state.msisdn},
            "MSSP_TransID": state.identifier,
            "Status": status,
        }
        if state.signatures:
            response["MSS_Signature"] = _signature(state.signatures[0][1])
        if state.signatures[1:]:
            batch = [{"DTBD": s, "MSS_Signature": _signature(v)} for s, v in state.signatures[1:]]
            response["ServiceResponses"] = [
                {"Description": _BATCH, "BatchSignatureResponses": batch}
            ]
        if answer.certificates:
            held = {"X509Certificate": [_text(one) for one in answer.certificates]}
            extension = {"MobileUserCertificate": [held]}
            status["StatusDetail"] = {"ProfileQueryExtension": extension}
        return response


def _asked(kind: str, request: dict[str, Any]) -> Asked:
    info = request.get("AP_Info", {})
    return Asked(
        kind=kind,
        ap_transaction=info.get("AP_TransID", ""),
        msisdn=request.get("MobileUser", {}).get("MSISDN", ""),
        mode=request.get("MessagingMode", ""),
        timeout_s=int(request.get("TimeOut", "600")),
        call_back=info.get("AP_URL", ""),
        operator_transaction=request.get("MSSP_TransID", ""),
        documents=tuple(_documents(request)),
    )


def _documents(request: dict[str, Any]) -> Iterator[tuple[str, str]]:
    services = request.get("AdditionalServices", [])
    batch = [one["BatchSignatureRequest"] for one in services if "BatchSignatureRequest" in one]
    for holder in (request, *batch):
        if "DataToBeSigned" in holder:
            yield holder["DataToBeSigned"]["Data"], holder["DataToBeDisplayed"]["Data"]
    if "Message" in request:
        yield "", request["Message"]["Data"]


def _signature(value: bytes) -> dict[str, str]:
    return {"Base64Signature": _text(value)}


def _encoded(value: dict[str, Any]) -> bytes:
    return json.dumps(value).encode("utf-8")


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")
