"""OpenDKIM's miltertest as the MTA: each action and each negotiation, by scripts in its own language."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from gateway.config import Limits
from gateway.egress import Egress, Shipment
from gateway.fields import edited, edits
from gateway.milter.listener import start_milter
from gateway.reply import ACCEPTED, CANNOT_JUDGE, Reply
from gateway.smtp.replies import TOO_LARGE
from gateway.smtp.spool import Spool
from rules.transaction import Transaction
from tests.gateway.milter.conftest import LISTENER

pytestmark = [
    pytest.mark.real,
    pytest.mark.asyncio,
    pytest.mark.skipif(shutil.which("miltertest") is None, reason="Debian's package miltertest is not installed"),
]

_BEGIN = """
conn = mt.connect(place)
if conn == nil then error("no connection") end
mt.set_timeout(20)
"""
_MESSAGE = """
if mt.conninfo(conn, "client.example", "203.0.113.9") ~= nil then error("connect") end
mt.macro(conn, SMFIC_MAIL, "i", "4XyZ")
if mt.mailfrom(conn, "<a@elsewhere.example>") ~= nil then error("mail") end
if mt.getreply(conn) ~= SMFIR_CONTINUE then error("mail: reply") end
for _, recipient in ipairs(recipients) do
    if mt.rcptto(conn, recipient) ~= nil then error("rcpt") end
    if mt.getreply(conn) ~= SMFIR_CONTINUE then error("rcpt: reply") end
end
if mt.header(conn, "From", "a@elsewhere.example") ~= nil then error("header") end
if mt.header(conn, "Mailward-Verdict", "forged") ~= nil then error("header") end
if mt.header(conn, "Subject", "papers") ~= nil then error("header") end
if mt.eoh(conn) ~= nil then error("eoh") end
if mt.bodystring(conn, "Words.\\r\\n") ~= nil then error("body") end
if mt.eom(conn) ~= nil then error("eom") end
"""
_PASSED = """
if not mt.eom_check(conn, MT_HDRINSERT, "Mailward-Verdict", "pass") then error("no verdict") end
if not mt.eom_check(conn, MT_HDRDELETE, "Mailward-Verdict") then error("forged one stays") end
if mt.eom_check(conn, MT_BODYCHANGE) then error("body changed") end
if mt.eom_check(conn, MT_QUARANTINE) then error("relies on the MTA's hold queue") end
if mt.getreply(conn) ~= SMFIR_CONTINUE then error("eom: reply") end
"""
SCRIPTS = {
    "passed": (["pass"], _PASSED + 'if mt.eom_check(conn, MT_RCPTDELETE) then error("removed") end\n'),
    "tagged": (["tag"], _PASSED.replace('"pass"', '"tag"') + """
if not mt.eom_check(conn, MT_HDRCHANGE, "Subject", "[opinion] papers") then error("no tag") end
"""),
    "held for one": (["pass", "held"], _PASSED + """
if not mt.eom_check(conn, MT_RCPTDELETE, "<held@city.example>") then error("not removed") end
if mt.eom_check(conn, MT_RCPTDELETE, "<pass@city.example>") then error("removed") end
"""),
    "held for all": (["held"], 'if mt.getreply(conn) ~= SMFIR_DISCARD then error("reply " .. mt.getreply(conn)) end\n'),
    "not now": (["later"], 'if mt.getreply(conn) ~= SMFIR_REPLYCODE then error("reply") end\n'),
    "never": (["never"], 'if mt.getreply(conn) ~= SMFIR_REPLYCODE then error("reply") end\n'),
    "our defect": (["crash"], 'if mt.getreply(conn) ~= SMFIR_REPLYCODE then error("reply") end\n'),
}  # fmt: skip
NEGOTIATIONS = {
    "version 6": "",
    "version 2": "mt.negotiate(conn, 2, 0x3f, 0x7f)\n",
    "version 3": "mt.negotiate(conn, 3, 0x3f, 0x1ff)\n",
    "version 4": "mt.negotiate(conn, 4, 0x3f, 0x3ff)\n",
    "version 5": "mt.negotiate(conn, 5, 0x3f, 0x3ff)\n",
    "without fields as they stand": "mt.negotiate(conn, 6, 0x1ff, 0x0fffff)\n",
    "with an answer to everything": "mt.negotiate(conn, 6, 0x1ff, 0x100fff)\n",
    **{
        f"without the right {right:#x}": f"mt.negotiate(conn, 6, {0x1FF - right}, 0x1fffff)\n"
        for right in (0x02, 0x04, 0x20, 0x40, 0x80, 0x100)
    },
}


async def process(transaction: Transaction, egress: Egress) -> Reply:
    """What the local parts ask for."""
    recipients = transaction.envelope.recipients
    words = [one.address.local for one in recipients]
    if "crash" in words:
        raise RuntimeError("a defect")
    if "later" in words:
        return CANNOT_JUDGE
    if "never" in words:
        return TOO_LARGE
    passed = tuple(one for one in recipients if one.address.local != "held")
    if passed:
        word = passed[0].address.local
        changes = edits(transaction.message, "mx.city.example", "[opinion]" if word == "tag" else "")
        pieces = edited(transaction.message, f"Mailward-Verdict: {word}\r\n".encode(), changes)
        await egress.send(transaction.envelope, Shipment(recipients=passed, pieces=pieces, edits=changes))
    return ACCEPTED


@pytest.fixture
def run(tmp_path: Path) -> Callable[[str], Awaitable[str]]:
    """What miltertest complains of in a script; empty when it is content."""

    async def run(script: str) -> str:
        milter = await start_milter(
            LISTENER,
            limits=Limits(),
            domain="city.example",
            spool=Spool(tmp_path),
            process=process,
            open_onward=lambda: pytest.fail("no way onward is needed"),
        )
        host, _, port = milter.place.rpartition(":")
        file = tmp_path / "script.lua"
        file.write_text(f'place = "inet:{port}@{host}"\n{script}')
        child = await asyncio.create_subprocess_exec(
            "miltertest", "-s", str(file), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        said, _ = await asyncio.wait_for(child.communicate(), 60)
        milter.close()
        return said.decode() if child.returncode else ""

    return run


def recipients(names: list[str]) -> str:
    return "recipients = {" + ", ".join(f'"<{name}@city.example>"' for name in names) + "}\n"


@pytest.mark.parametrize("action", SCRIPTS)
async def test_each_action(run: Callable[[str], Awaitable[str]], action: str) -> None:
    names, checks = SCRIPTS[action]
    assert await run(recipients(names) + _BEGIN + _MESSAGE + checks) == ""


@pytest.mark.parametrize("offer", NEGOTIATIONS)
async def test_each_negotiation(run: Callable[[str], Awaitable[str]], offer: str) -> None:
    assert await run(recipients(["pass"]) + _BEGIN + NEGOTIATIONS[offer] + _MESSAGE + _PASSED) == ""


@pytest.mark.parametrize("version", [1, 99])
async def test_a_version_that_is_none_of_ours(run: Callable[[str], Awaitable[str]], version: int) -> None:
    script = (
        _BEGIN + f'said = mt.negotiate(conn, {version}, 0x1ff, 0x1fffff)\nif said == nil then error("served") end\n'
    )
    assert await run(script) == ""


@pytest.mark.parametrize("right", [0x01, 0x08, 0x10])
async def test_a_right_that_is_needed_and_withheld(run: Callable[[str], Awaitable[str]], right: int) -> None:
    script = (
        _BEGIN + f'said = mt.negotiate(conn, 6, {0x1FF - right}, 0x1fffff)\nif said == nil then error("served") end\n'
    )
    assert await run(script) == ""
