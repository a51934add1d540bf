"""The stand-in of the CSC API and a client that somebody else wrote: pyHanko's."""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING, Any

import aiohttp
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.signers.csc_signer import (
    CSCAuthorizationInfo,
    CSCAuthorizationManager,
    CSCServiceSessionInfo,
    CSCSigner,
    fetch_certs_in_csc_credential,
)
from pyhanko.sign.signers.functions import async_sign_pdf
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata
from signing_remotes import pki, rsa_key
from signing_stand_ins import blank_pdf
from signing_steps import statuses
from support.remote_csc import BEARER, Credential, Csc
from support.remote_service import trusting

if TYPE_CHECKING:
    from collections.abc import Iterable


class Authorizing(CSCAuthorizationManager):  # type: ignore[misc]  # pyHanko has no types for it
    """Gets the activation data as a program of the API's users would."""

    def __init__(self, session: aiohttp.ClientSession, *about: Any) -> None:
        super().__init__(*about)
        self._session = session

    async def authorize_signature(self, hash_b64s: Iterable[str]) -> CSCAuthorizationInfo:
        body = self.format_csc_auth_request(hash_b64s=list(hash_b64s), num_signatures=1)
        url = self.csc_session_info.endpoint_url("credentials/authorize")
        async with self._session.post(url, headers=self.auth_headers, json=body) as answer:
            return self.parse_csc_auth_response(await answer.json())


async def signed_by_pyhanko(url: str) -> bytes:
    about = CSCServiceSessionInfo(service_url=url, credential_id="seal", oauth_token=BEARER)
    connector = aiohttp.TCPConnector(ssl=trusting())
    async with aiohttp.ClientSession(connector=connector) as session:
        credential = await fetch_certs_in_csc_credential(session, about)
        signer = CSCSigner(session, Authorizing(session, about, credential))
        made = await async_sign_pdf(
            IncrementalPdfFileWriter(io.BytesIO(blank_pdf())),
            PdfSignatureMetadata(field_name="Signature", md_algorithm="sha256"),
            signer=signer,
        )
    return bytes(made.getvalue())


def test_pyhanko_signs_with_the_stand_in() -> None:
    held = Credential(rsa_key(), algorithms=("1.2.840.113549.1.1.1", "1.2.840.113549.1.1.11"))
    with Csc({"seal": held}) as stand_in, asyncio.Runner() as runner:
        pdf = runner.run(signed_by_pyhanko(stand_in.url))
    assert [status.bottom_line for status in statuses(pdf, pki())] == [True]
