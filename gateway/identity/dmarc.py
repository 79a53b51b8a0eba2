"""DMARC (RFC 9989): the policy of the author's domain, by a walk up the tree, and whether SPF or DKIM is aligned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gateway.identity.resolver import Asking, Outcome, RecordType
from gateway.identity.tags import TagError, parse_tags
from rules.identity import Authentication, DkimResult, DmarcPolicy, DmarcResult, Result, SpfResult

MOST_STEPS = 8  # RFC 9989 section 4.10: questions of one walk
LABELS_AFTER_FIRST = 7  # ditto: a longer name goes on with its last seven labels

_LOWER = {
    DmarcPolicy.REJECT: DmarcPolicy.QUARANTINE,
    DmarcPolicy.QUARANTINE: DmarcPolicy.NONE,
    DmarcPolicy.NONE: DmarcPolicy.NONE,
}


class Unanswered(Exception):
    """A question of the walk stays open: nothing can be said of this domain now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A DMARC record and the name it was found at."""

    name: str
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """What the walk from a domain found. `organization` is its organizational domain."""

    start: str
    organization: str
    records: tuple[Found, ...]
    exists: bool = True

    @property
    def policy_record(self) -> Found | None:
        """The author domain's own record, else its organization's, else the public suffix's (section 4.10.1)."""
        for name in (self.start, self.organization):
            for found in self.records:
                if found.name == name:
                    return found
        return self.records[-1] if self.records else None


async def evaluate(asking: Asking, author: str, spf: SpfResult, signatures: Sequence[DkimResult]) -> Authentication:
    """The DMARC result and the alignment of each method. `author` empty: not exactly one author, which is permerror."""
    if not author:
        detail = "not exactly one author"
        dmarc = DmarcResult(result=Result.PERMERROR, detail=detail)
        return Authentication(spf=spf, dkim=tuple(signatures), dmarc=dmarc)
    try:
        walk = await walk_tree(asking, author)
    except Unanswered as error:
        dmarc = DmarcResult(result=Result.TEMPERROR, author=author, detail=str(error))
        return Authentication(spf=spf, dkim=tuple(signatures), dmarc=dmarc)
    tags = walk.policy_record.tags if walk.policy_record else {}
    spf_aligned, spf_open = await _aligned(asking, walk, spf.domain, spf.result, tags.get("aspf", "r"))
    dkim: list[DkimResult] = []
    undecided = spf_open
    for item in signatures:
        aligned, unanswered = await _aligned(asking, walk, item.domain, item.result, tags.get("adkim", "r"))
        undecided = undecided or unanswered
        dkim.append(replace(item, aligned=aligned))
    authentication = Authentication(spf=spf, spf_aligned=spf_aligned, dkim=tuple(dkim))
    return replace(authentication, dmarc=_result(walk, authentication, undecided))


def _result(walk: Walk, authentication: Authentication, undecided: bool) -> DmarcResult:
    record = walk.policy_record
    if record is None:
        return DmarcResult(author=walk.start, detail="no record")
    policy = policy_of(record, walk)
    if authentication.aligned:
        result = Result.PASS
    elif undecided or Result.TEMPERROR in (authentication.spf.result, *(item.result for item in authentication.dkim)):
        result = Result.TEMPERROR
    else:
        result = Result.FAIL
    return DmarcResult(result=result, author=walk.start, policy=policy)


def policy_of(record: Found, walk: Walk) -> DmarcPolicy:
    """The policy for the walk's domain (RFC 9989 section 4.7): p, sp for a subdomain, np for an absent one."""
    tags = record.tags
    wish = tags.get("p", "none")
    if record.name != walk.start:
        wish = tags.get("sp", wish)
        if not walk.exists:
            wish = tags.get("np", wish)
    policy = DmarcPolicy(wish.lower()) if wish.lower() in tuple(DmarcPolicy) else DmarcPolicy.NONE
    return _LOWER[policy] if tags.get("t", "n").lower() == "y" else policy


async def _aligned(asking: Asking, walk: Walk, domain: str, result: Result, mode: str) -> tuple[bool, bool]:
    """Whether a domain is the author's own (strict) or of the same organization, and whether that stays open."""
    domain = domain.lower().rstrip(".")
    if not domain or result not in (Result.PASS, Result.TEMPERROR):
        return False, False
    if domain == walk.start:
        return True, False
    if mode.lower() == "s" or domain.rpartition(".")[2] != walk.start.rpartition(".")[2]:
        return False, False
    try:
        other = await walk_tree(asking, domain)
    except Unanswered:
        return False, True
    return other.organization == walk.organization, False


async def walk_tree(asking: Asking, domain: str) -> Walk:
    """RFC 9989 section 4.10. Raises Unanswered."""
    start = domain.lower().rstrip(".")
    records: list[Found] = []
    exists = True
    for name in steps(start):
        answer = await asking.ask(f"_dmarc.{name}", RecordType.TXT)
        if answer.outcome is Outcome.TEMPORARY:
            raise Unanswered(f"_dmarc.{name}: {answer.detail}")
        found = record_in(name, answer.records)
        if found is not None:
            records.append(found)
            if found.tags.get("psd", "u").lower() in ("y", "n"):
                break
    if records and records[0].name != start:
        exists = await _exists(asking, start)
    return Walk(start=start, organization=organization_of(start, records), records=tuple(records), exists=exists)


async def _exists(asking: Asking, name: str) -> bool:
    """RFC 9989 section 3.2.13: a name is non-existent when the DNS says NXDOMAIN."""
    return (await asking.ask(name, RecordType.A)).outcome is not Outcome.ABSENT


def steps(domain: str) -> tuple[str, ...]:
    """The names that a walk asks for, from the domain itself to its top label."""
    labels = domain.split(".")
    rest = labels[1:] if len(labels) < MOST_STEPS else labels[-LABELS_AFTER_FIRST:]
    return (domain, *(".".join(rest[at:]) for at in range(len(rest))))


def record_in(name: str, texts: Sequence[str]) -> Found | None:
    """The one DMARC record among the texts of a name; several count as none (RFC 9989 section 4.10 step 2)."""
    records = [text for text in texts if text.replace(" ", "").startswith("v=DMARC1") and _is_version(text)]
    if len(records) != 1:
        return None
    try:
        tags = parse_tags(records[0])
    except TagError:
        return None
    return Found(name=name, tags=tags)


def _is_version(text: str) -> bool:
    return text.partition(";")[0].replace(" ", "").replace("\t", "") == "v=DMARC1"


def organization_of(start: str, records: Sequence[Found]) -> str:
    """RFC 9989 section 4.10.2: psd=n names it, psd=y stands above it, else the shortest name with a record."""
    for found in records:
        psd = found.tags.get("psd", "u").lower()
        if psd == "n":
            return found.name
        if psd == "y" and found.name != start:
            return ".".join(start.split(".")[-(found.name.count(".") + 2) :])
    return records[-1].name if records else start
