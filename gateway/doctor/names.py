"""Checks of the DNS: whether it answers, whether it sends our mail to somebody, and whether our key stands there."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

from gateway.config import Config, Signing
from gateway.doctor.note import Note, advice, good, unsafe
from gateway.identity.keys import UnusableKey, load_private_key, parse_key_record, verifies
from gateway.identity.resolver import Answer, Asking, Outcome, RecordType, Resolver, system_servers

PROBE = b"is this the other half of our key?"
ASKED = 20  # of our domains; a city has two or three


def check_names(config: Config) -> Iterator[Note]:
    """Asked of the name servers that the service asks; nothing when it needs none."""
    settings = config.identity
    if not settings.authenticate and settings.sign is None:
        yield good("not needed: neither verified nor signed")
        return
    servers = tuple(map(str, settings.nameservers)) or system_servers()
    answers = asyncio.run(_answers(Resolver((one, settings.nameserver_port) for one in servers), questions(config)))
    if all(answer.outcome is Outcome.TEMPORARY for answer in answers):
        yield unsafe(f"{', '.join(servers)}: {answers[0].detail}", "identity.nameservers, or the resolver itself")
        return
    if settings.sign is not None:
        yield judged_key(settings.sign, answers[-1])
    for domain, answer in zip(config.domains[:ASKED], answers, strict=False):
        yield judged_domain(domain, answer)


def questions(config: Config) -> list[tuple[str, RecordType]]:
    """Where mail for each of our domains goes, and last the record of our key."""
    asked = [(domain, RecordType.MX) for domain in config.domains[:ASKED]]
    if (sign := config.identity.sign) is not None:
        asked.append((f"{sign.selector}._domainkey.{sign.domain}", RecordType.TXT))
    return asked


async def _answers(resolver: Resolver, asked: Sequence[tuple[str, RecordType]]) -> list[Answer]:
    asking: Asking = resolver
    try:
        return await asyncio.gather(*(asking.ask(name, kind) for name, kind in asked))
    finally:
        await resolver.close()


def judged_domain(domain: str, answer: Answer) -> Note:
    match answer.outcome:
        case Outcome.FOUND:
            return good(f"mail for {domain} goes to {', '.join(answer.records[:3])}")
        case Outcome.TEMPORARY:
            return unsafe(f"{domain}: {answer.detail}", "ask again; if it stays, look at the zone and the resolver")
        case Outcome.EMPTY | Outcome.ABSENT | Outcome.PERMANENT:
            return advice(f"{domain} has no MX record here", "is it a domain of yours? A split DNS may hide its record")


def judged_key(sign: Signing, answer: Answer) -> Note:
    """Whether what we sign is verified by what the DNS says; a signature that fails is worse than none."""
    name = f"{sign.selector}._domainkey.{sign.domain}"
    if answer.outcome is Outcome.TEMPORARY:
        return unsafe(f"{name}: {answer.detail}", "the key cannot be compared while the DNS does not answer")
    if len(answer.records) != 1:
        says = f"{len(answer.records)} records" if answer.records else "no record"
        return unsafe(f"{name}: {says}", "publish the public key there before signing with it")
    return _compared(name, sign.key, answer.records[0])


def _compared(name: str, file: Path, record: str) -> Note:
    try:
        public, private = parse_key_record(record), load_private_key(file)
    except UnusableKey as error:
        return unsafe(f"{name}: {error}", "publish the record that was made with the key")
    if private.kind is not public.kind or not verifies(public, PROBE, private.sign(PROBE)):
        return unsafe(
            f"{name} is not the other half of {file}", "every signature fails until one of the two is changed"
        )
    return good(f"{name} verifies what {file.name} signs")
