"""Checks of an MTA beside us: that it waits for us, never passes mail without us, and is not asked about releases.

Reading an MTA's settings and judging them are apart: gateway.doctor.postfix, relaying and sendmail.
"""

from collections.abc import Iterator

from gateway.config import Config
from gateway.doctor.note import Note, advice, good
from gateway.doctor.postfix import judge_postfix, read_postfix
from gateway.doctor.relaying import judge_relaying
from gateway.doctor.sendmail import SENDMAIL_FILE, judge_sendmail, read_sendmail


def check_mta(config: Config) -> Iterator[Note]:
    """Of those on this machine that have to do with us. Raises OSError, SubprocessError."""
    postfix, found = read_postfix(), False
    relaying = judge_relaying(postfix, config) if postfix is not None else ()
    yield from relaying
    if not config.milters:
        if not relaying:
            yield good("not needed: no MTA on this machine has to do with us")
        return
    if postfix is not None:
        found = True
        yield from judge_postfix(postfix, config)
    if SENDMAIL_FILE.is_file():
        found = True
        yield from judge_sendmail(read_sendmail(SENDMAIL_FILE.read_text(errors="replace")), config)
    if not found:
        yield advice(
            "no Postfix or Sendmail on this machine", "compare its settings with deploy/postfix or deploy/sendmail"
        )
