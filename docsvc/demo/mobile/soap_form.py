"""The operator's side of the SOAP form: reads requests, writes responses and faults."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from docsvc.demo.mobile.operator import Answer, Asked
from docsvc.demo.mobile.prompts import ACCEPTED, OUTSTANDING, UNAUTHORISED, WITH_SIGNATURE
from signing.signers.mobile import markup
from signing.signers.mobile.errors import MobileAnswerUnreadableError
from signing.signers.mobile.markup import element

if TYPE_CHECKING:
    from docsvc.clock import Clock
    from signing.signers.mobile.markup import Element

_MSS = "http://uri.etsi.org/TS102204/v1.1.2#"
_EXTENSION = "http://www.methics.fi/TS102204/ext/v1.0.0"
_BATCH = f"{_EXTENSION}#BatchSignature"
_DSIG = "http://www.w3.org/2000/09/xmldsig#"
_SOAP_1_1 = "http://schemas.xmlsoap.org/soap/envelope/"
_SOAP_1_2 = "http://www.w3.org/2003/05/soap-envelope"
_FIRST_REFUSAL, _GOOD = 101, frozenset({ACCEPTED, OUTSTANDING}) | WITH_SIGNATURE
_NAMES = {
    208: "EXPIRED_TRANSACTION",
    401: "USER_CANCEL",
    402: "PIN_NR_BLOCKED",
    403: "CARD_BLOCKED",
    UNAUTHORISED: "UNAUTHORIZED_ACCESS",
}


class SoapForm:
    """Speaks SOAP as an operator.

    Args:
        ap_id: the account that may ask.
        secret: its AP_PWD.
        clock: the time.
        qualified: write names with their namespace; some operators leave it out.
    """

    def __init__(self, *, ap_id: str, secret: str, clock: Clock, qualified: bool = True) -> None:
        self._account = (ap_id, secret)
        self._clock = clock
        self._prefix = "mss:" if qualified else ""

    def read(self, body: bytes) -> Asked | int:
        """Return what is asked, or the status that refuses it."""
        try:
            envelope = markup.read(body)
        except MobileAnswerUnreadableError:
            return _FIRST_REFUSAL
        kinds = ("MSS_SignatureReq", "MSS_StatusReq", "MSS_ProfileReq", "MSS_ReceiptReq")
        found = [one for one in envelope.walk() if one.name in kinds]
        if len(found) != 1:
            return _FIRST_REFUSAL
        request = found[0]
        about = request.child("AP_Info")
        if about is None or self._account != (
            about.attributes.get("AP_ID"),
            about.attributes.get("AP_PWD"),
        ):
            return UNAUTHORISED
        number = request.child("MobileUser", "MSISDN")
        return Asked(
            kind=request.name,
            ap_transaction=about.attributes.get("AP_TransID", ""),
            msisdn=number.text if number else "",
            mode=request.attributes.get("MessagingMode", ""),
            timeout_s=int(request.attributes.get("TimeOut", "600")),
            call_back=about.attributes.get("AP_URL", ""),
            operator_transaction=request.attributes.get("MSSP_TransID", ""),
            documents=tuple(_documents(request)),
        )

    def write(self, answer: Answer, asked: bytes) -> tuple[int, str, bytes]:
        """Return HTTP status, media type and body, in the version of SOAP that was asked in."""
        namespace = _SOAP_1_1 if _SOAP_1_1.encode() in asked else _SOAP_1_2
        media_type = "text/xml" if namespace == _SOAP_1_1 else "application/soap+xml"
        if answer.state.status not in _GOOD:
            fault = _fault(answer.state.status, is_1_1=namespace == _SOAP_1_1)
            return 500, media_type, _enveloped(fault, namespace)
        operation = answer.kind.replace("Resp", "Response").replace("Status", "StatusQuery")
        return 200, media_type, _enveloped(element(operation, self._response(answer)), namespace)

    def notify(self, answer: Answer) -> tuple[str, bytes]:
        """Return media type and body of a call-back; a refusal is a status here, not a fault."""
        content = element("MSS_Notification", self._response(answer))
        return "application/soap+xml", _enveloped(content, _SOAP_1_2)

    def _response(self, answer: Answer) -> str:
        state, name = answer.state, self._name
        attributes = {"MajorVersion": "1", "MinorVersion": "1"}
        if answer.kind in {"MSS_SignatureResp", "MSS_StatusResp"}:
            attributes["MSSP_TransID"] = state.identifier
        about = {"AP_ID": self._account[0], "AP_TransID": state.ap_transaction}
        # The schema wants AP_PWD in answers too; nobody sends a secret back.
        about |= {"AP_PWD": "-", "Instant": self._instant()}
        head = (
            element(name("AP_Info"), **about),
            element(name("MSSP_Info"), element(name("MSSP_ID")), Instant=self._instant()),
        )
        user = element(name("MobileUser"), element(name("MSISDN"), text=state.msisdn))
        parts = {
            "MSS_SignatureResp": (user, self._signature(state.signatures[:1])),
            "MSS_StatusResp": (user, self._signature(state.signatures[:1])),
            "MSS_ProfileResp": (self._profile(),),
            "MSS_ReceiptResp": (),
        }[answer.kind]
        status = self._status(answer)
        return element(name(answer.kind), *head, *parts, status, **self._namespaces(), **attributes)

    def _namespaces(self) -> dict[str, str]:
        return {"xmlns:mss": _MSS} if self._prefix else {}

    def _name(self, local: str) -> str:
        return f"{self._prefix}{local}"

    def _instant(self) -> str:
        return self._clock.now().isoformat(timespec="seconds")

    def _profile(self) -> str:
        uri = element(self._name("mssURI"), text="http://alauda.mobi/nonRepudiation")
        return element(self._name("SignatureProfile"), uri)

    def _signature(self, signatures: tuple[tuple[str, bytes], ...]) -> str:
        if not signatures:
            return ""
        (_, value) = signatures[0]
        return element(
            self._name("MSS_Signature"), element(self._name("Base64Signature"), text=_text(value))
        )

    def _status(self, answer: Answer) -> str:
        name = self._name
        code = element(name("StatusCode"), Value=str(answer.state.status))
        details = [
            element(
                "batch:BatchSignatureResponse",
                self._signature((one,)),
                element(name("DataToBeDisplayed"), text=one[0]),
                **{"xmlns:batch": _BATCH},
            )
            for one in answer.state.signatures[1:]
        ]
        if answer.certificates:
            details.append(_certificates(answer.certificates))
        detail = element(name("StatusDetail"), *details) if details else ""
        message = element(name("StatusMessage"), text=_NAMES.get(answer.state.status, "OK"))
        return element(name("Status"), code, message, detail)


def _documents(request: Element) -> list[tuple[str, str]]:
    """Return the data and the text of the ETSI request, of the batch service, or of a receipt."""
    holders = [request, *request.all("BatchSignatureRequest")]
    found = []
    for holder in holders:
        data, shown = holder.child("DataToBeSigned"), holder.child("DataToBeDisplayed")
        if data is not None:
            found.append((data.text, shown.text if shown else ""))
    message = request.child("Message")
    return [*found, *([("", message.text)] if message else [])]


def _certificates(chain: tuple[bytes, ...]) -> str:
    written = (element("ds:X509Certificate", text=_text(one)) for one in chain)
    holder = element("mcs:MobileUserCertificate", *written, State="ACTIVE")
    return element(
        "mcs:ProfileQueryExtension", holder, **{"xmlns:mcs": _EXTENSION, "xmlns:ds": _DSIG}
    )


def _fault(status: int, *, is_1_1: bool) -> str:
    reason = _NAMES.get(status, "REFUSED")
    if is_1_1:
        return element(
            "env:Fault",
            element("faultcode", text=f"mss:_{status}"),
            element("faultstring", text=reason),
        )
    subcode = element("env:Subcode", element("env:Value", text=f"mss:_{status}"))
    code = element("env:Code", element("env:Value", text="env:Sender"), subcode)
    text = element("env:Text", text=reason, **{"xml:lang": "en"})
    return element("env:Fault", code, element("env:Reason", text))


def _enveloped(content: str, namespace: str) -> bytes:
    body = element("env:Body", content)
    envelope = element("env:Envelope", body, **{"xmlns:env": namespace, "xmlns:mss": _MSS})
    return f'<?xml version="1.0" encoding="UTF-8"?>{envelope}'.encode()


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")
