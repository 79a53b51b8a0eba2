"""The table of kinds: the shape of each, its check, the words that speak for it, and how much it then weighs.

Every pattern begins with one character class and repeats only bounded classes: linear in the length of the text.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from rules.identifiers import checks
from rules.identifiers.licences import is_licence


class IdentifierKind(StrEnum):
    SSN = "social security number"
    PARTIAL_SSN = "part of a social security number"
    ITIN = "taxpayer number"
    EIN = "employer number"
    CARD = "payment card"
    IBAN = "IBAN"
    BANK_ACCOUNT = "bank account"
    ROUTING = "bank routing number"
    DRIVERS_LICENCE = "driver's licence"
    PASSPORT = "passport"
    ALIEN = "alien number"
    TRAVELLER = "traveller number"
    EMPLOYEE = "employee number"
    MEDICARE = "Medicare number"
    HEALTH_PLAN = "health plan member number"
    NPI = "provider number"
    DEA = "prescriber number"
    HOME_ADDRESS = "home address"
    HOME_TELEPHONE = "home telephone"
    CONTACT = "contact record"
    PAY = "pay of people by name"
    PERSONNEL = "act of personnel on somebody by name"
    BIRTH_DATE = "date of birth"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One way a kind is written.

    `look` and `hint` are for speed alone, in RE2's syntax: the pattern is tried only on a text that holds `look`, and,
    when the shape counts only with context, `hint`.
    `alone` and `near` are the weights without and with a context word; 0 is not reported.
    """

    kind: IdentifierKind
    look: str
    pattern: re.Pattern[str]
    check: Callable[[str], bool]  # of the match without blanks, hyphens, dots and slashes, in capitals
    context: re.Pattern[str]
    hint: str
    alone: float
    near: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Context:
    """Words near a number that say what it is, and pieces of which one stands in each of them, in RE2's syntax."""

    pattern: re.Pattern[str]
    hint: str


def words_around(*alternatives: str) -> re.Pattern[str]:
    """One pattern for all of these, as whole words and without regard to case."""
    return re.compile(rf"(?<![A-Za-z])(?:{'|'.join(alternatives)})(?![A-Za-z])", re.IGNORECASE)


_SSN_WORDS = _Context(
    pattern=words_around(
        r"ss[#n](?:'?s)?", r"s\.s\.n?\.?", r"soc(?:ial)?\.? ?sec(?:urity)?", r"social(?= ?(?:#|is|no|num))"
    ),
    hint=r"ssn|ss#|s\.s\.|soc",
)
_ITIN_WORDS = _Context(pattern=words_around(r"itin", r"taxpayer", r"tax id"), hint=r"itin|tax")
_EIN_WORDS = _Context(
    pattern=words_around(r"f?ein", r"employer id", r"federal tax", r"tax id", r"w-?9"),
    hint=r"ein|employer|tax|w9|w-9",
)
_CARD_WORDS = _Context(
    pattern=words_around(
        r"visa", r"master ?card", r"amex", r"american express", r"discover", r"cards?", r"cc", r"cvv2?", r"cvc",
        r"(?:credit|debit|payment|p-?)card", r"exp(?:ires|iration|\.)?",
    ),
    hint=r"card|visa|amex|express|cc|cv|exp|discover",
)  # fmt: skip
_BANK_WORDS = _Context(
    pattern=words_around(
        r"bank(?:ing)?", r"checking", r"savings", r"direct deposit", r"routing", r"aba", r"wire", r"iban", r"swift",
        r"credit union",
    ),
    hint=r"bank|checking|savings|deposit|routing|aba|wire|iban|swift|credit",
)  # fmt: skip
_LICENCE_WORDS = _Context(
    pattern=words_around(
        r"driver'?s?'? ?licen[sc]es?", r"drivers? lic", r"dln?", r"d\.l\.", r"oln", r"operator'?s? licen[sc]e"
    ),
    hint=r"lic|dl|d\.l\.|oln",
)
_PASSPORT_WORDS = _Context(pattern=words_around(r"passports?"), hint=r"passport")
_MEDICARE_WORDS = _Context(
    pattern=words_around(r"medicare", r"mbi", r"beneficiary", r"hicn?", r"member id"),
    hint=r"medicare|mbi|benef|hic|member",
)
_HEALTH_PLAN_WORDS = _Context(
    pattern=words_around(
        r"(?:member|subscriber|beneficiary|enrollee)(?:'s)? ?(?:id|no|num(?:ber)?|#)",
        r"health (?:plan|insurance)",
        r"medicaid",
        r"blue cross|bcbs|aetna|cigna|humana|united ?health(?:care)?|kaiser permanente",
    ),
    hint=r"member|subscr|benef|enroll|health|medicaid|blue cross|bcbs|aetna|cigna|humana|kaiser",
)
_NPI_WORDS = _Context(pattern=words_around(r"npi", r"national provider"), hint=r"npi|provider")
_DEA_WORDS = _Context(pattern=words_around(r"dea"), hint=r"dea")
_HOME_WORDS = _Context(
    pattern=words_around(
        r"home (?:mailing )?address(?:es)?", r"residence", r"resid(?:es|ing) at", r"lives at", r"home:"
    ),
    hint=r"home|resid|lives",
)
_ALIEN_WORDS = _Context(
    pattern=words_around(r"alien", r"a-?(?:number|#)", r"uscis", r"immigration", r"green card", r"permanent resident"),
    hint=r"alien|a-?number|a-?#|uscis|immigra|green|permanent",
)
_TRAVELLER_WORDS = _Context(
    pattern=words_around(r"known travell?er", r"ktn", r"tsa(?: pre-?check)?", r"global entry", r"redress"),
    hint=r"travel|ktn|tsa|global|redress",
)
_EMPLOYEE_WORDS = _Context(
    pattern=words_around(r"(?:employee|emp\.?|personnel|payroll)[ _]?(?:ids?|no\.?|num(?:ber)?|#)"),
    hint=r"emp|personnel|payroll",
)
_HOME_PHONE_WORDS = _Context(pattern=words_around(r"home"), hint=r"home")
_FORM_WORDS = _Context(pattern=words_around(r"address"), hint=r"address")
# A number that these words announce is not a person's, whatever its shape.
OTHER_NUMBERS = words_around(
    r"parcels?", r"apn", r"case", r"docket", r"permit", r"invoice", r"p\.?o\.?", r"purchase order", r"order", r"ticket",
    r"tracking", r"confirmation", r"policy", r"claim", r"serial", r"part", r"model", r"phone", r"fax", r"tel", r"cell",
)  # fmt: skip

# In the heading of a table: its numbers are of places and files, not of people.
OTHER_LISTS = words_around(r"parcels?", r"apn", r"permits?", r"dockets?", r"case (?:#|no|number)s?")

_ALONE = r"(?<![\w-]\d)(?<!\d\.\d)"  # after the first digit: not the inside of a longer number or of a name
_END = r"(?![\w-]|\.\d)"

_NINE = re.compile(rf"\d{_ALONE}\d{{8}}{_END}")
_HYPHENATED = re.compile(rf"\d{_ALONE}\d\d-\d\d-\d{{4}}{_END}")
_SPACED = re.compile(rf"\d{_ALONE}\d\d([. ])\d\d\1\d{{4}}{_END}")
_EIN_SHAPE = re.compile(rf"\d{_ALONE}\d-\d{{7}}{_END}")
_CARD_PLAIN = re.compile(rf"\d{_ALONE}(?<![=/&?#%].)\d{{13,18}}{_END}")  # web addresses are full of long numbers
_CARD_GROUPED = re.compile(
    rf"\d{_ALONE}\d{{3}}([- ])(?:\d{{4}}\1\d{{4}}\1\d{{4}}(?:\1\d{{3}})?|\d{{6}}\1\d{{4,5}}){_END}"
)
_IBAN_SHAPE = re.compile(r"[A-Z](?<![A-Za-z0-9].)[A-Z]\d\d(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])")
_ACCOUNT_SHAPE = re.compile(
    r"[Aa](?<![A-Za-z].)(?i:cc(?:oun)?t|/c)\.?(?: ?(?i:numbers?|num|no\.?|#))?(?: is)?:? {0,3}"
    r"(?P<id>\d[\d-]{4,16}\d)(?![\w-])"
)
_PARTIAL_SHAPE = re.compile(
    r"[Xx*#](?<![\w*#-].)[Xx*#]{2}[- ]?[Xx*#]{2}[- ]?(?P<id>\d{4})(?![\w-])"
    r"|[Ll](?<!\w.)(?i:ast)\s(?i:four|4)(?:\s(?i:digits|numbers))?(?:\s(?:of|from))?(?:\s\w{2,5})?"
    r"\s(?i:ssn|ss#|social(?:\ssecurity(?:\snumber)?)?)(?:\sis|\sare|\s?[:=])?\s{0,3}(?P<four>\d{4})(?![\w-])"
)
_ALIEN_SHAPE = re.compile(r"[Aa](?<![\w-].)#?[- ]?\d{3}-?\d{3}-?\d{2,3}(?![\w-])")
_TRAVELLER_SHAPE = re.compile(rf"(?:\d{_ALONE}\d{{8,9}}|[A-Z](?<![\w-].)[A-Z0-9]\d{{6,8}}){_END}")
_EMPLOYEE_SHAPE = re.compile(rf"[\dE](?<![\w.$-].)\d{{4,8}}{_END}")
_HOME_PHONE_SHAPE = re.compile(
    r"[Hh](?<!\w.)(?i:ome)(?: ?(?i:phone|tel(?:ephone)?|number|no\.?|#)){0,2}(?: is)?\s?[:#]?\s{0,3}"
    r"(?P<id>\(?\d{3}\)?[-. ]{1,2}\d{3}[-. ]\d{4})(?!\d)"
)
# A form that a resident filled in: a name, a street, a telephone, each on a line of its own.
_CONTACT_SHAPE = re.compile(
    r"[NFRCAneraf](?<!\w.)(?i:ame|rom|esident|itizen|onstituent|omplainant|pplicant|aller|ull name)\s?:\s{1,3}"
    r"(?:(?:Mr|Mrs|Ms|Miss|Dr)\.?\s)?[A-Z][\w'-]{1,20},?\s(?:[A-Z]\.?\s)?[A-Z][\w'-]{1,20}\s"
    r"(?:[^\n:]{0,40}:?[^\n:]{0,40}\n){0,2}\s{0,8}(?i:(?:home |street |mailing )?address)\s?:\s{0,5}"
    r"(?P<id>\d{1,6}\s[^\n]{4,80})\n\s{0,4}(?:[A-Z][^\n\d]{1,40}\d{5}(?:-\d{4})?\s{1,4})?[^\n\d(]{0,30}"
    r"\(?\d{3}\)?[-. ]{1,2}\d{3}[-. ]\d{4}(?!\d)"
)
# Formats of our neighbours and the largest states, as letters and digits; which state is seldom said.
_LICENCE_SHAPE = re.compile(
    r"[A-Z0-9](?<![\w.-].)(?:\d{6,8}|\d{3}-\d{3}-\d\d-\d{3}-\d|\d{4} \d{5} \d{5}|\d\d-\d\d-\d{4}|\d{11,13}"
    r"|\d{3}-\d{4}-\d{4}|\d{3}-\d{3}-\d{2,3}(?:-\d{3})?)"
    r"(?![\w-])"
)
_PASSPORT_SHAPE = re.compile(r"[A-Z0-9](?<![\w.-].)\d{8}(?![\w-])")

_MBI_SHAPE = re.compile(
    r"[1-9](?<![\w-].)[ACDEFGHJKMNPQRTUVWXY][0-9A-Z]\d-?[ACDEFGHJKMNPQRTUVWXY][0-9A-Z]\d-?"
    r"[ACDEFGHJKMNPQRTUVWXY]{2}\d\d(?![\w-])"
)
_TEN = re.compile(rf"[12]{_ALONE}\d{{9}}{_END}")
_HEALTH_PLAN_SHAPE = re.compile(r"[A-Z](?<![\w-].)[A-Z]{0,3}\d{7,12}(?:[ -]\d{2})?(?![\w-])")
_DEA_SHAPE = re.compile(r"[A-HJ-MPR-UX](?<![\w-].)[A-Z9]\d{7}(?![\w-])")
STREET_SHAPE = re.compile(
    rf"\d{_ALONE}\d{{0,5}} (?:[NSEW]\.? )?(?:[A-Z][\w.'-]{{1,20}} ){{1,3}}"
    r"(?:St(?:reet)?|Ave(?:nue)?|R(?:oa)?d|Dr(?:ive)?|L(?:a)?ne?|Blvd|Boulevard|C(?:our)?t|Cir(?:cle)?|Ter(?:race)?"
    r"|Pl(?:ace)?|Way|Pkwy|Parkway|Trail|Hwy)\b"
)


def _several_digits(text: str) -> bool:
    return len(set(text)) > 2


def _shape(
    kind: IdentifierKind,
    look: str,
    pattern: re.Pattern[str],
    check: Callable[[str], bool],
    context: _Context,
    alone: float,
    near: float,
) -> Shape:
    return Shape(
        kind=kind,
        look=look,
        pattern=pattern,
        check=check,
        context=context.pattern,
        hint=EVERYWHERE if alone else context.hint,
        alone=alone,
        near=near,
    )


_K = IdentifierKind
EVERYWHERE = "."
_SIX_LOOK = r"\d{6}|\d\d-\d{4}|\d{3}-\d{3}"
_CARD_LOOK = r"\d{4}[- ]\d{4}[- ]\d{4}|\d{4}[- ]\d{6}"
SHAPES: tuple[Shape, ...] = (
    _shape(_K.SSN, r"\d{3}-\d\d-\d{4}", _HYPHENATED, checks.is_ssn, _SSN_WORDS, 0.7, 0.98),
    _shape(_K.SSN, r"\d{3}[. ]\d\d[. ]\d{4}", _SPACED, checks.is_ssn, _SSN_WORDS, 0.0, 0.9),
    _shape(_K.SSN, r"\d{9}", _NINE, checks.is_ssn, _SSN_WORDS, 0.0, 0.85),
    _shape(
        _K.PARTIAL_SSN,
        r"[xX*#]{2}[- ]?\d{4}|[Ll](?i:ast)\s(?i:four|4)",
        _PARTIAL_SHAPE,
        bool,
        _SSN_WORDS,
        0.4,
        0.6,
    ),
    _shape(_K.ITIN, r"\d{3}-\d\d-\d{4}", _HYPHENATED, checks.is_itin, _ITIN_WORDS, 0.6, 0.95),
    _shape(_K.ITIN, r"\d{9}", _NINE, checks.is_itin, _ITIN_WORDS, 0.0, 0.8),
    # A business's number, on every invoice: never personal by itself.
    _shape(_K.EIN, r"\d\d-\d{7}", _EIN_SHAPE, checks.is_ein, _EIN_WORDS, 0.0, 0.5),
    _shape(_K.CARD, _CARD_LOOK, _CARD_GROUPED, checks.is_card, _CARD_WORDS, 0.8, 0.98),
    # One number in ten has a right check digit, and one in six an issuer's prefix.
    _shape(_K.CARD, r"\d{14}", _CARD_PLAIN, checks.is_card, _CARD_WORDS, 0.4, 0.95),
    _shape(_K.IBAN, r"[A-Z]{2}\d\d ?[A-Z0-9]{4}", _IBAN_SHAPE, checks.is_iban, _BANK_WORDS, 0.85, 0.95),
    _shape(_K.BANK_ACCOUNT, _SIX_LOOK, _ACCOUNT_SHAPE, _several_digits, _BANK_WORDS, 0.0, 0.7),
    # Printed on every cheque: speaks for an account beside it, tells nothing about a person alone.
    _shape(_K.ROUTING, r"\d{9}", _NINE, checks.is_routing_number, _BANK_WORDS, 0.0, 0.4),
    _shape(_K.DRIVERS_LICENCE, _SIX_LOOK, _LICENCE_SHAPE, is_licence, _LICENCE_WORDS, 0.0, 0.8),
    _shape(
        _K.MEDICARE,
        r"[1-9][A-Z][0-9A-Z]\d-?[A-Z][0-9A-Z]\d-?[A-Z]{2}\d\d",
        _MBI_SHAPE,
        checks.is_mbi,
        _MEDICARE_WORDS,
        0.65,
        0.95,
    ),
    # Each plan has its own: letters, then digits. Without letters it would be any number, and a telephone's too.
    _shape(_K.HEALTH_PLAN, r"[A-Z]\d{7}", _HEALTH_PLAN_SHAPE, _several_digits, _HEALTH_PLAN_WORDS, 0.0, 0.75),
    # Published in registers of physicians: these speak for a record beside them, not for themselves.
    _shape(_K.NPI, r"[12]\d{9}", _TEN, checks.is_npi, _NPI_WORDS, 0.0, 0.3),
    _shape(_K.DEA, r"[A-Z][A-Z9]\d{7}", _DEA_SHAPE, checks.is_dea, _DEA_WORDS, 0.0, 0.7),
    # Streets are a city's business; three that are called somebody's home are a list of homes.
    _shape(_K.HOME_ADDRESS, r"\d [A-Z]|\d [NSEW]", STREET_SHAPE, bool, _HOME_WORDS, 0.0, 0.45),
    _shape(_K.PASSPORT, r"\d{8}", _PASSPORT_SHAPE, _several_digits, _PASSPORT_WORDS, 0.0, 0.8),
    _shape(_K.ALIEN, r"[Aa]#?[- ]?\d{3}-?\d{3}", _ALIEN_SHAPE, _several_digits, _ALIEN_WORDS, 0.0, 0.8),
    _shape(_K.TRAVELLER, r"\d{6}", _TRAVELLER_SHAPE, _several_digits, _TRAVELLER_WORDS, 0.0, 0.7),
    # One is on every form of a department; three are a list of staff.
    _shape(_K.EMPLOYEE, r"\d{4}", _EMPLOYEE_SHAPE, _several_digits, _EMPLOYEE_WORDS, 0.0, 0.45),
    # Alone it is a friend's; beside a home address, or several of them, somebody's record.
    _shape(_K.HOME_TELEPHONE, r"(?i:home)", _HOME_PHONE_SHAPE, _several_digits, _HOME_PHONE_WORDS, 0.0, 0.45),
    # An answer to a resident quotes his own; three are a list.
    _shape(_K.CONTACT, r"(?i:address)\s?:", _CONTACT_SHAPE, bool, _FORM_WORDS, 0.0, 0.45),
)

BIRTH_WORDS = words_around(r"d\.?o\.?b\.?", r"birth ?dates?", r"dates? of birth")
BORN_WORDS = words_around(r"born(?: on)?", r"birthday")  # of lives told in public as much as of records
# 03/09/1962, 3-9-62, 1962-03-09; March 9, 1962; 9 March 1962: the whole date, for day and month alone say little.
_ORDINAL = r"(?:st|nd|rd|th)?"
_MONTH = r"[a-z]{2,8})\.?"
BIRTH_DATE = re.compile(
    rf"(?P<y>\d{_ALONE}\d{{3}})-(?P<m>\d\d)-(?P<d>\d\d){_END}"
    rf"|(?P<m1>\d{_ALONE}\d?)[/.-](?P<d1>\d{{1,2}})[/.-](?P<y1>(?:19|20)?\d\d){_END}"
    rf"|(?P<m2>[JFMASONDjfmasond](?<!\w.){_MONTH} (?P<d2>\d{{1,2}}){_ORDINAL},? (?P<y2>(?:19|20)\d\d){_END}"
    rf"|(?P<d3>\d{_ALONE}\d?){_ORDINAL} (?P<m3>[JFMASONDjfmasond]{_MONTH},? (?P<y3>(?:19|20)\d\d){_END}"
)
