"""Logging: one JSON object a line, a fixed event and facts; never a secret, a text or a name."""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from typing_extensions import override

from verification.masking import masked

if TYPE_CHECKING:
    from collections.abc import Mapping

# SHA-256, serial numbers of some length, UUIDs: their digits are nobody's.
_IDENTIFIER = re.compile(r"[0-9a-fA-F-]{32,}")
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonFormatter(logging.Formatter):
    """Render a record as a line of JSON: time, level, logger, event, the facts in ``extra``."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        line.update({k: _masked(v) for k, v in vars(record).items() if k not in _STANDARD})
        if record.exc_info and record.exc_info[0] is not None:
            # The text of an exception may quote a document; its type and place may not.
            line["exception"] = record.exc_info[0].__name__
            line["trace"] = _places(record)
        return json.dumps(line, ensure_ascii=False, default=str)


def _masked(value: object) -> object:
    """Hide id numbers of people, should a name get here after all; digests and ids stay."""
    if not isinstance(value, str) or _IDENTIFIER.fullmatch(value):
        return value
    return masked(value)


def _places(record: logging.LogRecord) -> list[str]:
    """Return file and line of each frame of the exception, without source text."""
    trace = record.exc_info[2] if record.exc_info else None
    places = []
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return places


def configure(level: str = "info", quiet: Mapping[str, str] | None = None) -> None:
    """Send every log line of this process to standard error as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # These libraries log addresses and file names of documents at the level info.
    defaults = {"httpx": "WARNING", "httpcore": "WARNING", "pyhanko": "ERROR", "fontTools": "ERROR"}
    for name, threshold in (defaults | dict(quiet or {})).items():
        logging.getLogger(name).setLevel(threshold)
