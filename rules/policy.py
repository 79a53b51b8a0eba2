"""A city's policy: its numbered clauses, and which rules enforce each, with what action.

Reads the policy file and the rule library into a compiled `Policy`; judges nothing.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rules.address import Address
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

    `senders` and `recipients` hold `name@domain` or `@domain`; an empty list stands for everyone.
    """

    __pydantic_config__ = STRICT
    because: str
    by: str
    until: datetime
    since: datetime | None = None
    senders: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()

    def covers(self, sender: Address | None, recipient: str, now: datetime, zone: ZoneInfo) -> bool:
        """Whether this copy is let off at `now`; an `until` without a time of day includes that whole day."""
        since = _aware(self.since, zone) if self.since else None
        until = _aware(self.until, zone)
        if self.until.time() == datetime.min.time():
            until += timedelta(days=1)
        if now >= until or (since is not None and now < since):
            return False
        named = str(sender).casefold() if sender is not None else ""
        return _listed(named, self.senders) and _listed(recipient.casefold(), self.recipients)


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
    """What becomes of a message that could not be read in full."""

    __pydantic_config__ = STRICT
    action: Action = Action.QUARANTINE
    cites: tuple[str, ...] = ()


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
            rules.append(_compile(path, index, use))
        except DocumentError as error:
            faults.extend(error.faults)
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
        for place, name in enumerate(use.cites):
            if name not in document.clauses:
                yield locate(path, ("rules", index, "cites", place), f"{name} is no clause of this policy")
        if not use.cites:
            yield locate(path, ("rules", index, "cites"), "at least one clause")
    for place, name in enumerate(document.not_inspected.cites):
        if name not in document.clauses:
            yield locate(path, ("not_inspected", "cites", place), f"{name} is no clause of this policy")
    cited = {name for use in document.rules for name in use.cites} | set(document.not_inspected.cites)
    for name, clause in document.clauses.items():
        if clause.enforce == "gateway" and name not in cited:
            yield locate(path, ("clauses", name), "enforced by the gateway, and no rule cites it")
    try:
        ZoneInfo(document.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        yield locate(path, ("timezone",), "a time zone such as America/Chicago")


def _compile(path: Path, index: int, use: RuleUse) -> Rule:
    folder = next(
        (root / use.use for root in (path.parent / "rules", LIBRARY) if (root / use.use / "rule.yaml").is_file()),
        None,
    )
    if folder is None or "/" in use.use:
        raise DocumentError((locate(path, ("rules", index, "use"), f"{use.use} is no rule of the library"),))
    source = folder / "rule.yaml"
    document = read_document(source, RuleFile)
    when = _detector(source, ("detector",), document.detector)
    unless = _detector(source, ("unless",), document.unless) if document.unless else None
    own, foreign = _filled(source, ("parameters",), document.parameters, when, unless)
    chosen = _filled(path, ("rules", index, "parameters"), use.parameters, when, unless)
    where, place = path, ("rules", index, "parameters")
    return Rule(
        name=document.rule,
        title=document.title,
        kind=document.kind,
        when=_probe(where, place, when, own | chosen[0]),
        unless=_probe(where, place, unless, foreign | chosen[1]) if unless else None,
        cites=use.cites,
        action=use.action or document.action,
        directions=use.directions,
        status=use.status,
        exemptions=use.exceptions,
        folder=folder,
    )


def _detector(path: Path, place: tuple[str | int, ...], name: str) -> Detector:
    if name not in BY_NAME:
        raise DocumentError((locate(path, place, f"{name} is no detector"),))
    return BY_NAME[name]


def _filled(
    path: Path, place: tuple[str | int, ...], given: dict[str, Any], when: Detector, unless: Detector | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Deal a rule's parameters out to its two detectors by their field names."""
    first = {item.name for item in fields(when.parameters)}
    second = {item.name for item in fields(unless.parameters)} - first if unless else set()
    unknown = [key for key in given if key not in first | second]
    if unknown:
        known = ", ".join(sorted(first | second))
        raise DocumentError(tuple(locate(path, (*place, key), f"one of {known}") for key in unknown))
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


def _aware(moment: datetime, zone: ZoneInfo) -> datetime:
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def _listed(address: str, patterns: tuple[str, ...]) -> bool:
    if not patterns:
        return True
    return any(
        address == pattern.casefold() or (pattern.startswith("@") and address.endswith(pattern.casefold()))
        for pattern in patterns
    )
