"""How long the lines of a message are. Looks at line ends alone."""

from rules.message import Octets

# Octets of a line without its end. RFC 5322 allows 998, and some programs send a whole HTML page as one line; readers
# that cut or wrap at a length of their own no longer read what we have read.
MAX_LINE = 64 * 1024


def has_overlong_line(octets: Octets) -> bool:
    """Whether a line, ended by CRLF or by the end of the message, is longer than MAX_LINE.

    Looks for the last line end within each stretch that one line may take, so that short lines cost nothing each.
    """
    start, size = 0, len(octets)
    while size - start > MAX_LINE:
        end = octets.rfind(b"\n", start, start + MAX_LINE + len(b"\r\n"))
        if end < 0:
            return True
        start = end + 1
    return False
