"""One service: where it is, how it is asked, and the bearer tokens it wants to see.

The network is handed in, as for the timestamper: the service composes a client with its limits of
time, size and reach; here is only what is said.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlencode, urlsplit

from typing_extensions import override

from signing.errors import SignerUnreachableError
from signing.signers.remote.errors import RemoteAnswerInvalidError
from signing.signers.remote.reading import Fields, object_of, objects_of

if TYPE_CHECKING:
    from collections.abc import Sequence

# Posts (address, body, headers) and returns the status and the body of the answer, whatever the
# status; raises OSError (TimeoutError, ConnectionError …) when there is no answer. It follows no
# redirects: what is posted is meant for one host.
Transport: TypeAlias = Callable[[str, bytes, Mapping[str, str]], tuple[int, bytes]]

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_TRY_LATER = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
# A token that ends while the request is under way is of no use.
_TOKEN_MARGIN_S = 60
_TOKEN_DEFAULT_S = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Status and body of one answer.

    Attributes:
        status: of HTTP; neither 408, 429 nor 5xx, which never get this far.
    """

    service: str
    status: int
    body: bytes

    @property
    def is_good(self) -> bool:
        """Tell whether the status is one of success."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    def fields(self) -> Fields:
        """Read the body as one object.

        Raises:
            RemoteAnswerInvalidError: it is none. The body of a failure may be anything, and is
                an empty object then.
        """
        try:
            return object_of(self.service, self.body)
        except RemoteAnswerInvalidError:
            if self.is_good:
                raise
            return Fields(self.service, {})

    def several(self) -> Sequence[Fields]:
        """Read the body as a list of objects, or as one; raises as `fields` does."""
        return objects_of(self.service, self.body) if self.is_good else [self.fields()]


class Service:
    """Where one service listens.

    Args:
        name: of the kind of service, for errors and logs.
        url: its address, without a slash at the end; https, but for a host on this machine.
        transport: see `Transport`.

    Raises:
        ValueError: passwords would travel in the clear, or the address is none.
    """

    def __init__(self, *, name: str, url: str, transport: Transport) -> None:
        require_safe(url)
        self.name = name
        self._url = url.rstrip("/")
        self._transport = transport

    @override
    def __repr__(self) -> str:
        return f"Service(name={self.name!r}, url={self._url!r})"

    def ask(self, path: str, body: Mapping[str, object], *, bearer: str = "") -> Answer:
        """Post an object as JSON.

        Args:
            path: below the service's address.
            body: what to post.
            bearer: token for the header Authorization; none is sent where it is empty.

        Raises:
            SignerUnreachableError: there was no answer, or the service says to come back later.
        """
        encoded = json.dumps(body, ensure_ascii=False).encode("utf-8")
        return self._post(path, encoded, "application/json", bearer)

    def ask_form(self, body: Mapping[str, str]) -> Answer:
        """Post a form to the service's address itself (RFC 6749 §4.4.2); raises as `ask` does."""
        encoded = urlencode(body).encode("ascii")
        return self._post("", encoded, "application/x-www-form-urlencoded", "")

    def _post(self, path: str, body: bytes, content_type: str, bearer: str) -> Answer:
        headers = {"Content-Type": content_type, "Accept": "application/json"}
        if bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        url = f"{self._url}/{path}" if path else self._url
        try:
            status, content = self._transport(url, body, headers)
        except OSError as error:
            raise SignerUnreachableError(service=self.name) from error
        if status in _TRY_LATER or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise SignerUnreachableError(service=self.name, status=status)
        return Answer(service=self.name, status=status, body=content)


class Tokens:
    """Bearer tokens, one for each account, kept in memory until shortly before they end.

    Args:
        login: gets a new token; its answer has ``access_token`` and ``expires_in`` (seconds).
        clock: seconds that only grow.
    """

    def __init__(self, login: Callable[[str], Fields], *, clock: Callable[[], float]) -> None:
        self._login = login
        self._clock = clock
        self._held: dict[str, tuple[str, float]] = {}

    def use(self, account: str, ask: Callable[[str], Answer]) -> Answer:
        """Ask with the token of an account; once more with a new one if it is not accepted."""
        answer = ask(self._token(account))
        if answer.status != HTTPStatus.UNAUTHORIZED:
            return answer
        self._held.pop(account, None)
        return ask(self._token(account))

    def _token(self, account: str) -> str:
        token, ends = self._held.get(account, ("", 0.0))
        now = self._clock()
        if not token or now >= ends:
            fields = self._login(account)
            token = fields.text("access_token")
            lasts = fields.number_or("expires_in", _TOKEN_DEFAULT_S)
            self._held[account] = (token, now + lasts - _TOKEN_MARGIN_S)
        return token


def require_safe(url: str) -> None:
    """Check that what is sent to an address can't be read on the way.

    Raises:
        ValueError: it can, or the address has parts that no service's address has.
    """
    parts = urlsplit(url)
    scheme_is_fit = parts.scheme == "https" or (
        parts.scheme == "http" and parts.hostname in _LOOPBACK
    )
    if not (scheme_is_fit and parts.hostname) or parts.query or parts.fragment or parts.username:
        # The address itself is not told: one with a password in it is a secret.
        msg = "the address of a signing service is https://host/path, without anything else"
        raise ValueError(msg)
