"""What drivers' licences look like, state by state, without blanks and hyphens. Data, and one look-up.

The formats are those that the states publish for employers and insurers; where a state has changed its own, the old
ones are still carried. A few states issue plain digits of many lengths: there the words around a number must speak.
"""

import re

# Letters are A, digits 9; {m,n} as in patterns.
FORMATS = {
    "AL": r"\d{7,8}", "AK": r"\d{6,7}", "AZ": r"[A-Z]\d{8}|\d{9}", "AR": r"\d{8,9}", "CA": r"[A-Z]\d{7}",
    "CO": r"\d{9}|[A-Z]{1,2}\d{3,6}", "CT": r"\d{9}", "DE": r"\d{6,7}", "DC": r"\d{7}|\d{9}", "FL": r"[A-Z]\d{12}",
    "GA": r"\d{7,9}", "HI": r"H\d{8}|\d{9}", "ID": r"[A-Z]{2}\d{6}[A-Z]|\d{9}", "IL": r"[A-Z]\d{11,12}",
    "IN": r"[A-Z]?\d{9,10}", "IA": r"\d{9}|\d{3}[A-Z]{2}\d{4}", "KS": r"K\d{8}|\d{9}|[A-Z]\d[A-Z]\d[A-Z]",
    "KY": r"[A-Z]\d{8,9}|\d{9}", "LA": r"0?\d{8}", "ME": r"\d{7}[A-Z]?|\d{8}", "MD": r"[A-Z]\d{12}",
    "MA": r"[A-Z]{1,2}\d{7,8}|\d{9}", "MI": r"[A-Z]\d{12}", "MN": r"[A-Z]\d{12}", "MS": r"\d{9}",
    "MO": r"[A-Z]\d{5,9}|[A-Z]\d{6}R|\d{8}[A-Z]{2}|\d{9}[A-Z]?", "MT": r"\d{13,14}|\d{9}", "NE": r"[A-Z]\d{6,8}",
    "NV": r"\d{9,10}|\d{12}|X\d{8}", "NH": r"\d{2}[A-Z]{3}\d{5}|NHL\d{8}", "NJ": r"[A-Z]\d{14}", "NM": r"\d{8,9}",
    "NY": r"\d{9}|[A-Z]\d{7}|\d{8}|[A-Z]\d{18}", "NC": r"\d{8,12}", "ND": r"[A-Z]{3}\d{6}|\d{9}",
    "OH": r"[A-Z]{1,2}\d{4,8}|\d{8}", "OK": r"[A-Z]?\d{9}", "OR": r"[A-Z]?\d{6,9}", "PA": r"\d{8}", "RI": r"[\dV]\d{6}",
    "SC": r"\d{6,11}", "SD": r"\d{6,10}|\d{12}", "TN": r"\d{7,9}", "TX": r"\d{7,8}", "UT": r"\d{4,10}",
    "VT": r"\d{8}|\d{7}A", "VA": r"[A-Z]\d{8,11}|\d{9}", "WA": r"[A-Z*]{1,7}[A-Z0-9*]{5,11}|WDL[A-Z0-9]{9}",
    "WV": r"[A-Z]{1,2}\d{5,6}|\d{7}", "WI": r"[A-Z]\d{13}", "WY": r"\d{9,10}",
}  # fmt: skip
_LONGEST = 19  # signs
_COMPILED = {state: re.compile(pattern) for state, pattern in FORMATS.items()}

# Every form but plain letters, which Washington's would allow.
_OF_SOME_STATE = re.compile(rf"(?=\D*\d)(?:{'|'.join(dict.fromkeys(FORMATS.values()))})")


def licence_states(signs: str) -> tuple[str, ...]:
    """The states whose licences look like this; `signs` in capitals, without separators."""
    if len(signs) > _LONGEST or not any(sign.isdigit() for sign in signs):
        return ()
    return tuple(state for state, pattern in _COMPILED.items() if pattern.fullmatch(signs))


def is_licence(signs: str) -> bool:
    """Whether some state issues licences of this form, and it is not one sign over and over."""
    return len(set(signs)) > 2 and len(signs) <= _LONGEST and _OF_SOME_STATE.fullmatch(signs) is not None
