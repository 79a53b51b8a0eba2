import ast
from pathlib import Path

import pytest

import gateway
from gateway.milter import responses as wire
from gateway.milter.protocol import ResponseCode, Right, Stage, Step
from gateway.reply import ACCEPTED, CANNOT_JUDGE, Reply
from tests.gateway.milter.mta import responses


@pytest.mark.parametrize("code", [code for code in ResponseCode if code.value in "cartdsfp4"])
def test_a_simple_response_is_five_octets(code: ResponseCode) -> None:
    assert wire.simple(code) == b"\0\0\0\1" + code.encode()


@pytest.mark.parametrize(
    ("octets", "code", "data"),
    [
        (wire.insert_header(0, b"A", b" b\n c"), "i", b"\0\0\0\0A\0 b\n c\0"),
        (wire.add_header(b"A", b"b"), "h", b"A\0b\0"),
        (wire.change_header(2, b"A", b""), "m", b"\0\0\0\2A\0\0"),
        (wire.delete_recipient(b"<b@c.example>"), "-", b"<b@c.example>\0"),
        (wire.add_recipient(b"<b@c.example>"), "+", b"<b@c.example>\0"),
        (wire.add_recipient_with_parameters(b"<b@c.example>", b"NOTIFY=NEVER"), "2", b"<b@c.example>\0NOTIFY=NEVER\0"),
        (wire.change_from(b"<>"), "e", b"<>\0"),
        (wire.change_from(b"<>", b"RET=HDRS"), "e", b"<>\0RET=HDRS\0"),
        (wire.quarantine(b"held"), "q", b"held\0"),
        (wire.replace_body(b"a\r\n"), "b", b"a\r\n"),
        (wire.refusal(CANNOT_JUDGE), "y", b"451 4.7.1 Policy check unavailable, try again later\0"),
        (
            wire.negotiated(6, Right.ADD_HEADERS, Step.NO_DATA, {Stage.MAIL: "i"}),
            "O",
            b"\0\0\0\6\0\0\0\1\0\0\2\0\0\0\0\2i\0",
        ),
    ],
)
def test_each_response_has_its_octets(octets: bytes, code: str, data: bytes) -> None:
    assert list(responses(octets)) == [(code, data)]


UNSAID = {
    *("add_header", "add_recipient", "add_recipient_with_parameters", "change_from", "quarantine", "replace_body"),
}


def test_no_body_is_replaced_nobody_added_and_no_queue_of_the_mta_used_g06() -> None:
    said: set[str] = set()
    for path in Path(gateway.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module == wire.__name__:
                said |= {name.name for name in node.names}
    assert {"insert_header", "change_header", "delete_recipient"} <= said
    assert not said & UNSAID


@pytest.mark.parametrize("octets", [b"a\0b", b"a\rb", b"a\r\nb", b"a\nb", b"a\n", b"a\n\n b"])
def test_nothing_that_ends_a_string_or_a_line_is_written_g06(octets: bytes) -> None:
    for write in (
        lambda: wire.insert_header(0, b"A", octets),
        lambda: wire.insert_header(0, octets, b"a"),
        lambda: wire.change_header(1, b"A", octets),
        lambda: wire.change_header(1, octets, b"a"),
        lambda: wire.add_header(b"A", octets),
        lambda: wire.delete_recipient(octets),
    ):
        with pytest.raises(wire.Unwritable):
            write()


def test_only_a_field_body_is_folded() -> None:
    assert wire.change_header(1, b"A", b"a\n\tb").endswith(b"A\0a\n\tb\0")
    with pytest.raises(wire.Unwritable):
        wire.delete_recipient(b"<a\n @city.example>")


@pytest.mark.parametrize(
    "reply", [ACCEPTED, Reply(code=550, status="", text="100 %s\r\nQUIT"), Reply(code=421, status="4.0.0", text="")]
)
def test_a_refusal_is_one_sound_line_of_4xx_or_5xx(reply: Reply) -> None:
    ((code, data),) = responses(wire.refusal(reply))
    assert code == "y"
    assert data[:3] in (b"451", b"550")
    assert data.endswith(b"\0")
    assert not set(data[:-1]) & set(b"%\r\n\0")
