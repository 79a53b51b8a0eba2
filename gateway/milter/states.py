"""Which command may follow which: the state machine's table. A command that stands nowhere here ends the connection."""

from collections.abc import Mapping
from enum import StrEnum

from gateway.milter.protocol import CommandCode, ProtocolViolation


class State(StrEnum):
    NEW = "before negotiation"
    READY = "between SMTP connections"
    CONNECTED = "without a message"
    MAIL = "after MAIL"
    RCPT = "after RCPT"
    HEADER = "in the header"
    BODY = "in the body"
    ENDED = "after quitting"


_C = CommandCode
_ALWAYS = {_C.QUIT: State.ENDED, _C.QUIT_NEW_CONNECTION: State.READY}
# HELO may come again, after STARTTLS and instead of RSET; so may MAIL, when the MTA refused the one before.
_ANEW = _ALWAYS | {_C.HELLO: State.CONNECTED, _C.MAIL: State.MAIL, _C.ABORT: State.CONNECTED}

# MACROS is not here: it may come before any command, once there is an agreement, and changes no state.
TRANSITIONS: Mapping[State, Mapping[CommandCode, State]] = {
    State.NEW: {_C.NEGOTIATE: State.READY, _C.QUIT: State.ENDED},
    State.READY: _ALWAYS | {_C.CONNECT: State.CONNECTED, _C.ABORT: State.READY},
    State.CONNECTED: _ANEW | {_C.UNKNOWN: State.CONNECTED},
    State.MAIL: _ANEW | {_C.RCPT: State.RCPT, _C.UNKNOWN: State.MAIL},
    State.RCPT: _ANEW
    | {
        _C.RCPT: State.RCPT,
        _C.UNKNOWN: State.RCPT,
        _C.DATA: State.HEADER,
        _C.HEADER: State.HEADER,
        _C.END_OF_HEADER: State.BODY,
    },
    State.HEADER: _ALWAYS | {_C.HEADER: State.HEADER, _C.END_OF_HEADER: State.BODY, _C.ABORT: State.CONNECTED},
    State.BODY: _ALWAYS | {_C.BODY: State.BODY, _C.END_OF_MESSAGE: State.CONNECTED, _C.ABORT: State.CONNECTED},
    State.ENDED: {},
}


def after(state: State, code: CommandCode) -> State:
    """Raises ProtocolViolation for a command out of order."""
    if code is CommandCode.MACROS and state not in (State.NEW, State.ENDED):
        return state
    try:
        return TRANSITIONS[state][code]
    except KeyError:
        raise ProtocolViolation(f"command {code} {state}") from None
