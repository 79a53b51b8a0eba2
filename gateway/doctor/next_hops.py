"""Checks of the servers that take our mail: whether they answer, and what they can do. Sends no message."""

import asyncio
from collections.abc import Iterator

from gateway.config import MIB, Config, NextHop, Tls
from gateway.doctor.note import Note, advice, good, unsafe
from gateway.networks import is_loopback
from gateway.relay.channel import NextHopError
from gateway.relay.commands import Extensions
from gateway.relay.session import connect, tls_context

WORDS = {  # what we use of an EHLO answer, and what is lost without it
    "eight_bit": ("8BITMIME", "mail in 8 bits is refused (554 5.6.3)"),
    "dsn": ("DSN", "senders are not offered delivery reports"),
    "smtputf8": ("SMTPUTF8", "addresses beyond ASCII are refused (550 5.6.7)"),
    "pipelining": ("PIPELINING", "each message takes several round trips more"),
}


def check_next_hops(config: Config) -> Iterator[Note]:
    """Each server is greeted as mail would greet it."""
    hops = [hop for hop in config.next_hops if hop.maildir is None]
    answers = asyncio.run(_all(hops, config.hostname))
    for hop, answer in zip(hops, answers, strict=True):
        relays = _takes_relayed(hop.name, config)
        if isinstance(answer, Exception):
            meanwhile = "senders are told to try again (451)" if relays else "nothing that is held can be released"
            yield unsafe(f"{place(hop)}: {answer}", f"until it answers, {meanwhile}")
        else:
            yield good(f"{place(hop)} answers")
            yield from _of_its_offer(hop, answer, config) if relays else ()
            yield from _of_its_way(hop)
    for hop in (hop for hop in config.next_hops if hop.maildir is not None):
        yield advice(f"{hop.name} is a folder, {hop.maildir}", "for a first try only: nobody reads mail there")


async def _all(hops: list[NextHop], hostname: str) -> list[Extensions | Exception]:
    return await asyncio.gather(*(_greeted(hop, hostname) for hop in hops))


async def _greeted(hop: NextHop, hostname: str) -> Extensions | Exception:
    """What the server offers, in TLS where that is used; or why it does not."""
    try:
        connection = await connect(hop, hostname, tls_context(hop))
    except (NextHopError, OSError, ValueError) as error:
        return error
    offered = connection.extensions
    connection.close()
    await asyncio.sleep(0)  # its QUIT leaves in the loop's next turn
    return offered


def _takes_relayed(name: str, config: Config) -> bool:
    """Whether it has what listeners take; else it is an MTA's that asks us, whose clients learn its abilities of it."""
    first = {listener.next_hop for listener in config.listeners} | {route.next_hop for route in config.routes}
    return name in first or not config.milters or any(hop.otherwise == name for hop in config.next_hops)


def _of_its_offer(hop: NextHop, offered: Extensions, config: Config) -> Iterator[Note]:
    """What senders lack because it does."""
    for name, (word, loss) in WORDS.items():
        if not getattr(offered, name):
            yield advice(f"{place(hop)} has no {word}: {loss}", "allow it there if it can")
    if offered.size is None:
        yield advice(
            f"{place(hop)} does not tell its limit of size", "allow SIZE there, so that senders learn it early"
        )
    elif 0 < offered.size < (ours := config.limits.message_octets):
        yield advice(
            f"{place(hop)} takes {offered.size // MIB} MiB a message, so the listeners offer no more than that,"
            f" not the {ours // MIB} that they may",
            "a higher limit there, where larger mail is wanted",
        )


def _of_its_way(hop: NextHop) -> Iterator[Note]:
    if hop.tls is Tls.OFF and not is_loopback(hop.host or ""):
        yield advice(f"mail to {place(hop)} goes in plain text", "tls: required where its certificate can be verified")


def place(hop: NextHop) -> str:
    return f"{hop.name} ({hop.host}:{hop.port})"
