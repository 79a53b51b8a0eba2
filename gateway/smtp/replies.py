"""The listener's own replies, and every reply made fit for the wire (RFC 5321 section 4.2, RFC 2034)."""

import re
from dataclasses import replace

from gateway.reply import TRY_LATER, Reply

MAX_TEXT = 450  # octets; with code, status and id the line stays within 512 (RFC 5321 section 4.5.3.1.5)

MAIL_OK = Reply(code=250, status="2.1.0", text="Ok")
RCPT_OK = Reply(code=250, status="2.1.5", text="Ok")
DONE = Reply(code=250, status="2.0.0", text="Ok")
READY_FOR_TLS = Reply(code=220, status="2.0.0", text="Ready to start TLS")
START_DATA = Reply(code=354, status="", text="End data with <CR><LF>.<CR><LF>")
CANNOT_VERIFY = Reply(code=252, status="2.0.0", text="Cannot verify, but will take mail for delivery")
HELP = Reply(code=214, status="2.0.0", text="Mailward takes mail; see RFC 5321")
BYE = Reply(code=221, status="2.0.0", text="Bye")

BAD_COMMAND = Reply(code=500, status="5.5.2", text="Command not recognized")
LINE_TOO_LONG = Reply(code=500, status="5.5.2", text="Command line too long")
BAD_LINE_END = Reply(code=500, status="5.5.2", text="Commands end in CRLF and hold no other line end")
CONTROL_CHARACTER = Reply(code=501, status="5.5.2", text="Control character in command")
NOT_UTF8 = Reply(code=501, status="5.5.2", text="Command is not ASCII or UTF-8")
BAD_ARGUMENT = Reply(code=501, status="5.5.4", text="Bad argument")
NOT_IMPLEMENTED = Reply(code=502, status="5.5.1", text="Command not implemented")
HELLO_FIRST = Reply(code=503, status="5.5.1", text="Send EHLO first")
NESTED_MAIL = Reply(code=503, status="5.5.1", text="Nested MAIL command")
MAIL_FIRST = Reply(code=503, status="5.5.1", text="Need MAIL command")
NO_RECIPIENTS = Reply(code=554, status="5.5.1", text="No valid recipients")
IN_TRANSACTION = Reply(code=503, status="5.5.1", text="Mail transaction in progress")
NOT_AUTHORIZED = Reply(code=550, status="5.7.1", text="Not authorized to speak for others")
TLS_ACTIVE = Reply(code=503, status="5.5.1", text="TLS already active")
TOO_EARLY = Reply(code=554, status="5.5.0", text="You talk before your turn")
NO_SERVICE = Reply(code=554, status="5.7.1", text="No service for your address")
RELAYING_DENIED = Reply(code=550, status="5.7.1", text="Relaying denied")
TOO_MANY_RECIPIENTS = Reply(code=452, status="4.5.3", text="Too many recipients")
TOO_MANY_RCPTS = Reply(code=421, status="4.5.3", text="Too many RCPT commands in one transaction")
TOO_LARGE = Reply(code=552, status="5.3.4", text="Message too large")
HEADER_TOO_LARGE = Reply(code=552, status="5.3.4", text="Message header too large")
NO_ROOM = Reply(code=452, status="4.3.1", text="No room for this message now, try again later")
TOO_BUSY = Reply(code=451, status="4.3.2", text="Too busy now, try again later")
BARE_LINE_END = Reply(code=550, status="5.6.11", text="Bare CR, bare LF or NUL in message content")
TOO_MANY_HOPS = Reply(code=554, status="5.4.6", text="Too many hops, mail is looping")
TOO_MANY_CONNECTIONS = Reply(code=421, status="4.3.2", text="Too many connections, try again later")
SHUTTING_DOWN = Reply(code=421, status="4.3.2", text="Service shutting down, try again later")
TOO_MANY_ERRORS = Reply(code=421, status="4.7.0", text="Too many errors")
TOO_MANY_COMMANDS = Reply(code=421, status="4.7.0", text="Too many commands without mail")
TOO_SLOW = Reply(code=421, status="4.4.2", text="Timeout")

# By the second number of the status, its subject (RFC 3463 section 3).
_WORDS = {
    "1": "Address not accepted",
    "2": "Mailbox not available",
    "3": "Mail system does not take this message",
    "4": "Mail cannot be routed",
    "5": "Mail system does not take this transaction",
    "6": "Content not accepted",
    "7": "Not accepted by policy",
}

_UNPRINTABLE = re.compile(r"[^ -~]")
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


def passed_up(reply: Reply) -> Reply:
    """A refusal that somebody else wrote, safe to send: same class, one line of printable ASCII, no surprises.

    421 would end our session with the client (RFC 5321 section 3.8), so it becomes 451; what is no refusal at
    all but was not an acceptance either becomes TRY_LATER.
    """
    code = 451 if reply.code == 421 else reply.code
    if not 400 <= code <= 599:
        return TRY_LATER
    status = reply.status
    if not _STATUS.fullmatch(status) or status[0] != str(code)[0]:
        status = f"{code // 100}.0.0"
    return replace(reply, code=code, status=status, text=_UNPRINTABLE.sub("?", reply.text)[:MAX_TEXT].strip())


def unquoted(reply: Reply) -> Reply:
    """A reply to a stranger: code and status as they are, and where a next hop chose the words, ours by its subject.

    What a server inside says of itself and of its mailboxes (Exchange names the host) stays in the log.
    """
    if not reply.quoted:
        return reply
    subject = reply.status.split(".")[1] if _STATUS.fullmatch(reply.status) else ""
    later = "" if reply.permanent else ", try again later"
    return replace(reply, text=_WORDS.get(subject, "Not accepted") + later, quoted=False)


def marked(reply: Reply, identifier: str) -> Reply:
    """The reply with the transaction's id, by which an administrator finds it in the log."""
    text = f"Ok: {identifier}" if reply.accepted else f"{reply.text} [{identifier}]"
    return Reply(code=reply.code, status=reply.status, text=text, quoted=reply.quoted)
