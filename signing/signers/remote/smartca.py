"""VNPT SmartCA: hashes are signed in the holder's app (the vendor's API sp769, version 1).

A key's id is ``account:serial``: the account is the holder's identity number or the body's tax
code, the serial that of the certificate in hexadecimal, as the service lists it.

A request is called by our own transaction, and the service keeps one for each: before it is made,
the service is asked whether it has it already, so that a request that is sent again after a crash
shows up on no phone a second time.
"""

from __future__ import annotations

import secrets
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from typing_extensions import override

from signing.errors import KeyNotFoundError, SignerUnreachableError
from signing.signers.base import Pending, Refused
from signing.signers.remote.errors import (
    RemoteAccessRefusedError,
    RemoteCertificateError,
    RemoteFailedError,
    RemoteRequestRefusedError,
)
from signing.signers.remote.forgetting import Forgotten
from signing.signers.remote.prompts import shown
from signing.signers.remote.reading import chain_from, object_of
from signing.signers.remote.service import Service
from signing.signers.remote.waiting import Waiting, digests_of, key_of, waiting_for, waiting_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from signing.errors import SigningError
    from signing.signers.base import Outcome, Request
    from signing.signers.remote.reading import Fields
    from signing.signers.remote.service import Answer, Transport

NAME = "smartca"
POLL_AFTER_S = 10.0  # as the vendor's samples do

# What a status that is not yet one of success is called. The vendor's documents list no words for
# a refusal; these are those of its older API. A word that is not here, without signatures, is
# somebody who has not answered: it ends when the time of the request does.
_REFUSALS: Mapping[str, Refused] = {
    "EXPIRED": Refused(code="signing.expired"),
    "SIGNER_REJECTED": Refused(code="signing.refused"),
    "REJECTED": Refused(code="signing.refused"),
    "AUTHORIZE_KEY_FAILED": Refused(code="signing.remote-failed"),
    "SIGN_FAILED": Refused(code="signing.remote-failed"),
}
_MEANINGS: Mapping[int, type[SigningError]] = {
    HTTPStatus.UNAUTHORIZED: RemoteAccessRefusedError,
    HTTPStatus.FORBIDDEN: RemoteCertificateError,
    HTTPStatus.INTERNAL_SERVER_ERROR: RemoteFailedError,
}
_UNKNOWN = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND})
_ACTIVE = "đang hoạt động"


class Service769(StrEnum):
    """Whose certificate it is, by the vendor's kind of service."""

    PERSON = "SMARTCA"
    ORGANISATION = "ESEAL"


class SmartCaKey(NamedTuple):
    """A key of an account: its id, whose it is, its chain in DER, whether it may sign now.

    ``kind`` is None for a kind of service that we do not know.
    """

    key_id: str
    kind: Service769 | None
    chain: tuple[bytes, ...]
    is_active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SmartCaAccount:
    """What an operator writes down: the contract with the vendor.

    Attributes:
        url: address up to ``sp769``, such as ``https://gwsca.vnpt.vn/sca/sp769``.
        sp_id: name of our application.
        sp_password: its password.
    """

    url: str
    sp_id: str
    sp_password: str = field(repr=False)


class SmartCaSigner:
    """Signs with the keys of the accounts that have SmartCA.

    Args:
        account: the service, and how it knows us.
        transport: see `signing.signers.remote.service.Transport`.
        new_name: makes names for requests that have no transaction, and for questions.

    Raises:
        ValueError: the address is not safe.
    """

    def __init__(
        self,
        account: SmartCaAccount,
        transport: Transport,
        *,
        new_name: Callable[[], str] = lambda: secrets.token_hex(16),
    ) -> None:
        self._account = account
        self._service = Service(name=NAME, url=account.url, transport=transport)
        self._new_name = new_name
        self._forgotten = Forgotten()

    @override
    def __repr__(self) -> str:
        return f"SmartCaSigner(url={self._account.url!r})"

    def keys(self, account: str, *, serial: str = "") -> list[SmartCaKey]:
        """Return the keys of a holder's or a body's account.

        Args:
            account: identity number, passport number or tax code.
            serial: only the key of this certificate; all where it is empty.

        Raises:
            SigningError: the service could not be asked.
        """
        body = self._ours | {
            "user_id": account,
            "serial_number": serial,
            "transaction_id": self._new_name(),
        }
        answer = self._service.ask("v1/credentials/get_certificate", body)
        if _status(answer) in _UNKNOWN:
            return []
        return [_key(account, one) for one in _data(answer).objects("user_certificates")]

    def chain(self, key_id: str) -> tuple[bytes, ...]:
        """Return the certificates of a key; see `Signer`."""
        return self._key(key_id).chain

    def sign(self, request: Request) -> Outcome:
        """Ask the holder, or find the request that was made already; see `Signer`.

        Raises:
            RemoteCertificateError: the certificate can't be used now.
            RemoteAccessRefusedError: the service does not know us, or not this account.
        """
        key = self._key(request.key_id)
        if not key.is_active:
            raise RemoteCertificateError(service=NAME, status="inactive")
        waiting = Waiting(
            name=request.transaction or self._new_name(),
            key=key_of(key.chain),
            digests=digests_of(request),
            label=request.control_code,
        )
        known = self._known(waiting.name) if request.transaction else None
        if known is not None:
            return _outcome(known, waiting)
        body = self._body(key, waiting, description=shown(request))
        found = _data(self._service.ask("v1/signatures/sign", body))
        if found.text("transaction_id") != waiting.name:
            found.wrong("transaction_id")
        return _pending(waiting)

    def poll(self, handle: str) -> Outcome:
        """Ask for the holder's answer; see `DeferredSigner`."""
        waiting = waiting_of(handle)
        if handle in self._forgotten:
            return self._forgotten.outcome
        known = self._known(waiting.name)
        return _REFUSALS["EXPIRED"] if known is None else _outcome(known, waiting)

    def cancel(self, handle: str) -> None:
        """Forget a request, as the service can't take it back; see `DeferredSigner`.

        Whatever the holder answers goes to nobody. Another process has not forgotten it.
        """
        if isinstance(self.poll(handle), Pending):
            self._forgotten.add(handle)

    def notified(self, body: bytes, find: Callable[[str], str | None]) -> tuple[str, Outcome]:
        """Read what the service posts to us when the holder has answered.

        Anybody can post to us. A value counts because the key made it over what we asked for; a
        refusal only says that it is time to poll.

        Args:
            body: what was posted.
            find: looks up the handle that begins with a text, among those that wait.

        Returns:
            The handle, and what it came to.

        Raises:
            RemoteAnswerInvalidError: it is no message of this service to us.
            HandleUnknownError: nobody waits for it, or no longer.
            ValueDoesNotVerifyError: a value is not by the key that was asked.
        """
        fields = object_of(NAME, body)
        if fields.text("sp_id") != self._account.sp_id:
            fields.wrong("sp_id")
        handle, waiting = waiting_for(fields.text("transaction_id"), find, service=NAME)
        if handle in self._forgotten:
            return handle, self._forgotten.outcome
        files = fields.objects("signed_files")
        if not files:
            return handle, _pending(waiting)
        return handle, waiting.completed(NAME, _values(files, waiting))

    @property
    def _ours(self) -> dict[str, object]:
        return {"sp_id": self._account.sp_id, "sp_password": self._account.sp_password}

    def _body(self, key: SmartCaKey, waiting: Waiting, *, description: str) -> dict[str, object]:
        account, _, serial = key.key_id.partition(":")
        return self._ours | {
            "user_id": account,
            "serial_number": serial,
            "transaction_id": waiting.name,
            "transaction_desc": description,
            "sign_files": [
                {
                    "file_type": "pdf",
                    "data_to_be_signed": digest.hex(),
                    "doc_id": waiting.document(number),
                    "sign_type": "hash",
                }
                for number, digest in enumerate(waiting.digests)
            ],
        }

    def _key(self, key_id: str) -> SmartCaKey:
        """Return a key; without a serial it is the only one of the account that may sign."""
        account, _, serial = key_id.partition(":")
        found = self.keys(account, serial=serial)
        if serial:
            fit = [one for one in found if one.key_id.lower() == key_id.lower()]
        else:
            fit = [one for one in found if one.is_active]
        if len(fit) != 1:
            raise KeyNotFoundError(service=NAME, found=len(fit))
        return fit[0]

    def _known(self, name: str) -> Answer | None:
        """Ask how a request stands; None where the service has none of this name.

        Raises:
            SignerUnreachableError: something in between says so, and not the service itself.
        """
        answer = self._service.ask(f"v1/signatures/sign/{quote(name, safe='')}/status", {})
        if _status(answer) not in _UNKNOWN:
            return answer
        if not answer.fields().has("status_code"):
            raise SignerUnreachableError(service=NAME, status=answer.status)
        return None


def _outcome(answer: Answer, waiting: Waiting) -> Outcome:
    data = _data(answer)
    if data.text_or("transaction_id", waiting.name) != waiting.name:
        data.wrong("transaction_id")
    signatures = data.objects("signatures")
    if signatures:
        return waiting.completed(NAME, _values(signatures, waiting))
    word = answer.fields().text_or("message").strip().upper()
    return _REFUSALS.get(word) or _pending(waiting)


def _values(signatures: list[Fields], waiting: Waiting) -> list[str]:
    return waiting.in_order(
        NAME, [(one.text("doc_id"), one.text("signature_value")) for one in signatures]
    )


def _pending(waiting: Waiting) -> Pending:
    return Pending(handle=waiting.handle, poll_after_s=POLL_AFTER_S)


def _key(account: str, fields: Fields) -> SmartCaKey:
    kind = fields.text_or("service_type")
    others = fields.part("chain_data")
    texts = [fields.text("cert_data"), others.text_or("ca_cert"), others.text_or("root_cert")]
    return SmartCaKey(
        key_id=f"{account}:{fields.text('serial_number')}",
        kind=Service769(kind) if kind in set(Service769) else None,
        chain=chain_from(NAME, [one for one in texts if one], field="cert_data"),
        is_active=_is_active(fields.text_or("cert_status", _ACTIVE)),
    )


def _is_active(status: str) -> bool:
    # The same letters may be written in two ways.
    return unicodedata.normalize("NFC", status).strip().lower() == _ACTIVE


def _status(answer: Answer) -> int:
    """Return the status of an answer: it stands in the body too, and a failure anywhere counts."""
    return max(answer.status, answer.fields().number_or("status_code", answer.status))


def _data(answer: Answer) -> Fields:
    status = _status(answer)
    if status == HTTPStatus.OK:
        return answer.fields().part("data")
    raise _MEANINGS.get(status, RemoteRequestRefusedError)(service=NAME, status=status)
