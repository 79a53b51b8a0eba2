import pytest

from gateway.milter.protocol import CommandCode, ProtocolViolation
from gateway.milter.states import TRANSITIONS, State, after

ALLOWED = {
    State.NEW: "OQ",
    State.READY: "CAQKD",
    State.CONNECTED: "HMAQKUD",
    State.MAIL: "RHMAQKUD",
    State.RCPT: "RTLNHMAQKUD",
    State.HEADER: "LNAQKD",
    State.BODY: "BEAQKD",
    State.ENDED: "",
}


def test_every_state_is_in_the_table() -> None:
    assert set(TRANSITIONS) == set(State)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("code", CommandCode)
def test_what_may_follow_and_nothing_else(state: State, code: CommandCode) -> None:
    if code.value in ALLOWED[state]:
        assert after(state, code) in State
    else:
        with pytest.raises(ProtocolViolation, match=f"command {code} "):
            after(state, code)


def test_a_message_ends_where_the_next_may_begin() -> None:
    state = State.NEW
    for code in "OCHMRTLNBEMRNEA":
        state = after(state, CommandCode(code))
    assert state is State.CONNECTED
