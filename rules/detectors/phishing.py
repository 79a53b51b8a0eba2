"""Deceptive links, urgency with credentials or payment, brand impersonation, and promises of great sums.

Looks at the sender's own words and at what the sender passes on, whatever the direction; a warning of such mail, or a
copy of it for a desk that takes reports, is none. Weights and phrases stand in phishing.yaml.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rules.document import Threshold
from rules.facts import Facts, Role
from rules.finding import Evidence, Observation
from rules.links import Link, leads_to, links_of, registered
from rules.passing_on import REPORT_DESKS, reported, sent_words
from rules.patterns import compile_patterns, evidence_of
from rules.signals import Measure, Weighed, scale_of
from rules.weighing import weigh

NAME = Path(__file__).stem
MODEL = Path(__file__).with_suffix(".yaml")
MAX_SHOWN = 5  # pieces of evidence of one measure
MAX_ORIGINATORS = 5  # From mailboxes looked at; a person writes one
_LINKED = tuple(role for role in Role if role not in (Role.QUOTED, Role.SUBJECT))

# What pretends to be these is looked at; the domains are their owners' own.
BRANDS = (
    (r"paypal", ("paypal.com",)),
    (r"microsoft|office ?365|outlook|onedrive|sharepoint", ("microsoft.com", "office.com", "outlook.com", "live.com",
        "sharepoint.com", "microsoftonline.com", "office365.com")),
    (r"google|gmail", ("google.com", "gmail.com", "googlemail.com", "youtube.com")),
    (r"apple ?(?:id|support|pay|care|store)|icloud", ("apple.com", "icloud.com")),
    (r"amazon", ("amazon.com", "amazonaws.com", "amazon.co.uk", "amazon.de")),
    (r"docusign|adobe ?sign", ("docusign.com", "docusign.net", "adobe.com", "adobesign.com")),
    (r"netflix", ("netflix.com",)),
    (r"dhl|fedex|usps|ups (?:delivery|express|support|parcel)", ("dhl.com", "fedex.com", "usps.com", "ups.com")),
    (r"irs|internal revenue|social security administration", ("irs.gov", "ssa.gov", "treasury.gov")),
    (r"wells ?fargo|bank ?of ?america|citi ?bank|hsbc|santander|barclays|capital ?one|jp ?morgan",
        ("wellsfargo.com", "bankofamerica.com", "citibank.com", "citi.com", "hsbc.com", "santander.com", "barclays.com",
         "capitalone.com", "chase.com", "jpmorgan.com")),
    (r"american ?express|mastercard", ("americanexpress.com", "aexp.com", "mastercard.com")),
    (r"coinbase|binance|metamask|trust ?wallet|blockchain\.com|kraken",
        ("coinbase.com", "binance.com", "metamask.io", "trustwallet.com", "blockchain.com", "kraken.com")),
    (r"facebook|instagram|whatsapp|linkedin|dropbox|ebay", ("facebook.com", "facebookmail.com", "instagram.com",
        "whatsapp.com", "linkedin.com", "dropbox.com", "dropboxmail.com", "ebay.com")),
)  # fmt: skip
_BRANDS = tuple(rf"\b(?:{pattern})" for pattern, _ in BRANDS)
FREE_MAIL = frozenset(
    {
        *("aol.com", "gmail.com", "gmx.com", "gmx.net", "googlemail.com", "hotmail.com", "icloud.com", "live.com"),
        *("mail.com", "mail.ru", "msn.com", "outlook.com", "proton.me", "protonmail.com", "yahoo.com", "yandex.com"),
    }
)
_OFFICE = re.compile(
    r"\b(?:team|support|service|services|serviço|bank|banco|banca|security|department|account|accounts|billing|admin"
    r"|administrator|customer|cliente|client|notification|helpdesk|help desk|invoice|payroll|refund|saldo|crédito)\b",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}")
# A small l for a capital I, and alphabets mixed within one word: letters that an eye does not tell apart.
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
    phrases: tuple[str, ...] = ()
    # Hosts that may be linked to under another name: the city's own service for mailings, its link scanner.
    trusted_hosts: tuple[str, ...] = ()
    # Local parts of desks that take reports: what is sent there with a brief comment is reported.
    report_desks: tuple[str, ...] = REPORT_DESKS


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
            *_of_sender(facts),
            _of_password(facts),
            _of_letters(facts),
            reported(facts, parameters.report_desks),
        ),
    )


def _of_links(links: Sequence[Link]) -> Iterator[Measure]:
    """Links that show one host and lead to another, lead to a bare address, or hide their host before an `@`."""
    other = {link.host: link for link in links if link.shown != link.host and _shows_another(link)}
    bare = {host: link for host, link in {link.host: link for link in links}.items() if _is_bare(host)}
    yield _measure("shows_another_host", [link.evidence for link in list(other.values())[:MAX_SHOWN]])
    yield _measure("bare_address", [link.evidence for link in list(bare.values())[:MAX_SHOWN]])
    yield Measure(name="links", count=int(bool(links)))


def _shows_another(link: Link) -> bool:
    return bool(link.shown) and registered(link.shown) != registered(link.host)


def _is_bare(host: str) -> bool:
    """An address, or a name that is spelt in letters of another alphabet."""
    return _ADDRESS.fullmatch(host) is not None or "xn--" in host


def _of_sender(facts: Facts) -> Iterator[Measure]:
    """A brand's or an office's name over a mailbox that is not theirs."""
    brands: list[Evidence] = []
    offices: list[Evidence] = []
    for one in facts.originators[:MAX_ORIGINATORS]:
        domain = one.address.rpartition("@")[2].lower()
        shown = Evidence(part="header", text=f"{one.name} <{one.address}>"[:200])
        if one.name and any(
            not any(leads_to(domain, owner) for owner in BRANDS[index][1])
            for index in compile_patterns(_BRANDS).fires(one.name)
        ):
            brands.append(shown)
        if domain in FREE_MAIL and _OFFICE.search(one.name):
            offices.append(shown)
    yield _measure("borrowed_brand", brands)
    yield _measure("office_at_free_mailbox", offices)


def _of_password(facts: Facts) -> Measure:
    """A protected file whose password stands beside it: the lock keeps out nobody but the scanner."""
    if not any(part.encrypted for part in facts.parts):
        return _measure("password_beside_file", [])
    found = ((text, _PASSWORD_TOLD.search(text.text)) for text in facts.said(Role.AUTHOR, Role.FORWARDED))
    return _measure("password_beside_file", [evidence_of(text, *match.span()) for text, match in found if match])


def _of_letters(facts: Facts) -> Measure:
    """Words whose letters were exchanged for others that look alike."""
    patterns = compile_patterns(_DISGUISED)
    names = [one.name for one in facts.originators[:MAX_ORIGINATORS]]
    shown = [Evidence(part="header", text=name[:200]) for name in names if patterns.fires(name)]
    for text in facts.said(Role.SUBJECT, Role.AUTHOR):
        if patterns.fires(text.text):
            first = patterns.find(text.text)[0]
            shown.append(evidence_of(text, first.start, first.end))
    return _measure("disguised_letters", shown)


def _measure(name: str, evidence: Sequence[Evidence]) -> Measure:
    return Measure(name=name, count=len(evidence), evidence=tuple(evidence[:MAX_SHOWN]))
