"""`mailward policy coverage`: clause by clause, what enforces it, serves it, or why mail does not show it."""

import json
from pathlib import Path

import click

from gateway.cli.options import existing_policy, named_or_configured, optional_config
from gateway.cli.terminal import escaped, fail, print_json, print_table
from rules.document import to_json
from rules.policy import load_policy


@click.command(epilog="Example: mailward policy coverage stamford-technology")
@optional_config
@click.option("--json", "as_json", is_flag=True, help="One object a clause, one line each.")
@click.argument("name", metavar="[PATH]", required=False)
def coverage(path: Path | None, name: str | None, as_json: bool) -> None:
    """Tell clause by clause what enforces or serves it.

    Each with the rules and samples that enforce it, the feature that serves it, or why it lies outside. Exit code 1
    when a clause has none of these, or a rule cites no clause. Without PATH, of the configured policy.
    """
    from rules.coverage import Covered, Enforcer, coverage_of, unapproved  # brings all detectors along

    def served(item: Covered) -> str:
        if item.gap:
            return f"GAP: {item.gap}"
        return "; ".join(map(enforced, item.rules)) or item.served_by or item.why

    def enforced(item: Enforcer) -> str:
        trial = ", observe" if item.status == "observe" else ""
        if item.exemption:
            return f"exemption from {item.rule}: {item.exemption}"
        samples = f"{item.matching}+{item.passing} samples"
        approver = f"; approver {item.approver}" if item.approver else ""
        return f"{item.rule} ({item.action}{trial}; {', '.join(item.directions)}; {samples}{approver})"

    policy = load_policy(existing_policy(named_or_configured(name, path)), complete=False)
    found = coverage_of(policy)
    if as_json:
        for item in found.clauses:
            print_json({"policy": policy.name, **json.loads(to_json(item, Covered))})
    else:
        click.echo(escaped(f"{policy.title} ({policy.name})\n", lines=True))
        rows = [(item.clause, item.ref, item.enforce, served(item)) for item in found.clauses]
        print_table(("clause", "ref", "enforce", "by"), rows)
        if found.unused:
            click.echo(escaped(f"\nrules of the library that it does not use: {', '.join(found.unused)}", lines=True))
    for name in unapproved(policy):
        note = f"{name} holds until somebody permits it, and names no `approver`: whoever may release decides"
        click.echo(escaped(note), err=True)
    for gap in found.gaps:
        click.echo(escaped(gap), err=True)
    if found.gaps:
        fail(f"{len(found.gaps)} gaps" if len(found.gaps) > 1 else "1 gap")
