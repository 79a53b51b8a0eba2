"""HTML without a parser: whether a page is safe to parse, and a tag stripper for those that are not. Linear."""

import html
import re

from rules.possessive import possessive

MAX_OPEN_FORMATTING = 300  # unclosed at once; 1,500 cost a standards-following parser 4 s, ordinary mail has few
MAX_DEPTH = 1_000  # elements inside each other; newsletters stay below 100
MAX_OPTIONS = 1_000
MAX_ATTRIBUTES = 1_000  # of one element: the parser compares each with all before it; no program writes fifty
_LONG_TAG = 2 * MAX_ATTRIBUTES  # characters above which it may have too many

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*+)")
# A whole tag with its quoted values, in which `>` may stand. Linear: a quote that is never closed ends it.
_WHOLE_TAG = re.compile(r"<[a-zA-Z]" + possessive(r"[^>\"']++|\"[^\"]*+\"|'[^']*+'"))
_ATTRIBUTE_ENDS = re.compile(r"\"[^\"]*+\"|'[^']*+'|[\s/]++")
_FORMATTING = frozenset((
    "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u",
))  # fmt: skip
_VOID = frozenset((
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr",
    "p", "li", "td", "tr", "th", "dt", "dd", "tbody", "thead",
))  # fmt: skip
_INVISIBLE = ("script", "style", "xml", "title")
# Linear: the runs cannot hold what follows them.
_BLOCK = re.compile(r"</?(?:p|div|tr|table|li|ul|ol|h[1-6]|br|hr|blockquote|center)\b[^<>]*>", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[a-zA-Z/!?][^<>]*>")


def danger_of(page: str) -> str:
    """Why a page must not be given to a parser, "" when it may: unclosed formatting, depth, options."""
    tags = _WHOLE_TAG.findall(page)
    if max(map(len, tags), default=0) > _LONG_TAG and any(map(_has_too_many_attributes, tags)):
        return f"HTML with more than {MAX_ATTRIBUTES:,} attributes in one element"
    if page.count("<") - page.count("</") <= min(MAX_OPEN_FORMATTING, MAX_DEPTH, MAX_OPTIONS):
        return ""  # fewer elements than any of them allows
    unclosed: dict[str, int] = {}
    formatting = depth = options = 0
    for closing, written in _TAG.findall(page):
        name = written.lower()
        if name in _VOID:
            continue
        if closing:
            if unclosed.get(name, 0) > 0:
                unclosed[name] -= 1
                depth -= 1
                formatting -= name in _FORMATTING
            continue
        unclosed[name] = unclosed.get(name, 0) + 1
        depth += 1
        formatting += name in _FORMATTING
        options += name == "option"
        if formatting > MAX_OPEN_FORMATTING:
            return f"HTML with more than {MAX_OPEN_FORMATTING:,} unclosed formatting elements"
        if depth > MAX_DEPTH:
            return f"HTML nested more than {MAX_DEPTH:,} deep"
    return f"HTML with more than {MAX_OPTIONS:,} options" if options > MAX_OPTIONS else ""


def _has_too_many_attributes(tag: str) -> bool:
    """Counted by what ends them: most end with a quoted value and a blank, some with a blank alone."""
    return len(tag) > _LONG_TAG and len(_ATTRIBUTE_ENDS.findall(tag)) > 2 * MAX_ATTRIBUTES


def strip_tags(page: str) -> str:
    """The text between the tags; blocks begin new lines, everything else joins."""
    for name in _INVISIBLE:
        page = _without(page, name)
    return html.unescape(_ANY_TAG.sub("", _BLOCK.sub("\n", page)))


def _without(page: str, name: str) -> str:
    """The page without the elements of that name; one that is never closed stays."""
    lowered = page.lower()
    if len(lowered) != len(page):  # a few letters grow in lower case; then only the usual spelling is looked for
        lowered = page
    kept: list[str] = []
    position = 0
    while (start := lowered.find(f"<{name}", position)) >= 0:
        end = lowered.find(f"</{name}", start)
        if end < 0:
            break
        kept.append(page[position:start])
        position = lowered.find(">", end) + 1 or len(page)
    return "".join(kept) + page[position:]
