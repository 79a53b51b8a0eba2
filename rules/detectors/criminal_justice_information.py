"""Criminal justice information: records of KCJIS, NCIC and ALERT, agency identifiers, criminal histories.

Speaking of a system (training, an audit) is told with little weight; a marking, a record or an identifier is detected.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path

from rules.document import STRICT, Threshold
from rules.facts import Facts, Role, Text
from rules.finding import Evidence, Observation
from rules.masking import hidden
from rules.patterns import compile_patterns, evidence_of, literal

NAME = Path(__file__).stem
ROLES = tuple(role for role in Role if role is not Role.FOOTER)
MAX_EVIDENCE = 10
MAX_EACH = 50  # matches of one sign in one text

_STATES = (
    "A[KLRZ]|C[AOT]|D[CE]|F[LM]|G[AU]|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[BCDEHJMVY]|O[HKR]|P[AR]|RI|S[CD]|T[NX]|UT|V[AIT]"
    "|W[AIVY]|US"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    __pydantic_config__ = STRICT
    threshold: Threshold = 0.6  # score from which it is detected; the mere name of a system is 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sign:
    """Something that records of criminal justice hold. One of `hints` stands in every match.

    Those in small letters count whatever their case.
    """

    what: str
    weight: float
    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    number: bool = False  # the match holds a person's identifier, to be masked


def _sign(what: str, weight: float, hints: tuple[str, ...], pattern: str, *, number: bool = False) -> _Sign:
    """A blank in `pattern` stands for any white space: lines are wrapped anywhere."""
    return _Sign(what=what, weight=weight, hints=hints, pattern=re.compile(pattern.replace(" ", r"\s")), number=number)


# Capitals matter here: ALERT is a system of records, an alert is not. All bounded: linear.
_SYSTEM = r"(?:KCJIS|NCIC|CJIS|NLETS|Nlets|ALERT|III|NICS|KLETS)"
_PERSON = (
    r"(?:[Hh]im|[Hh]er|[Tt]hem|[Hh]is name|[Hh]er name|[Tt]he (?:name|plate|tag|vin|VIN|subject)"
    r"|[A-Z][a-z]+ [A-Z][a-z]+)"
)
_FIELD = "NAM|SEX|RAC|DOB|HGT|WGT|EYE|HAI|OLN|OLS|SOC|FBI|SID|NIC|LIC|LIS|VIN|OFF|DOW|OCA|ORI|MNU"
_SIGNS: tuple[_Sign, ...] = (
    _sign(
        "marking",
        0.9,
        ("cjis", "ncic", "cji", "criminal"),
        r"\b(?:KCJIS|NCIC|CJIS?|(?i:criminal justice)) (?i:information|data|record)s?\W{1,5}"
        r"(?i:do not|not for|restricted|official use|dissemination|unauthori[sz]ed|controlled)",
    ),
    _sign(
        "result of a query",
        0.8,
        ("CJIS", "KCJIS", "NCIC", "NLETS", "KLETS", "ALERT", "III", "triple i", "triple-i", "triple\ni"),
        # ALERT and III are common words in capitals too.
        r"\b(?:(?:KCJIS|NCIC|CJIS|NLETS|KLETS) "
        r"(?i:hit|returns?(?! to\b)|response|print-? ?out|result|check came|query result|entry number|record shows)"
        r"|(?:ALERT|III|(?i:triple)[ -]I) (?i:hit|print-? ?out|query|inquiry|record check))(?i:s|ies)?\b",
    ),
    _sign(
        "quotation of a system",
        0.7,
        ("KCJIS", "NCIC", "NLETS", "KLETS", "ALERT", "III"),
        r"\b(?:[Ff]rom|[Pp]er|[Aa]ccording to) (?:the )?(?:(?:KCJIS|NCIC|NLETS|KLETS)(?: (?i:system|database|file)s?)?"
        r"|(?:ALERT|III) (?i:system|database|file)s?) ?:",
    ),
    _sign(
        "query of a person",
        0.7,
        ("KCJIS", "NCIC", "CJIS", "NLETS", "Nlets", "ALERT", "III", "NICS", "KLETS"),
        rf"\b(?:[Rr][au]n|[Qq]ueried|[Cc]hecked) {_PERSON} (?:in|through|on|by|thru|via) (?:the )?{_SYSTEM}\b",
    ),
    _sign(
        "agency identifier (ORI)",
        0.7,
        ("ori ", "ori:", "ori#", "ori/", "ori=", "ori\n"),
        r"\bORI(?: (?:number|no\.?|is|code))?\s?[:#/=]{0,2}\s{0,3}"
        rf"(?:{_STATES})(?:\d{{3}}[0-9A-Z]{{4}}|[A-Z]{{3}}\d{{4}})\b",
    ),
    _sign(
        "record fields",
        0.9,
        ("nam/", "dob/", "oln/", "soc/", "fbi/", "sid/", "nic/", "lic/", "vin/", "oca/", "mnu/"),
        rf"\b(?:{_FIELD})/[A-Z0-9][^\n]{{0,80}}?[.,; ](?:{_FIELD})/[A-Z0-9][A-Z0-9-]{{0,20}}",
        number=True,
    ),
    _sign(
        "FBI or state number",
        0.7,
        ("fbi", "sid:", "sid #", "sid n", "sid#", "state id", "ucn"),
        r"\b(?:FBI|SID|State ID|UCN)(?: (?:number|no\.?|num)(?: is)? ?[:#]{0,2}| ?[:#]{1,2})\s{0,3}"
        r"(?!(?:1-)?\d{3}-\d{3}-)(?=[A-Z-]{0,8}\d)[A-Z0-9-]{6,12}\b",
        number=True,
    ),
    _sign(
        "criminal history",
        0.6,
        ("rap sheet", "criminal history", "arrest record"),
        r"(?i:\b(?:his|her|their|[a-z]+'s|attached(?: is)?(?: the)?) "
        r"(?:full |complete |adult |juvenile )?(?:rap sheet|criminal history(?: record)?|arrest record)s?\b)",
    ),
    _sign(
        "wanted person",
        0.6,
        ("warrant",),
        r"(?i:\b(?:active|outstanding|open) (?:felony |misdemeanor )?warrants?\b"
        r"[^\n]{0,40}\b(?:for|on|out of|issued)\b)",
    ),
    _sign("name of a system", 0.25, ("cjis", "ncic", "nlets", "klets"), r"\b(?:KCJIS|NCIC|CJIS|NLETS|KLETS)\b"),
)


def _gate(hint: str) -> str:
    """One in capitals is the name of a system, which stands alone: an alert is everywhere."""
    return literal(hint) if hint.islower() else rf"(?-i:\b{literal(hint)}\b)"


_GATES = tuple("|".join(map(_gate, sign.hints)) for sign in _SIGNS)


def detect(facts: Facts, parameters: Parameters) -> Iterator[Observation]:
    """Report the signs of one message in one observation, each kind of sign counted once."""
    found = [item for text in facts.said(*ROLES) for item in _signs(text)]
    if not found:
        return
    found.sort(key=lambda item: -item[0].weight)
    kinds = {sign.what: sign.weight for sign, _ in found}
    score = round(1.0 - prod(1.0 - weight for weight in kinds.values()), 3)
    yield Observation(
        detector=NAME,
        detected=score >= parameters.threshold,
        score=score,
        summary=", ".join(kinds),
        evidence=tuple(
            replace(evidence, signal=f"{sign.what} {sign.weight}") for sign, evidence in found[:MAX_EVIDENCE]
        ),
    )


def _signs(text: Text) -> Iterator[tuple[_Sign, Evidence]]:
    for index in compile_patterns(_GATES).fires(text.text):
        sign = _SIGNS[index]
        spans = [match.span() for _, match in zip(range(MAX_EACH), sign.pattern.finditer(text.text), strict=False)]
        shown = hidden(text, spans) if sign.number else text
        for start, end in spans:
            yield sign, evidence_of(shown, start, end)
