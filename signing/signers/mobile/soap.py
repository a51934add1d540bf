"""The SOAP form: ETSI TS 102 204 V1.1.4, with SOAP 1.1 or 1.2 around it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from signing.signers.mobile import markup
from signing.signers.mobile.errors import MobileAnswerUnreadableError
from signing.signers.mobile.markup import element
from signing.signers.mobile.messages import Message, Operation, Reply
from signing.signers.mobile.statuses import FAULT_WITHOUT_STATUS
from signing.signers.mobile.wire import BATCH, NAMESPACE, decoded, status_in

if TYPE_CHECKING:
    from signing.signers.mobile.markup import Element
    from signing.signers.mobile.messages import Document, Order
    from signing.signers.mobile.wire import Operator

_ANSWERS = frozenset({"MSS_SignatureResp", "MSS_StatusResp", "MSS_ProfileResp", "MSS_ReceiptResp"})


class Version(StrEnum):
    """The version of SOAP, by its namespace."""

    V1_1 = "http://schemas.xmlsoap.org/soap/envelope/"
    V1_2 = "http://www.w3.org/2003/05/soap-envelope"


class Soap:
    """Writes and reads SOAP messages for one operator."""

    def __init__(self, operator: Operator, version: Version = Version.V1_2) -> None:
        self._operator = operator
        self._version = version

    def signature(self, order: Order) -> Message:
        """Write MSS_SignatureReq (§7.2); see `Wire`."""
        first, *others = order.documents
        parts = (
            _user(order),
            *self._data(first),
            element("mss:SignatureProfile", _uri(self._operator.profile)),
            self._services(others),
            self._format(),
        )
        attributes = {"MessagingMode": order.mode.value, "TimeOut": str(order.timeout_s)}
        return self._message(Operation.SIGNATURE, "MSS_SignatureReq", order, parts, attributes)

    def status(self, order: Order, operator_transaction: str) -> Message:
        """Write MSS_StatusReq (§7.4); see `Wire`."""
        attributes = {"MSSP_TransID": operator_transaction}
        return self._message(Operation.STATUS, "MSS_StatusReq", order, (), attributes)

    def profile(self, order: Order) -> Message:
        """Write MSS_ProfileReq (§7.5); see `Wire`."""
        return self._message(Operation.PROFILE, "MSS_ProfileReq", order, (_user(order),), {})

    def receipt(self, order: Order, operator_transaction: str, text: str) -> Message:
        """Write MSS_ReceiptReq (§7.3); see `Wire`."""
        shown = element("mss:Message", text=text, MimeType="text/plain", Encoding="UTF-8")
        attributes = {"MSSP_TransID": operator_transaction}
        parts = (_user(order), shown)
        return self._message(Operation.RECEIPT, "MSS_ReceiptReq", order, parts, attributes)

    def read(self, body: bytes) -> Reply:
        """Read a response, a notification or a fault; see `Wire`."""
        envelope = markup.read(body)
        content = envelope.child("Body")
        if envelope.name != "Envelope" or content is None:
            raise MobileAnswerUnreadableError(reason="envelope")
        faults = content.all("Fault")
        if faults:
            return Reply(status=_fault(faults[0]))
        found = [one for one in content.walk() if one.name in _ANSWERS]
        if len(found) != 1:
            raise MobileAnswerUnreadableError(reason="response")
        return _reply(found[0])

    def _message(
        self,
        operation: Operation,
        name: str,
        order: Order,
        parts: tuple[str, ...],
        attributes: dict[str, str],
    ) -> Message:
        versions = {"MajorVersion": "1", "MinorVersion": "1"}
        request = element(
            f"mss:{name}", *self._head(order), *parts, **{"xmlns:mss": NAMESPACE}, **versions,
            **attributes,
        )  # fmt: skip
        body = element("env:Body", element(operation.value, request))
        envelope = element("env:Envelope", body, **{"xmlns:env": self._version.value})
        written = f'<?xml version="1.0" encoding="UTF-8"?>{envelope}'.encode()
        return Message(url=self._operator.url_of(operation), body=written, headers=self._headers())

    def _headers(self) -> dict[str, str]:
        if self._version is Version.V1_1:
            return {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""'}
        return {"Content-Type": "application/soap+xml; charset=UTF-8"}

    def _head(self, order: Order) -> tuple[str, str]:
        instant = order.at.isoformat(timespec="seconds")
        ap_info = element(
            "mss:AP_Info",
            AP_ID=self._operator.ap_id,
            AP_TransID=order.transaction,
            AP_PWD=self._operator.secret,
            Instant=instant,
            AP_URL=order.call_back,
        )
        member = element("mss:URI", text=self._operator.mssp_id) if self._operator.mssp_id else ""
        return ap_info, element("mss:MSSP_Info", element("mss:MSSP_ID", member))

    def _data(self, document: Document) -> tuple[str, str]:
        signed = element(
            "mss:DataToBeSigned",
            text=self._operator.data_of(document.digest),
            MimeType=self._operator.sent.value,
            Encoding="base64",
        )
        shown = element(
            "mss:DataToBeDisplayed", text=document.display, MimeType="text/plain", Encoding="UTF-8"
        )
        return signed, shown

    def _services(self, others: list[Document]) -> str:
        plain = [element("mss:Description", _uri(service)) for service in self._operator.services]
        batch = [
            element("mss:Description", _uri(BATCH))
            + element("batch:BatchSignatureRequest", *self._data(one), **{"xmlns:batch": BATCH})
            for one in others
        ]
        services = [element("mss:Service", one) for one in (*plain, *batch)]
        return element("mss:AdditionalServices", *services) if services else ""

    def _format(self) -> str:
        wanted = self._operator.signature_format
        return element("mss:MSS_Format", _uri(wanted)) if wanted else ""


def _user(order: Order) -> str:
    return element("mss:MobileUser", element("mss:MSISDN", text=order.msisdn))


def _uri(value: str) -> str:
    return element("mss:mssURI", text=value)


def _fault(fault: Element) -> int:
    """Return the status of a fault: in a Subcode of SOAP 1.2, in the faultcode of SOAP 1.1."""
    for one in fault.walk():
        status = status_in(one.text) if one.name in {"Value", "faultcode"} else 0
        if status:
            return status
    return FAULT_WITHOUT_STATUS


def _reply(response: Element) -> Reply:
    codes = [one for one in response.children if one.name == "Status"]
    code = codes[0].child("StatusCode") if len(codes) == 1 else None
    if code is None:
        raise MobileAnswerUnreadableError(reason="status")
    about = response.child("AP_Info")
    number = response.child("MobileUser", "MSISDN")
    return Reply(
        status=status_in(code.attributes.get("Value", "")),
        transaction=about.attributes.get("AP_TransID", "") if about else "",
        operator_transaction=response.attributes.get("MSSP_TransID", ""),
        msisdn=number.text if number else "",
        signatures=(*_signature(response, ""), *_batch(codes[0])),
        certificates=_certificates(codes[0]),
    )


def _signature(holder: Element, display: str) -> tuple[tuple[str, bytes], ...]:
    found = [one for one in holder.children if one.name == "MSS_Signature"]
    values = [value for one in found for value in one.all("Base64Signature")]
    return tuple((display, decoded(value.text)) for value in values)


def _batch(status: Element) -> tuple[tuple[str, bytes], ...]:
    signatures: list[tuple[str, bytes]] = []
    for one in status.all("BatchSignatureResponse"):
        display = one.child("DataToBeDisplayed")
        signatures.extend(_signature(one, display.text if display else ""))
    return tuple(signatures)


def _certificates(status: Element) -> tuple[bytes, ...]:
    found = status.all("MobileUserCertificate")
    if not found:
        return ()
    return tuple(decoded(one.text) for one in found[0].all("X509Certificate"))
