"""Plain words that one YAML reader takes for something else than another does: `no`, `010`, `1:30`, dates.

Editors, formatters and other programs read our files too, most of them by YAML 1.1 (types bool, int, float, null,
timestamp); such a value has to stand in quotes, so that it is the same for all.
"""

import re

_READINGS = (
    ("true or false", re.compile(r"(?:y|n|yes|no|on|off|true|false)", re.IGNORECASE)),
    ("nothing", re.compile(r"(?:null|~)", re.IGNORECASE)),
    ("a number of hours, minutes or seconds", re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")),
    ("an octal number, or a decimal one", re.compile(r"[-+]?0o?[0-9_]+")),
    ("a number", re.compile(r"[-+]?(?:0[xX][0-9a-fA-F_]+|0b[01_]+|[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?)")),
    ("a number", re.compile(r"[-+]?\.(?:inf|nan|[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?)", re.IGNORECASE)),
)
DATE = "a date"
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt \t][0-9:.+\-Zz \t]*)?")
MAX_LENGTH = 60  # characters; nothing of this is longer


def mistaken_for(plain: str) -> str | None:
    """What some reader takes this unquoted text for; None when all agree that it is text."""
    if len(plain) > MAX_LENGTH:
        return None
    if _DATE.fullmatch(plain):
        return DATE
    return next((reading for reading, pattern in _READINGS if pattern.fullmatch(plain)), None)
