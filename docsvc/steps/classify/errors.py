"""Errors of reading a document for classification."""

from docsvc.errors import DocsvcError


class ClassifyError(DocsvcError):
    """The root of this package's errors."""

    code = "classify.unreadable"


class UnreadablePageError(ClassifyError):
    """PDFium could not open the file or load its first page."""

    code = "classify.unreadable"


class LanguageDataMissingError(ClassifyError):
    """Tesseract's Vietnamese language data is not installed; a scan cannot be examined."""

    code = "classify.language-data-missing"
