"""What can go wrong with bodies, mandates and certificates."""

from docsvc.errors import DocsvcError


class UnitUnknownError(DocsvcError):
    """No body has this code."""

    code = "organisations.unit-unknown"


class UnitCodeError(DocsvcError):
    """The text is not an identifier of QĐ 20/2020/QĐ-TTg, nor one of QCVN 102:2016/BTTTT."""

    code = "organisations.unit-code"


class UnitCodeFormError(DocsvcError):
    """The identifier is right, but the older form has no room for it."""

    code = "organisations.unit-code-form"


class TwoParentsError(DocsvcError):
    """A body has two parents on the same day."""

    code = "organisations.two-parents"


class ParentCycleError(DocsvcError):
    """A body stands above itself."""

    code = "organisations.parent-cycle"


class OfficerUnknownError(DocsvcError):
    """Nobody has this number."""

    code = "organisations.officer-unknown"


class NoMandateError(DocsvcError):
    """The officer may not sign for this body at all."""

    code = "organisations.no-mandate"


class MandateDatesError(DocsvcError):
    """The officer may sign for this body, but not on this day."""

    code = "organisations.mandate-dates"


class MandateAuthorityError(DocsvcError):
    """The officer may sign for this body on this day, but not under this authority."""

    code = "organisations.mandate-authority"


class MandateKindError(DocsvcError):
    """The officer may sign for this body on this day, but not this kind of document."""

    code = "organisations.mandate-kind"


class MandateReversedError(DocsvcError):
    """A mandate would end before it begins."""

    code = "organisations.mandate-reversed"


class MandateUnknownError(DocsvcError):
    """There is no such mandate, or none that the caller may change."""

    code = "organisations.mandate-unknown"


class DelegationIncompleteError(DocsvcError):
    """A delegation lacks its first or last day, its document, or whose right it is."""

    code = "organisations.delegation-incomplete"


class RedelegationError(DocsvcError):
    """Who delegates has no right of their own to give, or it would be passed on."""

    code = "organisations.redelegation"


class OfficerNameError(DocsvcError):
    """The name or the title of an officer can't be used."""

    code = "organisations.officer-name"


class AccountTakenError(DocsvcError):
    """The account is another officer's: one person signs with it."""

    code = "organisations.account-taken"


class SealMissingError(DocsvcError):
    """The body has no certificate of its own that is good on this day."""

    code = "organisations.seal-missing"


class CertificateUnreadableError(DocsvcError):
    """The bytes are not an X.509 certificate."""

    code = "organisations.certificate-unreadable"


class CertificateUnknownError(DocsvcError):
    """The inventory has no such certificate."""

    code = "organisations.certificate-unknown"


class CertificateHolderError(DocsvcError):
    """A leader's certificate names an officer, an organisation's none."""

    code = "organisations.certificate-holder"


class CertificateConflictError(DocsvcError):
    """The certificate is in the inventory already, for another holder."""

    code = "organisations.certificate-conflict"


class SheetUnreadableError(DocsvcError):
    """The file is no table of ours: no XLSX or CSV, too large, or made to do harm."""

    code = "devices.sheet-unreadable"


class DeviceUnknownError(DocsvcError):
    """The inventory has no such device, or none that the caller may change."""

    code = "devices.device-unknown"


class DeviceEndedError(DocsvcError):
    """The device is lost or revoked already, on another day."""

    code = "devices.device-ended"


class DeviceTakenError(DocsvcError):
    """A device of this kind and serial is in the inventory, for another holder."""

    code = "devices.serial-taken"
