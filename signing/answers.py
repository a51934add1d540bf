"""What a signer answered: a raw signature value, or a whole CMS. Checked before it is used.

Of a CMS nothing is ever embedded but its signed attributes and the signature over them, once they
were checked. Certificates are those of the plan; the signer is named by issuer and number, because
not every reader finds a key identifier; unsigned attributes are left out, for nobody vouches for
them.
"""

from __future__ import annotations

from dataclasses import dataclass

from signing._pades.answer import Expected, SignerInfo, is_signed_data, read_signer_info
from signing._pades.cms import require_value, template_of
from signing.errors import AnswerUnreadableError

# A CMS with a long chain and revocation data of its own has some 20 KiB.
_MAX_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A checked answer.

    Attributes:
        value: the raw signature value; a signature timestamp goes over its SHA-256.
        signer: of a CMS with signed attributes of the signer's own; else None.
    """

    value: bytes
    signer: SignerInfo | None = None

    def cms(
        self, *, chain: tuple[bytes, ...], content_digest: bytes, timestamp_token: bytes | None
    ) -> bytes:
        """Return the DER of the CMS for the hole, at B-T if there is a token, else at B-B."""
        template = template_of(chain)
        if self.signer is None:
            return template.assemble(
                digest=content_digest, value=self.value, timestamp_token=timestamp_token
            )
        return template.wrap(
            attributes=self.signer.attributes,
            algorithm=self.signer.algorithm,
            value=self.value,
            timestamp_token=timestamp_token,
        )


def read_answer(
    answer: bytes, *, chain: tuple[bytes, ...], attributes_digest: bytes, content_digest: bytes
) -> Answer:
    """Read an answer and check it against the signer's certificate.

    Args:
        answer: raw value (PKCS #1 v1.5 with SHA-256 for RSA, the DER of (r, s) over SHA-256 for
            ECDSA), or the DER of a CMS: over our signed attributes, or over others that name our
            content and the certificate.
        chain: certificates in DER, the signer's first.
        attributes_digest: SHA-256 of the signed attributes that were to be signed.
        content_digest: SHA-256 of the byte range.

    Raises:
        UnusableCertificateError: the chain does not begin with a certificate we sign with.
        AnswerUnreadableError: a CMS that is not strictly what it has to be.
        AnswerAlgorithmError: another hash than SHA-256, or an unknown signature algorithm.
        AnswerOfAnotherKeyError: the CMS names another certificate.
        AnswerOverOtherContentError: the CMS is over another document.
        ValueDoesNotVerifyError: the value is not by the key of the certificate.
    """
    if len(answer) > _MAX_BYTES:
        raise AnswerUnreadableError(reason="size")
    public_key = template_of(chain).public_key
    if not is_signed_data(answer):
        require_value(public_key, value=answer, digest=attributes_digest)
        return Answer(value=answer)
    expected = Expected(
        leaf=chain[0],
        public_key=public_key,
        attributes_digest=attributes_digest,
        content_digest=content_digest,
    )
    signer = read_signer_info(answer, expected)
    return Answer(value=signer.value, signer=None if signer.is_ours else signer)
