"""Whose words a message sends out: its author's own, and those of others that it passes on.

Owns the difference between answering a message and handing it on; judges no words.
"""

import re

from rules.facts import Facts, Role, Text
from rules.remembering import remembered, remembered_last
from rules.signals import Measure
from rules.transaction import Direction

MAX_PREFIXES = 10  # of a subject; more marks say nothing more
BRIEF = 30  # words: a comment such as "see below, what do you think?"; more is a text of one's own

REPORT_WORDS = 80  # a report is short; above this the sender tells a story of their own
# Local parts of desks that take reports, without dots and dashes: what is sent there is reported, not passed on.
REPORT_DESKS = (
    "abuse",
    "helpdesk",
    "help",
    "hr",
    "humanresources",
    "itsupport",
    "phishing",
    "postmaster",
    "report",
    "security",
    "servicedesk",
    "spam",
    "support",
)

_PREFIX = re.compile(r"\s{0,3}\[?(re|aw|sv|antw|rif|fwd?|wg|tr|rv|vs)(?:\[\d{1,2}\])?\s{0,2}[:>\]]", re.IGNORECASE)
_REPLIES = frozenset({"re", "aw", "sv", "antw", "rif"})
_OWN = (Role.SUBJECT, Role.AUTHOR, Role.SIGNATURE, Role.FOOTER)
_OTHERS = (Role.FORWARDED, Role.QUOTED)


@remembered
def subject_marks(subject: str) -> tuple[str, ...]:
    """The marks of replies and forwards before a subject, lower case, the latest first."""
    found: list[str] = []
    place = 0
    while len(found) < MAX_PREFIXES and (match := _PREFIX.match(subject, place)):
        found.append(match.group(1).lower())
        place = match.end()
    return tuple(found)


@remembered_last
def is_reply(facts: Facts) -> bool:
    """Whether the message answers another (RFC 5322 section 3.6.4); the mark alone is any advertiser's to set."""
    marked = subject_marks(facts.subject)[:1]
    threaded = facts.field("in-reply-to") or facts.field("references")
    return bool(marked) and marked[0] in _REPLIES and bool(threaded or not comment_is_brief(facts, 0))


def times_forwarded(facts: Facts) -> int:
    """How many marks of forwards the subject has, in any of the languages we know."""
    return sum(mark not in _REPLIES for mark in subject_marks(facts.subject))


@remembered_last
def own_words(facts: Facts) -> tuple[Text, ...]:
    """What the author wrote for this message."""
    return facts.said(*_OWN)


@remembered_last
def sent_words(facts: Facts) -> tuple[Text, ...]:
    """The author's own words, and those of others unless they merely stand below an answer."""
    return own_words(facts) if is_reply(facts) else facts.said(*_OWN, *_OTHERS)


@remembered_last
def endorsed_words(facts: Facts) -> tuple[Text, ...]:
    """The author's own words, and those of others when they are handed on with no more than a brief comment.

    What he sends to himself alone commends nothing to anybody.
    """
    if is_reply(facts) or is_note_to_self(facts) or not comment_is_brief(facts):
        return own_words(facts)
    return facts.said(*_OWN, *_OTHERS)


def is_note_to_self(facts: Facts) -> bool:
    """Whether somebody of ours files it in the mailbox it comes from: it is handed on to nobody."""
    sender = facts.envelope.reverse_path
    kept = {address.key for address in facts.recipients(Direction.INTERNAL)}
    return sender is not None and kept == {sender.key} == {one.address.key for one in facts.envelope.recipients}


def comment_is_brief(facts: Facts, words: int = BRIEF) -> bool:
    """Whether the author wrote no more than so many words; counts no further than that."""
    for text in facts.said(Role.AUTHOR):
        words -= len(text.text.split(None, words + 1)[: words + 1])
        if words < 0:
            return False
    return True


def reported(facts: Facts, desks: tuple[str, ...]) -> Measure:
    """That the message is a report, for models that count it."""
    return Measure(name="reported", count=int(is_report(facts, desks)))


def is_report(facts: Facts, desks: tuple[str, ...]) -> bool:
    """Whether every recipient is a desk that takes reports and the sender adds little."""
    addressed = _plain_locals(facts)
    return bool(addressed) and all(local in desks for local in addressed) and comment_is_brief(facts, REPORT_WORDS)


@remembered_last
def _plain_locals(facts: Facts) -> tuple[str, ...]:
    """The recipients' local parts without dots and dashes."""
    local_parts = (recipient.address.local.casefold() for recipient in facts.envelope.recipients)
    return tuple("".join(filter(str.isalnum, local_part)) for local_part in local_parts)
