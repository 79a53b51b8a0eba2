r"""The dialogues of tests/dialogs, each against a real listening socket, on both event loops.

A file begins with the one fact it shows. Then, line by line: `C:` what the client says (lines that follow one another
leave in one segment; `\r`, `\n`, `\0`, `\t` and `\xNN` are octets), `S:` how the reply begins (`S: closed`: the
connection ends; `|` parts the lines of a reply), `O:` the recipients offered to the next hop so far, `T:` each
transaction that was processed and `T|` its content. Transactions that no `T:` names must not exist.
"""

import re
from pathlib import Path

import pytest

from rules.transaction import ListenerKind, Transaction

DIALOGS = sorted((Path(__file__).parents[2] / "dialogs").glob("*.txt"))
ESCAPE = re.compile(rb"\\(r|n|0|t|x[0-9a-f]{2})")
OCTETS = {b"r": b"\r", b"n": b"\n", b"0": b"\0", b"t": b"\t"}


def octets(text: str) -> bytes:
    return ESCAPE.sub(lambda match: OCTETS.get(match[1]) or bytes.fromhex(match[1][1:].decode()), text.encode())


def words(transaction: Transaction) -> str:
    envelope = transaction.envelope
    said = [str(envelope.reverse_path or "null")]
    said += [f"{name}={value}" for name, value in (("BODY", envelope.body), ("RET", envelope.ret)) if value]
    said += [f"ENVID={envelope.envid}"] if envelope.envid else []
    said += ["SMTPUTF8"] if envelope.smtputf8 else []
    said.append("->")
    for recipient in envelope.recipients:
        said.append(str(recipient.address))
        said += [f"{n}={v}" for n, v in (("NOTIFY", recipient.notify), ("ORCPT", recipient.orcpt)) if v]
    return " ".join(said)


async def expect(talker, text: str) -> None:
    reply = await talker.reply()
    if text == "closed":
        assert reply == ""
    elif "|" in text:
        assert reply == text.replace("|", "\n")
    else:
        assert reply.startswith(text) or reply.rsplit("\n", 1)[-1].startswith(text), f"{reply!r}, not {text!r}"


@pytest.mark.parametrize("path", DIALOGS, ids=lambda path: path.stem)
async def test_dialogue(path, opened):
    lines = path.read_text().splitlines()
    house = await opened(ListenerKind.INTERNAL if "# kind: internal" in lines else ListenerKind.EDGE)
    talker = await house.talk()
    transactions: list[str] = []
    contents: dict[int, bytes] = {}
    said = b""
    for line in lines:
        kind, text = line[:2], line[3:]
        if kind == "C:":
            said += octets(text) + b"\r\n"
            continue
        if said:
            talker.send(said)
            said = b""
        match kind:
            case "S:":
                await expect(talker, text)
            case "O:":
                assert house.city.offers == text.split()
            case "T:":
                transactions.append(text)
            case "T|":
                contents[len(transactions) - 1] = octets(text)
            case _:
                assert kind == "# ", f"{path.name}: {line}"
    assert [words(transaction) for transaction, _ in house.city.received] == transactions
    for index, content in contents.items():
        assert house.city.contents[index] == content
    assert house.city.closed == house.city.opened, "each egress is given back"


def test_there_are_dialogues():
    assert len(DIALOGS) > 20
