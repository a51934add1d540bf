"""Outbound HTTP: to hosts that the settings name and to no others, under limits.

Addresses of CRLs and OCSP responders come from certificates, that is from strangers: without
the list they could make the service knock at any door of its own network.
"""

from __future__ import annotations

import time

import httpx

from docsvc.errors import DocsvcError

# The largest CRL of the Government's PKI has some 20 MB.
_MAX_BYTES = 32 * 1024 * 1024
_PORTS = {"http": 80, "https": 443}


class FetchRefusedError(DocsvcError):
    """The address is not on the list of allowed hosts, or is not http or https."""

    code = "http.refused"


class Outbound:
    """A client with one connection pool."""

    def __init__(self, allow: tuple[str, ...], *, timeout_s: float) -> None:
        """Allow the hosts of ``allow``, each ``host`` or ``host:port``.

        ``timeout_s`` bounds each call as a whole.
        """
        self._allow = frozenset(entry.lower() for entry in allow if entry)
        self._timeout_s = timeout_s
        self._client = httpx.Client(timeout=timeout_s, follow_redirects=False)

    def post(self, url: str, body: bytes, content_type: str) -> bytes:
        """Post ``body`` and return the answer's body.

        Raises:
            FetchRefusedError: the host is not allowed.
            OSError: there was no good answer.
        """
        return self._request("POST", url, content=body, headers={"Content-Type": content_type})

    def get(self, url: str) -> bytes:
        """Return what is at ``url``; raises as `post` does."""
        return self._request("GET", url)

    def _request(
        self,
        method: str,
        url: str,
        *,
        content: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> bytes:
        self._require_allowed(url)
        deadline = time.monotonic() + self._timeout_s
        try:
            with self._client.stream(method, url, content=content, headers=headers) as answer:
                answer.raise_for_status()
                return _limited(answer, deadline)
        except httpx.TimeoutException as e:
            raise TimeoutError(method) from e
        except httpx.HTTPError as e:
            raise ConnectionError(type(e).__name__) from e

    def _require_allowed(self, url: str) -> None:
        try:
            parsed = httpx.URL(url)
        except httpx.InvalidURL as e:
            raise FetchRefusedError(host="") from e
        port = parsed.port or _PORTS.get(parsed.scheme)
        here = {parsed.host, f"{parsed.host}:{port}", parsed.netloc.decode("ascii")}
        if port is None or parsed.scheme not in _PORTS or not here & self._allow:
            raise FetchRefusedError(host=parsed.host)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _limited(answer: httpx.Response, deadline: float) -> bytes:
    """Read the body; neither a long one nor one that drips for ever is waited for."""
    body = bytearray()
    for piece in answer.iter_bytes():
        body += piece
        if time.monotonic() > deadline:
            raise TimeoutError
        if len(body) > _MAX_BYTES:
            msg = "the answer is larger than the limit"
            raise ConnectionError(msg)
    return bytes(body)
