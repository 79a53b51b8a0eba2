"""`mailward policy replay` and `diff`: what a candidate policy would do otherwise, before it goes live."""

import asyncio
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

import click

from gateway.cli.options import configured, existing_policy, optional_config
from gateway.cli.supposing import ReversePath, mail_files, settings_for, supposed_of, supposing
from gateway.cli.terminal import Exit, escaped, fail, print_json, print_table, progress
from gateway.config import DEFAULT_STATE, Config
from gateway.fact_replay import replayed
from gateway.mailfiles import MailFile
from gateway.trial import Supposed, compared
from gateway.workers import InspectionUnavailable, WorkerPool, WorkerSettings
from quarantine.display import counted
from quarantine.fact_files import FOLDER, fact_files
from rules.address import Address, key_of
from rules.comparison import Comparison, CopyChange
from rules.difference import difference
from rules.directory_file import load_directory
from rules.finding import Action
from rules.policy import load_policy
from rules.policy_file import NO_GROUPS


class Percent(click.ParamType[float]):
    name = "percent"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            found = float(str(value).removesuffix("%"))
        except ValueError:
            found = -1.0
        if not 0 <= found <= 100:
            self.fail(f"{escaped(str(value))}: a share from 0% to 100%", param, ctx)
        return found


@click.command(epilog="Example: mailward policy diff city-baseline /etc/mailward/policy")
@click.option("--json", "as_json", is_flag=True, help="One object a change, one line each.")
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
def diff(before: str, after: str, as_json: bool) -> None:
    """What changed from policy A to policy B, in words."""
    changes = difference(load_policy(existing_policy(before)), load_policy(existing_policy(after)))
    for change in changes:
        if as_json:
            print_json(asdict(change))
        else:
            click.echo(escaped(str(change)))
    if not changes and not as_json:
        click.echo("no difference")


@click.command(epilog="Example: mailward policy replay --candidate /etc/mailward/new --fail-above 1% mail.mbox")
@optional_config
@click.option("--candidate", required=True, help="The policy to try: a shipped one's name, or a folder or file.")
@click.option("--policy", help="What it is compared with. Default: the configured policy.")
@supposing
@click.option("--fail-above", type=Percent(), help="Fail when more of the copies meet another action: 1%.")
@click.option("--facts", is_flag=True, help="What the gateway has kept of judged mail, instead of PATH.")
@click.option("--json", "as_json", is_flag=True, help="One object a changed copy, one a rule, then the sum.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
def replay(
    path: Path | None,
    candidate: str,
    policy: str | None,
    direction: str | None,
    mail_from: ReversePath | None,
    rcpt_to: tuple[Address, ...],
    fail_above: float | None,
    facts: bool,
    as_json: bool,
    paths: tuple[str, ...],
) -> None:
    """Tell what a candidate policy does otherwise with stored mail.

    Each message is judged under the running policy and under the candidate. PATH is a message, an mbox, a Maildir or a
    folder; - is standard input. With --facts, the scores that the gateway has kept are judged: a rule that asks its
    detector with other parameters than a threshold cannot be told from them, and is named. Groups that exemptions name
    are those of today's staff list. Exit code 1 when more of the copies than --fail-above allows would meet another
    action: a gate before a policy goes live.
    """
    settings = settings_for(path, policy)
    other = replace(settings, policy=existing_policy(candidate))
    if facts == bool(paths):
        fail("either --facts, or paths of messages", Exit.USAGE)
    if facts:
        found = _replay_facts(path, settings.policy, other.policy, as_json=as_json)
    else:
        supposed = supposed_of(settings, direction, mail_from, rcpt_to)
        with tempfile.TemporaryDirectory(prefix="mailward-") as scratch:
            found = asyncio.run(_replay(mail_files(paths, Path(scratch)), settings, other, supposed, as_json=as_json))
    _tell(found, as_json=as_json)
    if fail_above is not None and found.share * 100 > fail_above:
        fail(f"{found.share:.2%} of the copies meet another action, more than {fail_above:g} %")


async def _replay(
    files: tuple[MailFile, ...],
    running: WorkerSettings,
    candidate: WorkerSettings,
    supposed: Supposed,
    *,
    as_json: bool,
) -> Comparison:
    comparison = Comparison()
    try:
        async with WorkerPool(running) as first, WorkerPool(candidate) as second:
            with progress(len(files), "replaying", prints=True) as bar:
                async for pair in compared(files, supposed, first, second):
                    for change in comparison.add(pair.file.name, pair.before, pair.after):
                        tell_copy(change, as_json=as_json)
                    bar.update(1)
    except InspectionUnavailable as error:
        fail(str(error), Exit.TEMPORARY)
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}", Exit.USAGE)
    return comparison


def _groups(config: Config | None) -> Mapping[str, frozenset[str]]:
    """Those of the staff list in force, for exemptions that name one."""
    if config is None or config.directory is None:
        return NO_GROUPS
    return load_directory(config.directory, frozenset(config.domains)).groups


def groups_named(groups: Mapping[str, frozenset[str]], *policies: Path) -> set[str]:
    """Those of the groups that an exemption of one of these policies names."""
    exemptions = (item for path in policies for _, item in load_policy(path).exemptions)
    names = {key_of(name) for item in exemptions for name in (*item.senders, *item.recipients)}
    return names & groups.keys()


def _replay_facts(path: Path | None, running: Path, candidate: Path, *, as_json: bool) -> Comparison:
    config = configured(path)
    folder = (config.state if config else DEFAULT_STATE) / FOLDER
    octets = sum(file.stat().st_size for file in fact_files(folder))
    if not octets:
        fail(f"{folder}: no stored facts; stored_facts_megabytes of mailward.yaml says how many are kept", Exit.USAGE)
    comparison = Comparison()
    untold: set[str] = set()
    groups = _groups(config)
    with progress(octets, "replaying", prints=True) as bar:
        for part in replayed(folder, running, candidate, groups=groups):
            for change in part.changes:
                tell_copy(change, as_json=as_json)
            comparison.merge(part.comparison)
            untold |= part.untold
            bar.update(part.octets)
    for name in sorted(groups_named(groups, running, candidate)):
        # Memberships are not kept with the facts: they would say of each person, for months, where he belonged.
        note = "is a group that an exemption names; its members are those of today's staff list, not of that time"
        click.echo(escaped(f"{name} {note}"), err=True)
    for name in sorted(untold):
        note = "is left out for some of these facts, for it was not asked so then; replay messages"
        click.echo(escaped(f"{name} {note}"), err=True)
    return comparison


def tell_copy(change: CopyChange, *, as_json: bool) -> None:
    """One line: the message, the copy, what becomes of it, and the rules that it gained or lost."""
    if as_json:
        print_json(asdict(change))
        return
    rules = [*(f"+{name}" for name in change.gained), *(f"-{name}" for name in change.lost)]
    turned = (
        f"{change.before.value} → {change.after.value}" if change.before is not change.after else change.after.value
    )
    click.echo(escaped(f"{change.message}: {change.recipient}: {turned} ({', '.join(rules)})"))


def _tell(found: Comparison, *, as_json: bool) -> None:
    if as_json:
        for rule in found.rules:
            print_json(asdict(rule))
        print_json(_sum(found))
        return
    headings = ("rule", "running", "candidate", "gained", "lost", "observed")
    rows = [
        (
            item.rule,
            str(item.before),
            str(item.after),
            f"+{item.gained}",
            f"-{item.lost}",
            f"{item.observed_before} → {item.observed_after}",
        )
        for item in found.rules
    ]
    if rows:
        print_table(headings, rows)
    for action in Action:
        click.echo(f"{action.value}: {found.actions_before[action]} → {found.actions_after[action]} copies")
    tried = f"{counted(found.messages, 'message')}, {counted(found.copies, 'copy', 'copies')}"
    click.echo(f"{tried}, {found.changed} meet another action ({found.share:.2%})")


def _sum(found: Comparison) -> dict[str, object]:
    return {
        "messages": found.messages,
        "copies": found.copies,
        "changed": found.changed,
        "share": round(found.share, 6),
        "before": {action.value: found.actions_before[action] for action in Action},
        "after": {action.value: found.actions_after[action] for action in Action},
    }
