"""Calls to the outside: only so long, only so much."""

from __future__ import annotations

import ipaddress
import time

import pytest

from docsvc.http import Outbound, Reach


def test_an_allowed_host_is_asked(outbound: Outbound, port: int) -> None:
    assert outbound.get(f"http://127.0.0.1:{port}/crl") == b"revoked: none"


def test_a_body_is_posted_with_its_type(outbound: Outbound, port: int) -> None:
    answer = outbound.post(f"http://127.0.0.1:{port}/tsa", b"query", "application/timestamp-query")
    assert answer == b"application/timestamp-query query"


def test_a_question_is_not_put_again_elsewhere(outbound: Outbound, port: int) -> None:
    with pytest.raises(ConnectionError, match="redirect"):
        outbound.post(f"http://127.0.0.1:{port}/moved-here", b"", "x/y")


def test_an_exchange_gives_a_failure_with_its_status(outbound: Outbound, port: int) -> None:
    url = f"http://127.0.0.1:{port}/refused"
    assert outbound.exchange(url, b"{}", {"Authorization": "Bearer t"}) == (401, b"Bearer t {}")


def test_an_exchange_is_not_put_again_elsewhere(outbound: Outbound, port: int) -> None:
    with pytest.raises(ConnectionError, match="redirect"):
        outbound.exchange(f"http://127.0.0.1:{port}/moved-here", b"", {})


@pytest.mark.parametrize(("asked_s", "own_s"), [(0.3, 30.0), (30.0, 0.3)])
def test_an_exchange_ends_by_the_shorter_of_two_limits(
    port: int, asked_s: float, own_s: float
) -> None:
    made = Outbound(Reach(allow=(f"127.0.0.1:{port}",)), timeout_s=own_s)
    with pytest.raises(TimeoutError):
        made.exchange(f"http://127.0.0.1:{port}/slow", b"", {}, timeout_s=asked_s)
    made.close()


@pytest.mark.parametrize(
    "path", ["gone", "hangs-up", "round", "moved-to-nowhere", "moved-without-a-place", "headers"]
)
def test_no_good_answer_is_an_error_of_the_connection(
    outbound: Outbound, port: int, path: str
) -> None:
    with pytest.raises(ConnectionError):
        outbound.get(f"http://127.0.0.1:{port}/{path}")


@pytest.mark.parametrize("path", ["large", "endless"])
def test_an_answer_that_is_too_large_is_cut_off(
    outbound: Outbound, port: int, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound, "_max_bytes", 4999)
    with pytest.raises(ConnectionError, match="limit"):
        outbound.get(f"http://127.0.0.1:{port}/{path}")


def test_an_answer_as_large_as_the_limit_is_taken(
    outbound: Outbound, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound, "_max_bytes", 5000)
    assert outbound.get(f"http://127.0.0.1:{port}/large") == b"x" * 5000


def test_an_answer_that_would_unfold_is_refused(outbound: Outbound, port: int) -> None:
    with pytest.raises(ConnectionError, match="compressed"):
        outbound.get(f"http://127.0.0.1:{port}/bomb")


@pytest.mark.parametrize("path", ["slow", "drip", "drip-headers"])
def test_nobody_is_waited_for_longer_than_allowed(port: int, path: str) -> None:
    made = Outbound(Reach(allow=(f"127.0.0.1:{port}",)), timeout_s=0.5)
    begun = time.monotonic()
    with pytest.raises(TimeoutError):
        made.get(f"http://127.0.0.1:{port}/{path}")
    assert time.monotonic() - begun < 2
    made.close()


def test_time_that_the_resolver_took_is_not_given_back(port: int) -> None:
    def slowly(_host: str, _port: int) -> list[str]:
        time.sleep(0.1)
        return ["127.0.0.1"]

    reach = Reach(allow=("crl.example",), networks=(ipaddress.ip_network("127.0.0.0/8"),))
    made = Outbound(reach, timeout_s=0.05, resolver=slowly)
    with pytest.raises(TimeoutError):
        made.get(f"http://crl.example:{port}/crl")
    made.close()


def test_nothing_is_remembered_and_nothing_comes_from_the_environment(
    outbound: Outbound, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    outbound.get(f"http://127.0.0.1:{port}/cookie")
    said = outbound.get(f"http://127.0.0.1:{port}/echo").decode().lower()
    assert "cookie" not in said
    assert "authorization" not in said
    assert "accept-encoding: identity" in said
