"""A city's policy compiled: its rules with their parameters filled in, from the policy file and the rule library.

Judges nothing.
"""

import hashlib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rules.detectors import BY_NAME, DETECTORS, Detector
from rules.document import DocumentError, convert, locate, read_document, to_json
from rules.finding import Action
from rules.policy_file import (
    Clause,
    Exemption,
    NotInspected,
    PolicyFile,
    RuleClass,
    RuleFile,
    RuleUse,
    Status,
    check_policy_file,
)
from rules.transaction import Direction

LIBRARY = Path(__file__).parent / "library"
POLICIES = Path(__file__).parent / "policies"


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A detector with its parameters filled in; equal probes run once a message."""

    detector: str
    parameters: Any

    def __hash__(self) -> int:
        """By name alone: parameters may hold a thousand words, and probes are looked up for each message."""
        return hash(self.detector)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    name: str
    title: str
    kind: RuleClass
    when: Probe
    unless: Probe | None
    cites: tuple[str, ...]
    action: Action
    directions: tuple[Direction, ...]
    status: Status
    exemptions: tuple[Exemption, ...]
    folder: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    name: str
    title: str
    hash: str
    zone: ZoneInfo
    clauses: dict[str, Clause]
    rules: tuple[Rule, ...]
    probes: tuple[Probe, ...]  # each distinct one once, then the detectors that no rule uses
    not_inspected: NotInspected
    path: Path


def policy_of_rule(rule: Rule) -> Policy:
    """A policy of this rule alone, which runs no other detector; for the samples that lie beside it."""
    return Policy(
        name=rule.name,
        title=rule.title,
        hash="",
        zone=ZoneInfo("UTC"),
        clauses={},
        rules=(rule,),
        probes=tuple(probe for probe in (rule.when, rule.unless) if probe is not None),
        not_inspected=NotInspected(),
        path=rule.folder,
    )


def library_rules() -> tuple[str, ...]:
    return tuple(sorted(path.parent.name for path in LIBRARY.glob("*/rule.yaml")))


def load_rule(folder: Path) -> Rule:
    """A rule as its own file has it: own action, every direction, no exemptions. Raises DocumentError."""
    return _rule(_read_rule(folder), RuleUse(use=folder.name, cites=()), folder / "rule.yaml", ("parameters",))


def find_policy(name_or_folder: str, base: Path | None = None) -> Path:
    """The policy.yaml of a shipped policy's name, or of a folder or file (relative ones from `base`)."""
    shipped = POLICIES / name_or_folder / "policy.yaml"
    if "/" not in name_or_folder and shipped.is_file():
        return shipped
    path = (base or Path()) / name_or_folder
    return path / "policy.yaml" if path.is_dir() else path


def shipped_policies() -> tuple[str, ...]:
    return tuple(sorted(path.parent.name for path in POLICIES.glob("*/policy.yaml")))


def load_policy(path: Path) -> Policy:
    """Compile a policy file. A rule is looked for in `rules/` beside the file, then in the library.

    Raises DocumentError with every fault.
    """
    document = read_document(path, PolicyFile)
    faults = list(check_policy_file(path, document))
    rules = []
    for index, use in enumerate(document.rules):
        try:
            rules.append(_rule(_read_rule(_folder(path, index, use)), use, path, ("rules", index, "parameters")))
        except DocumentError as error:
            faults.extend(fault for fault in error.faults if fault not in faults)
    if faults:
        raise DocumentError(tuple(faults))
    return Policy(
        name=document.policy,
        title=document.title,
        hash=_hash(document, tuple(rules)),
        zone=ZoneInfo(document.timezone),
        clauses=document.clauses,
        rules=tuple(rules),
        probes=_probes(tuple(rules)),
        not_inspected=document.not_inspected,
        path=path,
    )


def _folder(path: Path, index: int, use: RuleUse) -> Path:
    roots = (path.parent / "rules", LIBRARY)
    found = (root / use.use for root in roots if (root / use.use / "rule.yaml").is_file())
    folder = None if "/" in use.use else next(found, None)
    if folder is None:
        raise DocumentError((locate(path, ("rules", index, "use"), f"a rule of the library, not {use.use!r}"),))
    return folder


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """A rule file that was read and checked, with its detectors and the parameters it gives to each."""

    folder: Path
    document: RuleFile
    when: Detector
    unless: Detector | None
    own: dict[str, Any]
    foreign: dict[str, Any]


def _read_rule(folder: Path) -> _Source:
    source = folder / "rule.yaml"
    document = read_document(source, RuleFile)
    if document.rule != folder.name:
        raise DocumentError((locate(source, ("rule",), f"{folder.name}, the name of its folder"),))
    when = _detector(source, ("detector",), document.detector)
    unless = _detector(source, ("unless",), document.unless) if document.unless else None
    own, foreign = _dealt(source, ("parameters",), document.parameters, when, unless)
    _probe(source, ("parameters",), when, own)  # here, so that a fault names the file it stands in
    if unless:
        _probe(source, ("parameters",), unless, foreign)
    return _Source(folder=folder, document=document, when=when, unless=unless, own=own, foreign=foreign)


def _rule(source: _Source, use: RuleUse, path: Path, place: tuple[str | int, ...]) -> Rule:
    """The rule with the parameters that stand at `place` of the policy at `path` put over its own."""
    own, foreign = _dealt(path, place, use.parameters, source.when, source.unless)
    return Rule(
        name=source.document.rule,
        title=source.document.title,
        kind=source.document.kind,
        when=_probe(path, place, source.when, source.own | own),
        unless=_probe(path, place, source.unless, source.foreign | foreign) if source.unless else None,
        cites=use.cites,
        action=use.action or source.document.action,
        directions=use.directions,
        status=use.status,
        exemptions=use.exceptions,
        folder=source.folder,
    )


def _detector(path: Path, place: tuple[str | int, ...], name: str) -> Detector:
    if name not in BY_NAME:
        raise DocumentError((locate(path, place, f"a detector, not {name!r}"),))
    return BY_NAME[name]


def _dealt(
    path: Path, place: tuple[str | int, ...], given: dict[str, Any], when: Detector, unless: Detector | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Deal a rule's parameters out to its two detectors by their field names."""
    first = {item.name for item in fields(when.parameters)}
    second = {item.name for item in fields(unless.parameters)} - first if unless else set()
    unknown = [key for key in given if key not in first | second]
    if unknown:
        known = ", ".join(sorted(first | second)) or "none"
        expected = f"unknown parameter; known are {known}"
        raise DocumentError(tuple(locate(path, (*place, key), expected, of_key=True) for key in unknown))
    return (
        {key: value for key, value in given.items() if key in first},
        {key: value for key, value in given.items() if key in second},
    )


def _probe(path: Path, place: tuple[str | int, ...], detector: Detector, given: dict[str, Any]) -> Probe:
    return Probe(detector=detector.name, parameters=convert(given, detector.parameters, path, place))


def _probes(rules: tuple[Rule, ...]) -> tuple[Probe, ...]:
    used = [probe for rule in rules for probe in (rule.when, rule.unless) if probe is not None]
    names = {probe.detector for probe in used}
    idle = [Probe(detector=d.name, parameters=d.parameters()) for d in DETECTORS if d.name not in names]
    return tuple(dict.fromkeys(used + idle))


def _hash(document: PolicyFile, rules: tuple[Rule, ...]) -> str:
    """Names everything that can change a verdict: the file, each rule with its parameters filled in, and the weights
    of its detectors."""
    digest = hashlib.sha256(to_json(document, PolicyFile))
    for rule in rules:
        digest.update(repr((rule.name, rule.kind, rule.when, rule.unless, rule.action)).encode())
        for probe in filter(None, (rule.when, rule.unless)):
            data = BY_NAME[probe.detector].data
            digest.update(data.read_bytes() if data is not None and data.is_file() else b"")
    return digest.hexdigest()
