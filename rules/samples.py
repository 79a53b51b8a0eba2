"""Runs the samples that lie beside each rule: some must make it fire, some must not.

Owns what a sample's name promises and whether the rule keeps it, and the place-holders of samples: a line that says
`{disclaimer}` stands for the rule's parameter of that name, so that samples fit whatever words a city puts there.
Prints nothing.
"""

import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from rules.directory import Directory
from rules.directory_file import load_directory
from rules.envelope import probable_envelope, wire_form
from rules.finding import Action
from rules.inspection import inspect
from rules.message import Message
from rules.policy import Rule, policy_of_rule
from rules.policy_file import Status
from rules.shipped import LIBRARY
from rules.transaction import Client, Direction, ListenerKind, Transaction
from rules.yaml_nodes import Fault

DOMAINS = ("city.example",)  # ours, in every sample
LINE = 72  # characters; wrapped as mail programs wrap, for a rule must find the words again all the same

_PLACE_HOLDER = re.compile(rb"^([> ]*)\{([a-z_]+)\}\r?$", re.MULTILINE)  # alone on its line, which may be quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleResult:
    """One sample under one rule. `promised` is the action its name begins with."""

    rule: str
    sample: Path
    promised: Action
    found: str | None  # what the rule fired for; None: it did not

    @property
    def fired(self) -> bool:
        return self.found is not None

    @property
    def fault(self) -> Fault | None:
        """What the rule did against the sample's name; None when it kept it."""
        if self.fired == (self.promised is not Action.PASS):
            return None
        if self.fired:
            return _fault(self.sample, "", f"expected to pass, but {self.rule} fired: {self.found}")
        return _fault(self.sample, "", f"expected {self.rule} to fire, but it did not")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleResult:
    """All samples of one rule. `faults` are those of the samples, and those of the set."""

    rule: str
    samples: tuple[SampleResult, ...]
    faults: tuple[Fault, ...]


def sample_directory() -> Directory:
    """The staff that samples speak of. Raises DocumentError."""
    return load_directory(LIBRARY / "directory.csv", frozenset(DOMAINS))


def run_samples(rules: Iterable[Rule], directory: Directory, *, default_action: bool = False) -> Iterator[RuleResult]:
    """The result of each rule, with the parameters that it has; directions and exemptions are left aside.

    `default_action`: the samples' names must say the rule's own action too, as they do in the library.
    """
    for rule in rules:
        samples = tuple(
            SampleResult(rule=rule.name, sample=path, promised=promised, found=_found(rule, path, directory))
            for path, promised in samples_of(rule.folder)
        )
        faults = [*_set_faults(rule, samples), *(sample.fault for sample in samples if sample.fault)]
        if default_action:
            faults += _action_faults(rule, samples)
        yield RuleResult(rule=rule.name, samples=samples, faults=tuple(faults))


def samples_of(folder: Path) -> Iterator[tuple[Path, Action]]:
    """The samples of a rule's folder, by name, each with the action that its name promises."""
    for path in sorted(folder.glob("*.eml")):
        prefix = path.name.partition("-")[0]
        if prefix in tuple(Action):
            yield path, Action(prefix)


def filled(octets: bytes, rule: Rule) -> bytes:
    """A sample with the rule's own words for its place-holders; one that names no text of the rule stays as it is."""

    def words(match: re.Match[bytes]) -> bytes:
        text = _text_parameter(rule, match[2].decode())
        if text is None:
            return match[0]
        lines = textwrap.wrap(text, LINE, break_long_words=False, break_on_hyphens=False)
        return b"\n".join(match[1] + line.encode() for line in lines)

    return _PLACE_HOLDER.sub(words, octets)


def _text_parameter(rule: Rule, name: str) -> str | None:
    values = (getattr(probe.parameters, name, None) for probe in rule.probes)
    return next((value for value in values if isinstance(value, str)), None)


def _found(rule: Rule, sample: Path, directory: Directory) -> str | None:
    """What the rule fires for in the sample; None when it does not."""
    alone = replace(rule, directions=tuple(Direction), exemptions=(), status=Status.ENFORCE, active=None)
    judgement = inspect(_transaction(rule, sample), directory, policy_of_rule(alone))
    findings = (finding for verdict in judgement.verdicts for finding in verdict.findings)
    found = next((finding for finding in findings if finding.rule == rule.name), None)
    return judgement.observations[found.observation].summary if found is not None else None


def _transaction(rule: Rule, sample: Path) -> Transaction:
    message = Message(wire_form(filled(sample.read_bytes(), rule)))
    return Transaction(
        id=sample.stem,
        received=datetime.now(UTC),
        listener="samples",
        kind=ListenerKind.INTERNAL,
        direction=None,
        client=Client(address="127.0.0.1", name="samples"),
        envelope=probable_envelope(message),
        message=message,
    )


def _set_faults(rule: Rule, samples: tuple[SampleResult, ...]) -> Iterator[Fault]:
    promised = {sample.promised for sample in samples}
    if promised <= {Action.PASS}:
        yield _fault(rule.folder, rule.name, "at least one sample quarantine-*.eml or tag-*.eml")
    if Action.PASS not in promised:
        yield _fault(rule.folder, rule.name, "at least one sample pass-*.eml")
    known = {sample.sample for sample in samples}
    for path in sorted(set(rule.folder.glob("*.eml")) - known):
        yield _fault(path, rule.name, "a name that begins with quarantine-, tag- or pass-")


def _action_faults(rule: Rule, samples: tuple[SampleResult, ...]) -> Iterator[Fault]:
    for sample in samples:
        if sample.promised not in (Action.PASS, rule.action):
            yield _fault(sample.sample, rule.name, f"a name that begins with {rule.action.value}-, the rule's action")


def _fault(path: Path, where: str, expected: str) -> Fault:
    return Fault(path=str(path), line=1, column=1, where=where, expected=expected)
