"""The stand-in of a SIM PKI operator for tests: real HTTPS, a clock in the test's hand."""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import httpx

from docsvc.demo.mobile.prompts import Holder, Script
from docsvc.demo.mobile.provider import Account, MobileProvider
from docsvc.demo.mobile.subscribers import Form, Subscriber
from signing.signers.mobile.adapter import EtsiAdapter
from signing.signers.mobile.messages import Mode
from signing.signers.mobile.rest import Rest
from signing.signers.mobile.signer import MobileSigner
from signing.signers.mobile.soap import Soap, Version
from signing.signers.mobile.wire import Operator

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from docsvc.demo.mobile.prompts import Prompt

AP_ID, SECRET = "http://docsvc.example", "s3cret-of-the-account"
START = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)


@dataclass(slots=True)
class HandClock:
    """Stands still until the test moves it."""

    at: datetime = START

    def now(self) -> datetime:
        return self.at

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class Transport:
    """Posts over HTTPS and trusts the stand-in's certificate alone."""

    def __init__(self, certificate: Path) -> None:
        self._client = httpx.Client(
            verify=ssl.create_default_context(cafile=str(certificate)), trust_env=False
        )

    def __call__(
        self, url: str, body: bytes, headers: Mapping[str, str], *, timeout_s: float
    ) -> bytes:
        try:
            answer = self._client.post(url, content=body, headers=dict(headers), timeout=timeout_s)
        except httpx.HTTPError as error:
            raise ConnectionError(type(error).__name__) from error
        if answer.status_code not in {200, 500}:
            raise ConnectionError(answer.status_code)
        return answer.content

    def close(self) -> None:
        self._client.close()


@dataclass(kw_only=True)
class Rig:
    """An operator, one account, and signers that use it."""

    provider: MobileProvider
    clock: HandClock
    transport: Transport
    form: str
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def operator(self) -> Operator:
        path = "/rest/service" if self.form == "json" else "/soap"
        return Operator(
            url=self.provider.url + path, ap_id=AP_ID, secret=SECRET, has_profiles=True,
            **self.settings,
        )  # fmt: skip

    def signer(self, **settings: Any) -> MobileSigner:
        operator = replace(self.operator, **settings)
        if self.form == "json":
            wire: Rest | Soap = Rest(operator)
        else:
            wire = Soap(operator, Version.V1_1 if self.form == "soap11" else Version.V1_2)
        return MobileSigner(EtsiAdapter(operator, wire, self.transport), now=self.clock.now)

    def script(self, **orders: Any) -> None:
        """Order how all phones behave from now on, beside what was ordered before."""
        self.provider.phones.script(replace(self.provider.phones.script_of(""), **orders))

    def agree(self) -> None:
        self.provider.phones.say_all(agrees=True)

    def refuse(self) -> None:
        self.provider.phones.say_all(agrees=False)

    def expire(self) -> None:
        self.provider.phones.expire_all()

    @property
    def waiting(self) -> list[Prompt]:
        return self.provider.phones.waiting()


@contextmanager
def running(
    subscribers: list[Subscriber], form: str = "soap", *, qualified: bool = True, **settings: Any
) -> Iterator[Rig]:
    """Start an operator; ``form`` is ``soap``, ``soap11`` or ``json``."""
    clock = HandClock()
    with TemporaryDirectory(prefix="docsvc-mobile-") as folder:
        provider = MobileProvider(
            subscribers,
            Account(ap_id=AP_ID, secret=SECRET),
            clock=clock,
            folder=Path(folder),
            qualified=qualified,
        )
        with provider:
            transport = Transport(provider.certificate)
            yield Rig(
                provider=provider, clock=clock, transport=transport, form=form, settings=settings
            )
            transport.close()


__all__ = ["Form", "Holder", "Mode", "Rig", "Script", "Subscriber", "running"]
