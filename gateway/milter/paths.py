"""The paths and parameters of MAIL and RCPT as an MTA hands them on: it has accepted them. Pure."""

import contextlib
from collections.abc import Callable, Sequence
from typing import TypeVar

from gateway.smtp.parameters import MALFORMED, MailArguments, RcptArguments, Refused, read_mail, read_rcpt

T = TypeVar("T")


def mail_arguments(path: bytes, arguments: Sequence[bytes], domain: str) -> MailArguments:
    """`domain` completes a name that the MTA takes for one of its own. Raises Refused for what is no mailbox."""
    return _read(read_mail, "FROM:", path, arguments, domain)


def rcpt_arguments(path: bytes, arguments: Sequence[bytes], domain: str) -> RcptArguments:
    """As mail_arguments."""

    def read(argument: str) -> RcptArguments:
        return read_rcpt(argument, postmaster=f"postmaster@{domain}", smtputf8=True)

    return _read(read, "TO:", path, arguments, domain)


def _read(read: Callable[[str], T], keyword: str, path: bytes, arguments: Sequence[bytes], domain: str) -> T:
    """A parameter that we do not understand, or that comes twice, is the MTA's business and left out."""
    command = keyword + _bracketed(path, domain)
    words = [argument.decode("ascii", "replace") for argument in arguments]
    if keyword == "FROM:" and not command.isascii() and "SMTPUTF8" not in words:
        words.append("SMTPUTF8")
    kept = "".join(f" {word}" for word in words)
    with contextlib.suppress(Refused):  # as nearly always, all are known
        return read(command + kept)
    kept = ""
    for word in words:
        try:
            read(f"{command}{kept} {word}")
        except Refused:
            continue
        kept += f" {word}"
    return read(command + kept)


def _bracketed(path: bytes, domain: str) -> str:
    """Raises Refused for octets that are no UTF-8."""
    try:
        text = path.decode().strip()
    except UnicodeDecodeError:
        raise Refused(MALFORMED) from None
    inner = text[1:-1] if text.startswith("<") and text.endswith(">") else text
    if inner and "@" not in inner:
        inner = f"{inner}@{domain}"
    return f"<{inner}>"
