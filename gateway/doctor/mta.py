"""Checks of the MTA that asks us: that it waits for us, never passes mail without us, and is not asked about releases.

Reading an MTA's settings and judging them are apart: gateway.doctor.postfix and gateway.doctor.sendmail.
"""

from collections.abc import Iterator

from gateway.config import Config
from gateway.doctor.note import Note, advice, good
from gateway.doctor.postfix import judge_postfix, read_postfix
from gateway.doctor.sendmail import SENDMAIL_FILE, judge_sendmail, read_sendmail


def check_mta(config: Config) -> Iterator[Note]:
    """Of those that are found on this machine; none where no milter is configured. Raises OSError, SubprocessError."""
    if not config.milters:
        yield good("not needed: no MTA asks us")
        return
    found = False
    if (postfix := read_postfix()) is not None:
        found = True
        yield from judge_postfix(postfix, config)
    if SENDMAIL_FILE.is_file():
        found = True
        yield from judge_sendmail(read_sendmail(SENDMAIL_FILE.read_text(errors="replace")), config)
    if not found:
        yield advice(
            "no Postfix or Sendmail on this machine", "compare its settings with deploy/postfix or deploy/sendmail"
        )
