"""The JSON form: the dialect of the Kiuru server, each request signed by HMAC (NORMS 4.4)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta, timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

from signing.signers.mobile.errors import MobileAnswerUnreadableError
from signing.signers.mobile.markup import MAX_BYTES
from signing.signers.mobile.messages import Message, Operation, Reply
from signing.signers.mobile.wire import BATCH, decoded, status_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signing.signers.mobile.messages import Document, Order
    from signing.signers.mobile.wire import Operator

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

_ANSWERS = ("MSS_SignatureResp", "MSS_StatusResp", "MSS_ProfileResp", "MSS_ReceiptResp")
_VIETNAM = timezone(timedelta(hours=7))
_PLAIN_PORTS = {80, 443}


class Rest:
    """Writes and reads JSON messages for one operator."""

    def __init__(self, operator: Operator) -> None:
        self._operator = operator

    def signature(self, order: Order) -> Message:
        """Write MSS_SignatureReq; see `Wire`."""
        first, *others = order.documents
        services: list[Json] = [{"Description": uri} for uri in self._operator.services]
        services += [
            {"Description": BATCH, "BatchSignatureRequest": self._data(one)} for one in others
        ]
        content: dict[str, Json] = {
            "MessagingMode": order.mode.value,
            "TimeOut": str(order.timeout_s),
            "SignatureProfile": self._operator.profile,
            "MobileUser": {"MSISDN": order.msisdn},
            **self._data(first),
            "AdditionalServices": services,
        }
        if self._operator.signature_format:
            content["MSS_Format"] = self._operator.signature_format
        return self._message(Operation.SIGNATURE, "MSS_SignatureReq", order, content)

    def status(self, order: Order, operator_transaction: str) -> Message:
        """Write MSS_StatusReq; see `Wire`."""
        content: dict[str, Json] = {"MSSP_TransID": operator_transaction}
        return self._message(Operation.STATUS, "MSS_StatusReq", order, content)

    def profile(self, order: Order) -> Message:
        """Write MSS_ProfileReq; see `Wire`."""
        content: dict[str, Json] = {"MobileUser": {"MSISDN": order.msisdn}}
        return self._message(Operation.PROFILE, "MSS_ProfileReq", order, content)

    def receipt(self, order: Order, operator_transaction: str, text: str) -> Message:
        """Write MSS_ReceiptReq; see `Wire`."""
        content: dict[str, Json] = {
            "MSSP_TransID": operator_transaction,
            "MobileUser": {"MSISDN": order.msisdn},
            "Message": _shown(text),
        }
        return self._message(Operation.RECEIPT, "MSS_ReceiptReq", order, content)

    def read(self, body: bytes) -> Reply:
        """Read a response, a notification or a fault; see `Wire`."""
        message = Node(_loaded(body))
        if "Fault" in message:
            return Reply(status=status_in(message.text("Fault", "Code", "SubCode", "Value")))
        found = [name for name in _ANSWERS if name in message]
        if len(found) != 1:
            raise MobileAnswerUnreadableError(reason="response")
        return _reply(message.at(found[0]))

    def _data(self, document: Document) -> dict[str, Json]:
        return {
            "DataToBeDisplayed": _shown(document.display),
            "DataToBeSigned": {
                "MimeType": self._operator.sent.value,
                "Encoding": "base64",
                "Data": self._operator.data_of(document.digest),
            },
        }

    def _message(
        self, operation: Operation, name: str, order: Order, content: dict[str, Json]
    ) -> Message:
        info: dict[str, Json] = {
            "AP_ID": self._operator.ap_id,
            "AP_TransID": order.transaction,
            "Instant": order.at.isoformat(timespec="seconds"),
        }
        if order.call_back:
            info["AP_URL"] = order.call_back
        head: dict[str, Json] = {"MajorVersion": "1", "MinorVersion": "1", "AP_Info": info}
        if self._operator.mssp_id:
            head["MSSP_Info"] = {"MSSP_ID": {"URI": self._operator.mssp_id}}
        whole = {name: head | content}
        body = json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
        url = self._operator.url_of(operation)
        date = format_datetime(order.at.astimezone(_VIETNAM))
        authorization = authorization_of(
            url, body, date=date, ap_id=self._operator.ap_id, secret=self._operator.secret
        )
        headers = {
            "Content-Type": "application/json",
            "Date": date,
            "Authorization": authorization,
        }
        return Message(url=url, body=body, headers=headers)


def authorization_of(url: str, body: bytes, *, date: str, ap_id: str, secret: str) -> str:
    """Return the header ``Authorization``: the account, and an HMAC over the whole request."""
    parts = urlsplit(url)
    port = "" if parts.port is None or parts.port in _PLAIN_PORTS else f":{parts.port}"
    lines = (date, "POST", f"{parts.hostname}{port}", parts.path)
    signed = "".join(f"{line}\n" for line in lines).encode("utf-8") + body + b"\n"
    seal = hmac.new(secret.encode("utf-8"), signed, hashlib.sha256).hexdigest()
    account = base64.b64encode(ap_id.encode("utf-8")).decode("ascii")
    return "Basic " + base64.b64encode(f"{account}:{seal}".encode()).decode("ascii")


class Node:
    """A JSON object of a stranger: whatever is not where it should be is an unreadable answer."""

    def __init__(self, value: Json) -> None:
        if not isinstance(value, dict):
            raise MobileAnswerUnreadableError(reason="json")
        self._value = value

    def __contains__(self, name: object) -> bool:
        return self._value.get(str(name)) is not None

    def at(self, name: str) -> Node:
        """Return the object under a name; an empty one where there is none."""
        return Node(self._value[name] if name in self else {})

    def each(self, name: str) -> Iterator[Node]:
        """Yield the objects of the list under a name."""
        held = self._value.get(name) or []
        if not isinstance(held, list):
            raise MobileAnswerUnreadableError(reason="json")
        yield from map(Node, held)

    def words(self, name: str) -> Iterator[str]:
        """Yield the texts of the list under a name."""
        held = self._value.get(name) or []
        if not isinstance(held, list) or not all(isinstance(one, str) for one in held):
            raise MobileAnswerUnreadableError(reason="json")
        yield from map(str, held)

    def text(self, *names: str) -> str:
        """Return the text or number under a path; empty where there is none."""
        *path, last = names
        node = self
        for name in path:
            node = node.at(name)
        held = node._value.get(last)  # noqa: SLF001  # one of our own
        if held is None:
            return ""
        if isinstance(held, bool) or not isinstance(held, str | int):
            raise MobileAnswerUnreadableError(reason="json")
        return str(held)


def _shown(text: str) -> dict[str, Json]:
    return {"MimeType": "text/plain", "Encoding": "UTF-8", "Data": text}


def _loaded(body: bytes) -> Json:
    if len(body) > MAX_BYTES:
        raise MobileAnswerUnreadableError(reason="size")
    try:
        loaded: Json = json.loads(
            body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as error:
        raise MobileAnswerUnreadableError(reason="json") from error
    return loaded


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """Refuse names that occur twice: two readers would read two messages."""
    if len({name for name, _ in pairs}) != len(pairs):
        raise MobileAnswerUnreadableError(reason="json")
    return dict(pairs)


def _no_constant(_name: str) -> float:
    raise MobileAnswerUnreadableError(reason="json")


def _reply(response: Node) -> Reply:
    if "Status" not in response:
        raise MobileAnswerUnreadableError(reason="status")
    return Reply(
        status=status_in(response.text("Status", "StatusCode", "Value")),
        transaction=response.text("AP_Info", "AP_TransID"),
        operator_transaction=response.text("MSSP_TransID"),
        msisdn=response.text("MobileUser", "MSISDN"),
        signatures=(*_signature(response, ""), *_batch(response)),
        certificates=_certificates(response.at("Status").at("StatusDetail")),
    )


def _signature(holder: Node, display: str) -> tuple[tuple[str, bytes], ...]:
    value = holder.text("MSS_Signature", "Base64Signature")
    return ((display, decoded(value)),) if value else ()


def _batch(response: Node) -> Iterator[tuple[str, bytes]]:
    for service in response.each("ServiceResponses"):
        for one in service.each("BatchSignatureResponses"):
            yield from _signature(one, one.text("DTBD"))


def _certificates(detail: Node) -> tuple[bytes, ...]:
    for one in detail.at("ProfileQueryExtension").each("MobileUserCertificate"):
        return tuple(map(decoded, one.words("X509Certificate")))
    return ()
