"""What XCLIENT and XFORWARD say, read strictly where it decides who somebody is, and leniently where it does not."""

import pytest

from gateway.smtp.behind import MAX_VALUE, XCLIENT, XFORWARD, Stated, read_stated
from gateway.smtp.parameters import Refused


def test_the_attributes_that_matter_are_read_and_the_others_are_known():
    said = "NAME=spike.example ADDR=192.0.2.7 PORT=40000 PROTO=ESMTP HELO=spike.example LOGIN=ada@city.example"
    assert read_stated(said, XCLIENT) == Stated(address="192.0.2.7", hello="spike.example", login="ada@city.example")
    assert read_stated("helo=a.example source=REMOTE ident=4711", XFORWARD) == Stated(hello="a.example")


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("ADDR=192.0.2.7", "192.0.2.7"),
        ("addr=IPv6:2001:DB8::7", "2001:db8::7"),
        ("ADDR=2001:db8::7", "2001:db8::7"),
        ("ADDR=IPV6:::ffff:192.0.2.7", "192.0.2.7"),
        ("ADDR=[unavailable]", ""),
        ("ADDR=[TEMPUNAVAIL]", ""),
        ("HELO=a.example", None),
    ],
)
def test_an_address_is_told_as_a_socket_would(said, address):
    assert read_stated(said, XCLIENT).address == address


@pytest.mark.parametrize(
    "said",
    [
        "",
        "ADDR",
        "ADDR=192.0.2.7 ADDR=192.0.2.8",
        "ADDR=192.0.2.7  HELO=x",
        "ADDR=192.0.2.777",
        "ADDR=fe80::1%eth0",
        "ADDR=localhost",
        "COLOUR=red",
        "ADDR=192.0.2.7 =x",
    ],
)
def test_what_is_no_attribute_and_no_address_is_refused_c21(said):
    with pytest.raises(Refused) as refused:
        read_stated(said, XCLIENT)
    assert refused.value.reply.code == 501


def test_each_command_has_attributes_of_its_own():
    for said, known in (("LOGIN=ada", XFORWARD), ("SOURCE=LOCAL", XCLIENT)):
        with pytest.raises(Refused):
            read_stated(said, known)


def test_a_value_of_255_characters_is_read_and_one_more_is_refused():
    assert read_stated("LOGIN=" + "a" * MAX_VALUE, XCLIENT).login == "a" * MAX_VALUE
    with pytest.raises(Refused):
        read_stated("LOGIN=" + "a" * (MAX_VALUE + 1), XCLIENT)


@pytest.mark.parametrize("hello", ["a+20b", "a+0D+0Ab", "x+00", "(comment)", "+", "x;y", "a+C3+A4"])
def test_what_the_client_calls_itself_cannot_have_its_address_refused(hello):
    """Else it would come in under the name of the MTA that speaks for it."""
    said = read_stated(f"ADDR=192.0.2.7 HELO={hello}", XFORWARD)
    assert said.address == "192.0.2.7" and said.hello in ("", "+")


def test_xtext_is_decoded_and_a_login_with_controls_is_nobody():
    assert read_stated("LOGIN=a+2Bb@city.example", XCLIENT).login == "a+b@city.example"
    assert read_stated("LOGIN=a+0Ab", XCLIENT).login == ""


def test_later_words_stand_and_earlier_ones_stay():
    first = Stated(address="192.0.2.7", hello="a.example")
    assert first.updated(Stated(hello="")) == Stated(address="192.0.2.7", hello="")
    assert first.updated(Stated(login="ada")) == Stated(address="192.0.2.7", hello="a.example", login="ada")
