"""What CSS says about being seen: the few declarations by which senders hide words. No cascade, no layout."""

import re
from dataclasses import dataclass

MAX_SHEET = 64 * 1024  # characters of style sheets that are looked at

_TRIGGERS = (
    "none",
    "hidden",
    "collapse",
    "hide",
    "font",
    "opacity",
    "color",
    "height",
    "width",
    "indent",
    "left",
    "background",
)
_ZERO = re.compile(r"[+-]?0*\.?0*(?:px|pt|em|rem|ex|in|cm|mm|%|vw|vh)?")
_TINY = re.compile(r"(?:0*1|0*\.\d+)(?:px|pt|%)")
_HIDING = ("display:none", "visibility:hidden", "visibility:collapse", "mso-hide:all", "opacity:0;", "text-indent:-9")
_HEX_COLOUR = re.compile(r"#([0-9a-f]{3,8})")
_RGB = re.compile(r"rgba?\((\d{1,3}),(\d{1,3}),(\d{1,3})")
_NAMED = {"white": "ffffff", "black": "000000", "red": "ff0000", "yellow": "ffff00", "silver": "c0c0c0"}
_RULE = re.compile(r"(?:\A|(?<=[{}]))([^{}]*+)\{([^{}]*+)\}")  # linear: begins where a run of others does
_CLASS = re.compile(r"\.([A-Za-z0-9_-]{1,100})")


@dataclass(frozen=True, slots=True)
class Style:
    """`colour` and `background` as six hexadecimal digits, None when not said, "" when not known."""

    hides: bool = False
    colour: str | None = None
    background: str | None = None


PLAIN = Style()


def read_style(declarations: str) -> Style:
    """The body of a `style` attribute."""
    written = re.sub(r"\s+|!important", "", declarations.lower()) + ";"
    if not any(trigger in written for trigger in _TRIGGERS):
        return PLAIN
    if any(hiding in written for hiding in _HIDING):
        return Style(hides=True)
    values = dict(declaration.partition(":")[::2] for declaration in written.split(";"))
    size = values.get("font-size", "")
    boxed = values.get("overflow", "") == "hidden" or "max-height" in values
    height = values.get("max-height") or values.get("height") or values.get("width") or ""
    hides = (
        bool(size and (_ZERO.fullmatch(size) or _TINY.fullmatch(size)))
        or bool(boxed and height and _ZERO.fullmatch(height))
        or bool(values.get("opacity") and _ZERO.fullmatch(values["opacity"]))
        or (values.get("position") == "absolute" and values.get("left", "").startswith("-9"))
    )
    background = values.get("background-color") or values.get("background")
    return Style(hides, colour_of(values.get("color")), colour_of(background))


def colour_of(written: str | None) -> str | None:
    """A colour as six digits; "" for one that is not understood, None for none."""
    if written is None:
        return None
    written = written.strip().lower()
    if written in _NAMED:
        return _NAMED[written]
    if match := _HEX_COLOUR.match(written):
        digits = match[1]
        return "".join(digit * 2 for digit in digits[:3]) if len(digits) < 6 else digits[:6]
    if match := _RGB.match(written):
        return "".join(f"{min(int(part), 255):02x}" for part in match.groups())
    return ""


def hidden_classes(sheet: str) -> frozenset[str]:
    """Classes that a style sheet hides everywhere; rules inside `@media` and other blocks do not count."""
    sheet = _outer_rules(re.sub(r"<!--|-->", "", sheet[:MAX_SHEET]))
    return frozenset(
        name
        for selector, declarations in _RULE.findall(sheet)
        if read_style(declarations).hides
        for name in _CLASS.findall(selector)
    )


def _outer_rules(sheet: str) -> str:
    """The sheet without its at-rules."""
    kept: list[str] = []
    depth = skip_from = 0
    for token in re.findall(r"[^{}]+|[{}]", sheet):
        if token == "{":
            depth += 1
            if depth == 1 and kept and kept[-1].lstrip().rpartition(";")[2].lstrip().startswith("@"):
                kept.pop()
                skip_from = depth
        if not skip_from:
            kept.append(token)
        if token == "}":
            depth = max(0, depth - 1)
            if depth == 0:
                skip_from = 0
    return "".join(kept)
