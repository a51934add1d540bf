"""ETSI TS 102 204 on the wire: what is written, and what strangers may answer."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docsvc.catalog import messages as words
from signing.signers.base import Item, Pending, Request
from signing.signers.mobile import markup
from signing.signers.mobile.errors import (
    MobileAnswerUnreadableError,
    MobileHandleError,
    MobileNumberError,
)
from signing.signers.mobile.handle import Handle, Part, decode
from signing.signers.mobile.messages import Document, Mode, Operation, Order, Reply, msisdn_of
from signing.signers.mobile.rest import Rest, authorization_of
from signing.signers.mobile.soap import Soap, Version
from signing.signers.mobile.statuses import MEANINGS, Kind, meaning_of
from signing.signers.mobile.wire import BATCH, Operator, Sent, status_in

if TYPE_CHECKING:
    from signing.signers.mobile.wire import Wire

AT = datetime(2024, 3, 12, 7, 30, 15, tzinfo=UTC)
DIGEST = hashlib.sha256(b"document").digest()
OPERATOR = Operator(
    url="https://mssp.example:9061/rest/service", ap_id="http://ap.example", secret="k&<\"'>"
)
ORDER = Order(
    msisdn="84912345678",
    transaction="Tq123.0",
    documents=(Document(digest=DIGEST, display="Ky QD ma 4F7K"),),
    timeout_s=300,
    at=AT,
)


@pytest.mark.parametrize(
    ("number", "msisdn"),
    [
        ("0912345678", "84912345678"),
        ("84912345678", "84912345678"),
        ("+84 912.345-678", "84912345678"),
        ("0084912345678", "84912345678"),
        ("(0912) 345 678", "84912345678"),
    ],
)
def test_a_number_is_kept_in_one_form(number: str, msisdn: str) -> None:
    assert msisdn_of(number) == msisdn


@pytest.mark.parametrize("number", ["", "0", "abc", "09123", "0" * 20, "+0912345678", "٠٩١٢٣٤٥٦٧٨"])
def test_what_is_no_number_is_named_without_being_told(number: str) -> None:
    with pytest.raises(MobileNumberError) as caught:
        msisdn_of(number)
    assert caught.value.facts == {"key_id": "…" + number[-3:]}


@pytest.mark.parametrize("status", sorted(MEANINGS))
def test_every_status_of_the_standard_has_words_in_both_languages(status: int) -> None:
    meaning = meaning_of(status)
    code = {Kind.REFUSED: meaning.refusal, Kind.FAILED: meaning.error.code}.get(meaning.kind)
    for lang in ("vi", "en"):
        assert code is None or words.sentence(code, lang, status=status)
        assert code is None or words.action(code, lang)


def test_the_statuses_are_those_of_the_standard() -> None:
    known = """100 101 102 103 104 105 107 108 109 208 209 401 402 403 404 405 406 407 422 423 424
    425 500 501 502 503 504 900"""
    assert set(MEANINGS) == {int(one) for one in known.split()}
    kinds = {kind: {s for s, m in MEANINGS.items() if m.kind is kind} for kind in Kind}
    assert kinds[Kind.PENDING] == {100, 504}
    assert kinds[Kind.SIGNED] == {500, 502}
    assert {s for s in kinds[Kind.FAILED] if MEANINGS[s].error.retryable} == {209, 406, 900}
    assert kinds[Kind.REFUSED] >= {208, 401, 402, 403}


def test_each_status_says_something_of_its_own() -> None:
    said = [m.refusal or m.error.code for m in MEANINGS.values() if m.kind in {"refused", "failed"}]
    assert len(set(said)) == len(said)


def test_an_operator_may_have_a_word_of_its_own_for_success() -> None:
    assert meaning_of(408).error.code == "signing.mobile-unknown-status"
    assert meaning_of(408, also_signed=frozenset({408})).kind is Kind.SIGNED


@pytest.mark.parametrize(
    ("text", "status"),
    [("500", 500), (" 502 ", 502), ("_401", 401), ("mss:_208", 208), ("", 0), ("x5000", 0)],
)
def test_a_status_is_read_from_each_form(text: str, status: int) -> None:
    assert status_in(text) == status


def test_the_authorisation_is_an_hmac_over_the_whole_request() -> None:
    message = Rest(OPERATOR).signature(ORDER)
    date = "Tue, 12 Mar 2024 14:30:15 +0700"
    assert message.headers["Date"] == date
    lines = f"{date}\nPOST\nmssp.example:9061\n/rest/service\n".encode() + message.body + b"\n"
    seal = hmac.new(OPERATOR.secret.encode(), lines, hashlib.sha256).hexdigest()
    account = base64.b64encode(b"http://ap.example").decode()
    expected = base64.b64encode(f"{account}:{seal}".encode()).decode()
    assert message.headers["Authorization"] == f"Basic {expected}"


def test_the_usual_port_is_no_part_of_what_is_authorised() -> None:
    given = {"date": "d", "ap_id": "a", "secret": "s"}
    plain, port = (f"https://mssp.example{port}/rest" for port in ("", ":443"))
    assert authorization_of(plain, b"{}", **given) == authorization_of(port, b"{}", **given)


def test_a_json_request_has_the_documented_form() -> None:
    (request,) = json.loads(Rest(OPERATOR).signature(ORDER).body).values()
    assert request == {
        "MajorVersion": "1",
        "MinorVersion": "1",
        "AP_Info": {
            "AP_ID": "http://ap.example",
            "AP_TransID": "Tq123.0",
            "Instant": "2024-03-12T07:30:15+00:00",
        },
        "MessagingMode": "asynchClientServer",
        "TimeOut": "300",
        "SignatureProfile": "http://alauda.mobi/nonRepudiation",
        "MobileUser": {"MSISDN": "84912345678"},
        "DataToBeDisplayed": {
            "MimeType": "text/plain", "Encoding": "UTF-8", "Data": "Ky QD ma 4F7K",
        },
        "DataToBeSigned": {
            "MimeType": "application/x-sha256",
            "Encoding": "base64",
            "Data": base64.b64encode(DIGEST).decode(),
        },
        "AdditionalServices": [{"Description": "http://uri.etsi.org/TS102204/v1.1.2#validate"}],
    }  # fmt: skip


def test_a_json_request_names_what_the_settings_name() -> None:
    operator = replace(OPERATOR, mssp_id="http://mssp.example", signature_format="f")
    order = replace(ORDER, mode=Mode.CALL_BACK, call_back="https://desk.example/c")
    (request,) = json.loads(Rest(operator).signature(order).body).values()
    assert request["MSSP_Info"] == {"MSSP_ID": {"URI": "http://mssp.example"}}
    assert request["MSS_Format"] == "f"
    assert request["AP_Info"]["AP_URL"] == "https://desk.example/c"


def test_a_soap_request_may_send_a_digest_info_and_leave_things_out() -> None:
    operator = replace(
        OPERATOR, sent=Sent.DIGEST_INFO, services=(), mssp_id="m", signature_format="f",
        urls={Operation.SIGNATURE: "https://other.example/s"},
    )  # fmt: skip
    message = Soap(operator).signature(ORDER)
    request = markup.read(message.body)
    assert message.url == "https://other.example/s"
    assert Soap(operator).status(ORDER, "M1").url == OPERATOR.url
    (data,) = request.all("DataToBeSigned")
    assert base64.b64decode(data.text)[-32:] == DIGEST
    assert len(base64.b64decode(data.text)) == 51
    assert request.all("AdditionalServices") == []
    assert [one.text for one in request.all("mssURI")] == [OPERATOR.profile, "f"]


def test_a_secret_with_signs_of_xml_stays_itself() -> None:
    request = markup.read(Soap(OPERATOR).signature(ORDER).body)
    assert request.all("AP_Info")[0].attributes["AP_PWD"] == OPERATOR.secret


def test_nothing_secret_is_shown() -> None:
    shown = repr(OPERATOR) + repr(ORDER) + repr(Rest(OPERATOR).signature(ORDER))
    assert OPERATOR.secret not in shown
    assert "84912345678" not in shown


def test_what_is_asked_and_what_waits_name_nobody() -> None:
    item = Item(to_be_signed=b"", name="123/QĐ-UBND")
    asked = Request(key_id="84912345678", items=(item,), prompt="Ký 123/QĐ-UBND")
    shown = repr(asked) + repr(Pending(handle=HANDLE.encode()))
    assert "84912345678" not in shown
    assert "UBND" not in shown


# What strangers answer.


def enveloped(content: str) -> bytes:
    space = Version.V1_2.value
    return f'<e:Envelope xmlns:e="{space}"><e:Body>{content}</e:Body></e:Envelope>'.encode()


STATUS = '<Status><StatusCode Value="502"/></Status>'
RESPONSE = f'<MSS_SignatureResp MSSP_TransID="M1">{STATUS}</MSS_SignatureResp>'
MANY = "<a>" * 50 + "</a>" * 50


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "xml"),
        (b"not xml", "xml"),
        (b"<a>", "xml"),
        (b"\xff\xfe<\x00a\x00/\x00>\x00", "xml"),
        (b"<a>\x01</a>", "xml"),
        (b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>', "document-type"),
        (b'<!DOCTYPE a [<!ENTITY e "ee">]><a>&e;</a>', "document-type"),
        (b'<!DOCTYPE a SYSTEM "http://example.com/a.dtd"><a/>', "document-type"),
        (b"<a>&unknown;</a>", "xml"),
        (b"<a><?php x?></a>", "instruction"),
        (b" " * (1024 * 1024 + 1), "size"),
        (MANY.encode(), "nesting"),
        (b"<a>" + b"<b/>" * 5001 + b"</a>", "nesting"),
        (b"<a/>", "envelope"),
        (b"<Envelope/>", "envelope"),
        (b"<a><Body/></a>", "envelope"),
        (enveloped(""), "response"),
        (enveloped(RESPONSE * 2), "response"),
        (enveloped("<MSS_SignatureResp/>"), "status"),
        (enveloped("<MSS_SignatureResp><Status/></MSS_SignatureResp>"), "status"),
        (enveloped(RESPONSE.replace(STATUS, STATUS * 2)), "status"),
        (
            enveloped(
                RESPONSE.replace(
                    STATUS,
                    f"<MSS_Signature><Base64Signature>!</Base64Signature></MSS_Signature>{STATUS}",
                )
            ),
            "base64",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else ascii(value[:50]) + str(len(value)),
)
def test_a_hostile_soap_answer_is_named(body: bytes, reason: str) -> None:
    with pytest.raises(MobileAnswerUnreadableError) as caught:
        Soap(OPERATOR).read(body)
    assert caught.value.facts == {"reason": reason}


JSON_STATUS = '"Status":{"StatusCode":{"Value":"502"}}'


def responding(rest: str) -> bytes:
    return f'{{"MSS_SignatureResp":{{{JSON_STATUS},{rest}}}}}'.encode()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "json"),
        (b"\xff", "json"),
        (b"[]", "json"),
        (b"[" * 100_000, "json"),
        (b'{"a":NaN}', "json"),
        (b'{"a":1,"a":2}', "json"),
        (b" " * (1024 * 1024 + 1), "size"),
        (b"{}", "response"),
        (b'{"MSS_SignatureResp":{},"MSS_StatusResp":{}}', "response"),
        (b'{"MSS_SignatureResp":{}}', "status"),
        (b'{"MSS_SignatureResp":[]}', "json"),
        (b'{"MSS_SignatureResp":{"Status":5}}', "json"),
        (b'{"MSS_SignatureResp":{"Status":{"StatusCode":{"Value":true}}}}', "json"),
        (b'{"MSS_SignatureResp":{"Status":{"StatusCode":{"Value":[]}}}}', "json"),
        (
            responding('"ServiceResponses":{"a":1}'),
            "json",
        ),
        (
            (
                b'{"MSS_ProfileResp":{"Status":{"StatusCode":{"Value":"100"},"StatusDetail":'
                b'{"ProfileQueryExtension":{"MobileUserCertificate":[{"X509Certificate":[5]}]}}}}}'
            ),
            "json",
        ),
        (
            responding('"MSS_Signature":{"Base64Signature":"' + "A" * 400_000 + '"}'),
            "size",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else ascii(value[:60]) + str(len(value)),
)
def test_a_hostile_json_answer_is_named(body: bytes, reason: str) -> None:
    with pytest.raises(MobileAnswerUnreadableError) as caught:
        Rest(OPERATOR).read(body)
    assert caught.value.facts == {"reason": reason}


@pytest.mark.parametrize("wire", [Soap(OPERATOR), Rest(OPERATOR)], ids=["soap", "json"])
@given(body=st.binary(max_size=300))
def test_whatever_a_stranger_sends_is_read_or_named(wire: Wire, body: bytes) -> None:
    with contextlib.suppress(MobileAnswerUnreadableError):
        assert isinstance(wire.read(body), Reply)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda below: (
    st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(
        ["MSS_SignatureResp", "Status", "StatusCode", "Value", "MobileUser", "Fault", "Code",
         "SubCode", "AP_Info", "MSS_Signature", "ServiceResponses", "StatusDetail"]), below,
         max_size=4)), max_leaves=20))  # fmt: skip
def test_json_of_any_shape_is_read_or_named(value: Any) -> None:
    with contextlib.suppress(MobileAnswerUnreadableError):
        assert isinstance(Rest(OPERATOR).read(json.dumps(value).encode()), Reply)


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (
            "<f><Code><Value>e:Sender</Value><Subcode><Value>mss:_401</Value></Subcode></Code></f>",
            401,
        ),
        ("<f><faultcode>mss:_208</faultcode><faultstring>x</faultstring></f>", 208),
        ("<f><faultcode>Server</faultcode></f>", 0),
        ("<f/>", 0),
    ],
)
def test_a_fault_is_read_for_its_status(fault: str, status: int) -> None:
    body = enveloped(fault.replace("f>", "e:Fault>").replace("<f/>", "<e:Fault/>"))
    assert Soap(OPERATOR).read(body) == Reply(status=status)


def test_a_json_fault_is_read_for_its_status() -> None:
    body = b'{"Fault":{"Code":{"Value":"Sender","SubCode":{"Value":"_105"}},"Reason":"x"}}'
    assert Rest(OPERATOR).read(body) == Reply(status=105)


def test_a_batch_is_known_by_what_was_shown() -> None:
    signature = "<MSS_Signature><Base64Signature>QUJD</Base64Signature></MSS_Signature>"
    shown = "<DataToBeDisplayed>2-2 x</DataToBeDisplayed>"
    named, nameless = (
        f"<b:BatchSignatureResponse>{content}</b:BatchSignatureResponse>"
        for content in (signature + shown, signature)
    )
    detail = f'<StatusDetail xmlns:b="{BATCH}">{named}{nameless}</StatusDetail>'
    body = enveloped(RESPONSE.replace("/></Status>", f"/>{detail}</Status>"))
    assert Soap(OPERATOR).read(body).signatures == (("2-2 x", b"ABC"), ("", b"ABC"))


HANDLE = Handle(
    msisdn="84912345678",
    transaction="q1",
    parts=(Part(attributes_digest=DIGEST, content_digest=DIGEST, name="1-QD"),),
    done=(b"value",),
    operator_transaction="M1",
    expires_at=1,
    timeout_s=300,
    prompt="Ky",
    code="4F7K",
    chain=(b"certificate",),
)


def test_a_handle_survives_as_text() -> None:
    assert decode(HANDLE.encode()) == HANDLE
    assert "84912345678" not in repr(HANDLE)


@pytest.mark.parametrize(
    ("before", "after"),
    [('"v":1', '"v":2'), ('"parts":[[', '"parts":[[1,'), ('"done":["', '"done":["!'),
     ('"expires":1', '"expires":"x"'), ('"expires":1', '"expires":Infinity'),
     ('"msisdn"', '"other"'), ("{", "[")],
)  # fmt: skip
def test_a_damaged_handle_is_named(before: str, after: str) -> None:
    with pytest.raises(MobileHandleError):
        decode(HANDLE.encode().replace(before, after, 1))


@given(handle=st.text(max_size=60))
def test_whatever_is_no_handle_is_named(handle: str) -> None:
    with pytest.raises(MobileHandleError):
        decode(handle)
