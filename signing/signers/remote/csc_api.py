"""The calls of the CSC API that we make, and what its failures mean."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, NoReturn

from signing.errors import (
    KeyNotFoundError,
    PinIncorrectError,
    PinLockedError,
    SignerUnreachableError,
)
from signing.signers.remote.credential import Version, read_credential, sign_algorithm
from signing.signers.remote.errors import (
    OneTimeCodeIncorrectError,
    RemoteAccessRefusedError,
    RemoteAnswerInvalidError,
    RemoteRequestRefusedError,
)
from signing.signers.remote.service import Service, Tokens
from signing.signers.remote.waiting import SHA256_OID

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from signing.errors import SigningError
    from signing.signers.remote.credential import Credential
    from signing.signers.remote.reading import Fields
    from signing.signers.remote.service import Answer, Transport

NAME = "csc"

# Pages of a list of credentials: an account with more than a few keys is already unusual.
_MAX_PAGES = 20
_MAX_IDS = 1000
_ERROR_WORD = re.compile(r"[a-z_]{1,40}")
_UNFIT = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND})

# The words of CSC 1.0.4 §10 and 2.0 §10, and those of OAuth 2.0 (RFC 6749 §5.2).
_MEANINGS: Mapping[str, type[SigningError]] = {
    "invalid_pin": PinIncorrectError,
    "invalid_otp": OneTimeCodeIncorrectError,
    # 2.0 §11.7: one word for whatever the holder typed wrongly.
    "invalid_authentication_data": PinIncorrectError,
    "invalid_token": RemoteAccessRefusedError,
    "expired_token": RemoteAccessRefusedError,
    "invalid_client": RemoteAccessRefusedError,
    "invalid_grant": RemoteAccessRefusedError,
    "invalid_scope": RemoteAccessRefusedError,
    "unauthorized_client": RemoteAccessRefusedError,
    "server_error": SignerUnreachableError,
    "temporarily_unavailable": SignerUnreachableError,
}


class DeniedError(Exception):
    """The holder or the service said no (``access_denied``)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthClient:
    """How to get a token for the service itself (OAuth 2.0 client credentials).

    Attributes:
        token_url: address of the token endpoint.
        scope: what the token is for; ``service`` in the CSC API.
    """

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str = "service"


@dataclass(frozen=True, slots=True, kw_only=True)
class CscAccount:
    """What an operator writes down about one service.

    Attributes:
        url: address up to and with the version, such as ``https://sign.example.vn/csc/v1``.
        bearer: a token that was given for the service; or
        oauth: how to get one. With neither, no token is sent.
        user_id: whose credentials to list, where the account of the service does not say it.
        asynchronous: let the service answer later; version 2 only.
    """

    url: str
    version: Version = Version.V1
    bearer: str = field(default="", repr=False)
    oauth: OAuthClient | None = None
    user_id: str = ""
    asynchronous: bool = False

    def __post_init__(self) -> None:
        """Refuse to wait for what version 1 does not have."""
        if self.asynchronous and self.version is Version.V1:
            msg = "version 1 of the CSC API answers at once"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceInfo:
    """What a service says of itself (``info``).

    Attributes:
        specs: version of the specification, such as ``1.0.4.0``.
        name: as its operator wrote it.
        methods: what it offers.
        answers_later: it knows operation mode A.
    """

    specs: str
    name: str
    methods: frozenset[str]
    answers_later: bool


class CscApi:
    """Makes the calls and names their failures.

    Raises in each call:
        SignerUnreachableError: there was no answer.
        RemoteAccessRefusedError: the service does not accept our token.
        RemoteAnswerInvalidError: the answer is not what the API provides for.
        RemoteRequestRefusedError: the service does not accept the request.
    """

    def __init__(
        self, account: CscAccount, transport: Transport, *, clock: Callable[[], float]
    ) -> None:
        self._account = account
        is_first = account.version is Version.V1
        self._hashes_name = "hash" if is_first else "hashes"
        self._algorithm_name = "hashAlgo" if is_first else "hashAlgorithmOID"
        self._service = Service(name=NAME, url=account.url, transport=transport)
        self._tokens: Tokens | None = None
        if account.oauth is not None:
            self._oauth = account.oauth
            self._authority = Service(name=NAME, url=account.oauth.token_url, transport=transport)
            self._tokens = Tokens(self._login, clock=clock)

    def info(self) -> ServiceInfo:
        """Ask what the service is."""
        fields = good(self._service.ask("info", {}))
        return ServiceInfo(
            specs=fields.text("specs"),
            name=fields.text_or("name"),
            methods=frozenset(fields.texts("methods")),
            answers_later=fields.flag("asynchronousOperationMode"),
        )

    def credential_ids(self) -> list[str]:
        """Ask which keys the account has, page by page."""
        found: list[str] = []
        body: dict[str, object] = {}
        if self._account.user_id:
            body["userID"] = self._account.user_id
        for _ in range(_MAX_PAGES):
            fields = good(self._ask("credentials/list", body))
            found += fields.texts("credentialIDs")
            body["pageToken"] = fields.text_or("nextPageToken")
            if not body["pageToken"]:
                return found
            if len(found) > _MAX_IDS:
                break
        raise RemoteAnswerInvalidError(service=NAME, field="nextPageToken")

    def credential(self, credential_id: str) -> Credential:
        """Ask about one key.

        Raises:
            KeyNotFoundError: the account has none of this name.
            RemoteCertificateError: it can't be used now.
        """
        body: dict[str, object] = {"credentialID": credential_id, "certificates": "chain"}
        if self._account.version is Version.V2:
            body["authInfo"] = True  # without it, version 2 leaves out what the holder has to give
        answer = self._ask("credentials/info", body)
        if answer.status in _UNFIT:
            raise KeyNotFoundError(service=NAME)
        return read_credential(
            good(answer), credential_id=credential_id, version=self._account.version
        )

    def authorize(
        self,
        credential: Credential,
        digests: Sequence[bytes],
        *,
        factors: Mapping[str, str],
        description: str,
    ) -> str:
        """Get the signature activation data for some hashes; it may take until the holder agrees.

        Raises:
            DeniedError: the holder said no.
            PinIncorrectError: the PIN is wrong.
            PinLockedError: the PIN is locked.
            OneTimeCodeIncorrectError: the one-time code is wrong.
        """
        body: dict[str, object] = {
            "credentialID": credential.credential_id,
            "numSignatures": len(digests),
        }
        if description:
            body["description"] = description
        if credential.binds_hashes:
            body[self._hashes_name] = _encoded(digests)
        if self._account.version is Version.V1:
            body |= factors
        else:
            body[self._algorithm_name] = SHA256_OID
            body["authData"] = [{"id": name, "value": value} for name, value in factors.items()]
        return good(self._ask("credentials/authorize", body)).text("SAD")

    def send_code(self, credential_id: str) -> None:
        """Have a one-time code sent to the holder (1.0.4 §11.6, 2.0 §11.8)."""
        body: dict[str, object] = {"credentialID": credential_id}
        path = "credentials/sendOTP"
        if self._account.version is Version.V2:
            path, body = "credentials/getChallenge", body | {"authObjectID": "OTP"}
        answer = self._ask(path, body)
        if not answer.is_good:  # a good one may be empty
            _fail(answer)

    def sign(self, credential: Credential, digests: Sequence[bytes], *, sad: str) -> Fields:
        """Hand the hashes over; the answer has the values, or a name to ask for them with.

        Raises:
            DeniedError: the holder said no.
        """
        body: dict[str, object] = {
            "credentialID": credential.credential_id,
            "SAD": sad,
            self._hashes_name: _encoded(digests),
            self._algorithm_name: SHA256_OID,
            "signAlgo": sign_algorithm(credential.chain, credential.algorithms),
        }
        if self._account.asynchronous:
            body["operationMode"] = "A"
        return good(self._ask("signatures/signHash", body))

    def polled(self, name: str) -> Answer:
        """Ask for the outcome of what is answered later; the answer may be a failure."""
        return self._ask("signatures/signPolling", {"requestID": name})

    def _ask(self, path: str, body: Mapping[str, object]) -> Answer:
        if self._tokens is None:
            return self._service.ask(path, body, bearer=self._account.bearer)
        return self._tokens.use("", lambda token: self._service.ask(path, body, bearer=token))

    def _login(self, _account: str) -> Fields:
        client = self._oauth
        return good(
            self._authority.ask_form(
                {
                    "grant_type": "client_credentials",
                    "client_id": client.client_id,
                    "client_secret": client.client_secret,
                    "scope": client.scope,
                }
            )
        )


def error_word(answer: Answer) -> str:
    """Return the word that a failure is called by; empty where it is none of the API's form."""
    word = answer.fields().text_or("error")
    return word if _ERROR_WORD.fullmatch(word) else ""


def _encoded(digests: Sequence[bytes]) -> list[str]:
    return [base64.b64encode(one).decode("ascii") for one in digests]


def good(answer: Answer) -> Fields:
    """Return what a good answer says.

    Raises:
        DeniedError: the holder said no.
        SigningError: what the failure is called.
    """
    return answer.fields() if answer.is_good else _fail(answer)


def _fail(answer: Answer) -> NoReturn:
    word = error_word(answer)
    if word == "access_denied":
        raise DeniedError
    meaning = _MEANINGS.get(word)
    # The API says in a sentence that there are no tries left.
    if "locked" in answer.fields().text_or("error_description").lower():
        meaning = PinLockedError
    if meaning is None and answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        meaning = RemoteAccessRefusedError
    raise (meaning or RemoteRequestRefusedError)(
        service=NAME, status=int(answer.status), error=word
    )
