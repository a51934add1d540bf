"""Why a certificate was not taken into the trust store; nothing was changed."""

from docsvc.errors import DocsvcError


class NotACertificateError(DocsvcError):
    """The file holds something else than certificates, or more than anybody compares by hand."""

    code = "trust.not-a-certificate"


class NotAnAuthorityError(DocsvcError):
    """The certificate is no CA's: as an anchor it is trusted only when that is asked for."""

    code = "trust.not-an-authority"


class FingerprintNeededError(DocsvcError):
    """Nobody can be asked, and no fingerprint says what was compared."""

    code = "trust.fingerprint-needed"


class ListSignerNeededError(FingerprintNeededError):
    """Nobody can be asked, and nothing says who may sign the list of the lists."""

    code = "trust.list-signer-needed"


class FingerprintMismatchError(DocsvcError):
    """The fingerprints that were named are not those of the certificates."""

    code = "trust.fingerprint-mismatch"


class DeclinedError(DocsvcError):
    """Somebody compared the fingerprint and said no."""

    code = "trust.declined"


class UnknownFingerprintError(DocsvcError):
    """No certificate of the store has this fingerprint, or several begin with it."""

    code = "trust.unknown-fingerprint"


class ListMissingError(DocsvcError):
    """No trusted list of a country is at hand."""

    code = "trust.list-missing"


class ListUnreachableError(DocsvcError):
    """A trusted list cannot be read from its file or got from its address."""

    code = "trust.list-unreachable"
    retryable = True


class NotRecordedError(DocsvcError):
    """The decision could not be written to the audit log."""

    code = "trust.not-recorded"


class StoreUnavailableError(DocsvcError):
    """The folder of the trust store cannot be read or written."""

    code = "trust.unavailable"
