"""A city's policy: its numbered clauses, and which rules enforce each, with what action.

Reads the policy file and the rule library into a compiled `Policy`; judges nothing.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rules.address import Address, AddressError, key_of, parse_address
from rules.detectors import BY_NAME, DETECTORS, Detector
from rules.document import STRICT, DocumentError, Fault, convert, keyed, locate, read_document, to_json
from rules.finding import Action
from rules.transaction import Direction

LIBRARY = Path(__file__).parent / "library"
POLICIES = Path(__file__).parent / "policies"


class Status(StrEnum):
    OBSERVE = "observe"  # recorded and reported, never acted on
    ENFORCE = "enforce"


class RuleClass(StrEnum):
    """What to do when the rule cannot be evaluated (reliability D3)."""

    SECURITY = "security"  # undetermined is quarantined
    CONDUCT = "conduct"  # undetermined is delivered with a mark: conduct rules must not stop city business


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A numbered clause: enforced by rules, served by a feature, or outside mail for a reason."""

    __pydantic_config__ = STRICT
    ref: str
    enforce: Literal["gateway", "support", "outside"]
    says: str = ""
    served_by: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption:
    """Who is let off a rule, why, by whose word and until when.

    `senders` and `recipients` hold `name@domain` or `@domain`; an empty list stands for everyone. A date counts as
    that whole day, and a moment without an offset, in the policy's time zone.
    """

    __pydantic_config__ = STRICT
    because: str
    by: str
    until: date | datetime
    since: date | datetime | None = None
    senders: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()

    def covers(self, sender: Address | None, recipient: str, now: datetime, zone: ZoneInfo) -> bool:
        """Whether the copy of `recipient`, an Address.key, is let off at `now`."""
        if now >= self.end(zone) or (self.since is not None and now < _moment(self.since, zone)):
            return False
        return _listed(sender.key if sender else "", self.senders) and _listed(recipient, self.recipients)

    def end(self, zone: ZoneInfo) -> datetime:
        """The first moment after it: of an `until` without a time of day, the next day's beginning."""
        whole_day = not isinstance(self.until, datetime)
        return _moment(self.until + timedelta(days=1) if whole_day else self.until, zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleUse:
    """One entry under `rules:` of a policy file."""

    __pydantic_config__ = STRICT
    use: str
    cites: tuple[str, ...]
    action: Action | None = None
    directions: tuple[Direction, ...] = tuple(Direction)
    status: Status = Status.ENFORCE
    parameters: dict[str, Any] = field(default_factory=dict)
    exceptions: Annotated[tuple[Exemption, ...], keyed("except")] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotInspected:
    """What becomes of a message that could not be read in full.

    `exceptions` let protected parts of approved partners pass; what failed or went over a limit they do not let pass.
    """

    __pydantic_config__ = STRICT
    action: Action = Action.QUARANTINE
    cites: tuple[str, ...] = ()
    exceptions: Annotated[tuple[Exemption, ...], keyed("except")] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFile:
    __pydantic_config__ = STRICT
    policy: str
    title: str
    clauses: dict[str, Clause]
    rules: tuple[RuleUse, ...]
    not_inspected: NotInspected = NotInspected()
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFile:
    """`library/<rule>/rule.yaml`. The rule fires when `detector` does and `unless` does not."""

    __pydantic_config__ = STRICT
    rule: str
    title: str
    detector: str
    action: Action
    kind: Annotated[RuleClass, keyed("class")] = RuleClass.SECURITY
    unless: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict)


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
    faults = list(_check_document(path, document))
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


def _check_document(path: Path, document: PolicyFile) -> Iterator[Fault]:
    for index, use in enumerate(document.rules):
        yield from _check_cites(path, document, ("rules", index, "cites"), use.cites)
        for place, exemption in enumerate(use.exceptions):
            yield from _check_exemption(path, ("rules", index, "except", place), exemption)
        if not use.cites:
            yield locate(path, ("rules", index, "cites"), "at least one clause")
        if not use.directions:
            yield locate(path, ("rules", index, "directions"), "at least one direction")
    yield from _check_cites(path, document, ("not_inspected", "cites"), document.not_inspected.cites)
    for place, exemption in enumerate(document.not_inspected.exceptions):
        yield from _check_exemption(path, ("not_inspected", "except", place), exemption)
    if document.not_inspected.action is Action.PASS:
        yield locate(path, ("not_inspected", "action"), "quarantine or tag: what could not be read is never passed")
    cited = {name for use in document.rules for name in use.cites} | set(document.not_inspected.cites)
    for name, clause in document.clauses.items():
        if clause.enforce == "gateway" and name not in cited:
            yield locate(path, ("clauses", name), "a rule that cites it, for the gateway is to enforce it")
    if not is_timezone(document.timezone):
        yield locate(path, ("timezone",), "a time zone such as America/Chicago")


def _check_cites(
    path: Path, document: PolicyFile, place: tuple[str | int, ...], cites: tuple[str, ...]
) -> Iterator[Fault]:
    for index, name in enumerate(cites):
        if name not in document.clauses:
            yield locate(path, (*place, index), f"a clause of this policy, not {name!r}")


def _check_exemption(path: Path, place: tuple[str | int, ...], exemption: Exemption) -> Iterator[Fault]:
    """An address mistyped would let nobody off and say nothing."""
    for name, listed in (("senders", exemption.senders), ("recipients", exemption.recipients)):
        for index, text in enumerate(listed):
            try:
                parse_address(f"x{text}" if text.startswith("@") else text)
            except AddressError:
                yield locate(path, (*place, name, index), f"name@domain or @domain, not {text!r}")


def is_timezone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder, such as America
        return False
    return True


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
    """Names everything that can change a verdict: the file, and each rule with its parameters filled in."""
    digest = hashlib.sha256(to_json(document, PolicyFile))
    for rule in rules:
        digest.update(repr((rule.name, rule.kind, rule.when, rule.unless, rule.action)).encode())
    return digest.hexdigest()


def _moment(moment: date | datetime, zone: ZoneInfo) -> datetime:
    """A date begins at its midnight, which daylight saving may shift: so it is placed in the zone first."""
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time.min)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def _listed(address: str, patterns: tuple[str, ...]) -> bool:
    """Whether an Address.key is among addresses and @domains."""
    if not patterns:
        return True
    domain = address[address.rfind("@") :]
    return any(
        domain == pattern.lower() if pattern.startswith("@") else address == key_of(pattern) for pattern in patterns
    )
