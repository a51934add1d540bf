"""Outbound HTTP: to hosts that the settings allow and to no others, under limits.

Addresses of CRLs, OCSP responders and issuers come from certificates, that is from strangers:
without limits they could make the service knock at any door of its own network. So

- only http and https, no user and password in an address, no cookies, no proxy of the environment;
- a host is on the list, or, if the settings open the door, has public addresses only; what it
  resolves to is checked, and the connection goes to the address that was checked, so that a second
  answer of the resolver changes nothing;
- each redirect is a new request under the same rules, and there are few;
- an answer is cut off when it is too large or its time is up, however it drips.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urljoin

import httpx

from docsvc.errors import DocsvcError

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

# The largest CRL of the Government's PKI has some 20 MB.
_MAX_BYTES = 32 * 1024 * 1024
# A CA that moved its files redirects once, from http to https once more.
_MAX_REDIRECTS = 3
# The addresses of a host that are tried one after the other.
_MAX_ADDRESSES = 4
_MAX_PORT = 65535
_PORTS = {"http": 80, "https": 443}
# Where strangers' CRLs and responders are found; any other port of theirs has to be listed.
_OPEN_PORTS = frozenset({80, 443, 8080})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolver: TypeAlias = Callable[[str, int], list[str]]

_UNICAST_6 = ipaddress.IPv6Network("2000::/3")
# They lead to an IPv4 address inside them, or to nobody: 6to4, Teredo and kin, documentation.
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(one)
    for one in ("192.88.99.0/24", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)


class FetchRefusedError(DocsvcError):
    """The address is not allowed: its scheme, its host, or where the host leads."""

    code = "http.refused"


class UnreachableError(ConnectionError):
    """The host has no address, or nobody answers at it; other addresses of it will do no better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Which addresses may be called.

    ``own`` is an address that the administrator wrote down; it is called wherever it leads, with
    the user and password it holds. So is all that is below one of ``origins``, each
    as `origin_of` gives it. ``allow`` are hosts, each ``host`` or ``host:port``. A host that
    is listed by name must have public addresses, or such in ``networks``; one that is listed by its
    address may be anywhere. ``open_to_public`` lets any host in that is public.
    """

    allow: tuple[str, ...] = ()
    networks: tuple[Network, ...] = ()
    open_to_public: bool = False
    own: str = ""
    origins: frozenset[str] = frozenset()


def everywhere() -> tuple[Network, ...]:
    """Return all networks: for a host that a person has named, wherever it is."""
    return (ipaddress.IPv4Network("0.0.0.0/0"), ipaddress.IPv6Network("::/0"))


def is_public(address: Address) -> bool:
    """Tell whether an address belongs to somebody on the public internet."""
    if any(address in network for network in _NOT_PUBLIC):
        return False
    if isinstance(address, ipaddress.IPv6Address):
        return address in _UNICAST_6 and address.is_global
    return address.is_global and not address.is_multicast and not address.is_reserved


def resolve(host: str, port: int) -> list[str]:
    """Ask the system's resolver.

    Raises:
        UnreachableError: the name is not known.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as e:
        raise UnreachableError(type(e).__name__) from e
    return list(dict.fromkeys(str(one[4][0]) for one in found))


class Outbound:
    """A client that keeps nothing between two calls."""

    def __init__(
        self,
        reach: Reach,
        *,
        timeout_s: float,
        resolver: Resolver = resolve,
        max_bytes: int = _MAX_BYTES,
        ca_file: Path | None = None,
    ) -> None:
        """Call what is in ``reach``.

        Args:
            reach: whom to call.
            timeout_s: bounds each call as a whole.
            resolver: finds the addresses of a host.
            max_bytes: of an answer.
            ca_file: authorities (PEM) that are trusted besides the public ones: an office's own.
        """
        self._max_bytes = max_bytes
        self._reach = reach
        self._allow = frozenset(entry.lower() for entry in reach.allow if entry)
        self._timeout_s = timeout_s
        self._resolve = resolver
        # A connection that is kept could serve another host that has the same address.
        self._client = httpx.Client(
            timeout=timeout_s,
            follow_redirects=False,
            trust_env=False,
            verify=_trusting(ca_file),
            limits=httpx.Limits(max_keepalive_connections=0),
        )
        self._client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=()))

    def post(self, url: str, body: bytes, content_type: str) -> bytes:
        """Post ``body`` and return the answer's body; a redirect is no answer.

        Raises:
            FetchRefusedError: the address is not allowed.
            OSError: there was no good answer.
        """
        deadline = time.monotonic() + self._timeout_s
        answer = self._request("POST", url, deadline, body, {"Content-Type": content_type})
        return _good(_here(answer)).body

    def exchange(
        self, url: str, body: bytes, headers: Mapping[str, str], *, timeout_s: float | None = None
    ) -> tuple[int, bytes]:
        """Return status and body of what answers a post; ``timeout_s`` may shorten the limit.

        Raises:
            FetchRefusedError: the address is not allowed.
            OSError: there was no answer.
        """
        limit_s = min(timeout_s or self._timeout_s, self._timeout_s)
        answer = _here(self._request("POST", url, time.monotonic() + limit_s, body, headers))
        return answer.status, answer.body

    def get(self, url: str) -> bytes:
        """Return what is at ``url``; raises as `post` does."""
        deadline = time.monotonic() + self._timeout_s
        for _ in range(1 + _MAX_REDIRECTS):
            answer = self._request("GET", url, deadline)
            if not answer.place:
                return _good(answer).body
            url = answer.place
        msg = "redirects"
        raise ConnectionError(msg)

    def _request(
        self,
        method: str,
        url: str,
        deadline: float,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> _Answer:
        """Return what came back, or the address it redirects to."""
        target = _parsed(url)
        addresses = self._addresses(
            target, is_own=url == self._reach.own or origin_of(target) in self._reach.origins
        )
        sent = {
            "Host": target.netloc.decode("ascii"),
            # What unfolds on the way in cannot be bounded by what comes in.
            "Accept-Encoding": "identity",
            **(headers or {}),
        }
        failure = UnreachableError("no address")
        for address in addresses[:_MAX_ADDRESSES]:
            request = self._client.build_request(
                method,
                target.copy_with(host=address),
                content=content,
                headers=sent,
                extensions={"sni_hostname": target.raw_host.decode("ascii")},
            )
            try:
                return self._sent(request, deadline, url)
            except UnreachableError as e:
                failure = e
        raise failure

    def _sent(self, request: httpx.Request, deadline: float, url: str) -> _Answer:
        watch = _Watch()
        request.extensions["trace"] = watch.trace
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        request.extensions["timeout"] = httpx.Timeout(left).as_dict()
        with watch.over(left):
            try:
                answer = self._answer(request, url)
            except httpx.ConnectError as e:
                raise UnreachableError(type(e).__name__) from e
            except httpx.TimeoutException as e:
                raise TimeoutError(request.method) from e
            except httpx.HTTPError as e:
                if watch.is_over:
                    raise TimeoutError(request.method) from e
                raise ConnectionError(type(e).__name__) from e
        if watch.is_over:
            # A body without a length ends where the connection does: ours is only a part of it.
            raise TimeoutError(request.method)
        return answer

    def _answer(self, request: httpx.Request, url: str) -> _Answer:
        answer = self._client.send(request, stream=True)
        with contextlib.closing(answer):
            place = answer.headers.get("Location")
            if answer.status_code in _REDIRECTS and place:
                return _Answer(status=answer.status_code, place=_joined(url, place))
            if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
                msg = "the answer is compressed"
                raise ConnectionError(msg)
            return _Answer(status=answer.status_code, body=_limited(answer, self._max_bytes))

    def _addresses(self, target: httpx.URL, *, is_own: bool) -> list[str]:
        """Return the addresses of a host if it may be called at all of them.

        Raises:
            FetchRefusedError: it may not.
            UnreachableError: its name is not known.
        """
        host = target.raw_host.decode("ascii")
        port = target.port or _PORTS[target.scheme]
        listed = bool({host, f"{host}:{port}", target.netloc.decode("ascii")} & self._allow)
        listed = listed or f"[{host}]:{port}" in self._allow
        opened = self._reach.open_to_public and port in _OPEN_PORTS
        if not is_own and (bool(target.userinfo) or not (listed or opened)):
            raise FetchRefusedError(host=host)
        literal = _address(host)
        found = [host] if literal else self._resolve(host, port)
        if is_own or (listed and literal):
            return found
        networks = self._reach.networks if listed else ()
        if not all(_is_fit(_address(one), networks) for one in found):
            raise FetchRefusedError(host=host)
        return found

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What came back: a body, or the ``place`` to go on to."""

    status: int
    body: bytes = b""
    place: str = ""


@dataclass(slots=True)
class _Watch:
    """Cuts a connection when its time is up.

    A timeout of the socket begins anew with each byte, so that a peer that drips headers is never
    silent for long enough.
    """

    is_over: bool = False
    _socket: socket.socket | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Take note of the connection; TLS puts a new socket in the place of the first."""
        if event in {"connection.connect_tcp.complete", "connection.start_tls.complete"}:
            with self._lock:
                self._socket = info["return_value"].get_extra_info("socket")

    @contextlib.contextmanager
    def over(self, seconds: float) -> Iterator[None]:
        """Watch over what is done inside."""
        timer = threading.Timer(seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _cut(self) -> None:
        with self._lock:
            self.is_over = True
            if self._socket is not None:
                with contextlib.suppress(OSError):
                    # Past TLS, which would want to say goodbye first.
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def _here(answer: _Answer) -> _Answer:
    """Check that an answer is one: a question is put to one host and to no other."""
    if answer.place:
        msg = "redirect"
        raise ConnectionError(msg)
    return answer


def _good(answer: _Answer) -> _Answer:
    if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        raise ConnectionError(answer.status)
    return answer


def _trusting(ca_file: Path | None) -> ssl.SSLContext | bool:
    """Return what servers are checked by: the public authorities, and those of a file.

    Raises:
        OSError: the file can't be read, or holds no certificate.
    """
    if ca_file is None:
        return True
    context = httpx.create_ssl_context()
    context.load_verify_locations(ca_file)
    return context


def _parsed(url: str) -> httpx.URL:
    try:
        target = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError) as e:
        raise FetchRefusedError(host="") from e
    port = target.port or 0
    if target.scheme not in _PORTS or not target.host or port > _MAX_PORT:
        raise FetchRefusedError(host=target.host)
    return target


def origin_of(target: httpx.URL) -> str:
    """Return the place an address belongs to, as `Reach` has it."""
    return f"{target.scheme}://{target.netloc.decode('ascii')}"


def _address(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _is_fit(address: Address | None, networks: tuple[Network, ...]) -> bool:
    return address is not None and (any(address in one for one in networks) or is_public(address))


def _joined(url: str, place: str) -> str:
    try:
        return urljoin(url, place)
    except ValueError as e:
        raise ConnectionError(type(e).__name__) from e


def _limited(answer: httpx.Response, limit: int) -> bytes:
    """Read the body; one without an end is cut off."""
    body = bytearray()
    for piece in answer.iter_raw():
        body += piece
        if len(body) > limit:
            msg = "the answer is larger than the limit"
            raise ConnectionError(msg)
    return bytes(body)
