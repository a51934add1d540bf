"""What can be wrong with a request before the service is asked."""

from __future__ import annotations

from docsvc.errors import DocsvcError


class WebError(DocsvcError):
    """The root of this package's errors."""

    code = "web.malformed-request"


class BodyTooLargeError(WebError):
    """The body is larger than this address takes."""

    code = "web.too-large"


class ForgedRequestError(WebError):
    """The request did not come from a page of ours: token or origin does not fit."""

    code = "web.forged-request"


class BusyError(WebError):
    """Too many files are being looked at; trying again in a moment helps."""

    code = "web.busy"
    retryable = True


class NothingChosenError(WebError):
    """A form was sent without anything chosen in it."""

    code = "web.nothing-chosen"


class CarriedLostError(WebError):
    """What a page carried for its next request is not ours, or older than this server."""

    code = "web.carried-lost"


class FieldError(WebError):
    """A field of a form cannot be read; ``field`` names it."""

    code = "web.invalid-request"


class PageMissingError(WebError):
    """There is nothing at this address."""

    code = "web.not-found"
