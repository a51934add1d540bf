"""How providers of each kind are spoken to: settings become a signer of the library."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import httpx

from docsvc.clock import Clock
from docsvc.http import FetchRefusedError, Outbound, Reach, origin_of
from docsvc.steps.sign.providers import CallBack, CallBackRefusedError, Provider, secret_of
from signing.signers.mobile.adapter import EtsiAdapter
from signing.signers.mobile.messages import Mode, msisdn_of
from signing.signers.mobile.rest import Rest
from signing.signers.mobile.signer import MobileSigner, Waiting
from signing.signers.mobile.soap import Soap
from signing.signers.mobile.soap import Version as SoapVersion
from signing.signers.mobile.wire import NON_REPUDIATION, VALIDATE, Operator, Sent
from signing.signers.remote.credential import Version as CscVersion
from signing.signers.remote.csc import CscSigner
from signing.signers.remote.csc_api import CscAccount, OAuthClient
from signing.signers.remote.mysign import MySignAccount, MySignSigner, Waits
from signing.signers.remote.smartca import SmartCaAccount, SmartCaSigner

if TYPE_CHECKING:
    from docsvc.settings import Provider as ProviderSettings
    from docsvc.steps.sign.providers import Factory
    from signing.signers.base import Outcome
    from signing.signers.mobile.wire import Wire

# A call that lasts until the holder has answered needs as long, and the way back.
_WAY_BACK_S = 30.0
_FAULT = 500
# Of the vendor's signing server, for those who were given no other.
_PROFILE = "adss:ras:profile:001"
_GOOD = 200

_WAITS = {
    Mode.SYNCH: Waits.AT_ONCE,
    Mode.POLL: Waits.POLLED,
    Mode.CALL_BACK: Waits.POSTED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a provider's signer needs of this installation.

    Attributes:
        clock: tells when a request is over.
        chains: the inventory's certificates (DER, the holder's first) of a provider's keys, by the
            id of the key.
    """

    clock: Clock
    chains: Callable[[str], Mapping[str, tuple[bytes, ...]]]


class _Options:
    """The options of a provider's table; one that nobody reads is a misspelt one."""

    def __init__(self, configured: ProviderSettings) -> None:
        self._left = dict(configured.options)

    def text(self, name: str, default: str = "") -> str:
        return self._left.pop(name, default)

    def flag(self, name: str) -> bool:
        said = self.text(name, "false")
        if said not in {"true", "false"}:
            raise ValueError(name)
        return said == "true"

    def list(self, name: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        said = self._left.pop(name, None)
        return default if said is None else tuple(said.split())

    def end(self) -> None:
        if self._left:
            raise ValueError(", ".join(sorted(self._left)))


def _mobile_soap(configured: ProviderSettings, around: Surroundings) -> Provider:
    options = _Options(configured)
    version = SoapVersion[options.text("soap", "V1_2")]
    return _mobile(configured, around, options, partial(Soap, version=version))


def _mobile_json(configured: ProviderSettings, around: Surroundings) -> Provider:
    return _mobile(configured, around, _Options(configured), Rest)


def _mobile(
    configured: ProviderSettings,
    around: Surroundings,
    options: _Options,
    wire: Callable[[Operator], Wire],
) -> Provider:
    mode = Mode(configured.mode)
    operator = Operator(
        url=configured.url,
        ap_id=configured.account,
        secret=secret_of(configured.secret_file),
        mssp_id=options.text("mssp_id"),
        mode=mode,
        profile=options.text("profile", NON_REPUDIATION),
        signature_format=options.text("signature_format"),
        services=options.list("services", (VALIDATE,)),
        sent=Sent[options.text("sent", Sent.DIGEST.name)],
        signs_content=options.flag("signs_content"),
        batch_max=configured.items_per_request,
        also_signed=frozenset(map(int, options.list("also_signed"))),
        has_profiles=options.flag("has_profiles"),
        call_back_url=configured.callback_url,
        call_back_key=secret_of(configured.callback_secret_file).encode(),
    )
    options.end()
    outbound = _outbound(configured, waits=mode is Mode.SYNCH)

    def transport(url: str, body: bytes, headers: Mapping[str, str], *, timeout_s: float) -> bytes:
        # The settings' limit is for every call; one that lasts until the holder has answered says
        # how long that may be. The client's own limit bounds both.
        limit_s = max(configured.timeout_s, timeout_s)
        status, content = _exchange(outbound, url, body, headers, timeout_s=limit_s)
        if status not in {_GOOD, _FAULT}:
            raise ConnectionError(status)
        return content

    def chain_of(number: str) -> tuple[bytes, ...]:
        known = around.chains(configured.name)
        return next((chain for key, chain in known.items() if msisdn_of(key) == number), ())

    signer = MobileSigner(
        EtsiAdapter(operator, wire(operator), transport),
        now=around.clock.now,
        certificates=chain_of,
    )

    def read(said: CallBack) -> tuple[str, Outcome]:
        transaction, _, secret = said.path.partition("/")

        def find(name: str) -> Waiting | None:
            handle = said.by_name(name)
            return None if handle is None else Waiting(handle=handle)

        return signer.received(said.body, transaction=transaction, secret=secret, find=find)

    called_back = mode is Mode.CALL_BACK
    return Provider(
        signer=signer, read_call_back=read if called_back else None, close=outbound.close
    )


def _csc(configured: ProviderSettings, _around: Surroundings) -> Provider:
    options = _Options(configured)
    secret, token_url = secret_of(configured.secret_file), options.text("token_url")
    scope = options.text("scope", "service")
    oauth = OAuthClient(
        token_url=token_url, client_id=configured.account, client_secret=secret, scope=scope
    )
    account = CscAccount(
        url=configured.url,
        version=CscVersion[options.text("version", "V1")],
        bearer="" if token_url else secret,
        oauth=oauth if token_url else None,
        user_id=options.text("user_id"),
        asynchronous=options.flag("asynchronous"),
    )
    options.end()
    outbound = _outbound(configured, waits=not account.asynchronous, more=token_url)
    # Somebody sits before the page while a PIN is tried: that takes no longer than one call.
    quick = _outbound(configured, more=token_url)
    desk = CscSigner(account, partial(_exchange, quick))

    def close() -> None:
        outbound.close()
        quick.close()

    return Provider(
        signer=CscSigner(account, partial(_exchange, outbound)),
        close=close,
        activated=desk.activated,
        send_code=desk.send_code,
    )


def _smartca(configured: ProviderSettings, _around: Surroundings) -> Provider:
    _Options(configured).end()
    account = SmartCaAccount(
        url=configured.url,
        sp_id=configured.account,
        sp_password=secret_of(configured.secret_file),
    )
    outbound = _outbound(configured)
    signer = SmartCaSigner(account, partial(_exchange, outbound))

    def read(said: CallBack) -> tuple[str, Outcome]:
        return signer.notified(said.body, said.by_beginning)

    return Provider(signer=signer, read_call_back=read, close=outbound.close)


def _mysign(configured: ProviderSettings, _around: Surroundings) -> Provider:
    options, mode = _Options(configured), Mode(configured.mode)
    account = MySignAccount(
        url=configured.url,
        client_id=configured.account,
        client_secret=secret_of(configured.secret_file),
        profile_id=options.text("profile_id", _PROFILE),
        waits=_WAITS[mode],
    )
    options.end()
    outbound = _outbound(configured, waits=mode is Mode.SYNCH)
    signer = MySignSigner(account, partial(_exchange, outbound))
    bearer = f"Bearer {secret_of(configured.callback_secret_file)}".encode()

    def read(said: CallBack) -> tuple[str, Outcome]:
        given = said.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, bearer):
            raise CallBackRefusedError(provider=configured.name)
        return signer.notified(said.body, said.by_beginning)

    has_secret = configured.callback_secret_file is not None
    return Provider(
        signer=signer, read_call_back=read if has_secret else None, close=outbound.close
    )


Maker: TypeAlias = "Callable[[ProviderSettings, Surroundings], Provider]"
MAKERS: dict[str, Maker] = {
    "mobile-soap": _mobile_soap,
    "mobile-json": _mobile_json,
    "csc": _csc,
    "smartca": _smartca,
    "mysign": _mysign,
}


def factories(around: Surroundings) -> dict[str, Factory]:
    """Return what makes providers of every kind."""
    return {kind: partial(_made, kind, around=around) for kind in MAKERS}


def _made(kind: str, configured: ProviderSettings, *, around: Surroundings) -> Provider:
    try:
        return MAKERS[kind](configured, around)
    except (KeyError, httpx.InvalidURL) as e:
        # An option whose word is none of those that there are, or an address that is none.
        raise ValueError(str(e)) from e


def _outbound(configured: ProviderSettings, *, waits: bool = False, more: str = "") -> Outbound:
    """Return a client for the addresses of one provider, wherever they lead."""
    limit_s = configured.timeout_s
    if waits:
        limit_s = max(limit_s, configured.valid_for_s + _WAY_BACK_S)
    own = frozenset(origin_of(httpx.URL(url)) for url in (configured.url, more) if url)
    return Outbound(Reach(origins=own), timeout_s=limit_s, ca_file=configured.ca_file)


def _exchange(
    outbound: Outbound,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    timeout_s: float | None = None,
) -> tuple[int, bytes]:
    try:
        return outbound.exchange(url, body, headers, timeout_s=timeout_s)
    except FetchRefusedError as e:
        raise ConnectionError(e.code) from e
