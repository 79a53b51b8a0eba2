"""The files of a policy as an administrator writes them: clauses, uses of rules, exemptions; and a rule's own file.

Owns what a policy file may say. Knows no detector and compiles nothing.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rules.address import Address, AddressError, key_of, parse_address
from rules.document import STRICT, keyed, to_json
from rules.entries import Words
from rules.finding import Action
from rules.schedule import Schedule, end_of, moment_of
from rules.transaction import Direction
from rules.yaml_nodes import Fault, locate

ENDS_SOON = timedelta(days=30)  # before an exemption's end: time enough to ask whoever granted it
NO_CLAUSE = "a clause of this policy"  # expected where one is cited that there is not
NOT_INSPECTED_RULE = "not-inspected"  # the name, as of a rule, under which such messages are treated
NO_GROUPS: Mapping[str, frozenset[str]] = MappingProxyType({})


class Status(StrEnum):
    """Whether a rule acts."""

    OBSERVE = "observe"  # recorded and reported, never acted on
    ENFORCE = "enforce"


class RuleClass(StrEnum):
    """What to do when the rule cannot be evaluated."""

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

    `senders` and `recipients` hold `name@domain` or `@domain`; an empty list stands for everyone, and a group of the
    directory for its members too. A date counts as that whole day, and a moment without an offset, in the policy's time
    zone. `cites` names the clause that allows it.
    """

    __pydantic_config__ = STRICT
    because: Words
    by: Words
    until: date | datetime
    since: date | datetime | None = None
    senders: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    cites: tuple[str, ...] = ()

    def covers(
        self,
        sender: Address | None,
        recipient: str,
        now: datetime,
        zone: ZoneInfo,
        groups: Mapping[str, frozenset[str]] = NO_GROUPS,
    ) -> bool:
        """Whether the copy of `recipient`, an Address.key, is let off at `now`. `groups` are the directory's."""
        if now >= self.end(zone) or (self.since is not None and now < moment_of(self.since, zone)):
            return False
        author = sender.key if sender else ""
        return _listed(author, self.senders, groups) and _listed(recipient, self.recipients, groups)

    @property
    def key(self) -> str:
        """Names it in counts, as long as nothing of it changes."""
        return _exemption_key(self)

    @property
    def whom(self) -> str:
        """For people: from whom and to whom the mail is that it lets off."""
        return f"{', '.join(self.senders) or 'everyone'} to {', '.join(self.recipients) or 'everyone'}"

    def ends_soon(self, now: datetime, zone: ZoneInfo) -> bool:
        """Whether it is time to ask whoever granted it."""
        return now < self.end(zone) <= now + ENDS_SOON

    def end(self, zone: ZoneInfo) -> datetime:
        """The first moment after it: of an `until` without a time of day, the next day's beginning."""
        return end_of(self.until, zone)


@lru_cache(maxsize=1024)
def _exemption_key(exemption: Exemption) -> str:
    return hashlib.sha256(to_json(exemption, Exemption)).hexdigest()[:12]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleUse:
    """One entry under `rules:` of a policy file."""

    __pydantic_config__ = STRICT
    use: str
    cites: tuple[str, ...]
    action: Action | None = None
    directions: tuple[Direction, ...] = tuple(Direction)
    status: Status = Status.ENFORCE
    active: Schedule | None = None
    approver: str = ""  # the address of who has to approve what this rule holds
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
    """`policy.yaml`. The gateway's clock is read in `timezone`, a name of the IANA database."""

    __pydantic_config__ = STRICT
    policy: str
    title: str
    clauses: dict[str, Clause]
    rules: tuple[RuleUse, ...]
    not_inspected: NotInspected = NotInspected()
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFile:
    """`library/<rule>/rule.yaml`. The rule fires when `detector` does and `unless` does not; with `also`, when one of
    those does too."""

    __pydantic_config__ = STRICT
    rule: str
    title: str
    detector: str
    action: Action
    kind: Annotated[RuleClass, keyed("class")] = RuleClass.SECURITY
    also: tuple[str, ...] = ()
    unless: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict)


def check_policy_file(path: Path, document: PolicyFile) -> Iterator[Fault]:
    """What the types alone do not say: places that refer to one another, and what may never be."""
    for index, use in enumerate(document.rules):
        yield from _check_cites(path, document, ("rules", index, "cites"), use.cites)
        for place, exemption in enumerate(use.exceptions):
            yield from _check_exemption(path, document, ("rules", index, "except", place), exemption)
        if not use.directions:
            yield locate(path, ("rules", index, "directions"), "at least one direction")
        if use.approver and not _is_ascii_address(use.approver):
            yield locate(
                path, ("rules", index, "approver"), f"an address such as manager@city.example, not {use.approver!r}"
            )
        if use.active is not None:
            yield from _check_schedule(path, ("rules", index, "active"), use.active)
    yield from _check_cites(path, document, ("not_inspected", "cites"), document.not_inspected.cites)
    for place, exemption in enumerate(document.not_inspected.exceptions):
        yield from _check_exemption(path, document, ("not_inspected", "except", place), exemption)
    if document.not_inspected.action is Action.PASS:
        yield locate(path, ("not_inspected", "action"), "quarantine or tag: what could not be read is never passed")
    if not is_timezone(document.timezone):
        yield locate(path, ("timezone",), "a time zone such as America/Chicago")


def _is_ascii_address(text: str) -> bool:
    """Whether any mail server takes a letter to it: not all know SMTPUTF8."""
    try:
        return str(parse_address(text)).isascii()
    except AddressError:
        return False


def check_complete(path: Path, document: PolicyFile) -> Iterator[Fault]:
    """Each rule has a clause, and each clause that the gateway is to enforce a rule or an exemption that cites it."""
    for index, use in enumerate(document.rules):
        if not use.cites:
            yield locate(path, ("rules", index, "cites"), "at least one clause")
    cited = set(_cited(document))
    for name, clause in document.clauses.items():
        if clause.enforce == "gateway" and name not in cited:
            yield locate(path, ("clauses", name), "a rule that cites it, for the gateway is to enforce it")


def _cited(document: PolicyFile) -> Iterator[str]:
    parts: tuple[RuleUse | NotInspected, ...] = (*document.rules, document.not_inspected)
    for part in parts:
        yield from part.cites
        for exemption in part.exceptions:
            yield from exemption.cites


def _check_cites(
    path: Path, document: PolicyFile, place: tuple[str | int, ...], cites: tuple[str, ...]
) -> Iterator[Fault]:
    for index, name in enumerate(cites):
        if name not in document.clauses:
            yield locate(path, (*place, index), f"{NO_CLAUSE}, not {name!r}")


def _check_exemption(
    path: Path, document: PolicyFile, place: tuple[str | int, ...], exemption: Exemption
) -> Iterator[Fault]:
    """An address mistyped, or an end before the beginning, would let nobody off and say nothing."""
    yield from _check_cites(path, document, (*place, "cites"), exemption.cites)
    yield from _check_span(path, place, exemption.since, exemption.until)
    for name, listed in (("senders", exemption.senders), ("recipients", exemption.recipients)):
        for index, text in enumerate(listed):
            if not _is_listed(text):
                yield locate(path, (*place, name, index), f"name@domain or @domain, not {text!r}")


def _is_listed(text: str) -> bool:
    try:
        parse_address(f"x{text}" if text.startswith("@") else text)
    except AddressError:
        return False
    return "*" not in text


def _check_schedule(path: Path, place: tuple[str | int, ...], schedule: Schedule) -> Iterator[Fault]:
    if schedule.until is not None:
        yield from _check_span(path, place, schedule.since, schedule.until)
    if schedule.begins is not None and schedule.begins == schedule.ends:
        yield locate(path, (*place, "ends"), "another hour than the one it begins at")


def _check_span(
    path: Path, place: tuple[str | int, ...], since: date | datetime | None, until: date | datetime
) -> Iterator[Fault]:
    zone = ZoneInfo("UTC")  # which comes first is the same in any
    if since is not None and end_of(until, zone) <= moment_of(since, zone):
        yield locate(path, (*place, "until"), f"a time after {since}, when it begins")


def is_timezone(name: str) -> bool:
    """Whether the IANA database has a zone of that name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder, such as America
        return False
    return True


def _listed(address: str, patterns: tuple[str, ...], groups: Mapping[str, frozenset[str]]) -> bool:
    """Whether an Address.key is among addresses, groups and @domains."""
    return not patterns or any(_matches(address, pattern, groups) for pattern in patterns)


def _matches(address: str, pattern: str, groups: Mapping[str, frozenset[str]]) -> bool:
    if pattern.startswith("@"):
        return address[address.rfind("@") :] == pattern.lower()
    key = key_of(pattern)
    return address == key or address in groups.get(key, ())
