"""HTML as people see it, and what a page hides from them: the only module that knows selectolax.

Walks the parsed tree without recursion and keeps words whole that tags split. Loads nothing.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode

from rules.reading.markup import danger_of, strip_tags
from rules.reading.styles import PLAIN, Style, colour_of, hidden_classes, read_style
from rules.targets import browsed

MAX_PAGE = 2 * 1024 * 1024  # characters
MAX_NODES = 200_000  # elements and texts walked; a 1 MB newsletter has a tenth
BLANK = "________"  # a field to be filled in, as forms on paper show it

_NOT_CONTENT = frozenset((
    "script", "style", "head", "title", "template", "meta", "link", "iframe", "noframes",
))  # fmt: skip
_BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "div", "dl", "dt", "fieldset",
    "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p",
    "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul",
))  # fmt: skip
_PARAGRAPHS = frozenset((
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "table", "ul", "ol", "pre",
))  # fmt: skip
# Without one of these attributes an element is like the one around it.
_COLOURING = frozenset(("color", "bgcolor", "background", "data-bg", "hidden"))
_STYLING = _COLOURING | {"style", "class"}
_TELLING = _STYLING | {"id", "href", "action", "alt", "title"}
_PICTURES = frozenset(("area", "img"))
_TARGETS = {"a": "href", "area": "href", "form": "action"}  # where each leads
_FILLED_IN = frozenset(("", "email", "number", "password", "search", "tel", "text", "url"))  # types of input
_BUTTONS = frozenset(("button", "reset", "submit"))
_SAYING = frozenset(("input", "option", "optgroup"))
_CELLS = frozenset(("td", "th"))
_NOTHING = (None, None)
_WHITE = "ffffff"
_QUOTE_CLASSES = ("gmail_quote", "yahoo_quoted", "moz-cite-prefix", "protonmail_quote", "zmail_extra")
_SEPARATOR_IDS = ("divrplyfwdmsg", "x_divrplyfwdmsg", "appendonsend")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`captions` are what stands for pictures, what is shown when pointed at, and the title.

    `quotes` are spans of `visible` that the page marks as quoted; `separators` offsets from which an earlier message
    stands; `trouble` says why the page was read without its structure, "" when it was not.
    """

    visible: str
    hidden: str
    captions: str = ""
    quotes: tuple[tuple[int, int], ...] = ()
    separators: tuple[int, ...] = ()
    trouble: str = ""


def read_html(page: str) -> Page:
    """Take a page apart into what is seen and what is not."""
    cut = len(page) > MAX_PAGE
    page = page[:MAX_PAGE].replace("\0", "")
    if trouble := danger_of(page):
        return Page(visible=strip_tags(page), hidden="", trouble=trouble)
    root = LexborHTMLParser(page).root
    if root is None:
        return Page(visible="", hidden="")
    walk = _Walk(page)
    complete = walk.walk(root)
    trouble = "" if complete and not cut else f"HTML longer than {MAX_PAGE:,} characters or {MAX_NODES:,} elements"
    return Page(
        visible=walk.visible.text(),
        hidden=walk.hidden.text().strip(),
        captions="\n".join(walk.captions),
        quotes=tuple(walk.quotes),
        separators=tuple(walk.separators),
        trouble=trouble,
    )


class _Sink:
    """Words as a browser lays them out in lines: runs of blanks become one, blocks stand on lines of their own."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self.length = 0
        self._newlines = 2  # at the end so far; more than two are never written
        self._blank = False

    def add(self, text: str) -> None:
        single = text.isprintable() and "  " not in text  # no blanks but single ones, as in most texts
        words = text.strip() if single else " ".join(text.split())
        if not words:
            if "\xa0" in text and self._newlines:
                self.newline(2)  # a paragraph with a no-break space is how Outlook writes an empty line
            self.blank()
            return
        if not self._newlines and (self._blank or text[0].isspace()):
            words = " " + words
        self._append(words)
        self._newlines = 0
        self._blank = text[-1].isspace()

    def blank(self) -> None:
        """What is added next is no part of the word before."""
        self._blank = True

    def add_as_is(self, text: str) -> None:
        """Preformatted text."""
        self._append(text)
        self._newlines = 1 if text.endswith("\n") else 0
        self._blank = False

    def newline(self, wanted: int) -> None:
        """End the line; 2 leaves an empty one."""
        if self._newlines < wanted:
            self._append("\n" * (wanted - self._newlines))
            self._newlines = wanted
        self._blank = False

    def line_break(self) -> None:
        self.newline(min(self._newlines + 1, 2))

    def _append(self, text: str) -> None:
        self._pieces.append(text)
        self.length += len(text)

    def text(self) -> str:
        return "".join(self._pieces)

    def mark(self) -> tuple[int, int]:
        """Here: the length so far, and what `since` must be asked with."""
        return self.length, len(self._pieces)

    def since(self, mark: tuple[int, int]) -> str:
        """What was added after `mark`."""
        return "".join(self._pieces[mark[1] :])


class _Context(NamedTuple):
    """What an element passes on to its content; most pass on what they were given."""

    barred: bool  # not displayed, and nothing inside is
    hidden: bool  # barred, or in the colour of its background, which an inner element may change
    colour: str  # "" when the page does not say
    background: str
    preformatted: bool = False


class _Due(NamedTuple):
    """What is to be written when an element ends, and where its content began."""

    start: tuple[int, int]
    newlines: int
    target: str = ""
    quoted: bool = False
    pictures: int = 0  # seen before it


@dataclass(slots=True)
class _Walk:
    page: str
    visible: _Sink = field(default_factory=_Sink)
    hidden: _Sink = field(default_factory=_Sink)
    captions: list[str] = field(default_factory=list)
    quotes: list[tuple[int, int]] = field(default_factory=list)
    separators: list[int] = field(default_factory=list)
    _pictures: int = 0
    _alternative: str = ""  # what stands for the latest picture
    _styles: dict[str, Style] = field(default_factory=dict)
    _classes: frozenset[str] = frozenset()
    _colours_known: bool = True

    def walk(self, root: LexborNode) -> bool:
        """Visit every node once; False when MAX_NODES ended it."""
        self._read_sheets(root)
        if ("<title" in self.page or "<TITLE" in self.page) and (title := root.css_first("title")) is not None:
            self.captions.append(title.text())
        context = _Context(False, False, "", _WHITE)
        stack: list[tuple[LexborNode, _Context, _Context, _Due | None]] = []  # open elements, what is around and inside
        node: LexborNode | None = root
        for _ in range(MAX_NODES):
            if node is None:
                return True
            tag = node.tag or ""
            if tag == "-text":
                sink = self.hidden if context.hidden else self.visible
                (sink.add_as_is if context.preformatted else sink.add)(node.text_content or "")
            else:
                inner, due = self._enter(node, tag, context)
                if inner is not None and (child := node.first_child) is not None:
                    stack.append((node, context, inner, due))
                    node, context = child, inner
                    continue
                if inner is not None and due is not None:
                    self._leave(inner, due)
            following = node.next
            while following is None and stack:
                node, context, inner, due = stack.pop()
                if due is not None:
                    self._leave(inner, due)
                following = node.next
            node = following
        return node is None

    def _read_sheets(self, root: LexborNode) -> None:
        if "<style" not in self.page and "<STYLE" not in self.page:
            return
        sheet = "\n".join(node.text() for node in root.css("style"))
        self._colours_known = "background" not in sheet
        if "none" in sheet or "hidden" in sheet or "font-size" in sheet:
            self._classes = hidden_classes(sheet)

    def _enter(self, node: LexborNode, tag: str, outer: _Context) -> tuple[_Context | None, _Due | None]:
        """Write what stands before an element's content; no context when its content is not looked at."""
        if tag in _NOT_CONTENT or tag == "-comment":
            if tag == "-comment":
                self._comment(node.comment_content or "")
            elif tag == "iframe" and not outer.hidden:
                self.visible.add(f" {strip_tags(node.attributes.get('srcdoc') or '')} ")
            return _NOTHING
        sink = self.hidden if outer.hidden else self.visible
        if tag == "br":
            sink.line_break()
            return _NOTHING
        if tag in _CELLS:
            sink.blank()
        attributes = node.attributes
        pictures = self._pictures
        if tag in _PICTURES:
            self._pictures += 1
            self._alternative = attributes.get("alt") or ""
        context, target, quoted = outer, "", tag == "blockquote"
        if not _TELLING.isdisjoint(attributes):
            context = outer if _STYLING.isdisjoint(attributes) else self._context(attributes, outer)
            target = browsed(attributes.get(_TARGETS[tag]) or "") if tag in _TARGETS else ""
            quoted = self._is_quote(attributes) or quoted
        if tag in _SAYING and not context.hidden and (said := _said(tag, attributes)):
            sink.add(f" {said} ")
        newlines = 0
        if tag in _BLOCKS:
            newlines = 2 if tag in _PARAGRAPHS and not _is_tight(attributes) else 1
            sink.newline(newlines)
            if tag == "pre":
                context = context._replace(preformatted=True)
        if not (newlines or target or quoted):
            return context, None
        return context, _Due(self.visible.mark(), newlines, target, quoted, pictures)

    def _context(self, attributes: dict[str, str | None], outer: _Context) -> _Context:
        style = self._style(attributes.get("style") or "")
        if style is PLAIN and not self._classes and _COLOURING.isdisjoint(attributes):
            return outer
        colour = style.colour if style.colour is not None else colour_of(attributes.get("color"))
        background = style.background if style.background is not None else colour_of(attributes.get("bgcolor"))
        if attributes.get("background") or attributes.get("data-bg"):
            background = ""
        colour = outer.colour if colour is None else colour
        background = outer.background if background is None else background
        barred = outer.barred or style.hides or "hidden" in attributes or self._is_barred(attributes)
        hidden = barred or (self._colours_known and colour != "" and colour == background)
        return _Context(barred, hidden, colour, background, outer.preformatted)

    def _is_barred(self, attributes: dict[str, str | None]) -> bool:
        return bool(self._classes) and not self._classes.isdisjoint((attributes.get("class") or "").split())

    def _is_quote(self, attributes: dict[str, str | None]) -> bool:
        """Also notes where an earlier message begins, and what is said beside the text."""
        if "alt" in attributes or "title" in attributes:
            self.captions += [text for key in ("alt", "title") if (text := attributes.get(key))]
        name = attributes.get("id")
        if name and name.lower() in _SEPARATOR_IDS:
            self.separators.append(self.visible.length)
        classes = attributes.get("class")
        return classes is not None and any(name.startswith(_QUOTE_CLASSES) for name in classes.split())

    def _style(self, written: str) -> Style:
        if not written:
            return PLAIN
        style = self._styles.get(written)
        if style is None:
            style = read_style(written)
            style = self._styles[written] = PLAIN if style == PLAIN else style
        return style

    def _comment(self, comment: str) -> None:
        """Outlook shows what stands in `<!--[if mso]>` comments; other readers do not."""
        if comment.startswith("[if"):
            self.hidden.newline(1)
            self.hidden.add(strip_tags(comment.partition(">")[2].rpartition("<![endif]")[0]))

    def _leave(self, inside: _Context, due: _Due) -> None:
        if due.target and not inside.hidden:
            shown = self.visible.since(due.start).strip()
            if not shown and self._pictures > due.pictures and _differs(shown, due.target):
                self.visible.add(f"{self._alternative} <{due.target}>")
            elif shown and _differs(shown, due.target):
                self.visible.add(f" <{due.target}>")
        start = due.start[0]
        if due.quoted and self.visible.length > start:
            self.quotes.append((start, self.visible.length))
        if due.newlines:
            (self.hidden if inside.hidden else self.visible).newline(due.newlines)


def _said(tag: str, attributes: dict[str, str | None]) -> str:
    """What a field, a button, a choice or a group of them shows by its attributes."""
    if tag != "input":
        return attributes.get("label") or ""
    kind, value = (attributes.get("type") or "").lower(), attributes.get("value") or ""
    if kind in _FILLED_IN:
        return value or f"{attributes.get('placeholder') or ''} {BLANK}"
    return value if kind in _BUTTONS else ""


def _is_tight(attributes: dict[str, str | None]) -> bool:
    """Whether a paragraph is written without space around it, as Outlook does for every line."""
    return "mso" in (attributes.get("class") or "").lower() or "margin:0" in (attributes.get("style") or "").replace(
        " ", ""
    )


def _differs(shown: str, target: str) -> bool:
    """Whether a link's target says something that its text does not."""
    if target.startswith("#"):
        return False
    if " " in shown and " " not in target:
        return True
    bare = _bare(shown)
    return bare not in target.lower() or bare != _bare(target)


def _bare(link: str) -> str:
    link = link.lower()
    for prefix in ("mailto:", "https://", "http://", "tel:"):
        link = link.removeprefix(prefix)
    return link.partition("?subject=")[0].rstrip("/")
