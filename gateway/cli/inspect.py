"""`mailward inspect`: judges messages in files, and explains. Sends nothing, holds nothing, records nothing.

Messages are parsed by inspection workers only, as in service: this process reads no deeper than header fields.
"""

import asyncio
import hashlib
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

import click

from gateway.cli.aside import Case, exemptions_by_key
from gateway.cli.explain import explanation
from gateway.cli.judged import judgement_object, places
from gateway.cli.near import near_rules
from gateway.cli.options import optional_config
from gateway.cli.supposing import ReversePath, mail_files, settings_for, supposed_of, supposing
from gateway.cli.terminal import Exit, escaped, fail, is_terminal, print_json, progress
from gateway.mailfiles import MailFile
from gateway.trial import Supposed, in_order, transaction_of
from gateway.workers import InspectionUnavailable, WorkerPool, WorkerSettings
from rules.address import Address
from rules.finding import strictest
from rules.policy import Policy
from rules.verdict import Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judged:
    """One message with its judgement and the time that it took."""

    file: MailFile
    sha256: str
    sender: Address | None
    received: datetime
    judgement: Judgement
    milliseconds: float


@click.command(epilog="Example: mailward inspect --direction outbound --rcpt-to press@elsewhere.example letter.eml")
@optional_config
@click.option("--policy", help="A shipped policy's name, or a folder with policy.yaml. Default: the configured one.")
@supposing
@click.option("--json", "as_json", is_flag=True, help="One object a message, one line each.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
def inspect(
    path: Path | None,
    policy: str | None,
    direction: str | None,
    mail_from: ReversePath | None,
    rcpt_to: tuple[Address, ...],
    as_json: bool,
    paths: tuple[str, ...],
) -> None:
    """Judge messages without sending anything, and say why.

    PATH is a message, an mbox, a Maildir or a folder; - is standard input. Without a configuration the shipped
    policy judges, for the domain city.example.
    """
    settings = replace(settings_for(path, policy), every_detector=True)
    supposed = supposed_of(settings, direction, mail_from, rcpt_to)
    with tempfile.TemporaryDirectory(prefix="mailward-") as scratch:
        asyncio.run(_inspect(mail_files(paths, Path(scratch)), settings, supposed, as_json=as_json))


async def _inspect(files: tuple[MailFile, ...], settings: WorkerSettings, supposed: Supposed, *, as_json: bool) -> None:
    try:
        async with WorkerPool(settings) as pool:
            with progress(len(files), "judging", prints=True) as bar:
                async for judged in in_order(files, lambda file: _judge(file, supposed, pool), pool.size):
                    if as_json:
                        print_json(_as_json(judged, pool.policy))
                    else:
                        _explain(judged, pool.policy)
                    bar.update(1)
    except InspectionUnavailable as error:
        fail(str(error), Exit.TEMPORARY)


async def _judge(file: MailFile, supposed: Supposed, pool: WorkerPool) -> _Judged:
    try:
        octets = file.read()
    except OSError as error:
        fail(f"{file.name}: {error.strerror}", Exit.USAGE)
    transaction = transaction_of(file, octets, supposed)
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


def _explain(judged: _Judged, policy: Policy) -> None:
    judgement = judged.judgement
    action = strictest(*(verdict.action for verdict in judgement.verdicts))
    click.echo(f"{escaped(judged.file.name)}: {action.value}, under {escaped(judgement.policy)}")
    case = Case(policy=policy, sender=judged.sender, now=judged.received)
    for line in explanation(judgement, policy.clauses, terminal=is_terminal(sys.stdout), case=case):
        click.echo(line)
    click.echo()


def _as_json(judged: _Judged, policy: Policy) -> dict[str, object]:
    judgement = judged.judgement
    case = Case(policy=policy, sender=judged.sender, now=judged.received)
    at = places(judgement)
    return {
        "path": judged.file.name,
        "sha256": judged.sha256,
        "policy": judgement.policy,
        "policy_hash": judgement.policy_hash,
        "milliseconds": judged.milliseconds,
        "direction": {verdict.recipient: verdict.direction.value for verdict in judgement.verdicts},
        **judgement_object(judgement, exemptions_by_key(policy)),
        "near": [{**asdict(item), "observation": at[item.observation]} for item in near_rules(judgement, case)],
    }
