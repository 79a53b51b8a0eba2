"""SMTP replies: what they look like on the wire, and what the failing ones promise."""

import re

import pytest

from gateway.reply import ACCEPTED, CANNOT_JUDGE, NEXT_HOP_AWAY, STORE_AWAY, TRY_LATER, Reply


@pytest.mark.parametrize("reply", [CANNOT_JUDGE, NEXT_HOP_AWAY, STORE_AWAY, TRY_LATER])
def test_whatever_is_our_own_trouble_is_temporary(reply: Reply) -> None:
    assert reply.code == 451 and reply.status.startswith("4.")
    assert not reply.accepted and not reply.permanent


@pytest.mark.parametrize("reply", [ACCEPTED, CANNOT_JUDGE, NEXT_HOP_AWAY, STORE_AWAY, TRY_LATER])
def test_a_reply_is_one_line_with_its_enhanced_code(reply: Reply) -> None:
    assert re.fullmatch(r"[245]\d\d [245]\.\d{1,3}\.\d{1,3} [ -~]+", str(reply))
    assert str(reply)[0] == reply.status[0]  # RFC 3463 section 2: the classes agree


def test_a_next_hop_may_leave_out_the_enhanced_code() -> None:
    assert str(Reply(code=550, status="", text="No such user")) == "550 No such user"
    assert Reply(code=550, status="", text="").permanent
