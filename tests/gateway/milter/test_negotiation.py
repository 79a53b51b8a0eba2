import pytest

from gateway.milter.commands import Negotiate
from gateway.milter.negotiation import NEEDED, CannotServe, agree
from gateway.milter.protocol import MOST_VERSION, ProtocolViolation, Right, Step
from tests.gateway.milter.mta import responses

EVERYTHING = Negotiate(6, Right(0x1FF), Step(0x1FFFFF))


def test_we_take_what_we_need_and_choose_our_macros() -> None:
    agreement = agree(EVERYTHING)
    ((code, data),) = responses(agreement.octets)
    assert code == "O"
    assert data[:12] == b"\0\0\0\6" + b"\0\0\1\x19" + b"\0\x1c\x33\x80"
    assert b"{auth_authen}" in data
    assert agreement.exact


@pytest.mark.parametrize("right", NEEDED)
def test_each_right_that_we_need_and_are_not_given_is_a_sentence(right: Right) -> None:
    with pytest.raises(CannotServe, match="does not let a milter"):
        agree(Negotiate(6, Right(0x1FF) & ~right, Step(0x1FFFFF)))


@pytest.mark.parametrize("right", [right for right in Right if right not in NEEDED])
def test_a_right_that_we_do_not_need_may_be_withheld(right: Right) -> None:
    agreement = agree(Negotiate(6, Right(0x1FF) & ~right, Step(0x1FFFFF)))
    assert agreement.octets[9:13] == (0x19 if right is Right.CHOOSE_MACROS else 0x119).to_bytes(4, "big")


def test_only_steps_that_were_offered_are_asked_for() -> None:
    agreement = agree(Negotiate(2, Right(0x3F), Step(0x7F)))
    assert agreement.steps == Step(0)
    assert agreement.version == 2
    assert not agreement.exact
    assert agreement.answers[Step.SILENT_HEADER] == b"\0\0\0\1c"


@pytest.mark.parametrize(("offered", "agreed"), [(2, 2), (3, 3), (4, 4), (6, 6), (7, 6), (MOST_VERSION, 6)])
def test_the_version_is_the_lesser(offered: int, agreed: int) -> None:
    assert agree(Negotiate(offered, Right(0x1FF), Step(0))).version == agreed


@pytest.mark.parametrize("version", [MOST_VERSION + 1, 99, 2**32 - 1])
def test_a_version_that_no_mta_has_is_a_violation(version: int) -> None:
    with pytest.raises(ProtocolViolation, match=f"version {version}"):
        agree(Negotiate(version, Right(0x1FF), Step(0x1FFFFF)))


@pytest.mark.parametrize("version", [0, 1])
def test_an_older_version_is_refused(version: int) -> None:
    with pytest.raises(CannotServe, match=f"version {version}"):
        agree(Negotiate(version, Right(0x1FF), Step(0)))
