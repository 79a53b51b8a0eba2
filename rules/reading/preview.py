"""A message as plain text for an administrator who decides about it: safe to show, bounded. Reads only facts."""

import re

from rules.facts import Facts, Mailbox, Role, Text

MAX_PREVIEW = 64 * 1024  # characters: about twenty printed pages

_MARKERS = {
    Role.QUOTED: "[quoted]",
    Role.FORWARDED: "[forwarded]",
    Role.SIGNATURE: "[signature]",
    Role.FOOTER: "[footer]",
    Role.HIDDEN: "[hidden from the reader]",
    Role.ATTACHED: "[text of attachment {part}]",
}
# Controls but tab and line feed, and everything that turns or hides writing (Unicode bidi, zero-width, tags).
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f\ud800-\udfff]"
)


# Of these, what newsletters put between letters and into blank lines by the hundred: written out, it hides the text.
_PADDING = frozenset("\xad\u200b\u200c\u200d\u2060\ufeff")


def preview_of(facts: Facts) -> str:
    """Subject, originators and addressees, then the texts in order, each role other than the author's announced."""
    pieces = [
        f"Subject: {_line(facts.subject)}",
        f"From: {_mailboxes(facts.originators)}",
        f"To: {_mailboxes(facts.addressed)}",
    ]
    last: tuple[Role, str] | None = None
    for text in facts.texts:
        if text.role is Role.SUBJECT:
            continue
        key = (text.role, text.part if text.role is Role.ATTACHED else "")
        if key != last:
            pieces.append(_opening(text))
        last = key
        pieces.append(_safe(text.text[:MAX_PREVIEW])[:MAX_PREVIEW].rstrip())
    preview = "\n".join(pieces)
    return preview if len(preview) <= MAX_PREVIEW else preview[: MAX_PREVIEW - 8] + "\n[cut]\n"


def _opening(text: Text) -> str:
    marker = _MARKERS.get(text.role, "").replace("{part}", _line(text.part))
    return f"\n{marker}" if marker else ""


def _safe(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.replace("\n", "").isprintable():  # as most texts: nothing that is unsafe is
        return text
    return _UNSAFE.sub(_written_out, text)


def _written_out(match: re.Match[str]) -> str:
    return "" if match[0] in _PADDING else match[0].encode("unicode_escape", "surrogatepass").decode("ascii")


def _line(text: str) -> str:
    return " ".join(_safe(text).split())[:1_000]


def _mailboxes(mailboxes: tuple[Mailbox, ...]) -> str:
    shown = [f"{_line(mailbox.name)} <{_line(mailbox.address)}>".strip() for mailbox in mailboxes[:50]]
    more = len(mailboxes) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
