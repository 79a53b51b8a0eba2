"""`mailward policy schema` and `docs`: what whoever writes a policy wants beside the editor."""

import json

import click

from gateway.cli.terminal import Exit, fail


@click.command(epilog="Example: mailward policy schema > policy.schema.json")
@click.option("--rule", "of_rule", is_flag=True, help="Of rule.yaml instead of policy.yaml.")
def schema(of_rule: bool) -> None:
    """The JSON Schema of policy files, for editors.

    With `# yaml-language-server: $schema=policy.schema.json` as its first line a policy is completed and checked in
    many editors as it is typed.
    """
    from rules.schema import policy_schema, rule_schema  # brings all detectors along

    click.echo(json.dumps(rule_schema() if of_rule else policy_schema(), indent=2))


@click.command(epilog="Example: mailward policy docs fundraising")
@click.option("--json", "as_json", is_flag=True, help="One object a detector, one line each.")
@click.argument("name", metavar="[DETECTOR]", required=False)
def docs(name: str | None, as_json: bool) -> None:
    """Every detector with its parameters, and every rule.

    Made from the code. With the name of a detector, what is said of that one alone.
    """
    from gateway.cli.terminal import escaped, print_json
    from rules.detectors import BY_NAME
    from rules.document import to_json
    from rules.reference import DetectorWords, detector_reference, reference, words_of

    if name is not None and name not in BY_NAME:
        fail(f"{name}: no detector; known are {', '.join(BY_NAME)}", Exit.USAGE)
    chosen = [BY_NAME[name]] if name is not None else list(BY_NAME.values())
    if as_json:
        for detector in chosen:
            print_json(json.loads(to_json(words_of(detector), DetectorWords)))
        return
    text = reference() if name is None else detector_reference(BY_NAME[name])
    click.echo(escaped(text, lines=True), nl=False)
