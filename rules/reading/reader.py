"""Reads a message once for all detectors: parts in every view, names, texts by role, and what was not read.

No network, no files.
"""

from rules.directory import Directory, direction_of
from rules.facts import Facts, Reason, Role, Text
from rules.links import links_limit
from rules.reading.mailboxes import MAX_MAILBOXES, mailboxes_of
from rules.reading.mime import Span
from rules.reading.pictures import PictureReader
from rules.reading.walk import Walk
from rules.reading.words import header_text
from rules.transaction import Transaction

# RFC 5322 section 3.6: at most one each. Readers show the first or the last of several.
_SINGLE_FIELDS = ("from", "sender", "reply-to", "to", "cc", "subject", "date", "message-id")


def read_facts(transaction: Transaction, directory: Directory, pictures: PictureReader | None = None) -> Facts:
    """Observe all there is to know of one message; damage and limits become entries, never exceptions.

    Without `pictures` their words are not read.
    """
    walk = Walk(pictures=pictures)
    header = walk.message(transaction.message.octets).header
    record = walk.record
    subjects = list(dict.fromkeys(map(header_text, header.all("subject"))))
    for name in _SINGLE_FIELDS:
        if len({body.strip() for body in header.all(name)}) > 1:
            record.doubt("header", f"several {name} fields that differ", Span(0, header.body))
    originators, addressed = mailboxes_of(header.all("from")), mailboxes_of([*header.all("to"), *header.all("cc")])
    if max(len(originators), len(addressed)) > MAX_MAILBOXES:
        record.skip("header", Reason.LIMIT, f"more than {MAX_MAILBOXES:,} addresses in its header")
    titles = (Text(part="subject", role=Role.SUBJECT, text=subject) for subject in subjects if subject)
    texts = (*titles, *record.texts)
    if limit := links_limit(texts):
        record.skip("", Reason.LIMIT, limit)
    envelope = transaction.envelope
    return Facts(
        received=transaction.received,
        envelope=envelope,
        directions={
            recipient.address.key: direction_of(
                transaction.direction, envelope.reverse_path, recipient.address, directory
            )
            for recipient in envelope.recipients
        },
        directory=directory,
        fields=tuple((field.name, header_text(field.body)) for field in header.fields),
        subject=subjects[0] if subjects else "",
        originators=originators,
        addressed=addressed,
        parts=tuple(record.parts),
        texts=texts,
        size=len(transaction.message),
        unread=tuple(record.unread),
        ambiguities=tuple(record.ambiguities),
        alternatives=tuple(record.alternatives),
    )
