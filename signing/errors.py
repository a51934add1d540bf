"""What can go wrong while a signature is placed: one root, a stable code for each case.

The codes `signing.*` have their sentences in the message catalogue; the facts of an error fill
them. No error carries a PIN, a key, a token or text of the document.
"""

from __future__ import annotations

from typing import ClassVar


class SigningError(Exception):
    """The root of the library: a code, whether trying again may help, and the facts."""

    code: ClassVar[str] = "signing.failed"
    retryable: ClassVar[bool] = False

    def __init__(self, **facts: object) -> None:
        """Keep the facts that the sentence of the catalogue is filled with."""
        super().__init__(self.code, facts)
        self.facts = facts


class UnreadablePdfError(SigningError):
    """The bytes can't be read as a PDF strictly enough to sign them."""

    code = "signing.unreadable"


class EncryptedPdfError(SigningError):
    """The PDF is encrypted; it would have to be rewritten without its protection."""

    code = "signing.encrypted"


class AlreadySignedError(SigningError):
    """The PDF bears a signature; rewriting it would destroy that signature."""

    code = "signing.already-signed"


class AlreadyReservedError(SigningError):
    """The PDF has the places of this service already."""

    code = "signing.already-reserved"


class PageMissingError(SigningError):
    """A place names a page that the PDF does not have."""

    code = "signing.page-missing"


class BoxOutsidePageError(SigningError):
    """A place is empty or reaches beyond its page."""

    code = "signing.box-outside-page"


class FieldMissingError(SigningError):
    """The form field was not reserved in this PDF."""

    code = "signing.field-missing"


class FieldFilledError(SigningError):
    """The form field has its value already; a signature or a number is never replaced."""

    code = "signing.field-filled"


class ChangesForbiddenError(SigningError):
    """The PDF is certified: no new field, and so no further visible signature, may be added."""

    code = "signing.changes-forbidden"


class ViewsDifferError(SigningError):
    """Programs of different age would show different pages of the PDF."""

    code = "signing.views-differ"


class LeaderSignatureMissingError(SigningError):
    """No intact leader signature precedes the organisation's in this file."""

    code = "signing.leader-signature-missing"


class CharacterNotInFontError(SigningError):
    """A value holds a character that the reserved font lacks."""

    code = "signing.character-not-in-font"


class UnusableImageError(SigningError):
    """The image of a visible signature can't be read or is too large."""

    code = "signing.image-unusable"


class UnusableCertificateError(SigningError):
    """The certificate can't be read, or its key is of a kind that we do not sign with."""

    code = "signing.certificate-unusable"


class ValueDoesNotVerifyError(SigningError):
    """The signature value was not made by the key of the plan's certificate over these bytes."""

    code = "signing.value-does-not-verify"


class AnswerOfAnotherKeyError(ValueDoesNotVerifyError):
    """The signer answered with a CMS that names another certificate than the plan's."""

    code = "signing.answer-of-another-key"


class AnswerOverOtherContentError(ValueDoesNotVerifyError):
    """The signer answered with a CMS over another document."""

    code = "signing.answer-over-other-content"


class AnswerUnreadableError(SigningError):
    """The signer's answer is no CMS with one signer in strict DER; ``reason`` says in which way."""

    code = "signing.answer-unreadable"


class AnswerAlgorithmError(SigningError):
    """The signer's answer was made with SHA-1 or another algorithm that we do not accept."""

    code = "signing.answer-algorithm"


class PreparedMismatchError(SigningError):
    """The hole, the digest or the signed attributes do not belong to this file and plan."""

    code = "signing.prepared-mismatch"


class ContainerTooSmallError(SigningError):
    """The finished signature does not fit into the place that was kept for it."""

    code = "signing.container-too-small"


class TimestampUnreachableError(SigningError):
    """The timestamp authority did not answer."""

    code = "signing.timestamp-unreachable"
    retryable = True


class TimestampRefusedError(SigningError):
    """The timestamp authority answered that it does not grant a token."""

    code = "signing.timestamp-refused"


class TimestampInvalidError(SigningError):
    """The answer of the timestamp authority is not a token over our digest."""

    code = "signing.timestamp-invalid"


class SignerUnreachableError(SigningError):
    """The token, the remote service or the operator did not answer."""

    code = "signing.signer-unreachable"
    retryable = True


class TokenNotFoundError(SigningError):
    """No token with this label is plugged in."""

    code = "signing.token-not-found"
    retryable = True


class TokenAmbiguousError(SigningError):
    """Several tokens with this label are plugged in, and no serial says which one is meant."""

    code = "signing.token-ambiguous"


class TokenRemovedError(SigningError):
    """The token was pulled out while it was in use."""

    code = "signing.token-removed"
    retryable = True


class TokenBusyError(SigningError):
    """Another session of this process is logged in to the token."""

    code = "signing.token-busy"


class PinIncorrectError(SigningError):
    """The PIN is wrong; trying again by machine would lock the token."""

    code = "signing.pin-incorrect"


class PinIncorrectLastTryError(PinIncorrectError):
    """The PIN is wrong, and the token says that one more wrong one locks it."""

    code = "signing.pin-incorrect-last-try"


class PinLastTryError(SigningError):
    """The token has one try left; it was not used, because nobody said that it may be."""

    code = "signing.pin-last-try"


class PinNeededError(SigningError):
    """No PIN is at hand: its time or its uses are over, or none was given."""

    code = "signing.pin-needed"


class PinLockedError(SigningError):
    """The PIN is locked after too many wrong tries, or has expired."""

    code = "signing.pin-locked"


class KeyNotFoundError(SigningError):
    """The signer has no key of this id with its certificate."""

    code = "signing.key-not-found"


class KeyStoreUnreadableError(SigningError):
    """The PKCS#12 file or its password is wrong, or it holds no usable key."""

    code = "signing.key-store-unreadable"


class ModuleUnusableError(SigningError):
    """The PKCS#11 module can't be loaded or failed in a way of its own."""

    code = "signing.module-unusable"
