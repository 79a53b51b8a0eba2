"""The numbers and letters of the milter protocol, versions 2 to 6, and the bounds we set to what a peer may claim."""

from enum import IntEnum, IntFlag, StrEnum

LEAST_VERSION = 2  # Sendmail 8.11
OUR_VERSION = 6  # Sendmail 8.14, Postfix since 2.6
# A newer MTA offers more and takes ours, for the lesser counts. Four versions took twenty years: beyond this is no MTA.
MOST_VERSION = 20

MAX_CHUNK = 65_535  # octets of body in one packet (MILTER_CHUNK_SIZE); larger ones come only to who asks for them
MAX_PACKET = 257 * 1024  # octets of any other: one header field, of at most the whole header (rules.message), its name
MAX_MACROS = 200  # pairs in one packet; both MTAs send about a dozen
MACROS_READ = frozenset(
    {"i", "v", "auth_authen", "tls_version", "cipher", "cert_subject", "verify"}
)  # no other is kept
MAX_ARGUMENTS = 20  # ESMTP parameters of one MAIL or RCPT; five are known


class ProtocolViolation(Exception):
    """What the peer sent is no milter protocol; the text is fit for a log."""


class CommandCode(StrEnum):
    """From the MTA (SMFIC_*)."""

    NEGOTIATE = "O"
    MACROS = "D"
    CONNECT = "C"
    HELLO = "H"
    MAIL = "M"
    RCPT = "R"
    DATA = "T"
    HEADER = "L"
    END_OF_HEADER = "N"
    BODY = "B"
    END_OF_MESSAGE = "E"
    ABORT = "A"
    QUIT = "Q"
    QUIT_NEW_CONNECTION = "K"
    UNKNOWN = "U"  # a command of SMTP that the MTA does not know


class ResponseCode(StrEnum):
    """To the MTA (SMFIR_*)."""

    NEGOTIATE = "O"
    CONTINUE = "c"
    ACCEPT = "a"
    REJECT = "r"
    TEMPFAIL = "t"
    DISCARD = "d"
    REPLY = "y"
    SKIP = "s"
    CONNECTION_FAIL = "f"
    SHUTDOWN = "4"
    ADD_HEADER = "h"
    CHANGE_HEADER = "m"
    INSERT_HEADER = "i"
    CHANGE_FROM = "e"
    ADD_RECIPIENT = "+"
    ADD_RECIPIENT_WITH_PARAMETERS = "2"
    DELETE_RECIPIENT = "-"
    REPLACE_BODY = "b"
    QUARANTINE = "q"
    PROGRESS = "p"


class Right(IntFlag):
    """What a milter may do to a message (SMFIF_*)."""

    ADD_HEADERS = 0x01
    CHANGE_BODY = 0x02
    ADD_RECIPIENTS = 0x04
    DELETE_RECIPIENTS = 0x08
    CHANGE_HEADERS = 0x10
    QUARANTINE = 0x20
    CHANGE_FROM = 0x40
    ADD_RECIPIENTS_WITH_PARAMETERS = 0x80
    CHOOSE_MACROS = 0x100


class Step(IntFlag):
    """What is sent, and what wants an answer (SMFIP_*)."""

    NO_CONNECT = 0x01
    NO_HELLO = 0x02
    NO_MAIL = 0x04
    NO_RCPT = 0x08
    NO_BODY = 0x10
    NO_HEADERS = 0x20
    NO_END_OF_HEADER = 0x40
    SILENT_HEADER = 0x80
    NO_UNKNOWN = 0x100
    NO_DATA = 0x200
    SKIP = 0x400
    REFUSED_RCPT = 0x800
    SILENT_CONNECT = 0x1000
    SILENT_HELLO = 0x2000
    SILENT_MAIL = 0x4000
    SILENT_RCPT = 0x8000
    SILENT_DATA = 0x10000
    SILENT_UNKNOWN = 0x20000
    SILENT_END_OF_HEADER = 0x40000
    SILENT_BODY = 0x80000
    LEADING_SPACE = 0x100000


class Stage(IntEnum):
    """When macros are sent (SMFIM_*)."""

    CONNECT = 0
    HELLO = 1
    MAIL = 2
    RCPT = 3
    DATA = 4
    END_OF_MESSAGE = 5
    END_OF_HEADER = 6
