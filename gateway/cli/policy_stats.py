"""`mailward policy stats`: what each rule did, how often people thought otherwise, and what is idle."""

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import click

from gateway.cli.opening import open_configured
from gateway.cli.options import config_option, existing_policy
from gateway.cli.terminal import escaped, print_json, print_table
from quarantine.item import Period
from quarantine.statistics import ExemptionStatistics, RuleStatistics, exemption_statistics, rule_statistics
from rules.policy import load_policy


@click.command(epilog="Example: mailward policy stats --days 7")
@config_option
@click.option("--days", type=click.IntRange(1, 3_650), default=30, show_default=True, help="How far back.")
@click.option("--json", "as_json", is_flag=True, help="One object a rule, then one an exemption, one line each.")
def stats(path: Path, days: int, as_json: bool) -> None:
    """What each rule did, and how often people thought otherwise.

    Counted are the copies that each rule of the configured policy held, tagged or observed. False alarms are the share
    of copies that people released, of those that they released or deleted; what an approver let go is none. Rules that
    never spoke and exemptions that nobody needed are named.
    """
    config, store = open_configured(path)
    policy = load_policy(existing_policy(config.policy))
    now = store.quarantine.clock()
    rules = rule_statistics(store, Period(start=now - timedelta(days=days), end=now), policy)
    exemptions = exemption_statistics(store, now, policy)
    if as_json:
        for rule in rules:
            print_json({**asdict(rule), "false_alarms": rule.false_alarms, "idle": rule.idle})
        for item in exemptions:
            print_json({"exemption": item.because, **asdict(item)})
        return
    _tell_rules(rules, days)
    _tell_exemptions(exemptions)


def _tell_rules(rules: tuple[RuleStatistics, ...], days: int) -> None:
    headings = (
        "rule",
        "held",
        "released",
        "approved",
        "deleted",
        "expired",
        "waiting",
        "tagged",
        "observed",
        "let off",
        "false alarms",
    )
    rows = [
        (
            rule.rule,
            *map(str, (rule.held, rule.released, rule.approved, rule.deleted, rule.expired, rule.waiting)),
            *map(str, (rule.tagged, rule.observed, rule.let_off)),
            "" if rule.false_alarms is None else f"{rule.false_alarms:.0%}",
        )
        for rule in rules
        if not rule.idle
    ]
    if rows:
        print_table(headings, rows)
    idle = [rule.rule for rule in rules if rule.idle]
    if idle:
        click.echo(escaped(f"in {days} days no word of: {', '.join(idle)}"))


def _tell_exemptions(exemptions: tuple[ExemptionStatistics, ...]) -> None:
    if exemptions:
        click.echo()
        headings = ("exemption from", "whom", "until", "let off", "why, by", "note")
        print_table(
            headings,
            [
                (item.rule, item.whom, item.until, str(item.let_off), f"{item.because}, {item.by}", item.note)
                for item in exemptions
            ],
        )
