"""Log lines: one JSON object each, and nothing a peer wrote can begin another."""

import json
import logging

from gateway.logs import EXTRA, JsonFormatter


def line(message: str, **fields: object) -> str:
    record = logging.LogRecord("mailward.test", logging.WARNING, __file__, 1, message, None, None)
    setattr(record, EXTRA, fields)
    return JsonFormatter().format(record)


def test_a_line_is_one_json_object_with_its_fields() -> None:
    read = json.loads(line("transaction", id="t1", size=3))
    assert (read["level"], read["event"], read["id"], read["size"]) == ("warning", "transaction", "t1", 3)
    assert read["time"].endswith("+00:00")


def test_control_characters_and_line_ends_are_escaped() -> None:
    written = line("helo a\r\nevil\x1b[31m\u202e", client="x\ny")
    assert written.isascii() and written.isprintable()


def test_a_traceback_stays_on_the_line() -> None:
    try:
        raise ValueError("two\nlines")
    except ValueError as error:
        record = logging.LogRecord(
            "m", logging.ERROR, __file__, 1, "failed", None, (ValueError, error, error.__traceback__)
        )
    written = JsonFormatter().format(record)
    assert "\n" not in written and "ValueError" in json.loads(written)["traceback"]
