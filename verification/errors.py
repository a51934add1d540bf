"""What keeps this library from doing its work. A bad signature is a finding, never an error."""

from typing import ClassVar


class VerificationError(Exception):
    """The root of this package's errors: a stable code and facts, no prose."""

    code: ClassVar[str] = "verification.error"
    retryable: ClassVar[bool] = False

    def __init__(self, **facts: str | int) -> None:
        super().__init__(self.code)
        self.facts = facts


class UnreadableFileError(VerificationError):
    """The bytes cannot be read as a PDF."""

    code = "inspect.unreadable"


class EmptyFileError(UnreadableFileError):
    """There is not one byte in the file."""

    code = "inspect.empty"


class NotAPdfError(UnreadableFileError):
    """The file does not start as a PDF does (ISO 32000-2 §7.5.2)."""

    code = "inspect.not-a-pdf"


class TruncatedFileError(UnreadableFileError):
    """The end of the file is missing: it was cut short on its way."""

    code = "inspect.truncated"


class EncryptedFileError(UnreadableFileError):
    """The file is encrypted: an official document has to be readable by everybody."""

    code = "inspect.encrypted"


class TooLargeError(UnreadableFileError):
    """The file has more bytes than the limit."""

    code = "inspect.too-large"


class DecompressionBombError(UnreadableFileError):
    """A stream unfolds to more bytes than the limit."""

    code = "inspect.decompression-bomb"


class TooManyPagesError(UnreadableFileError):
    """The file has more pages than the limit."""

    code = "inspect.too-many-pages"


class TrustMaterialError(VerificationError):
    """A file of the trust store is no certificate, CRL or OCSP answer."""

    code = "verification.trust-material"


class PolicyError(VerificationError):
    """A policy has a name or value that is not known, or lacks one."""

    code = "verification.policy-invalid"


class EvidenceError(VerificationError):
    """The evidence is damaged, altered, too large, or of a form that is not known."""

    code = "verification.evidence-invalid"


class OtherFileError(VerificationError):
    """The evidence belongs to another file."""

    code = "verification.evidence-of-other-file"


class AnchorSetError(TrustMaterialError):
    """The list of decided anchors in the trust store is not of the form it should have."""

    code = "verification.anchor-set"


class AnchorMismatchError(TrustMaterialError):
    """A certificate of the trust store is not the one that was decided upon."""

    code = "verification.anchor-mismatch"


class ExtensionError(VerificationError):
    """The root of what may be wrong with a file that comes back signed; the old state stays."""

    code = "verification.extension-refused"


class NotOurBytesError(ExtensionError):
    """The file does not begin with exactly the bytes that were handed out."""

    code = "verification.extension-not-our-bytes"


class NoSignatureError(ExtensionError):
    """Nothing, or no signature, was added to the bytes that were handed out."""

    code = "verification.extension-no-signature"


class MoreThanOneSignatureError(ExtensionError):
    """More than the one expected signature was added; ``count`` says how many."""

    code = "verification.extension-more-than-one-signature"


class OtherFieldError(ExtensionError):
    """The signature is in another ``field`` than the ``expected`` one."""

    code = "verification.extension-other-field"


class NotWholeFileError(ExtensionError):
    """The signature does not cover the whole file; ``reason`` is the code of the finding."""

    code = "verification.extension-not-whole-file"


class OtherCertificateError(ExtensionError):
    """The signature is by a certificate that is not entitled; ``certificate`` is its SHA-256."""

    code = "verification.extension-other-certificate"


class BrokenSignatureError(ExtensionError):
    """The signature does not verify over the file; ``reason`` is the code of the finding."""

    code = "verification.extension-broken-signature"


class ChangedElseError(ExtensionError):
    """Something else was changed as well; ``change`` is the code of the finding."""

    code = "verification.extension-changed-else"


class TrustedListError(VerificationError):
    """The file is no trusted list that can be read, or breaks a limit."""

    code = "verification.trusted-list-invalid"


class TrustedListSignatureError(TrustedListError):
    """None of those who may sign the trusted list signed what it says."""

    code = "verification.trusted-list-signature"


class TrustedListExpiredError(TrustedListError):
    """The trusted list should have been replaced by now: what was withdrawn since is missing."""

    code = "verification.trusted-list-expired"


class TrustedListSupportError(VerificationError):
    """The packages that read trusted lists are not installed."""

    code = "verification.trusted-list-support"
