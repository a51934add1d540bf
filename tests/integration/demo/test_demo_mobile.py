"""The stand-in of the SIM PKI operator: its page, its refusals, its certificate."""

from __future__ import annotations

import re
import socket
import ssl
from typing import TYPE_CHECKING

import httpx
import pytest
from mobile_makers import made
from signing_contract import begun, prepared_for, request
from support.mobile_provider import Form, HandClock, Mode, Transport

from docsvc.demo.mobile import demonstration, phone, subscribers, tls
from docsvc.demo.mobile.prompts import Document, Prompt
from signing.signers.base import Completed, Refused
from signing.signers.mobile.adapter import EtsiAdapter
from signing.signers.mobile.errors import MobileUnknownClientError, MobileWrongLengthError
from signing.signers.mobile.rest import Rest
from signing.signers.mobile.signer import MobileSigner
from signing.signers.mobile.wire import Operator

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mobile_makers import Mobile
    from support.demo import DemoInstance


@pytest.fixture(params=["soap", "json"])
def mobile(request: pytest.FixtureRequest) -> Iterator[Mobile]:
    with made(request.param) as mobile:
        yield mobile


@pytest.fixture
def browser(mobile: Mobile) -> Iterator[httpx.Client]:
    provider = mobile.rig.provider
    trust = ssl.create_default_context(cafile=str(provider.certificate))
    with httpx.Client(base_url=provider.url, verify=trust, trust_env=False) as client:
        yield client


def field(page: str, name: str) -> str:
    found = re.search(f'name="{name}" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def press(browser: httpx.Client, answer: str, **instead: str) -> httpx.Response:
    page = browser.get("/phone").text
    data = {name: field(page, name) for name in ("token", "prompt")}
    return browser.post("/phone", data=data | {"answer": answer} | instead)


def test_the_page_shows_prompt_and_code(mobile: Mobile, browser: httpx.Client) -> None:
    assert "Không có yêu cầu nào" in browser.get("/phone").text
    begun(mobile, prepared_for(mobile))
    answer = browser.get("/phone")
    assert "Ky Quyet dinh 123-QD-UBND ngay 12-03-2024 ma 4F7K" in answer.text
    assert '<p class="code" aria-label="Mã đối chiếu 4F7K">4F7K</p>' in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert browser.get("/phone.css").headers["Content-Type"].startswith("text/css")


@pytest.mark.parametrize(("answer", "kind"), [("yes", Completed), ("no", Refused)])
def test_a_button_answers_the_request(
    mobile: Mobile, browser: httpx.Client, answer: str, kind: type
) -> None:
    handle = begun(mobile, prepared_for(mobile))
    assert press(browser, answer).headers["Location"] == "/phone"
    assert isinstance(mobile.signer.poll(handle), kind)


def test_a_button_of_another_page_does_nothing(mobile: Mobile, browser: httpx.Client) -> None:
    begun(mobile, prepared_for(mobile))
    assert press(browser, "yes", token="guessed").status_code == 403
    assert len(mobile.rig.waiting) == 1


def test_a_button_of_a_prompt_that_is_gone_does_nothing(
    mobile: Mobile, browser: httpx.Client
) -> None:
    handle = begun(mobile, prepared_for(mobile))
    press(browser, "yes", prompt="M999999")
    assert len(mobile.rig.waiting) == 1
    assert not isinstance(mobile.signer.poll(handle), Completed)


def test_what_is_shown_cannot_become_markup() -> None:
    clock = HandClock()
    prompt = Prompt(
        identifier="M1",
        ap_transaction="T1",
        subscriber=subscribers.Subscriber(msisdn="<b>", key=None, chain=()),
        documents=(Document(digest=b"", display="<script>alert(1)</script> ma <i>"),),
        mode="",
        call_back="",
        expires_at=clock.now(),
    )
    page = phone.page([prompt], token='"')
    assert "<script>" not in page
    assert "<i>" not in page
    assert "<b>" not in page


@pytest.mark.parametrize("path", ["/", "/phone/x"])
def test_other_addresses_are_not_there(browser: httpx.Client, path: str) -> None:
    assert browser.get(path).status_code == 404
    assert browser.post(path).status_code == 404


def test_a_request_without_end_is_not_read(browser: httpx.Client) -> None:
    answer = browser.post("/soap", content=b" " * (1024 * 1024 + 1))
    assert answer.status_code == 413


@pytest.mark.parametrize("body", [b"no xml", b"<a/>", b"<!DOCTYPE a><a/>"])
def test_soap_that_is_none_is_refused(browser: httpx.Client, body: bytes) -> None:
    answer = browser.post("/soap", content=body)
    assert answer.status_code == 500
    assert b"mss:_101" in answer.content


@pytest.mark.parametrize("authorization", ["", "Basic !", "Basic YTpi", "Basic gA=="])
def test_json_without_authority_is_refused(browser: httpx.Client, authorization: str) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    answer = browser.post("/rest/service", content=b"{}", headers=headers)
    assert answer.json()["Fault"]["Code"]["SubCode"]["Value"] == "_104"


def test_json_that_is_none_is_refused() -> None:
    with made("json") as mobile:
        form = mobile.rig.provider._json
        form.is_authentic = lambda *_: True
        for body in (b"", b"[]", b'{"a":1}', b'{"a":1,"b":2}'):
            assert form.read(body, {}, "/") == 101


def test_a_phone_of_nobody_has_no_key(mobile: Mobile) -> None:
    known = mobile.signer.chain(mobile.key_id)
    mobile.signer._certificates = lambda _number: known
    with pytest.raises(MobileUnknownClientError):
        mobile.signer.sign(request("84999999999", prepared_for(mobile)))


def test_what_is_no_digest_is_not_shown(mobile: Mobile) -> None:
    mobile.rig.script(batch=0)
    with pytest.raises(MobileWrongLengthError):
        mobile.signer.sign(request(mobile.key_id, prepared_for(mobile)))


def test_data_that_is_no_base64_is_not_shown() -> None:
    with made("soap") as mobile:
        begun(mobile, prepared_for(mobile))
        mobile.rig.expire()
        provider = mobile.rig.provider
        broken = re.sub(rb"[A-Za-z0-9+/]{43}=", b"!", provider.heard[-1])
        answer = provider.soap(broken)
        assert answer is not None
        assert b"mss:_103" in answer[2]


def test_a_rsa_key_answers_in_both_forms(demo_instance: DemoInstance) -> None:
    made_ = subscribers.of_demonstration(demo_instance.pki, demo_instance.organisations)
    assert len({one.msisdn for one in made_.values()}) == len(demo_instance.organisations.holders)
    one = next(iter(made_.values()))
    assert one.msisdn == "84100000001"
    assert len(one.answer(bytes(32), Form.VALUE)) == 256
    assert len(one.answer(bytes(32), Form.CMS)) > 256


def test_the_certificate_is_made_once(tmp_path: Path) -> None:
    first = tls.create(tmp_path).read_bytes()
    assert tls.create(tmp_path).read_bytes() == first
    assert (tmp_path / "mobile-tls.pem").stat().st_mode & 0o777 == 0o600


def test_a_demonstration_has_an_operator_that_its_settings_reach(
    demo_instance: DemoInstance, tmp_path: Path
) -> None:
    bodies, clock = demo_instance.organisations, HandClock()
    ready = demonstration.prepare(tmp_path, bodies=bodies)
    assert demonstration.prepare(tmp_path, bodies=bodies) == ready
    assert ready.secret_file.stat().st_mode & 0o777 == 0o600
    holder = bodies.holders[0].key
    opened = demonstration.open_provider(
        tmp_path, pki=demo_instance.pki, bodies=bodies, clock=clock, port=0
    )
    with opened as provider:
        operator = Operator(
            url=f"{provider.url}/rest/service",
            ap_id=demonstration.AP_ID,
            secret=ready.secret_file.read_text(),
            has_profiles=True,
        )
        transport = Transport(ready.ca_file)
        signer = MobileSigner(EtsiAdapter(operator, Rest(operator), transport), now=clock.now)
        assert signer.chain(ready.numbers[holder]) == demo_instance.pki.chain(holder)
        transport.close()


def test_a_desk_that_cannot_be_called_back_is_counted() -> None:
    settings = {
        "mode": Mode.CALL_BACK,
        "call_back_url": "http://127.0.0.1:1",
        "call_back_key": b"k" * 32,
    }
    with made("soap", **settings) as mobile:
        begun(mobile, prepared_for(mobile))
        provider = mobile.rig.provider
        provider.phones.on_answer = lambda _prompt: None
        (prompt,) = mobile.rig.waiting
        mobile.agree()
        answer = provider.operator.notification(prompt)
        assert answer is not None
        provider._deliver(prompt, answer)
        assert provider.call_back_failures == 1


def test_a_connection_that_says_nonsense_ends_alone(mobile: Mobile) -> None:
    port = int(mobile.rig.provider.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as stranger:
        stranger.sendall(b"GET / HTTP/1.1\r\n\r\n")
        # An alert of TLS, or an end; never an answer in the clear.
        assert not stranger.recv(1024).startswith(b"HTTP")
    assert begun(mobile, prepared_for(mobile))
