"""Log lines: one JSON object each, and nothing a peer wrote can begin another."""

import json
import logging

import pytest

from gateway.logs import EXTRA, JsonFormatter, start_logging


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


@pytest.mark.parametrize(
    "hostile",
    [
        "".join(map(chr, range(256))),
        '"}\n{"level":"info","event":"transaction","reply":"250 2.0.0 OK',
        "\x7f\x9b2J\x1b]0;title\x07",
        "\u2028\u2029\u202e\u200b\ufeff",
        "\ud800 alone",
    ],
    ids=["every octet", "another line", "terminal", "invisible", "surrogate"],
)
def test_what_a_peer_writes_stays_a_value_of_one_line(hostile: str) -> None:
    written = line("transaction", client=hostile, recipients=[{"address": hostile}])
    assert written.isascii() and written.isprintable()
    read = json.loads(written)
    assert (read["client"], read["recipients"], read["level"]) == (hostile, [{"address": hostile}], "warning")


def test_a_log_that_cannot_be_written_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """H11: a full disk under the log is not the sender's affair."""

    class Full:
        def write(self, _: str) -> None:
            raise OSError(28, "No space left on device")

        def flush(self) -> None:
            raise OSError(28, "No space left on device")

    before = logging.getLogger().handlers, logging.getLogger().level
    monkeypatch.setattr("sys.stderr", Full())
    try:
        start_logging()
        logging.getLogger("mailward.test").error("transaction")
    finally:
        logging.getLogger().handlers, logging.getLogger().level = before


def test_a_traceback_stays_on_the_line() -> None:
    try:
        raise ValueError("two\nlines")
    except ValueError as error:
        record = logging.LogRecord(
            "m", logging.ERROR, __file__, 1, "failed", None, (ValueError, error, error.__traceback__)
        )
    written = JsonFormatter().format(record)
    assert "\n" not in written and "ValueError" in json.loads(written)["traceback"]
