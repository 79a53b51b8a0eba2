"""Between the final dot and our reply: each commit runs to its end and gives everything back, once."""

import asyncio

import pytest

from gateway.config import Listener
from gateway.reply import ACCEPTED, TRY_LATER
from gateway.smtp.commits import Commits
from gateway.smtp.parameters import MailArguments
from gateway.smtp.pending import PendingTransaction
from rules.address import parse_address
from rules.message import Message
from rules.transaction import Client, ListenerKind, Recipient

LISTENER = Listener(name="test", kind=ListenerKind.EDGE, next_hop="none")
CLIENT = Client(address="192.0.2.1", name="client.elsewhere.example")


@pytest.fixture
def commits(city) -> Commits:
    return Commits(city.process)


@pytest.fixture
def commit(city, commits):
    """Start the commit of a message to `local`; `released` of the city's list counts what was given back."""

    async def start(local: str = "pat"):
        pending = PendingTransaction(MailArguments(reverse_path=None), city.open_egress)
        await pending.offer(Recipient(address=parse_address(f"{local}@city.example")))
        transaction = pending.complete(LISTENER, CLIENT, Message(local.encode()))
        return transaction.id, asyncio.ensure_future(
            commits.run(pending, transaction, lambda: city.released.append(city.closed))
        )

    return start


async def test_the_reply_is_what_processing_says(city, commit):
    _, accepted = await commit("pat")
    _, refused = await commit("refused")
    assert await accepted == ACCEPTED
    assert (await refused).code == 554
    assert city.contents == [b"pat"]


async def test_processing_has_the_way_out_on_which_recipients_were_offered(city):
    ways = []

    async def process(_, egress):
        ways.append(egress)
        return ACCEPTED

    pending = PendingTransaction(MailArguments(reverse_path=None), city.open_egress)
    egress = pending.egress
    await Commits(process).run(pending, pending.complete(LISTENER, CLIENT, Message(b"")), lambda: None)
    assert ways == [egress]
    assert city.opened == city.closed == 1


@pytest.mark.parametrize("local", ["pat", "refused", "crash"])
async def test_all_is_given_back_once_after_the_end_and_not_before(city, commit, until, local):
    city.gate = asyncio.Event()
    _, running = await commit(local)
    await until(city.started.is_set)
    assert (city.closed, city.released) == (0, [])
    city.gate.set()
    await running
    assert (city.closed, city.released) == (1, [1]), "the content is let go after the way out, and once"


async def test_a_caller_that_is_cancelled_changes_nothing_l4(city, commits, commit, until):
    city.gate = asyncio.Event()
    _, running = await commit()
    await until(city.started.is_set)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert commits.in_flight == 1
    assert (city.closed, city.released) == (0, [])
    city.gate.set()
    await until(lambda: commits.in_flight == 0)
    assert city.contents == [b"pat"]
    assert (city.closed, city.released) == (1, [1])


async def test_an_error_of_ours_is_temporary_and_logged_with_id_and_cause_l1(commits, commit, caplog):
    identifier, running = await commit("crash")
    assert await running == TRY_LATER
    assert f"{identifier}: processing failed" in caplog.text
    assert "RuntimeError: secret of the house" in caplog.text
    assert commits.in_flight == 0


async def test_an_error_in_one_leaves_the_others_alone(city, commit):
    runs = [(await commit(local))[1] for local in ("pat", "crash", "kim")]
    assert [(await running).code for running in runs] == [250, 451, 250]
    assert city.contents == [b"pat", b"kim"]


async def test_settle_does_not_wait_for_nothing(commits):
    async with asyncio.timeout(1):
        assert await commits.settle(60) == 0


async def test_settle_waits_for_all_h07(city, commits, commit, until):
    first = city.gate = asyncio.Event()
    _, pat = await commit("pat")
    await until(city.started.is_set)
    second = city.gate = asyncio.Event()
    _, kim = await commit("kim")
    await until(lambda: commits.in_flight == 2)
    settling = asyncio.ensure_future(commits.settle(60))
    await asyncio.sleep(0.02)
    first.set()
    await pat
    await asyncio.sleep(0.02)
    assert not settling.done()
    second.set()
    async with asyncio.timeout(5):
        assert await settling == 0
    assert await kim == ACCEPTED


async def test_settle_waits_at_most_so_long_and_leaves_what_is_open_alone_h07(city, commits, commit, until):
    city.gate = asyncio.Event()
    _, running = await commit()
    await until(city.started.is_set)
    start = asyncio.get_running_loop().time()
    async with asyncio.timeout(5):
        assert await commits.settle(0.05) == 1
    assert asyncio.get_running_loop().time() - start >= 0.04
    city.gate.set()
    assert await running == ACCEPTED
