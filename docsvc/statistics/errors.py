"""What can go wrong when counting."""

from docsvc.errors import DocsvcError


class PeriodUnreadableError(DocsvcError):
    """The text names no period."""

    code = "statistics.period-unreadable"


class PeriodReversedError(DocsvcError):
    """The period ends before it begins."""

    code = "statistics.period-reversed"


class TooManyMonthsError(DocsvcError):
    """The period is too long to be broken down by month."""

    code = "statistics.too-many-months"


class SnapshotMissingError(DocsvcError):
    """No report was kept under this number."""

    code = "statistics.snapshot-missing"
