"""The arguments of MAIL and RCPT: a strict grammar in, values out (RFC 5321 section 4.1.2).

Knows the parameters of RFC 1870, 3461, 4954, 6152 and 6531. Pure functions, which refuse what they cannot read
exactly and never repair. Lines come without control characters.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from gateway.reply import Reply
from gateway.smtp.replies import BAD_ARGUMENT
from rules.address import Address, AddressError, parse_address

MAX_ENVID = 100  # characters, RFC 3461 section 4.4
MAX_ORCPT = 500  # characters, RFC 3461 section 4.2

# `<`, a local part that may be quoted, the rest up to `>`; then parameters. Each branch starts with another character
# or excludes the next one's, so matching is linear.
_PATH = re.compile(r'<("(?:[^"\\]|\\.)*"[^<>" ]*|[^<>" ]*)>(?: (.*))?')
_PARAMETER = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([^ ]+))?")  # esmtp-param; `=` in a value is a common slip
_XTEXT = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})*")  # RFC 3461 section 4
_ORCPT = re.compile(r"[A-Za-z0-9-]+;.+")

MALFORMED = Reply(code=553, status="5.1.3", text="Malformed address")
MALFORMED_REVERSE_PATH = Reply(code=553, status="5.1.7", text="Malformed reverse-path")
NEEDS_SMTPUTF8 = Reply(code=553, status="5.6.7", text="Address needs SMTPUTF8")
UNKNOWN_PARAMETER = Reply(code=555, status="5.5.4", text="Parameter not recognized")


class Refused(Exception):
    """The command is refused with `reply`."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply))
        self.reply = reply


@dataclass(frozen=True, slots=True, kw_only=True)
class MailArguments:
    reverse_path: Address | None
    size: int | None = None  # octets, RFC 1870
    body: str | None = None
    ret: str | None = None
    envid: str | None = None
    smtputf8: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RcptArguments:
    address: Address
    notify: str | None = None
    orcpt: str | None = None


def read_mail(argument: str) -> MailArguments:
    """Read what follows `MAIL `. Raises Refused."""
    path, parameters = _read(argument, "FROM:", _MAIL_CHECKS)
    size, ret, body = parameters.get("SIZE"), parameters.get("RET"), parameters.get("BODY")
    arguments = MailArguments(
        reverse_path=_address(path, MALFORMED_REVERSE_PATH) if path else None,
        size=int(size) if size else None,
        body=body.upper() if body else None,
        ret=ret.upper() if ret else None,
        envid=parameters.get("ENVID"),
        smtputf8="SMTPUTF8" in parameters,
    )
    _need_ascii(arguments.reverse_path, smtputf8=arguments.smtputf8)
    return arguments


def read_rcpt(argument: str, *, postmaster: str, smtputf8: bool) -> RcptArguments:
    """Read what follows `RCPT `; `<postmaster>` means that mailbox. Raises Refused."""
    path, parameters = _read(argument, "TO:", _RCPT_CHECKS)
    if path.lower() == "postmaster":  # RFC 5321 section 4.5.1: always accepted, without a domain
        path = postmaster
    address = _address(path, MALFORMED)
    _need_ascii(address, smtputf8=smtputf8)
    notify = parameters.get("NOTIFY")
    return RcptArguments(address=address, notify=notify.upper() if notify else None, orcpt=parameters.get("ORCPT"))


def is_relay_form(address: Address) -> bool:
    """Whether some server might read a further route in the local part: `u%other`, `other!u`, `"u@other"`."""
    return any(sign in address.local for sign in "%!@")


def _read(argument: str, keyword: str, checks: dict[str, Callable[[str], bool]]) -> tuple[str, dict[str, str]]:
    if argument[: len(keyword)].upper() != keyword:
        raise Refused(BAD_ARGUMENT)
    # A blank after the colon is not in the grammar, but too many devices send one to refuse it.
    match = _PATH.fullmatch(argument[len(keyword) :].strip(" "))
    if match is None:
        raise Refused(BAD_ARGUMENT)
    path, words = match.groups()
    return path, _parameters(words or "", checks)


def _parameters(words: str, checks: dict[str, Callable[[str], bool]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in words.split():
        match = _PARAMETER.fullmatch(word)
        if match is None:
            raise Refused(BAD_ARGUMENT)
        name, value = match[1].upper(), match[2] or ""
        if name not in checks:
            raise Refused(UNKNOWN_PARAMETER)
        if name in found or not checks[name](value):
            raise Refused(BAD_ARGUMENT)
        found[name] = value
    return found


def _address(path: str, refusal: Reply) -> Address:
    try:
        return parse_address(path)
    except AddressError:
        raise Refused(refusal) from None


def _need_ascii(address: Address | None, *, smtputf8: bool) -> None:
    if address is not None and not smtputf8 and not address.is_ascii:
        raise Refused(NEEDS_SMTPUTF8)  # RFC 6531 section 3.5


def _is_xtext(value: str) -> bool:
    return bool(value) and _XTEXT.fullmatch(value) is not None


def _is_size(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) <= 20  # RFC 1870 section 3


def _is_envid(value: str) -> bool:
    return _is_xtext(value) and len(value) <= MAX_ENVID


def _is_orcpt(value: str) -> bool:
    return value.isascii() and len(value) <= MAX_ORCPT and _ORCPT.fullmatch(value) is not None


def _is_notify(value: str) -> bool:
    words = value.upper().split(",")
    return words == ["NEVER"] or (len(set(words)) == len(words) and set(words) <= {"SUCCESS", "FAILURE", "DELAY"})


_MAIL_CHECKS: dict[str, Callable[[str], bool]] = {
    "SIZE": _is_size,
    "BODY": lambda value: value.upper() in ("7BIT", "8BITMIME"),
    "RET": lambda value: value.upper() in ("FULL", "HDRS"),
    "ENVID": _is_envid,
    "SMTPUTF8": lambda value: not value,
    "AUTH": _is_xtext,  # RFC 4954 section 5: from a client that is not authenticated it is read and means nothing
}
_RCPT_CHECKS: dict[str, Callable[[str], bool]] = {"NOTIFY": _is_notify, "ORCPT": _is_orcpt}
