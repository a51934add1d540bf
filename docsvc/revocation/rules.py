"""How long an answer is kept, and what counts as one."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509 import ocsp

if TYPE_CHECKING:
    from collections.abc import Callable

# An answer came over plain http and is judged by its signature only when it is used: one that
# somebody slipped in must not stay for as long as it says itself.
_KEEP_AT_MOST = timedelta(days=1)
# OCSP answers and CRLs without nextUpdate: newer ones may be had at any time (RFC 6960 §4.2.2.1).
_KEEP_WITHOUT_END = timedelta(minutes=10)
# After a failure, and where even the newest answer is out of date.
_RETRY_AFTER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is known of one request.

    After a failure ``error`` says why, and the rest is that of the last good answer, if any.
    """

    key: str
    url: str
    sha256: str | None
    this_update: datetime | None
    next_update: datetime | None
    fetched_at: datetime
    fresh_until: datetime
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer that can be read, as DER where it was PEM."""

    data: bytes
    this_update: datetime | None = None
    next_update: datetime | None = None
    has_end: bool = True


def key_of(url: str, body: bytes | None) -> str:
    """Name a request: an address and what is posted to it."""
    address = url.encode("utf-8", "surrogatepass")
    return hashlib.sha256(address + b"\0" + (b"" if body is None else b"\1" + body)).hexdigest()


def host_of(url: str) -> str:
    """Return host and port of an address, as it names them; empty if it names none."""
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""


def succeeded(key: str, url: str, reply: Reply, *, at: datetime) -> Entry:
    """Return the entry of a good answer: kept until the next one is due, a day at most."""
    if reply.next_update is not None:
        end = max(reply.next_update, at + _RETRY_AFTER)
    else:
        end = at + (_KEEP_WITHOUT_END if reply.has_end else _KEEP_AT_MOST)
    return Entry(
        key=key,
        url=url,
        sha256=hashlib.sha256(reply.data).hexdigest(),
        this_update=reply.this_update,
        next_update=reply.next_update,
        fetched_at=at,
        fresh_until=min(end, at + _KEEP_AT_MOST),
        error=None,
    )


def failed(key: str, url: str, error: str, *, before: Entry | None, at: datetime) -> Entry:
    """Return the entry of a failure: what was known stays, and it is tried again soon."""
    return Entry(
        key=key,
        url=url,
        sha256=before.sha256 if before else None,
        this_update=before.this_update if before else None,
        next_update=before.next_update if before else None,
        fetched_at=at,
        fresh_until=at + _RETRY_AFTER,
        error=error[:80],
    )


def read(data: bytes) -> Reply | None:
    """Read an answer: a CRL, a successful OCSP response, or certificates; None for all else."""
    for reader in (_crl, _ocsp, _certificates):
        try:
            with warnings.catch_warnings():
                # Real CRLs break rules that cryptography only warns about.
                warnings.simplefilter("ignore")
                return reader(data)
        except Exception:  # noqa: BLE001, S112  # ValueError, TypeError, UnsupportedAlgorithm: not this
            continue
    return None


def _crl(data: bytes) -> Reply:
    if data.lstrip().startswith(b"-----BEGIN"):
        crl = x509.load_pem_x509_crl(data)
        data = crl.public_bytes(Encoding.DER)
    else:
        crl = x509.load_der_x509_crl(data)
    return Reply(data=data, this_update=crl.last_update_utc, next_update=crl.next_update_utc)


def _ocsp(data: bytes) -> Reply:
    # Of a response that is not successful the times cannot be read.
    response = next(iter(ocsp.load_der_ocsp_response(data).responses))
    return Reply(
        data=data, this_update=response.this_update_utc, next_update=response.next_update_utc
    )


def _certificates(data: bytes) -> Reply:
    readers: tuple[Callable[[bytes], object], ...] = (
        x509.load_der_x509_certificate,
        x509.load_pem_x509_certificates,
        pkcs7.load_der_pkcs7_certificates,
    )
    for reader in readers:
        try:
            reader(data)
        except (ValueError, TypeError):
            continue
        return Reply(data=data, has_end=False)
    raise ValueError
