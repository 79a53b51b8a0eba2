"""`mailward inspect`: judges messages in files, and explains. Sends nothing, holds nothing, records nothing.

Messages are parsed by inspection workers only, as in service: this process reads no deeper than header fields.
"""

import asyncio
import hashlib
import sys
import tempfile
import time
from collections import deque
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import click

from gateway.cli.aside import Case
from gateway.cli.explain import explanation
from gateway.cli.options import configured, existing_policy, optional_config
from gateway.cli.terminal import Exit, escaped, fail, is_terminal, print_json, progress
from gateway.config import DEFAULT_POLICY
from gateway.mailfiles import MailFile, messages_in
from gateway.workers import InspectionUnavailable, WorkerPool, WorkerSettings, worker_settings
from rules.address import Address, AddressError, parse_address
from rules.envelope import probable_envelope, wire_form
from rules.finding import Finding, Observation, strictest
from rules.message import Message
from rules.policy import Policy
from rules.transaction import Client, Direction, Envelope, ListenerKind, Recipient, Transaction
from rules.verdict import Judgement, Verdict

DEFAULT_DOMAINS = ("city.example",)  # so that it runs before anything is configured
NULL = "<>"  # the reverse-path of bounces (RFC 5321 section 4.5.5)
OUTSIDER = Address(local="someone", domain="elsewhere.example")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """What the command line says of every message; `reverse_path` counts when `sender_given`."""

    settings: WorkerSettings
    direction: Direction | None
    sender_given: bool
    reverse_path: Address | None
    recipients: tuple[Recipient, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """One message with its judgement and the time that it took."""

    file: MailFile
    sha256: str
    sender: Address | None
    received: datetime
    judgement: Judgement
    milliseconds: float


class AddressType(click.ParamType[Address]):
    name = "address"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Address:
        try:
            return value if isinstance(value, Address) else parse_address(str(value))
        except AddressError as error:
            self.fail(f"{escaped(str(value))}: {error}", param, ctx)


@click.command(epilog="Example: mailward inspect --direction outbound --rcpt-to press@elsewhere.example letter.eml")
@optional_config
@click.option("--policy", help="A shipped policy's name, or a folder with policy.yaml. Default: the configured one.")
@click.option("--direction", type=click.Choice([item.value for item in Direction]), help="Default: from the addresses.")
@click.option("--mail-from", help="Reverse-path; <> for none. Default: Return-Path or From of the message.")
@click.option("--rcpt-to", type=AddressType(), multiple=True, help="Repeatable. Default: To, Cc and Bcc.")
@click.option("--json", "as_json", is_flag=True, help="One object a message, one line each.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
def inspect(
    path: Path | None,
    policy: str | None,
    direction: str | None,
    mail_from: str | None,
    rcpt_to: tuple[Address, ...],
    as_json: bool,
    paths: tuple[str, ...],
) -> None:
    """Judge messages without sending anything, and say why.

    PATH is a message, an mbox, a Maildir or a folder; - is standard input. Without a configuration the shipped
    policy judges, for the domain city.example.
    """
    request = _Request(
        settings=_settings(path, policy),
        direction=Direction(direction) if direction else None,
        sender_given=mail_from is not None,
        reverse_path=AddressType()(mail_from) if mail_from not in (None, "", NULL) else None,
        recipients=tuple(Recipient(address=address) for address in rcpt_to),
    )
    with tempfile.TemporaryDirectory(prefix="mailward-") as scratch:
        asyncio.run(_inspect(_files(paths, Path(scratch)), request, as_json=as_json))


def _settings(path: Path | None, policy: str | None) -> WorkerSettings:
    config = configured(path)
    if config is None:
        return WorkerSettings(policy=existing_policy(policy or DEFAULT_POLICY), domains=DEFAULT_DOMAINS)
    settings = worker_settings(config)
    return replace(settings, policy=existing_policy(policy)) if policy else settings


def _files(paths: Iterable[str], scratch: Path) -> tuple[MailFile, ...]:
    files: list[MailFile] = []
    for path in paths:
        try:
            if path == "-":
                (scratch / "message").write_bytes(sys.stdin.buffer.read())
                files += (replace(file, name="-") for file in messages_in(scratch / "message"))
            else:
                files += messages_in(Path(path))
        except OSError as error:
            fail(f"{path}: {error.strerror}", Exit.USAGE)
    if not files:
        fail(f"no message in {', '.join(paths)}", Exit.USAGE)
    return tuple(files)


async def _inspect(files: tuple[MailFile, ...], request: _Request, *, as_json: bool) -> None:
    try:
        async with WorkerPool(request.settings) as pool:
            with progress(len(files), "judging", prints=True) as bar:
                async for judged in _judged(files, request, pool):
                    if as_json:
                        print_json(_as_json(judged))
                    else:
                        _explain(judged, pool.policy)
                    bar.update(1)
    except InspectionUnavailable as error:
        fail(str(error), Exit.TEMPORARY)


async def _judged(files: tuple[MailFile, ...], request: _Request, pool: WorkerPool) -> AsyncIterator[_Judged]:
    """As many at once as there are workers, in the order of the files."""
    waiting: deque[asyncio.Task[_Judged]] = deque()
    for file in files:
        if len(waiting) >= pool.size:
            yield await waiting.popleft()
        waiting.append(asyncio.create_task(_judge(file, request, pool)))
    while waiting:
        yield await waiting.popleft()


async def _judge(file: MailFile, request: _Request, pool: WorkerPool) -> _Judged:
    try:
        octets = file.read()
    except OSError as error:
        fail(f"{file.name}: {error.strerror}", Exit.USAGE)
    transaction = _transaction(file, Message(wire_form(octets)), request)
    start = time.perf_counter()
    judgement = await pool.inspect(transaction)
    return _Judged(
        file=file,
        sha256=hashlib.sha256(octets).hexdigest(),
        sender=transaction.envelope.reverse_path,
        received=transaction.received,
        judgement=judgement,
        milliseconds=round((time.perf_counter() - start) * 1000, 1),
    )


def _transaction(file: MailFile, message: Message, request: _Request) -> Transaction:
    probable = probable_envelope(message)
    reverse_path = request.reverse_path if request.sender_given else probable.reverse_path
    recipients = request.recipients or probable.recipients or (_recipient(request),)
    return Transaction(
        id=file.path.name,
        received=datetime.now(UTC),
        listener="inspect",
        kind=ListenerKind.EDGE if request.direction is Direction.INBOUND else ListenerKind.INTERNAL,
        direction=request.direction,
        client=Client(address="127.0.0.1", name="inspect"),
        envelope=Envelope(reverse_path=reverse_path, recipients=recipients),
        message=message,
    )


def _recipient(request: _Request) -> Recipient:
    """Somebody, for a message that names nobody: outside for mail that goes out, else our postmaster."""
    if request.direction is Direction.OUTBOUND:
        return Recipient(address=OUTSIDER)
    return Recipient(address=Address(local="postmaster", domain=request.settings.domains[0]))


def _explain(judged: _Judged, policy: Policy) -> None:
    judgement = judged.judgement
    action = strictest(*(verdict.action for verdict in judgement.verdicts))
    click.echo(f"{escaped(judged.file.name)}: {action.value}, under {escaped(judgement.policy)}")
    case = Case(policy=policy, sender=judged.sender, now=judged.received)
    for line in explanation(judgement, policy.clauses, terminal=is_terminal(sys.stdout), case=case):
        click.echo(line)
    click.echo()


def _as_json(judged: _Judged) -> dict[str, object]:
    judgement = judged.judgement
    return {
        "path": judged.file.name,
        "sha256": judged.sha256,
        "policy": judgement.policy,
        "policy_hash": judgement.policy_hash,
        "milliseconds": judged.milliseconds,
        "direction": {verdict.recipient: verdict.direction.value for verdict in judgement.verdicts},
        "observations": [_observation_json(observation) for observation in judgement.observations],
        "verdicts": [_verdict_json(verdict) for verdict in judgement.verdicts],
        "inspected": judgement.inspected.value,
        "not_inspected": [
            {"part": item.part, "reason": item.reason.value, "detail": item.detail} for item in judgement.not_inspected
        ],
    }


def _observation_json(observation: Observation) -> dict[str, object]:
    return {
        "detector": observation.detector,
        "detected": observation.detected,
        "score": observation.score,
        "summary": observation.summary,
        "evidence": [
            {"part": item.part, "start": item.start, "end": item.end, "text": item.text, "octets": item.octets}
            for item in observation.evidence
        ],
    }


def _verdict_json(verdict: Verdict) -> dict[str, object]:
    return {
        "recipient": verdict.recipient,
        "action": verdict.action.value,
        "findings": [_finding_json(finding) for finding in verdict.findings],
        "observed": [_finding_json(finding) for finding in verdict.observed],
    }


def _finding_json(finding: Finding) -> dict[str, object]:
    return {
        "rule": finding.rule,
        "cites": list(finding.cites),
        "action": finding.action.value,
        "observation": finding.observation,
    }
