"""Whom calls to the outside may reach: hosts that are named, and where their names lead."""

from __future__ import annotations

import ipaddress

import httpx
import pytest

from docsvc.http import FetchRefusedError, Outbound, Reach, is_public, resolve


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{other}/crl",
        "http://localhost:{port}/crl",
        "http://127.0.0.1:{port}@169.254.169.254/",
        "http://169.254.169.254/latest/meta-data",
        "ftp://127.0.0.1:{port}/crl",
        "file:///etc/passwd",
        "ldap://127.0.0.1:{port}/cn=CRL",
        "//127.0.0.1:{port}/crl",
        "http:///crl",
        "http://[bad/crl",
        "http://127.0.0.1:{port}0/crl",
        "http://127.0.0.1:99999/crl",
        "http://me:secret@127.0.0.1:{port}/crl",
        "http://2130706433:{port}/crl",
        "http://0x7f.1:{port}/crl",
        "http://127.0.0.1:notaport/",
        "\x00",
        "",
    ],
)
def test_every_other_address_is_refused(outbound: Outbound, port: int, url: str) -> None:
    with pytest.raises(FetchRefusedError):
        outbound.get(url.format(port=port, other=port - 1))


def test_a_host_without_a_port_allows_all_its_ports(port: int) -> None:
    made = Outbound(Reach(allow=("127.0.0.1",)), timeout_s=30)
    assert made.get(f"http://127.0.0.1:{port}/crl")
    made.close()


@pytest.mark.parametrize(
    ("allowed", "url"),
    [
        ("crl.example:80", "http://crl.example/x"),
        ("crl.example:443", "https://CRL.example/x"),
        ("CRL.example", "http://crl.example/x"),
        ("[::1]:8080", "http://[::1]:8080/x"),
    ],
)
def test_a_host_is_the_same_however_it_is_written(allowed: str, url: str) -> None:
    reach = Reach(allow=(allowed,))
    made = Outbound(reach, timeout_s=30, resolver=lambda _host, _port: ["8.8.8.8"])
    assert made._addresses(httpx.URL(url), is_own=False)
    made.close()


def test_an_empty_entry_allows_nothing(port: int) -> None:
    made = Outbound(Reach(allow=("",)), timeout_s=30)
    with pytest.raises(FetchRefusedError):
        made.get(f"http://127.0.0.1:{port}/crl")
    with pytest.raises(FetchRefusedError):
        made.get("http:///crl")
    made.close()


@pytest.mark.parametrize("path", ["moved", "moved-to-a-file"])
def test_a_way_on_to_another_place_is_not_followed(
    outbound: Outbound, port: int, path: str
) -> None:
    with pytest.raises(FetchRefusedError):
        outbound.get(f"http://127.0.0.1:{port}/{path}")


@pytest.mark.parametrize("path", ["moved-here", "moved-home"])
def test_a_way_on_within_the_same_host_is_followed(
    outbound: Outbound, port: int, path: str
) -> None:
    assert outbound.get(f"http://127.0.0.1:{port}/{path}") == b"revoked: none"


def test_an_exchange_goes_to_allowed_hosts_only(outbound: Outbound) -> None:
    with pytest.raises(FetchRefusedError):
        outbound.exchange("http://169.254.169.254/", b"", {})


class Names:
    """A resolver that answers as it is told, each time with the next answer."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> list[str]:
        del port
        self.asked.append(host)
        return self.answers.pop(0)


def test_a_listed_name_that_leads_inside_is_refused(port: int) -> None:
    made = Outbound(
        Reach(allow=("crl.example",)), timeout_s=5, resolver=Names(["8.8.8.8", "127.0.0.1"])
    )
    with pytest.raises(FetchRefusedError):
        made.get(f"http://crl.example:{port}/crl")
    made.close()


def test_a_listed_name_may_lead_into_a_network_that_is_named(port: int) -> None:
    networks = (ipaddress.ip_network("127.0.0.0/8"),)
    names = Names(["127.0.0.1"])
    made = Outbound(Reach(allow=("crl.example",), networks=networks), timeout_s=5, resolver=names)
    said = made.get(f"http://crl.example:{port}/echo").decode()
    assert f"Host: crl.example:{port}" in said
    made.close()


def test_the_connection_goes_to_the_address_that_was_checked(port: int) -> None:
    networks = (ipaddress.ip_network("127.0.0.1/32"),)
    names = Names(["127.0.0.1"], ["169.254.169.254"])
    made = Outbound(Reach(allow=("crl.example",), networks=networks), timeout_s=5, resolver=names)
    assert made.get(f"http://crl.example:{port}/crl") == b"revoked: none"
    assert names.asked == ["crl.example"]
    made.close()


def test_a_name_that_leads_elsewhere_at_the_redirect_is_refused(port: int) -> None:
    networks = (ipaddress.ip_network("127.0.0.1/32"),)
    names = Names(["127.0.0.1"], ["169.254.169.254"])
    made = Outbound(Reach(allow=("crl.example",), networks=networks), timeout_s=5, resolver=names)
    with pytest.raises(FetchRefusedError):
        made.get(f"http://crl.example:{port}/moved-here")
    made.close()


def test_the_next_address_is_tried_when_one_does_not_answer(port: int) -> None:
    networks = tuple(map(ipaddress.ip_network, ("127.0.0.1", "::1")))
    names = Names(["::1", "127.0.0.1"])
    made = Outbound(Reach(allow=("crl.example",), networks=networks), timeout_s=5, resolver=names)
    assert made.get(f"http://crl.example:{port}/crl") == b"revoked: none"
    made.close()


@pytest.mark.parametrize("answer", [["::1"], []])
def test_a_host_that_nobody_answers_at_is_an_error_of_the_connection(
    port: int, answer: list[str]
) -> None:
    networks = (ipaddress.ip_network("::1"),)
    made = Outbound(
        Reach(allow=("crl.example",), networks=networks), timeout_s=5, resolver=Names(answer)
    )
    with pytest.raises(ConnectionError):
        made.get(f"http://crl.example:{port}/crl")
    made.close()


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104  # an address to refuse
        "224.0.0.1",
        "239.1.1.1",
        "240.0.0.1",
        "255.255.255.255",
        "192.88.99.1",
        "192.0.2.1",
        "198.18.0.1",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001::1",
        "2001:db8::1",
        "3fff::1",
        "fc00::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ],
)
def test_an_address_that_is_not_public_is_refused_when_the_door_is_open(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))
    made = Outbound(Reach(open_to_public=True), timeout_s=5, resolver=Names([address]))
    with pytest.raises(FetchRefusedError):
        made.get("http://crl.example/crl")
    made.close()


@pytest.mark.parametrize("address", ["8.8.8.8", "113.190.0.1", "2001:4860:4860::8888"])
def test_a_public_address_is_one(address: str) -> None:
    made = Outbound(Reach(open_to_public=True), timeout_s=5, resolver=Names([address]))
    assert made._addresses(httpx.URL("https://crl.example/"), is_own=False) == [address]
    made.close()


def test_networks_are_for_listed_hosts_only() -> None:
    reach = Reach(networks=(ipaddress.ip_network("10.0.0.0/8"),), open_to_public=True)
    made = Outbound(reach, timeout_s=5, resolver=Names(["10.0.0.1"]))
    with pytest.raises(FetchRefusedError):
        made.get("http://crl.example/crl")
    made.close()


def test_an_open_door_leads_to_the_usual_ports_only() -> None:
    made = Outbound(Reach(open_to_public=True), timeout_s=5, resolver=Names(["8.8.8.8"]))
    with pytest.raises(FetchRefusedError):
        made.get("http://crl.example:25/")
    made.close()


@pytest.mark.parametrize("answer", ["no address", "fe80::1%no such link"])
def test_an_answer_that_is_no_address_is_refused(answer: str) -> None:
    made = Outbound(Reach(allow=("crl.example",)), timeout_s=5, resolver=Names([answer]))
    with pytest.raises(FetchRefusedError):
        made.get("http://crl.example/")
    made.close()


def test_the_administrators_own_address_is_called_wherever_it_leads(port: int) -> None:
    url = f"http://me:secret@tsa.example:{port}/echo"
    made = Outbound(Reach(own=url), timeout_s=5, resolver=Names(["127.0.0.1"], ["127.0.0.1"]))
    assert "Authorization: Basic bWU6c2VjcmV0" in made.get(url).decode()
    with pytest.raises(FetchRefusedError):
        made.get(url + "?")
    made.close()


def test_the_systems_resolver_knows_this_machine() -> None:
    assert set(resolve("127.0.0.1", 80)) == {"127.0.0.1"}
    with pytest.raises(OSError, match="Error"):
        resolve("a" * 70 + ".example", 80)
