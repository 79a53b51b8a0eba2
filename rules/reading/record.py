"""What the walk through one message has found so far, within the bounds on text. Looks at nothing itself."""

from dataclasses import replace

from rules.facts import Alternative, Ambiguity, Part, Reason, Role, Text, Unread
from rules.reading.budget import MAX_TEXT, MEBIBYTE
from rules.reading.mime import Span

MAX_NOTES = 200  # entries of unread and of ambiguities; a report needs no more to make its point


class Record:
    """Collects parts, texts, and what was not read or reads in two ways."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.texts: list[Text] = []
        self.unread: list[Unread] = []
        self.ambiguities: list[Ambiguity] = []
        self.alternatives: list[Alternative] = []
        self.is_full = False  # more text than is kept has been met, and told
        self._text_left = MAX_TEXT
        self._alternatives_left = MAX_TEXT

    def say(self, part: str, role: Role, text: str, start: int = 0) -> None:
        """Keep a readable text, cut where the bounds end it; blank ones are passed over."""
        if not text or text.isspace():
            return
        if len(text) > self._text_left:
            self.is_full = True
            self.skip(part, Reason.LIMIT, f"more than {MAX_TEXT // MEBIBYTE} million characters of text")
            text = text[: self._text_left]
        self._text_left -= len(text)
        if text:
            self.texts.append(Text(part=part, role=role, text=text, start=start))

    def offer(self, alternative: Alternative) -> None:
        """Keep a text of an alternative as it stands there, cut where the bounds end it, if need be to nothing.

        One that were left out would seem to be shown whatever a reader chooses.
        """
        words = alternative.text.text[: self._alternatives_left]
        self._alternatives_left -= len(words)
        if not alternative.text.text.isspace():
            cut = len(words) < len(alternative.text.text)
            whole_or_cut = replace(alternative, text=replace(alternative.text, text=words)) if cut else alternative
            self.alternatives.append(whole_or_cut)

    def skip(self, part: str, reason: Reason, detail: str) -> None:
        """Note what was not read; a limit of the whole message is told once."""
        told = any(
            entry.reason is reason and entry.detail == detail and (entry.part == part or reason is Reason.LIMIT)
            for entry in self.unread
        )
        if not told and len(self.unread) < MAX_NOTES:
            self.unread.append(Unread(part=part, reason=reason, detail=detail))

    def doubt(self, part: str, detail: str, where: Span | None = None) -> None:
        """Note what readers would read differently, and in which octets of the message; once for each part."""
        told = any((entry.part, entry.detail) == (part, detail) for entry in self.ambiguities)
        if len(self.ambiguities) < MAX_NOTES and not told:
            octets = None if where is None else (where.start, where.end)
            self.ambiguities.append(Ambiguity(part=part, detail=detail, octets=octets))
