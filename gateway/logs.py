"""Structured logs: one JSON object a line on standard error, without message text, everything a peer wrote escaped."""

import json
import logging
import sys
from datetime import UTC, datetime

EXTRA = "mailward"  # the attribute of a record that carries its fields


class JsonFormatter(logging.Formatter):
    """A record as one line of printable ASCII: json.dumps escapes all else but DEL, which some terminals obey."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **getattr(record, EXTRA, {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, separators=(",", ":"), default=str).replace("\x7f", r"\u007f")


def start_logging(level: int = logging.INFO) -> None:
    """Send every logger to standard error; aiosmtpd's own would log each line of content when debugging."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("mail.log").setLevel(logging.WARNING)
