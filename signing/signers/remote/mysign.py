"""Viettel MySign: hashes are signed in the holder's app.

A key's id is ``account:credential``: the account is the ``user_id`` that the vendor gave the
holder, such as ``CMT_…`` or ``MST_…``, the credential the ``credential_id`` of its certificate.

The service names requests itself. One that is sent again after a crash shows up on the phone a
second time; whichever of them the holder agrees to, only the one that is waited for counts.
"""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass, field, replace
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from typing_extensions import override

from signing.errors import KeyNotFoundError
from signing.signers.base import Pending, Refused
from signing.signers.remote.credential import sign_algorithm
from signing.signers.remote.errors import (
    BatchTooLargeError,
    RemoteAccessRefusedError,
    RemoteAnswerInvalidError,
    RemoteCertificateError,
    RemoteFailedError,
    RemoteRequestRefusedError,
)
from signing.signers.remote.forgetting import Forgotten
from signing.signers.remote.prompts import plain, shown
from signing.signers.remote.reading import object_of
from signing.signers.remote.service import Service, Tokens
from signing.signers.remote.waiting import (
    SHA256_OID,
    Waiting,
    digests_of,
    key_of,
    waiting_for,
    waiting_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from signing.signers.base import Outcome, Request
    from signing.signers.remote.reading import Fields
    from signing.signers.remote.service import Answer, Transport

NAME = "mysign"
POLL_AFTER_S = 5.0

_SIGNED = "1"
_WAITS = frozenset({"0", "4000", "6000"})
_FAILED_INSIDE = "50000"
_REFUSALS: Mapping[str, Refused] = {
    "4001": Refused(code="signing.expired"),
    "4002": Refused(code="signing.refused"),
    "4004": Refused(code="signing.remote-failed"),
    "4005": Refused(code="signing.remote-quota-exhausted"),
    "13004": Refused(code="signing.remote-certificate-unusable"),
}
_NO_SUCH_ACCOUNT = "58008"
# Texts go in base64 of less than 100 characters.
_MOST_TEXT = 72


class Waits(StrEnum):
    """How the answer comes.

    Attributes:
        AT_ONCE: the call lasts until the holder has answered; minutes.
        POLLED: the service is asked again and again.
        POSTED: the service posts it to us; asking works too.
    """

    AT_ONCE = "at-once"
    POLLED = "polled"
    POSTED = "posted"


_NUMBER: Mapping[Waits, int] = {Waits.AT_ONCE: 0, Waits.POLLED: 1, Waits.POSTED: 3}


class MySignKey(NamedTuple):
    """A key of an account: its id, its chain in DER, what it can do, whether it may sign now."""

    key_id: str
    chain: tuple[bytes, ...]
    algorithms: tuple[str, ...]
    multisign: int
    is_active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MySignAccount:
    """What an operator writes down: the contract with the vendor.

    Attributes:
        url: address up to ``vtss/service``, such as
            ``https://remotesigning.viettel.vn/vtss/service``.
        client_id: name of our application.
        client_secret: its password.
        profile_id: profile of the vendor's signing server.
        waits: how the answer comes.
    """

    url: str
    client_id: str
    client_secret: str = field(repr=False)
    profile_id: str = "adss:ras:profile:001"
    waits: Waits = Waits.POLLED


class MySignSigner:
    """Signs with the keys of the accounts that have MySign.

    Args:
        account: the service, and how it knows us.
        transport: see `signing.signers.remote.service.Transport`.
        clock: seconds that only grow.

    Raises:
        ValueError: the address is not safe.
    """

    def __init__(
        self,
        account: MySignAccount,
        transport: Transport,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._account = account
        self._service = Service(name=NAME, url=account.url, transport=transport)
        self._tokens = Tokens(self._login, clock=clock)
        self._forgotten = Forgotten()

    @override
    def __repr__(self) -> str:
        return f"MySignSigner(url={self._account.url!r}, waits={self._account.waits.value!r})"

    def keys(self, account: str) -> list[MySignKey]:
        """Return the keys of a holder's or a body's account.

        Raises:
            KeyNotFoundError: the service has no such account.
            SigningError: the service could not be asked.
        """
        body = self._ours | {
            "profile_id": self._account.profile_id,
            "user_id": account,
            "certificates": "chain",
            "certInfo": True,
            "authInfo": True,
        }
        answer = self._ask(account, "certificates/info", body)
        _require_good(answer)
        return [_key(account, one) for one in answer.several() if one.has("credential_id")]

    def chain(self, key_id: str) -> tuple[bytes, ...]:
        """Return the certificates of a key; see `Signer`."""
        return self._key(key_id).chain

    def sign(self, request: Request) -> Outcome:
        """Ask the holder; see `Signer`.

        Raises:
            RemoteCertificateError: the certificate can't be used now.
            RemoteAccessRefusedError: the service does not know us.
            BatchTooLargeError: the key does not sign so many at once.
        """
        key = self._key(request.key_id)
        _require_fit(key, len(request.items))
        account, _, credential = key.key_id.partition(":")
        waiting = Waiting(
            name="",
            account=account,
            key=key_of(key.chain),
            digests=digests_of(request),
            label=plain(request.control_code or request.transaction, most=_MOST_TEXT),
        )
        answer = self._ask(account, "signHash", self._body(request, waiting, key, credential))
        _require_good(answer)
        return _begun(answer.fields(), waiting)

    def poll(self, handle: str) -> Outcome:
        """Ask for the holder's answer; see `DeferredSigner`."""
        waiting = waiting_of(handle)
        if handle in self._forgotten:
            return self._forgotten.outcome
        answer = self._ask(waiting.account, "requests/status", {"transactionId": waiting.name})
        _require_good(answer)
        fields = answer.fields()
        return _outcome(fields.text("status"), fields.texts("signatures"), waiting)

    def cancel(self, handle: str) -> None:
        """Forget a request, as the service can't take it back; see `DeferredSigner`.

        Whatever the holder answers goes to nobody. Another process has not forgotten it.
        """
        if isinstance(self.poll(handle), Pending):
            self._forgotten.add(handle)

    def notified(self, body: bytes, find: Callable[[str], str | None]) -> tuple[str, Outcome]:
        """Read what the service posts to us when the holder has answered.

        The caller has checked the bearer token that it gave to the service. A value counts all
        the same because the key made it over what we asked for; of anything else the message
        only says that it is time to poll.

        Args:
            body: what was posted.
            find: looks up the handle that begins with a text, among those that wait.

        Returns:
            The handle, and what it came to.

        Raises:
            RemoteAnswerInvalidError: it is no message of this service.
            HandleUnknownError: nobody waits for it, or no longer.
            ValueDoesNotVerifyError: a value is not by the key that was asked.
        """
        fields = object_of(NAME, body)
        about = fields.part("meta_data")
        handle, waiting = waiting_for(about.text("transaction_id"), find, service=NAME)
        if handle in self._forgotten:
            return handle, self._forgotten.outcome
        if about.text("status") != _SIGNED:
            return handle, _pending(waiting)
        results = fields.part("data").objects("results")
        return handle, waiting.completed(
            NAME,
            waiting.in_order(
                NAME, [(one.text("document_id"), one.text("signature")) for one in results]
            ),
        )

    @property
    def _ours(self) -> dict[str, object]:
        return {"client_id": self._account.client_id, "client_secret": self._account.client_secret}

    def _body(
        self, request: Request, waiting: Waiting, key: MySignKey, credential: str
    ) -> dict[str, object]:
        return self._ours | {
            "credentialID": credential,
            "numSignatures": len(waiting.digests),
            "description": _text(shown(request)),
            "documents": [
                {
                    "document_id": waiting.document(number),
                    "document_name": _text(item.name or waiting.document(number)),
                }
                for number, item in enumerate(request.items)
            ],
            "hash": [base64.b64encode(one).decode("ascii") for one in waiting.digests],
            "hashAlgo": SHA256_OID,
            "signAlgo": sign_algorithm(key.chain, key.algorithms),
            "async": _NUMBER[self._account.waits],
        }

    def _key(self, key_id: str) -> MySignKey:
        """Return a key; without a credential it is the only one of the account that may sign."""
        account, _, credential = key_id.partition(":")
        found = self.keys(account)
        fit = [one for one in found if (one.key_id == key_id if credential else one.is_active)]
        if len(fit) != 1:
            raise KeyNotFoundError(service=NAME, found=len(fit))
        return fit[0]

    def _ask(self, account: str, path: str, body: Mapping[str, object]) -> Answer:
        return self._tokens.use(account, lambda token: self._service.ask(path, body, bearer=token))

    def _login(self, account: str) -> Fields:
        body = self._ours | {"profile_id": self._account.profile_id, "user_id": account}
        answer = self._service.ask("ras/v1/login", body)
        fields = answer.fields()
        if fields.text_or("error") == _NO_SUCH_ACCOUNT:
            raise KeyNotFoundError(service=NAME)
        if not answer.is_good or fields.has("error"):
            raise RemoteAccessRefusedError(service=NAME, status=answer.status)
        return fields


def _begun(fields: Fields, waiting: Waiting) -> Outcome:
    """Read the answer to a request: its name, its values, or the status it came to at once."""
    name = fields.text_or("transactionId")
    if name:
        return _pending(replace(waiting, name=name))
    status = fields.text_or("status", _SIGNED)
    if status in _WAITS:
        fields.wrong("transactionId")
    return _outcome(status, fields.texts("signatures"), waiting)


def _outcome(status: str, values: list[str], waiting: Waiting) -> Outcome:
    """Return what a status means (1 signed, 4000 and 6000 under way, others refused)."""
    if status == _SIGNED:
        return waiting.completed(NAME, values)
    if status in _WAITS:
        return _pending(waiting)
    if status == _FAILED_INSIDE:
        raise RemoteFailedError(service=NAME, status=status)
    if status not in _REFUSALS:
        raise RemoteAnswerInvalidError(service=NAME, field="status")
    return _REFUSALS[status]


def _pending(waiting: Waiting) -> Pending:
    return Pending(handle=waiting.handle, poll_after_s=POLL_AFTER_S)


def _text(text: str) -> str:
    return base64.b64encode(plain(text, most=_MOST_TEXT).encode("ascii")).decode("ascii")


def _key(account: str, fields: Fields) -> MySignKey:
    key, certificate = fields.part("key"), fields.part("cert")
    return MySignKey(
        key_id=f"{account}:{fields.text('credential_id')}",
        chain=certificate.chain("certificates"),
        algorithms=tuple(key.texts("algo")),
        multisign=max(1, fields.number_or("multisign", 1)),
        is_active=(key.text_or("status", "enabled"), certificate.text_or("status", "valid"))
        == ("enabled", "valid"),
    )


def _require_fit(key: MySignKey, count: int) -> None:
    if not key.is_active:
        raise RemoteCertificateError(service=NAME, status="inactive")
    if count > key.multisign:
        raise BatchTooLargeError(limit=key.multisign, asked=count)


def _require_good(answer: Answer) -> None:
    if answer.status == HTTPStatus.UNAUTHORIZED:
        raise RemoteAccessRefusedError(service=NAME, status=answer.status)
    if not answer.is_good:
        raise RemoteRequestRefusedError(service=NAME, status=answer.status)
