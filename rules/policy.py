"""A city's policy compiled: its rules with their parameters filled in, from the policy file and the rule library.

Judges nothing.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rules.detectors import BY_NAME, DETECTORS, Detector
from rules.document import convert, read_document, read_rest, to_json
from rules.finding import Action
from rules.policy_file import (
    NO_CLAUSE,
    NOT_INSPECTED_RULE,
    Clause,
    Exemption,
    NotInspected,
    PolicyFile,
    RuleClass,
    RuleFile,
    RuleUse,
    Status,
    check_complete,
    check_policy_file,
)
from rules.schedule import Schedule
from rules.shipped import LIBRARY, library_rules
from rules.transaction import Direction
from rules.yaml_nodes import DocumentError, Fault, locate


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
    """A rule of the library as one entry of a policy uses it: it fires when `when` detects, one of `also` does too, and
    `unless` does not."""

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
    also: tuple[Probe, ...] = ()  # one of these has to detect too, where there are any
    active: Schedule | None = None  # None: always
    approver: str = ""  # who has to approve what it holds; empty: nobody in particular

    @property
    def probes(self) -> tuple[Probe, ...]:
        """Every detector that it asks."""
        return tuple(probe for probe in (self.when, *self.also, self.unless) if probe is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy ready to judge. `hash` names everything that can change a verdict, and stands in every record.

    `asked_for` says of each probe in which directions a copy must travel for any rule to ask it: of other copies it
    can say nothing that changes a verdict.
    """

    name: str
    title: str
    hash: str
    zone: ZoneInfo
    clauses: dict[str, Clause]
    rules: tuple[Rule, ...]
    probes: tuple[Probe, ...]  # each distinct one once, then the detectors that no rule uses
    not_inspected: NotInspected
    path: Path
    asked_for: tuple[frozenset[Direction], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "asked_for", tuple(_asked_for(probe, self.rules) for probe in self.probes))

    @property
    def exemptions(self) -> tuple[tuple[str, Exemption], ...]:
        """Each once with the name of the rule that it lets off, though a rule may stand twice."""
        found = [(rule.name, item) for rule in self.rules for item in rule.exemptions]
        found += [(NOT_INSPECTED_RULE, item) for item in self.not_inspected.exceptions]
        return tuple(dict.fromkeys(found))


def _asked_for(probe: Probe, rules: Iterable[Rule]) -> frozenset[Direction]:
    return frozenset(direction for rule in rules if probe in rule.probes for direction in rule.directions)


def policy_of_rule(rule: Rule) -> Policy:
    """A policy of this rule alone, which runs no other detector; for the samples that lie beside it."""
    return Policy(
        name=rule.name,
        title=rule.title,
        hash="",
        zone=ZoneInfo("UTC"),
        clauses={},
        rules=(rule,),
        probes=rule.probes,
        not_inspected=NotInspected(),
        path=rule.folder,
    )


def load_rule(folder: Path) -> Rule:
    """A rule as its own file has it: own action, every direction, no exemptions. Raises DocumentError."""
    return _rule(_read_rule(folder), RuleUse(use=folder.name, cites=()), folder / "rule.yaml", ("parameters",))


def load_policy(path: Path, *, complete: bool = True) -> Policy:
    """Compile a policy file. A rule is looked for in `rules/` beside the file, then in the library.

    Raises DocumentError with every fault. Unless `complete`, gaps between clauses and rules are none.
    """
    try:
        document = read_document(path, PolicyFile, plain=True)
    except DocumentError as error:
        raise _refused(path, (*error.faults, *_further(path, error.faults))) from None
    rules, faults = _compiled(path, document)
    if complete:
        faults += check_complete(path, document)
    if faults:
        raise _refused(path, faults)
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


# For what could not be read, so that the rest can be looked at; no fault that speaks of them is told.
_UNREAD = "unread"
_STAND_INS = dict.fromkeys(("policy", "title", "use", "ref", "because", "by"), _UNREAD) | {
    "cites": [],
    "enforce": "outside",
    "until": "2099-12-31",
}


def _further(path: Path, known: Sequence[Fault]) -> Iterator[Fault]:
    """What else is wrong beside what could not be read; a clause that could not is not missed where it is cited."""
    rest = read_rest(path, PolicyFile, _STAND_INS)
    for fault in _compiled(path, rest)[1] if rest is not None else ():
        name = fault.expected.removeprefix(f"{NO_CLAUSE}, not ").strip("'\"")
        if not any(f"{one.where}.".startswith(f"clauses.{name}.") for one in known):
            yield fault


def _compiled(path: Path, document: PolicyFile) -> tuple[list[Rule], list[Fault]]:
    """Its rules, and every fault of what stands in it."""
    faults = list(check_policy_file(path, document))
    rules = []
    for index, use in enumerate(document.rules):
        try:
            rules.append(_rule(_read_rule(_folder(path, index, use)), use, path, ("rules", index, "parameters")))
        except DocumentError as error:
            faults.extend(error.faults)
    return rules, faults


def _refused(path: Path, faults: Sequence[Fault]) -> DocumentError:
    """One fault a place, the file's own in order of place, then those of the rules' files."""
    places: dict[tuple[str, int, int, str], Fault] = {}
    for fault in faults:
        if _UNREAD not in fault.expected:
            places.setdefault((fault.path, fault.line, fault.column, fault.where), fault)
    return DocumentError(tuple(sorted(places.values(), key=lambda one: (one.path != str(path), one.line, one.column))))


def _folder(path: Path, index: int, use: RuleUse) -> Path:
    roots = (path.parent / "rules", LIBRARY)
    found = (root / use.use for root in roots if (root / use.use / "rule.yaml").is_file())
    folder = None if "/" in use.use else next(found, None)
    if folder is None:
        near = get_close_matches(use.use, library_rules(), n=1)
        expected = f"a rule of the library, not {use.use!r}" + (f" (perhaps {near[0]})" if near else "")
        raise DocumentError((locate(path, ("rules", index, "use"), expected),))
    return folder


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A detector that a rule asks, with the parameters that the rule's own file gives to it."""

    detector: Detector
    given: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """A rule file that was read and checked."""

    folder: Path
    document: RuleFile
    asked: tuple[_Asked, ...]  # `detector`, those of `also`, and `unless` where it has one


def _read_rule(folder: Path) -> _Source:
    source = folder / "rule.yaml"
    document = read_document(source, RuleFile, plain=True)
    if document.rule != folder.name:
        raise DocumentError((locate(source, ("rule",), f"{folder.name}, the name of its folder"),))
    detectors = (
        _detector(source, ("detector",), document.detector),
        *(_detector(source, ("also", index), name) for index, name in enumerate(document.also)),
        *((_detector(source, ("unless",), document.unless),) if document.unless else ()),
    )
    asked = tuple(_Asked(detector=item, given={}) for item in detectors)
    dealt = _dealt(document.parameters, detectors)
    _probes_of(source, ("parameters",), asked, document.parameters)  # here, so that a fault names the file it is in
    asked = tuple(_Asked(detector=item, given=given) for item, given in zip(detectors, dealt, strict=True))
    return _Source(folder=folder, document=document, asked=asked)


def _rule(source: _Source, use: RuleUse, path: Path, place: tuple[str | int, ...]) -> Rule:
    """The rule with the parameters that stand at `place` of the policy at `path` put over its own."""
    probes = _probes_of(path, place, source.asked, use.parameters)
    also = len(source.document.also)
    return Rule(
        name=source.document.rule,
        title=source.document.title,
        kind=source.document.kind,
        when=probes[0],
        also=tuple(probes[1 : also + 1]),
        unless=probes[also + 1] if source.document.unless else None,
        cites=use.cites,
        action=use.action or source.document.action,
        directions=use.directions,
        status=use.status,
        active=use.active,
        approver=use.approver,
        exemptions=use.exceptions,
        folder=source.folder,
    )


def _detector(path: Path, place: tuple[str | int, ...], name: str) -> Detector:
    if name not in BY_NAME:
        raise DocumentError((locate(path, place, f"a detector, not {name!r}"),))
    return BY_NAME[name]


def _probes_of(path: Path, place: tuple[str | int, ...], asked: Sequence[_Asked], given: dict[str, Any]) -> list[Probe]:
    """The probes of a rule with what is given at `place` put over its own. Raises DocumentError with every fault."""
    detectors = [item.detector for item in asked]
    faults = list(_unknown(path, place, given, detectors))
    probes = []
    for item, dealt in zip(asked, _dealt(given, detectors), strict=True):
        try:
            probes.append(_probe(path, place, item.detector, item.given | dealt))
        except DocumentError as error:
            faults += error.faults
    if faults:
        raise DocumentError(tuple(faults))
    return probes


def _unknown(
    path: Path, place: tuple[str | int, ...], given: dict[str, Any], detectors: Sequence[Detector]
) -> Iterator[Fault]:
    names = {item.name for detector in detectors for item in fields(detector.parameters)}
    for key in given:
        if key not in names:
            expected = f"unknown parameter; known are {', '.join(sorted(names)) or 'none'}"
            yield locate(path, (*place, key), expected, of_key=True)


def _dealt(given: dict[str, Any], detectors: Sequence[Detector]) -> tuple[dict[str, Any], ...]:
    """Deal a rule's parameters out to its detectors by their field names; of several that know one, to the first."""
    names = [{item.name for item in fields(detector.parameters)} for detector in detectors]
    owner = {key: index for index, known in reversed(list(enumerate(names))) for key in given if key in known}
    return tuple({key: given[key] for key in given if owner.get(key) == index} for index in range(len(detectors)))


def _probe(path: Path, place: tuple[str | int, ...], detector: Detector, given: dict[str, Any]) -> Probe:
    return Probe(detector=detector.name, parameters=convert(given, detector.parameters, path, place))


def _probes(rules: tuple[Rule, ...]) -> tuple[Probe, ...]:
    used = [probe for rule in rules for probe in rule.probes]
    names = {probe.detector for probe in used}
    idle = [Probe(detector=d.name, parameters=d.parameters()) for d in DETECTORS if d.name not in names]
    return tuple(dict.fromkeys(used + idle))


def _hash(document: PolicyFile, rules: tuple[Rule, ...]) -> str:
    """Names everything that can change a verdict: the file, each rule with its parameters filled in, and the weights
    of its detectors."""
    digest = hashlib.sha256(to_json(document, PolicyFile))
    for rule in rules:
        digest.update(repr((rule.name, rule.kind, rule.when, rule.also, rule.unless, rule.action)).encode())
        for probe in rule.probes:
            digest.update(weights_of(probe.detector))
    return digest.hexdigest()


def weights_of(detector: str) -> bytes:
    """The file of signals and weights of the detector of that name; nothing where it has none."""
    data = BY_NAME[detector].data
    return data.read_bytes() if data is not None and data.is_file() else b""
