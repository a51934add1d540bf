"""Every SOAP message, ours and the stand-in's, keeps to the letter of ETSI TS 102 204.

The schema is our own, from the standard's text: see schema/mss.xsd.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lxml import etree
from mobile_makers import made
from signing_contract import begun, prepared_for, request
from support.mobile_provider import Form, Holder, Mode

from signing.signers.base import Completed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mobile_makers import Mobile

MSS = "{http://uri.etsi.org/TS102204/v1.1.2#}"
ENVELOPES = (
    "{http://schemas.xmlsoap.org/soap/envelope/}",
    "{http://www.w3.org/2003/05/soap-envelope}",
)
SCHEMA = etree.XMLSchema(file=str(Path(__file__).parent / "schema/mss.xsd"))


def messages(bodies: list[bytes]) -> Iterator[etree._Element]:
    """Yield what is within the envelopes; a fault is SOAP's own."""
    for body in bodies:
        envelope = etree.fromstring(body)
        space = next(one for one in ENVELOPES if envelope.tag == f"{one}Envelope")
        ((content,),) = ((list(part)) for part in envelope if part.tag == f"{space}Body")
        if content.tag != f"{space}Fault":
            (message,) = content
            yield message


def require_valid(mobile: Mobile) -> set[str]:
    names = set()
    for message in messages([*mobile.rig.provider.heard, *mobile.rig.provider.said]):
        assert SCHEMA.validate(message), SCHEMA.error_log
        names.add(message.tag.removeprefix(MSS))
    return names


@pytest.mark.parametrize("form", ["soap", "soap11"])
@pytest.mark.parametrize("answer", [Form.VALUE, Form.CMS])
def test_every_message_of_a_signature_is_valid(form: str, answer: Form) -> None:
    settings = {
        "signs_content": answer is Form.CMS, "batch_max": 10, "mssp_id": "http://mssp.example",
        "signature_format": "http://uri.etsi.org/TS102204/v1.1.2#PKCS1",
    }  # fmt: skip
    with made(form, script={"form": answer}, **settings) as mobile:
        handle = begun(mobile, prepared_for(mobile, 3))
        mobile.signer.poll(handle)
        mobile.agree()
        assert isinstance(mobile.signer.poll(handle), Completed)
        mobile.signer.acknowledge(handle, "Đã ký")
        assert require_valid(mobile) == {
            "MSS_SignatureReq", "MSS_SignatureResp", "MSS_StatusReq", "MSS_StatusResp",
            "MSS_ProfileReq", "MSS_ProfileResp", "MSS_ReceiptReq", "MSS_ReceiptResp",
        }  # fmt: skip


@pytest.mark.parametrize("holder", [Holder.AGREES, Holder.REFUSES])
def test_every_message_of_a_call_that_lasts_is_valid(holder: Holder) -> None:
    with made("soap", script={"holder": holder}, mode=Mode.SYNCH) as mobile:
        mobile.signer.sign(request(mobile.key_id, prepared_for(mobile)))
        assert "MSS_SignatureReq" in require_valid(mobile)


def test_every_message_of_a_call_back_is_valid() -> None:
    settings = {
        "mode": Mode.CALL_BACK, "call_back_url": "http://127.0.0.1:1/c", "call_back_key": b"k" * 32,
    }  # fmt: skip
    with made("soap", script={"holder": Holder.AGREES, "call_backs": 0}, **settings) as mobile:
        begun(mobile, prepared_for(mobile))
        (prompt,) = mobile.rig.provider.phones._prompts.values()
        notification = mobile.rig.provider.operator.notification(prompt)
        assert notification is not None
        mobile.rig.provider.said.append(mobile.rig.provider._soap.notify(notification)[1])
        assert "MSS_StatusResp" in require_valid(mobile)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("MessagingMode=", "Mode="),
        ('MessagingMode="asynchClientServer"', 'MessagingMode="CS"'),
        ('TimeOut="300"', 'TimeOut="0"'),
        ('AP_TransID="T', 'AP_TransID="1'),
        ("MobileUser", "User"),
        ("84912345678", "0912345678"),
        ("MajorVersion=", "Version="),
    ],
)
def test_the_schema_sees_what_is_wrong(before: str, after: str) -> None:
    with made("soap") as mobile:
        begun(mobile, prepared_for(mobile))
        sent = mobile.rig.provider.heard[-1].decode()
        assert before in sent
        (message,) = messages([sent.replace(before, after).encode()])
        assert not SCHEMA.validate(message)
