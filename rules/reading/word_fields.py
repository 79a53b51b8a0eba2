"""The fields of a Word document as its runs spell them: instructions, nested and broken up as they may be."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

# Characters of one field's instruction or result, blanks in front not counted: what it is stands at its beginning.
_MAX_FIELD = 4_096
MAX_NESTED = 100  # fields inside each other; Word itself stops at some 20
_QUOTE = re.compile(r"\s*QUOTE\b((?:\s+0*\d{1,5})+)", re.IGNORECASE)
_LITERAL = re.compile(r"\s*QUOTE\b\s*\"([^\"]++)", re.IGNORECASE)


@dataclass(slots=True)
class _Field:
    instruction: str = ""
    result: str = ""
    has_result: bool = False

    def add(self, text: str) -> None:
        if len(self.instruction) < _MAX_FIELD:
            self.instruction = (self.instruction + text).lstrip()[:_MAX_FIELD]

    def show(self, text: str) -> None:
        if len(self.result) < _MAX_FIELD:
            self.result = (self.result + text)[:_MAX_FIELD]

    def written(self) -> str:
        """What it puts into the field around it: what a QUOTE field spells, else what it showed last."""
        if quote := _QUOTE.match(self.instruction):
            return "".join(chr(int(code)) for code in quote.group(1).split())
        literal = _LITERAL.match(self.instruction)
        return literal.group(1) if literal else self.result


@dataclass(slots=True)
class Fields:
    """Fed mark by mark; gives each instruction when its field is complete."""

    _open: list[_Field] = field(default_factory=lambda: [_Field()])
    is_too_deep: bool = False  # at some place: what stood there is lost
    _too_deep: int = 0

    def begin(self) -> None:
        if len(self._open) <= MAX_NESTED:  # the first is what stands around all fields
            self._open.append(_Field())
        else:
            self._too_deep += 1
            self.is_too_deep = True

    def separate(self) -> str:
        """The instruction so far, after which the result stands."""
        self._open[-1].has_result = True
        return self._open[-1].instruction

    def end(self) -> str:
        """The instruction of the field that ends; it may have no mark between it and its result."""
        if self._too_deep:
            self._too_deep -= 1
            return ""
        ended = self._open[-1]
        if len(self._open) > 1:
            self._open.pop()
            outer = self._open[-1]
            (outer.show if outer.has_result else outer.add)(ended.written())
        return ended.instruction

    def add(self, text: str) -> None:
        """Words of an instruction."""
        self._open[-1].add(text)

    def show(self, text: str) -> None:
        """Words of the text, which are a field's result or none of it."""
        if self._open[-1].has_result and len(self._open) > 1:
            self._open[-1].show(text)

    def unended(self) -> Iterator[str]:
        """Instructions of fields that never ended."""
        return (left.instruction for left in self._open)
