"""`mailward doctor`: whether the machine, its surroundings and the configuration can be trusted with mail."""

from collections import Counter
from pathlib import Path

import click

from gateway.cli.options import config_option
from gateway.cli.terminal import Exit, escaped, print_json
from gateway.doctor import Finding, Grade, examine

MARKS = {Grade.GOOD: "ok", Grade.ADVICE: "note", Grade.UNSAFE: "UNSAFE"}


@click.command(epilog="Example: mailward doctor --json")
@config_option
@click.option("--json", "as_json", is_flag=True, help="One object a finding, one line each.")
def doctor(path: Path, as_json: bool) -> None:
    """Check machine, storage, sandbox, next hops, certificates, DNS and limits; change nothing.

    Run it as the service's account, before the first start and after each change. Ends with 1 when anything is unsafe.
    """
    grades: Counter[Grade] = Counter()
    for finding in examine(path):
        grades[finding.note.grade] += 1
        if as_json:
            print_json(_object(finding))
        else:
            _tell(finding)
    if not as_json:
        click.echo(f"{grades[Grade.UNSAFE]} unsafe, {grades[Grade.ADVICE]} to consider, {grades[Grade.GOOD]} good")
    if grades[Grade.UNSAFE]:
        raise SystemExit(Exit.FAILED)


def _tell(finding: Finding) -> None:
    note = finding.note
    mark = f"{MARKS[note.grade]:6}"
    if note.grade is Grade.UNSAFE:
        mark = click.style(mark, bold=True)  # click takes the style away where output is no terminal
    click.echo(f"{mark}  {escaped(f'{finding.check}: {note.says}')}")
    if note.remedy:
        click.echo(f"        {escaped(note.remedy)}")


def _object(finding: Finding) -> dict[str, object]:
    note = finding.note
    return {"check": finding.check, "grade": note.grade.value, "says": note.says, "remedy": note.remedy}
