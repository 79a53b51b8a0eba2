"""Deceptive links, urgency with credentials or payment, brand impersonation, and promises of great sums.

Looks at the sender's own words and at what the sender passes on, whatever the direction; a warning of such mail, or a
copy of it for a desk that takes reports, is none. Weights and phrases stand in phishing.yaml.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from rules.address import key_of
from rules.brands import BRANDS, FREE_HOSTS, FREE_MAIL, SHORTENERS
from rules.document import Threshold
from rules.entries import Host, LocalPart, Phrase
from rules.facts import Facts, Mailbox, Role
from rules.finding import Evidence, Observation
from rules.links import Link, above, leads_to, links_of, registered
from rules.lookalike import likeness
from rules.passing_on import REPORT_DESKS, reported, sent_words
from rules.patterns import compile_patterns, evidence_of
from rules.signals import Measure, Weighed, scale_of
from rules.weighing import weigh

NAME = Path(__file__).stem
MODEL = Path(__file__).with_suffix(".yaml")
MAX_SHOWN = 5  # pieces of evidence of one measure
MAX_ORIGINATORS = 5  # From mailboxes looked at; a person writes one
MAX_FIELD = 1_000  # characters of a field that another mail server wrote
OPENING = 400  # characters of a body at which a reader looks first
BARE = 8  # words; a message with fewer and a link says nothing but "follow it"
MAX_HIDDEN = 4_000  # characters of a hidden text whose letters are counted
COVERT = 400  # letters hidden from the reader; the preview line of a newsletter has a third
_LINKED = tuple(role for role in Role if role not in (Role.QUOTED, Role.SUBJECT, Role.CAPTION))
_BRANDS = tuple(rf"\b(?:{pattern})(?:\b|\d|$)" for pattern, _ in BRANDS)

_OFFICE = re.compile(
    r"\b(?:team|support|service|services|serviço|bank|banco|banca|security|department|account|accounts|billing|admin"
    r"|administrator|customer|cliente|client|notification|helpdesk|help desk|invoice|payroll|refund|saldo|crédito"
    r"|officer|agency|embassy|united nations|police|court|delivery|entrega|city manager|human resources)\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}")
# A small l for a capital I, and alphabets mixed within one word: letters that an eye does not tell apart.
_NUMBER_IN_NAME = re.compile(r"\d{6}|#\d{4}")
_ADDRESS_IN_NAME = re.compile(r"[\w.+-]{1,64}@((?:[\w-]{1,63}\.){1,5}[a-z]{2,24})", re.IGNORECASE)
# Domains nobody would choose, and those that a rented account comes with.
_RANDOM = re.compile(r"[bcdfghjklmnpqrstvwxz]{6}|(?:[a-z]{1,9}\d{1,9}){3}|\d{5}")
_RENTED = frozenset(
    ("onmicrosoft.com", "zendesk.com", "firebaseapp.com", "myshopify.com", "atlassian.net", "freshdesk.com")
)
# Letters and digits in no order, to make each copy another for filters that compare.
_TOKEN = re.compile(r"(?<![\w/=&?.-])[A-Za-z0-9]{8,40}(?![\w/=&.-])")
_TURNS = re.compile(r"[a-z](?=[A-Z0-9])|[0-9](?=[A-Za-z])|[A-Z](?=[0-9])")
_LEAST_TURNS = 4
# Well-known hosts that lead on to any other, and the paths at which they do.
_REDIRECTORS = ("google", "bing.com", "youtube.com", "facebook.com", "linkedin.com", "doubleclick.net")
_REDIRECTS = re.compile(
    r"https?://[\w.-]{1,200}/(?:(?:url|amp)\b|ck/|redirect|l\.php|redir|slink|aclk|pagead|clk|ddm/)", re.IGNORECASE
)
_MAILTO = re.compile(r"<mailto:[\w.+-]{1,64}@((?:[\w-]{1,63}\.){1,5}[a-z]{2,24})", re.IGNORECASE)
_LEAVE = re.compile(r"unsub|opt-?out|preferenc|list-?manage|descadast|cancelar|abmeld|desabon", re.IGNORECASE)
# RFC 8601; and what Exchange Online Protection and SpamAssassin write. Nobody adds it to accuse himself.
_FAILED = re.compile(r"\b(?:spf|dmarc|compauth)\s?=\s?(?:soft)?fail\b|^(?:soft)?fail\b", re.IGNORECASE)
_FAILED_FIELDS = ("authentication-results", "arc-authentication-results", "received-spf")
_JUNK = {
    "x-forefront-antispam-report": re.compile(r"\bCAT:(?:\w?PH\w{1,4}|SPOOF|MALW|U?IMP|DIMP|GIMP|BIMP)\b|\bSFV:SPM\b"),
    "x-ms-exchange-organization-scl": re.compile(r"^\s?[5-9]\b"),
    "x-spam-flag": re.compile(r"^\s?YES", re.IGNORECASE),
}
_DISGUISED = (
    r"\b(?-i:l(?:RS|NC|nvoice|nternal|mportant|RA|D\b|CLOUD|nstagram))",
    r"[a-z][\x{430}\x{435}\x{43e}\x{440}\x{441}\x{443}\x{445}\x{456}\x{3bf}]",
    r"[\x{430}\x{435}\x{43e}\x{440}\x{441}\x{443}\x{445}\x{456}]{1,3}[a-z]",
)
_PASSWORD_TOLD = re.compile(
    r"\b(?:pass(?:word|code)|pin|senha|contrase[nñ]a|clave|passwort|kennwort|mot de passe|wachtwoord)\b"
    r"[^\n]{0,40}?[:= ]\s{0,3}[\"']?\w{2,20}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters(Weighed):
    # Score, 0 to 1, from which a message counts as phishing.
    threshold: Threshold = 0.5
    # What also counts as phishing here.
    phrases: tuple[Phrase, ...] = ()
    # Hosts that may be linked to under another name: the city's own service for mailings, its link scanner.
    trusted_hosts: tuple[Host, ...] = ()
    # Local parts of desks that take reports: what is sent there with a brief comment is reported.
    report_desks: tuple[LocalPart, ...] = REPORT_DESKS


def detect(facts: Facts, parameters: Parameters) -> Iterable[Observation]:
    """Yield one observation when the message is, or comes near, phishing."""
    links = tuple(links_of(facts.said(*_LINKED)))
    if parameters.trusted_hosts:
        trusted = [host.lower() for host in parameters.trusted_hosts]
        links = tuple(link for link in links if not any(leads_to(link.host, host) for host in trusted))
    return weigh(
        NAME,
        sent_words(facts),
        scale_of(MODEL),
        parameters,
        measures=(
            *_of_links(links),
            *_of_targets(facts, links),
            *_of_sender(facts),
            *_of_brands(facts, links),
            *_of_answers(facts),
            *_of_servers(facts),
            *_of_letters(facts),
            *_of_password(facts),
            reported(facts, parameters.report_desks),
        ),
    )


def _of_links(links: Sequence[Link]) -> Iterator[Measure]:
    """Links that show one host and lead to another, lead to a bare address, or hide their host before an `@`."""
    other = {link.host: link for link in links if link.shown != link.host and _shows_another(link)}
    bare = {host: link for host, link in {link.host: link for link in links}.items() if _is_bare(host)}
    yield from _measure("shows_another_host", [link.evidence for link in list(other.values())[:MAX_SHOWN]])
    yield from _measure("bare_address", [link.evidence for link in list(bare.values())[:MAX_SHOWN]])
    if links:
        yield Measure(name="links", count=1)


def _shows_another(link: Link) -> bool:
    return bool(link.shown) and registered(link.shown) != registered(link.host)


def _is_bare(host: str) -> bool:
    """An address, or a name that is spelt in letters of another alphabet."""
    return _ADDRESS.fullmatch(host) is not None or "xn--" in host


def _of_targets(facts: Facts, links: Sequence[Link]) -> Iterator[Measure]:
    """Hosts that anybody may use or that hide where they lead, links that carry the reader's address, and no words."""
    free = {link.host: link for link in links if not FREE_HOSTS.isdisjoint(above(link.host))}
    short = {link.host: link for link in links if link.host in SHORTENERS or _leads_on(link)}
    yield from _measure("anybodys_host", [link.evidence for link in list(free.values())[:MAX_SHOWN]])
    yield from _measure("hides_its_target", [link.evidence for link in list(short.values())[:MAX_SHOWN]])
    readers = {one.address.key for one in facts.envelope.recipients} | {key_of(one.address) for one in facts.addressed}
    named = [link for link in links if _names_reader(link, readers) and not _LEAVE.search(link.target)]
    yield from _measure("names_its_reader", [link.evidence for link in named[:MAX_SHOWN]])
    bare = links and sum(len(text.text.split(None, BARE)) for text in facts.said(Role.AUTHOR, Role.FORWARDED)) < BARE
    yield from _measure("link_and_no_words", [links[0].evidence] if bare else [])


def _leads_on(link: Link) -> bool:
    return any(name in link.host for name in _REDIRECTORS) and _REDIRECTS.match(link.target) is not None


def _names_reader(link: Link, readers: set[str]) -> bool:
    """Whether the part behind `?` or `#` holds an address of a reader."""
    query = link.target.lower().replace("%40", "@").replace("#", "?").partition("?")[2]
    return "@" in query and any(reader in query for reader in readers)


def _of_sender(facts: Facts) -> Iterator[Measure]:
    """A brand's or an office's name over a mailbox that is not theirs, and names and domains that nobody has."""
    shown: dict[str, list[Evidence]] = {name: [] for name in ("brand", "office", "name", "domain")}
    for one in facts.originators[:MAX_ORIGINATORS]:
        domain = _domain(one)
        evidence = Evidence(part="header", text=f"{one.name} <{one.address}>"[:200])
        if one.name and any(
            not any(leads_to(domain, owner) for owner in BRANDS[index][1])
            for index in compile_patterns(_BRANDS).fires(one.name)
        ):
            shown["brand"].append(evidence)
        if domain in FREE_MAIL and _OFFICE.search(one.name):
            shown["office"].append(evidence)
        if _NUMBER_IN_NAME.search(one.name) or _names_another(one):
            shown["name"].append(evidence)
        if domain and (_RANDOM.search(registered(domain)) or not _RENTED.isdisjoint(above(domain))):
            shown["domain"].append(evidence)
    yield from _measure("borrowed_brand", shown["brand"])
    yield from _measure("office_at_free_mailbox", shown["office"])
    yield from _measure("odd_name", shown["name"])
    yield from _measure("odd_domain", shown["domain"])


def _of_brands(facts: Facts, links: Sequence[Link]) -> tuple[Measure, ...]:
    """Companies named where the eye falls first, by somebody else, with links of which none leads to them."""
    hosts = {link.host for link in links} | set(map(_domain, facts.originators))
    shown = []
    for text in (*facts.said(Role.SUBJECT), *facts.said(Role.AUTHOR)[:1]) if links else ():
        for match in compile_patterns(_BRANDS).find(text.text[:OPENING]):
            if not any(leads_to(host, owner) for host in hosts for owner in BRANDS[match.index][1]):
                shown.append(evidence_of(text, match.start, match.end))
    return _measure("brand_elsewhere", shown)


def _names_another(one: Mailbox) -> bool:
    """Whether the name is an address of another domain than the address."""
    match = _ADDRESS_IN_NAME.search(one.name)
    return match is not None and registered(match.group(1).lower()) != _registered(one)


def _domain(one: Mailbox) -> str:
    return one.address.rpartition("@")[2].lower()


def _registered(one: Mailbox) -> str:
    return registered(_domain(one))


def _of_answers(facts: Facts) -> Iterator[Measure]:
    """Answers that go to another domain, or to another free mailbox; and mail that its author addressed to himself."""
    authors = {key_of(one.address) for one in facts.originators[:MAX_ORIGINATORS] if one.address}
    domains = {_registered(one) for one in facts.originators[:MAX_ORIGINATORS]}
    listed = any(facts.field(name) is not None for name in ("list-id", "list-post", "mailing-list"))
    match = _ADDRESS_IN_NAME.search((facts.field("reply-to") or "")[:MAX_FIELD])
    elsewhere, free, alike = [], [], []
    if match is not None and authors and not listed:
        evidence = Evidence(part="header", text=f"Reply-To: {match.group()}"[:200])
        answered = match.group(1).lower()
        if answered in FREE_MAIL and match.group().lower() not in authors:
            free.append(evidence)
        elif any(likeness(answered, domain) is not None for domain in domains if domain):
            alike.append(evidence)
        elif registered(answered) not in domains:
            elsewhere.append(evidence)
    yield from _measure("answered_elsewhere", elsewhere)
    yield from _measure("answered_at_free_mailbox", free)
    yield from _measure("answered_at_double", alike)
    written = [match for text in facts.said(*_LINKED) for match in islice(_MAILTO.finditer(text.text), MAX_SHOWN)]
    others = [match for match in written if registered(match.group(1).lower()) not in domains]
    shown = [Evidence(part="body", text=match.group()[:200]) for match in others if match.group(1).lower() in FREE_MAIL]
    yield from _measure("writes_elsewhere", shown)
    if authors and {key_of(one.address) for one in facts.addressed} <= authors:
        yield Measure(name="addressed_to_nobody", count=1)


def _of_servers(facts: Facts) -> Iterator[Measure]:
    """What mail servers before us wrote down against the sender."""
    fields = [(name, body[:MAX_FIELD]) for name, body in facts.fields]
    failed = [item for item in fields if item[0] in _FAILED_FIELDS and _FAILED.search(item[1])]
    junk = [item for item in fields if item[0] in _JUNK and _JUNK[item[0]].search(item[1])]
    for name, found in (("failed_proof", failed), ("called_junk", junk)):
        yield from _measure(name, [Evidence(part="header", text=f"{field}: {body}"[:200]) for field, body in found[:1]])


def _of_password(facts: Facts) -> tuple[Measure, ...]:
    """A protected file whose password stands beside it: the lock keeps out nobody but the scanner."""
    if not any(part.encrypted for part in facts.parts):
        return ()
    found = ((text, _PASSWORD_TOLD.search(text.text)) for text in facts.said(Role.AUTHOR, Role.FORWARDED))
    return _measure("password_beside_file", [evidence_of(text, *match.span()) for text, match in found if match])


def _of_letters(facts: Facts) -> Iterator[Measure]:
    """Words whose letters were exchanged for others that look alike, words without sense, and words kept from sight."""
    patterns = compile_patterns(_DISGUISED)
    names = [one.name for one in facts.originators[:MAX_ORIGINATORS]]
    shown = [Evidence(part="header", text=name[:200]) for name in names if patterns.fires(name)]
    for text in facts.said(Role.SUBJECT, Role.AUTHOR):
        if patterns.fires(text.text):
            first = patterns.find(text.text)[0]
            shown.append(evidence_of(text, first.start, first.end))
    yield from _measure("disguised_letters", shown)
    tokens = [Evidence(part="header", text=word[:200]) for word in (*names, facts.subject) if _is_salted(word)]
    yield from _measure("salted", tokens)
    hidden = [text for text in facts.said(Role.HIDDEN) if sum(map(str.isalpha, text.text[:MAX_HIDDEN])) > COVERT]
    yield from _measure("covert_words", [evidence_of(text, 0, min(60, len(text.text))) for text in hidden])


def _is_salted(words: str) -> bool:
    """Whether a word among them changes between letters, capitals and digits as no name does."""
    found = _TOKEN.findall(words[:MAX_FIELD])
    return any(len(_TURNS.findall(token)) >= _LEAST_TURNS and any(map(str.islower, token)) for token in found)


def _measure(name: str, evidence: Sequence[Evidence]) -> tuple[Measure, ...]:
    """None where nothing was seen: most of what is asked of a letter is not there."""
    return (Measure(name=name, count=len(evidence), evidence=tuple(evidence[:MAX_SHOWN])),) if evidence else ()
