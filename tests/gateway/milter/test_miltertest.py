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

# miltertest itself says nothing of an error in a script, and no more than 1 when it ends.
_TELLING = """
place = "{place}"
well, why = pcall(function ()
{script}
end)
if not well then print(why) error(why) end
"""
_BEGIN = """
conn = mt.connect(place)
if conn == nil then error("no connection") end
mt.set_timeout(20)
blank = " "  -- where fields go as they stand, which miltertest sends with one by itself
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
if not mt.eom_check(conn, MT_HDRINSERT, "Mailward-Verdict", blank .. "pass") then error("no verdict") end
if not mt.eom_check(conn, MT_HDRDELETE, "Mailward-Verdict") then error("forged one stays") end
if mt.eom_check(conn, MT_BODYCHANGE) then error("body changed") end
if mt.eom_check(conn, MT_QUARANTINE) then error("relies on the MTA's hold queue") end
if mt.getreply(conn) ~= SMFIR_CONTINUE then error("eom: reply") end
"""
_REFUSED = 'if mt.getreply(conn) ~= SMFIR_REPLYCODE then error("reply " .. mt.getreply(conn)) end\n'
SCRIPTS = {
    "passed": (["pass"], _PASSED + """
if mt.eom_check(conn, MT_RCPTDELETE, "<pass@city.example>") then error("removed") end
"""),
    "tagged": (["tag"], _PASSED.replace('"pass"', '"tag"') + """
if not mt.eom_check(conn, MT_HDRCHANGE, "Subject", blank .. "[opinion] papers") then error("no tag") end
"""),
    "held for one": (["pass", "held"], _PASSED + """
if not mt.eom_check(conn, MT_RCPTDELETE, "<held@city.example>") then error("not removed") end
if mt.eom_check(conn, MT_RCPTDELETE, "<pass@city.example>") then error("removed") end
"""),
    "held for all": (["held"], 'if mt.getreply(conn) ~= SMFIR_DISCARD then error("reply " .. mt.getreply(conn)) end\n'),
    "not now": (["later"], _REFUSED),
    "never": (["never"], _REFUSED),
    "our defect": (["crash"], _REFUSED),
}  # fmt: skip


def negotiate(version: int, rights: int = 0x1FF, steps: int = 0x1FFFFF) -> str:
    """An MTA's offer. miltertest takes the steps before the rights, other than its manual says."""
    return f"said = mt.negotiate(conn, {version}, {steps}, {rights})\n"


NEGOTIATIONS = {
    "version 6": negotiate(6),
    "version 2": negotiate(2, 0x3F, 0x7F),
    "version 3": negotiate(3, 0x3F, 0x1FF),
    "version 4": negotiate(4, 0x3F, 0x3FF),
    "version 5": negotiate(5, 0x3F, 0x3FF),
    "without fields as they stand": negotiate(6, steps=0x0FFFFF),
    "with an answer to everything": negotiate(6, steps=0x100F7F),
    **{
        f"without the right {right:#x}": negotiate(6, 0x1FF & ~right) for right in (0x02, 0x04, 0x20, 0x40, 0x80, 0x100)
    },
}
NOT_EXACT = ("version 2", "version 3", "version 4", "version 5", "without fields as they stand")
REFUSED = {
    **{f"version {version}": negotiate(version) for version in (0, 1, 99)},
    **{f"without the right {right:#x}": negotiate(6, 0x1FF & ~right) for right in (0x01, 0x08, 0x10)},
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
        file.write_text(_TELLING.format(place=f"inet:{port}@{host}", script=script))
        child = await asyncio.create_subprocess_exec(
            "miltertest", "-s", str(file), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
        said, _ = await asyncio.wait_for(child.communicate(), 60)
        milter.close()
        return f"exit {child.returncode}: {said.decode()}" if child.returncode or said else ""

    return run


def recipients(names: list[str]) -> str:
    return "recipients = {" + ", ".join(f'"<{name}@city.example>"' for name in names) + "}\n"


@pytest.mark.parametrize("action", SCRIPTS)
async def test_each_action(run: Callable[[str], Awaitable[str]], action: str) -> None:
    names, checks = SCRIPTS[action]
    assert await run(recipients(names) + _BEGIN + _MESSAGE + checks) == ""


@pytest.mark.parametrize("offer", NEGOTIATIONS)
async def test_each_negotiation(run: Callable[[str], Awaitable[str]], offer: str) -> None:
    blank = 'blank = ""\n' if offer in NOT_EXACT else ""
    said = "if said ~= nil then error(said) end\n"
    assert await run(recipients(["pass"]) + _BEGIN + blank + NEGOTIATIONS[offer] + said + _MESSAGE + _PASSED) == ""


@pytest.mark.parametrize("offer", REFUSED)
async def test_an_offer_that_cannot_be_taken(run: Callable[[str], Awaitable[str]], offer: str) -> None:
    assert await run(_BEGIN + REFUSED[offer] + 'if said == nil then error("served") end\n') == ""


async def test_a_script_that_is_not_content_says_so(run: Callable[[str], Awaitable[str]]) -> None:
    assert "no such answer" in await run(_BEGIN + 'error("no such answer")')
