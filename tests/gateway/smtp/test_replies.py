"""What others say, made fit to be said by us."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.reply import ACCEPTED, Reply
from gateway.smtp.identifier import new_identifier
from gateway.smtp.replies import marked, passed_up, unquoted


@given(code=st.integers(-5, 1_200), status=st.text(max_size=8), text=st.text(max_size=900))
def test_any_refusal_becomes_one_short_line_of_printable_ascii_b09(code, status, text):
    reply = marked(passed_up(Reply(code=code, status=status, text=text)), new_identifier())
    line = str(reply)
    assert line.isascii() and line.isprintable()
    assert len(line) <= 510
    assert 400 <= reply.code <= 599 and reply.code != 421
    assert reply.status[0] == str(reply.code)[0]


def test_the_class_is_kept_b06():
    assert passed_up(Reply(code=550, status="5.1.1", text="No")) == Reply(code=550, status="5.1.1", text="No")
    assert passed_up(Reply(code=452, status="", text="Full")).status == "4.0.0"
    assert passed_up(Reply(code=550, status="2.0.0", text="No")).status == "5.0.0"


def test_an_acceptance_carries_the_id():
    assert str(marked(ACCEPTED, "ID")) == "250 2.0.0 Ok: ID"


@pytest.mark.parametrize(
    "reply, told",
    [
        (
            Reply(code=550, status="5.1.1", text="no user at ex1.internal", quoted=True),
            "Address not accepted",
        ),
        (Reply(code=452, status="4.2.2", text="[Hostname=EX1]", quoted=True), "Mailbox not available, try again later"),
        (Reply(code=554, status="", text="EX1", quoted=True), "Not accepted"),
        (Reply(code=554, status="5.99.1", text="EX1", quoted=True), "Not accepted"),
        (Reply(code=451, status="4.4.1", text="Next hop unavailable"), "Next hop unavailable"),
    ],
)
def test_a_stranger_hears_code_and_status_and_no_words_of_a_server_inside(reply: Reply, told: str) -> None:
    said = unquoted(reply)
    assert (said.code, said.status, said.text) == (reply.code, reply.status, told)
