from collections.abc import Callable

import pytest

from gateway.milter.commands import Chunk, Command, Connect, Header, Hello, Macros, Mail, Negotiate, Rcpt, Signal
from gateway.milter.protocol import MAX_ARGUMENTS, MAX_MACROS, CommandCode, ProtocolViolation, Right, Step
from tests.gateway.milter import mta

Read = Callable[[bytes], list[Command]]


def test_every_command_is_read(commands: Read) -> None:
    octets = (
        mta.offer(6, 0x9, 0x80)
        + mta.macros("M", auth_authen="jdoe")
        + mta.connect("IPv6:2001:db8::1", "6")
        + mta.packet("C", b"localhost\0U")
        + mta.hello()
        + mta.packet("M", mta.strings(b"<>", b"SIZE=1"))
        + mta.packet("R", mta.strings(b"<b@city.example>"))
        + mta.packet("L", mta.strings(b"Subj\xffect", b" \xc3\xa4"))
        + mta.packet("B", b"a\0b")
        + mta.packet("E", b"end")
        + b"".join(map(mta.packet, "TNAQKU"))
    )
    assert commands(octets) == [
        Negotiate(6, Right(9), Step(0x80)),
        Macros(CommandCode.MAIL, {"auth_authen": b"jdoe"}),
        Connect(b"client.example", "6", 4000, b"IPv6:2001:db8::1"),
        Connect(b"localhost", "U", 0, b""),
        Hello(b"client.example"),
        Mail(b"<>", (b"SIZE=1",)),
        Rcpt(b"<b@city.example>", ()),
        Header(b"Subj\xffect", b" \xc3\xa4"),
        Chunk(b"a\0b", last=False),
        Chunk(b"end", last=True),
        *(Signal(CommandCode(code)) for code in "TNAQKU"),
    ]


@pytest.mark.parametrize(
    "octets",
    [
        mta.packet("O", b"\0" * 11),
        mta.packet("H", b"client.example"),
        mta.packet("H", b"a\0b\0"),
        mta.packet("H"),
        mta.packet("M", b"<a@b.example>"),
        mta.packet("R"),
        mta.packet("L", b"Subject\0papers"),
        mta.packet("L", b"Subject\0"),
        mta.packet("D"),
        mta.packet("D", b"Xa\0b\0"),
        mta.packet("D", b"Ca\0"),
        mta.packet("D", b"Ca\0b"),
        mta.packet("C", b"client.example"),
        mta.packet("C", b"client.example\0X"),
        mta.packet("C", b"client.example\x004\x00\x19"),
        mta.packet("C", b"client.example\x004\x00\x1910.0.0.1"),
        mta.packet("C", b"client.example\x004\x00\x1910.0.0.1\0more\0"),
    ],
)
def test_a_payload_that_is_not_exact_is_a_violation(commands: Read, octets: bytes) -> None:
    with pytest.raises(ProtocolViolation):
        commands(octets)


@pytest.mark.parametrize(
    ("most", "make"),
    [
        (MAX_ARGUMENTS, lambda number: mta.packet("M", mta.strings(b"<>", *[b"X=1"] * number))),
        (MAX_MACROS, lambda number: mta.packet("D", b"C" + mta.strings(*[b"a", b"b"] * number))),
    ],
)
def test_what_is_named_has_a_limit(commands: Read, most: int, make: Callable[[int], bytes]) -> None:
    commands(make(most))
    with pytest.raises(ProtocolViolation):
        commands(make(most + 1))


def test_macros_that_we_do_not_read_are_not_kept(commands: Read) -> None:
    octets = mta.macros("C", daemon_name="mx", v="Postfix 3.7.11") + mta.packet("D", b"Rx\0y\0i\0" + b"4XyZ\0")
    assert commands(octets) == [
        Macros(CommandCode.CONNECT, {"v": b"Postfix 3.7.11"}),
        Macros(CommandCode.RCPT, {"i": b"4XyZ"}),
    ]
