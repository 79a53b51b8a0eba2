"""`mailward policy`: lists, shows, checks and tests policies. Judges only the samples beside the rules."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from gateway.cli.options import existing_policy, named_or_configured, optional_config
from gateway.cli.policy_coverage import coverage
from gateway.cli.policy_replay import diff, replay
from gateway.cli.policy_stats import stats
from gateway.cli.policy_writing import docs, schema
from gateway.cli.terminal import escaped, fail, print_json, print_table, progress
from quarantine.display import counted, one_line
from rules.difference import exemption_in_words, hours_in_words, parameters_in_words
from rules.policy import Policy, Rule, load_policy, load_rule
from rules.policy_file import Exemption, Status
from rules.shipped import LIBRARY, find_policy, library_rules, shipped_policies
from rules.yaml_nodes import DocumentError, Fault, locate

LIBRARY_NAME = "library"
SHOWN_PARAMETER = 100  # characters of one; --json has all


@click.group(epilog="Example: mailward policy check /etc/mailward/policy")
def policy() -> None:
    """List, show, check and test policies.

    PATH is a shipped policy's name, or a folder with policy.yaml, or that file.
    """


for _command in (coverage, schema, docs, diff, replay, stats):
    policy.add_command(_command)


@policy.command(name="list", epilog="Example: mailward policy list --rules")
@click.option("--rules", "of_rules", is_flag=True, help="The rules of the library instead of the policies.")
@click.option("--json", "as_json", is_flag=True, help="One object a line.")
def list_(of_rules: bool, as_json: bool) -> None:
    """The policies that ship with Mailward."""
    rows = _rule_rows() if of_rules else _policy_rows()
    if as_json:
        for row in rows:
            print_json(row)
    elif rows:
        print_table(tuple(rows[0]), [tuple(str(cell) for cell in row.values()) for row in rows])


def _policy_rows() -> list[dict[str, object]]:
    return [
        {
            "policy": item.name,
            "clauses": len(item.clauses),
            "rules": len(item.rules),
            "hash": item.hash[:12],
            "title": item.title,
        }
        for item in (load_policy(find_policy(name)) for name in shipped_policies())
    ]


def _rule_rows() -> list[dict[str, object]]:
    return [
        {
            "rule": rule.name,
            "action": rule.action.value,
            "class": rule.kind.value,
            "detector": rule.when.detector,
            "title": rule.title,
        }
        for rule in (load_rule(LIBRARY / name) for name in library_rules())
    ]


@policy.command(epilog="Example: mailward policy show city-baseline")
@optional_config
@click.option("--json", "as_json", is_flag=True, help="One object a rule, one line each.")
@click.argument("name", metavar="[PATH]", required=False)
def show(path: Path | None, name: str | None, as_json: bool) -> None:
    """The rules of a policy, with the clauses that they enforce.

    Without PATH, of the configured policy.
    """
    found = load_policy(existing_policy(named_or_configured(name, path)))
    if as_json:
        for rule in found.rules:
            print_json(_rule_json(rule))
        return
    click.echo(escaped(f"{found.title} ({found.name}), {found.hash[:12]}\n", lines=True))
    for rule in found.rules:
        directions = ", ".join(direction.value for direction in rule.directions)
        status = "" if rule.status is Status.ENFORCE else " (observe)"
        active = "" if rule.active is None else f"; active {hours_in_words(rule.active)}"
        approver = f"; {rule.approver} decides" if rule.approver else ""
        click.echo(escaped(f"{rule.name}: {rule.action.value}{status}; {directions}{active}{approver}"))
        for name in rule.cites:
            clause = found.clauses[name]
            click.echo(escaped(f"    {name} (clause {clause.ref}): {clause.says}"))
        for said in parameters_in_words(rule):
            click.echo(escaped(f"    with {one_line(said, SHOWN_PARAMETER)}"))
        for item in rule.exemptions:
            click.echo(escaped(f"    except {exemption_in_words(item)}"))


def _rule_json(rule: Rule) -> dict[str, object]:
    return {
        "rule": rule.name,
        "title": rule.title,
        "cites": list(rule.cites),
        "action": rule.action.value,
        "class": rule.kind.value,
        "directions": [direction.value for direction in rule.directions],
        "status": rule.status.value,
        "detector": rule.when.detector,
        "also": [probe.detector for probe in rule.also],
        "unless": rule.unless.detector if rule.unless else None,
        "active": None if rule.active is None else hours_in_words(rule.active),
        "approver": rule.approver or None,
        "parameters": list(parameters_in_words(rule)),
        "exemptions": len(rule.exemptions),
    }


@policy.command(epilog="Example: mailward policy check --strict --json /etc/mailward/policy")
@click.option("--strict", is_flag=True, help="Fail for warnings too.")
@click.option("--json", "as_json", is_flag=True, help="One object a policy, one line each.")
@click.argument("path", required=False)
def check(path: str | None, strict: bool, as_json: bool) -> None:
    """Tell every fault of a policy, with file, line and column.

    Without PATH, of every policy that ships.
    """
    checked = [_checked(file) for file in _policies(path)]
    for one in checked:
        if as_json:
            print_json(_checked_object(one))
        elif one.policy is not None:
            click.echo(escaped(f"{one.path}: {one.policy.name}, {_size(one.policy)}"))
    faults = [fault for one in checked for fault in one.faults]
    warnings = [fault for one in checked for fault in one.warnings]
    _print_faults(faults)
    _print_faults(warnings, " (warning)")
    _fail_for(len(faults) + (len(warnings) if strict else 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
    """A policy file after it was read; `policy` is None when it has faults."""

    path: Path
    policy: Policy | None
    faults: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()


def _checked(file: Path) -> _Checked:
    try:
        found = load_policy(file)
    except DocumentError as error:
        return _Checked(path=file, policy=None, faults=error.faults)
    return _Checked(path=file, policy=found, warnings=tuple(_warnings(found)))


def _size(found: Policy) -> str:
    return f"{counted(len(found.rules), 'rule')}, {found.hash[:12]}"


def _checked_object(one: _Checked) -> dict[str, object]:
    found = one.policy
    return {
        "path": str(one.path),
        "policy": found.name if found else None,
        "rules": len(found.rules) if found else None,
        "hash": found.hash if found else None,
        "faults": [asdict(fault) for fault in one.faults],
        "warnings": [asdict(fault) for fault in one.warnings],
    }


def _warnings(found: Policy) -> Iterable[Fault]:
    """What is allowed and seldom meant."""
    now = datetime.now(UTC)
    for where, item in _exemptions(found):
        if not item.senders and not item.recipients:
            yield locate(found.path, where, "senders or recipients; this lets everybody off")
        if item.end(found.zone) <= now:
            yield locate(found.path, (*where, "until"), f"a day to come; it ended on {item.until}")
        elif item.ends_soon(now, found.zone):
            yield locate(found.path, (*where, "until"), f"to be looked at; it ends on {item.until}")
    for name, clause in found.clauses.items():
        if clause.enforce == "gateway" and not clause.says:
            yield locate(found.path, ("clauses", name), "says: what a finding is to show")
        if clause.enforce == "outside" and not clause.why:
            yield locate(found.path, ("clauses", name), "why: the reason that mail does not show it")


def _exemptions(found: Policy) -> Iterable[tuple[tuple[str | int, ...], Exemption]]:
    """Each with its place in the file, that of what could not be read too."""
    for index, rule in enumerate(found.rules):
        for number, item in enumerate(rule.exemptions):
            yield ("rules", index, "except", number), item
    for number, item in enumerate(found.not_inspected.exceptions):
        yield ("not_inspected", "except", number), item


@policy.command(epilog="Example: mailward policy test --json city-baseline")
@click.option("--json", "as_json", is_flag=True, help="One object a rule, one line each.")
@click.argument("path", required=False)
def test(path: str | None, as_json: bool) -> None:
    """Run the samples that lie beside each rule.

    Some of them must make the rule fire, the others must pass. PATH may also be `library`, every rule with its own
    parameters. Without PATH: every policy that ships.
    """
    # Imported here: it brings all detectors and their parsers along, and no other command needs them.
    from rules.samples import run_samples, sample_directory

    in_library = path == LIBRARY_NAME
    rules = _library() if in_library else [rule for file in _policies(path) for rule in load_policy(file).rules]
    faults: list[Fault] = []
    samples = 0
    with progress(len(rules), "testing", prints=as_json) as bar:
        for result in run_samples(rules, sample_directory(), default_action=in_library):
            if as_json:
                found = [asdict(fault) for fault in result.faults]
                print_json({"rule": result.rule, "samples": len(result.samples), "faults": found})
            faults += result.faults
            samples += len(result.samples)
            bar.update(1)
    distinct = tuple(dict.fromkeys(faults))  # a rule that is used twice is tested twice
    _print_faults(distinct)
    _fail_for(len(distinct))
    if not as_json:
        click.echo(f"{counted(len(rules), 'rule')}, {counted(samples, 'sample')}, no fault")


def _library() -> list[Rule]:
    return [load_rule(LIBRARY / name) for name in library_rules()]


def _policies(path: str | None) -> list[Path]:
    return [find_policy(name) for name in shipped_policies()] if path is None else [existing_policy(path)]


def _print_faults(faults: Iterable[Fault], note: str = "") -> None:
    for fault in faults:
        click.echo(escaped(f"{fault}{note}"), err=True)


def _fail_for(faults: int) -> None:
    if faults:
        fail(counted(faults, "fault"))
