"""A signer behind the Cloud Signature Consortium's API, versions 1.0.4 and 2.

``credentials/authorize`` gives the signature activation data (SAD), ``signatures/signHash`` the
values: at once, or with version 2 later (operation mode A), when ``signatures/signPolling`` is
asked. A key that lets fewer hashes be signed with one authorization than a request has gets
several, unless its holder would have to type another one-time code for each.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

from typing_extensions import override

from signing.errors import PinIncorrectError
from signing.signers.base import Completed, Pending, Refused
from signing.signers.remote.credential import Activation, Credential
from signing.signers.remote.csc_api import NAME, CscApi, DeniedError, error_word, good
from signing.signers.remote.errors import (
    BatchTooLargeError,
    OneTimeCodeIncorrectError,
    RemoteRequestRefusedError,
)
from signing.signers.remote.forgetting import Forgotten
from signing.signers.remote.prompts import shown
from signing.signers.remote.waiting import Waiting, digests_of, key_of, waiting_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from signing.signers.base import Outcome, Request
    from signing.signers.remote.csc_api import CscAccount, ServiceInfo
    from signing.signers.remote.reading import Fields
    from signing.signers.remote.service import Answer, Transport

POLL_AFTER_S = 5.0
_REFUSED = Refused(code="signing.refused")
_EXPIRED = Refused(code="signing.expired")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A request, and what the service says of its key."""

    credential: Credential
    factors: Mapping[str, str] = field(repr=False)
    digests: tuple[bytes, ...]
    description: str

    def waiting(self, name: str, digests: tuple[bytes, ...]) -> Waiting:
        return Waiting(name=name, key=key_of(self.credential.chain), digests=digests)


class CscSigner:
    """Signs with the credentials of one account; a key's id is its ``credentialID``.

    Args:
        account: the service, and how it knows us.
        transport: see `signing.signers.remote.service.Transport`.
        activation: what the holder typed, for keys that want it. A code is used once; a PIN that
            was wrong is forgotten, so that it is never tried a second time.
        clock: seconds that only grow.

    Raises:
        ValueError: an address is not safe.
    """

    def __init__(
        self,
        account: CscAccount,
        transport: Transport,
        *,
        activation: Activation | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._account = account
        self._api = CscApi(account, transport, clock=clock)
        self._activation = activation or Activation()
        self._forgotten = Forgotten()

    @override
    def __repr__(self) -> str:
        return f"CscSigner(url={self._account.url!r}, version={self._account.version.value!r})"

    def info(self) -> ServiceInfo:
        """Ask what the service is: for checking the settings."""
        return self._api.info()

    def key_ids(self) -> list[str]:
        """Return the ids of the account's keys, usable or not."""
        return self._api.credential_ids()

    def credential(self, key_id: str) -> Credential:
        """Return what the service says of a key.

        Raises:
            KeyNotFoundError: there is no such key.
            RemoteCertificateError: it can't be used now.
        """
        return self._api.credential(key_id)

    def chain(self, key_id: str) -> tuple[bytes, ...]:
        """Return the certificates of a key; see `Signer`."""
        return self._api.credential(key_id).chain

    def activated(self, activation: Activation) -> CscSigner:
        """Return a signer for one signing, with what the holder typed for it.

        It shares the service's token with this one, which learns nothing of what was typed.
        """
        signer = copy.copy(self)
        signer._activation = activation  # noqa: SLF001  # our own
        return signer

    def send_code(self, key_id: str) -> None:
        """Have the service send the holder a one-time code.

        Raises:
            RemoteRequestRefusedError: the key takes none, or the service sends no more of them.
        """
        try:
            self._api.send_code(key_id)
        except DeniedError as error:
            raise RemoteRequestRefusedError(service=NAME) from error

    def sign(self, request: Request) -> Outcome:
        """Sign every item, or begin to; see `Signer`.

        Version 1 and operation mode S have no name of ours for a request. Asking again signs the
        same hashes again, which does no harm; mode A has no such name either.

        Raises:
            ActivationMissingError: the key wants a PIN or a code that was not given.
            BatchTooLargeError: the key does not sign so many at once.
            PinIncorrectError: the PIN was wrong; it was tried once.
            PinLockedError: the PIN is locked.
            OneTimeCodeIncorrectError: the one-time code was wrong.
            ValueDoesNotVerifyError: a value is not by the key, or over something else.
        """
        asked = self._asked(request)
        is_one = self._account.asynchronous or "OTP" in asked.factors
        if is_one and len(asked.digests) > asked.credential.multisign:
            raise BatchTooLargeError(limit=asked.credential.multisign, asked=len(asked.digests))
        try:
            return self._begun(asked) if self._account.asynchronous else self._signed(asked)
        except DeniedError:
            return _REFUSED

    def poll(self, handle: str) -> Outcome:
        """Ask for the answer of what is signed later; see `DeferredSigner`."""
        waiting = waiting_of(handle)
        if handle in self._forgotten:
            return self._forgotten.outcome
        answer = self._api.polled(waiting.name)
        if _is_under_way(answer):
            return Pending(handle=handle, poll_after_s=POLL_AFTER_S)
        if error_word(answer) == "invalid_request":
            # The name is the service's own: where it no longer knows it, no answer will come.
            return _EXPIRED
        try:
            return waiting.completed(NAME, good(answer).texts("signatures"))
        except DeniedError:
            return _REFUSED

    def cancel(self, handle: str) -> None:
        """Forget a request, as the API can't take it back; see `DeferredSigner`.

        Whatever comes back later goes to nobody. Another process has not forgotten it.
        """
        if isinstance(self.poll(handle), Pending):
            self._forgotten.add(handle)

    def _asked(self, request: Request) -> _Asked:
        credential = self._api.credential(request.key_id)
        return _Asked(
            credential=credential,
            factors=credential.factors(self._activation),
            digests=digests_of(request),
            description=shown(request),
        )

    def _begun(self, asked: _Asked) -> Outcome:
        fields = self._handed_over(asked, asked.digests)
        waiting = asked.waiting(fields.text_or("responseID"), asked.digests)
        if not waiting.name:  # a service may be quicker than it was allowed to be
            return waiting.completed(NAME, fields.texts("signatures"))
        return Pending(handle=waiting.handle, poll_after_s=POLL_AFTER_S)

    def _signed(self, asked: _Asked) -> Completed:
        values: list[bytes] = []
        for start in range(0, len(asked.digests), asked.credential.multisign):
            part = asked.digests[start : start + asked.credential.multisign]
            found = self._handed_over(asked, part).texts("signatures")
            values += asked.waiting("", part).completed(NAME, found).values
        return Completed(values=tuple(values))

    def _handed_over(self, asked: _Asked, digests: tuple[bytes, ...]) -> Fields:
        if "OTP" in asked.factors:
            self._activation = Activation(pin=self._activation.pin)
        try:
            sad = self._api.authorize(
                asked.credential, digests, factors=asked.factors, description=asked.description
            )
        except PinIncorrectError as error:
            self._activation = Activation()
            if "PIN" not in asked.factors:
                raise OneTimeCodeIncorrectError(**error.facts) from error
            raise
        return self._api.sign(asked.credential, digests, sad=sad)


def _is_under_way(answer: Answer) -> bool:
    """Tell whether the service is still at it.

    2.0 §11.12 has status 202 for it; services are met that say 400 with the same sentence, and
    such that answer without any signature.
    """
    if not answer.is_good:
        return "not yet been completed" in answer.fields().text_or("error_description")
    return answer.status == HTTPStatus.ACCEPTED or not answer.fields().texts("signatures")
