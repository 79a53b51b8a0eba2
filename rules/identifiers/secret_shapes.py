"""The forms of passwords and keys in mail, of requests for them, and the words that are none. Data only."""

import re
from dataclasses import dataclass

# All patterns: a literal or one class to begin with, bounded repeats, no nesting: linear in the length of the text.
_LABEL = (
    r"(?P<label>pass ?words?|passwd|pass ?code|passphrase|pwd"
    r"|passwort|kennwort|mot de passe|contrase[ñn]a|senha|wachtwoord"
    r"|pass|pw|pin(?: ?(?:code|number|no\.?))?)"
)
_VALUE = r"[\"'“”‘’`*_ ]{0,3}(?P<value>[^\s\"'“”‘’`<>\[\](),;|]{4,64})"
_ABOUT = r"(?: \([^)\n]{0,30}\))?(?:\s(?:for|to|on|of|at)\s[\w .'/-]{1,40}?)?"  # what the password is for
TOLD = re.compile(
    rf"\b{_LABEL}\b{_ABOUT}(?P<by>\s{{0,3}}[:=]{{1,2}}>?\s{{0,8}}|\s{{0,3}}[-–]{{1,2}}\s{{1,3}}"
    rf"|\s{{1,3}}(?:is|are|was|will be|would be)(?: (?:now|still|currently|simply|just))?:?\s{{1,8}}){_VALUE}",
    re.IGNORECASE,
)
# Two columns, or "log in as ann with password Tulip-4471": no verb, so only what cannot be prose counts.
BESIDE = re.compile(rf"\b(?:pass ?words?|passwd|passcode|pwd)(?:\t|[ ]{{1,20}})(?:of[ ])?{_VALUE}", re.IGNORECASE)
SET = re.compile(
    rf"\b{_LABEL}\b[^.:\n]{{0,60}}\b(?:set|reset|changed|default(?:s|ed)?|updated)\s{{1,3}}(?:back )?(?:to|as):?"
    rf"\s{{1,3}}{_VALUE}",
    re.IGNORECASE,
)
PAIR = re.compile(
    rf"\b(?:user ?(?:name|id)?|log-?[io]n)\b[ \w]{{0,12}}/ ?{_LABEL}\b(?: (?:is|are)|\s?[:=])\s{{1,3}}"
    rf"[^\s/]{{2,40}} ?/ ?{_VALUE}",
    re.IGNORECASE,
)
SETTING = re.compile(
    r"\b(?P<name>[a-z_.-]{0,30}(?:api[_-]?key|secret(?:[_-]?key)?(?:[_-]?base)?|access[_-]?key|account[_-]?key"
    r"|private[_-]?key|signing[_-]?key|encryption[_-]?key|shared[_-]?key|(?:access|auth|api|bearer)[_-]?token"
    r"|password|passwd|pwd))"
    r"[\"']?\s?[:=]{1,2}\s?[\"']?(?P<value>[^\s\"',;<>{}]{6,200})",
    re.IGNORECASE,
)
IN_URL = re.compile(r"://[^\s/:@]{1,64}:(?P<value>[^\s/@:]{3,64})@[a-z0-9]", re.IGNORECASE)
USER = re.compile(r"\b(?:user ?-?(?:name|id)?|log-?[io]n(?: ?(?:name|id))?|account|id)\s{0,3}[:=]", re.IGNORECASE)
NAMED_USER = re.compile(rf"{USER.pattern}\s{{0,3}}(?P<value>[^\s,;]{{1,64}})", re.IGNORECASE)
DEMO = re.compile(r"\b(?:demo|demos|demonstration|trial|evaluation)\b", re.IGNORECASE)
LOGIN = re.compile(r"\b(?:user ?-?(?:name|id)?|log-?[io]n(?: ?(?:name|id))?)\s{0,3}[:=]", re.IGNORECASE)

# Forms that the issuers publish: what they begin with or hold, what they are, and the whole.
TOKENS = (
    ("AKIA", "AWS access key", re.compile(r"\bAKIA[0-9A-Z]{16}\b")),
    ("ASIA", "AWS access key", re.compile(r"\bASIA[0-9A-Z]{16}\b")),
    ("ghp_", "GitHub token", re.compile(r"\bghp_[A-Za-z0-9]{36,255}\b")),
    ("github_pat_", "GitHub token", re.compile(r"\bgithub_pat_[A-Za-z0-9_]{22,255}\b")),
    ("glpat-", "GitLab token", re.compile(r"\bglpat-[A-Za-z0-9_-]{20,64}")),
    ("xox", "Slack token", re.compile(r"\bxox[abeoprs]-[A-Za-z0-9-]{20,250}")),
    ("sk_live_", "Stripe key", re.compile(r"\bsk_live_[A-Za-z0-9]{16,128}")),
    ("AIza", "Google key", re.compile(r"\bAIza[A-Za-z0-9_-]{35}\b")),
    ("eyJ", "web token", re.compile(r"\beyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,2000}\.[A-Za-z0-9_-]{10,2000}")),
    ("sk-", "OpenAI or Anthropic key", re.compile(r"\bsk-(?:ant|proj|svcacct|admin)-[A-Za-z0-9_-]{20,250}")),
    ("hf_", "Hugging Face token", re.compile(r"\bhf_[A-Za-z0-9]{30,60}\b")),
    ("npm_", "npm token", re.compile(r"\bnpm_[A-Za-z0-9]{36}\b")),
    ("pypi-", "PyPI token", re.compile(r"\bpypi-AgEIcHlwaS[A-Za-z0-9_-]{50,250}")),
    ("SG.", "SendGrid key", re.compile(r"\bSG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{30,64}\b")),
    ("PuTTY-User-Key-File", "private key", re.compile(r"\bPuTTY-User-Key-File-\d{1,2}: \S{2,40}")),
    ("PRIVATE KEY", "private key", re.compile(r"-----BEGIN (?:[A-Z]{2,9} )?PRIVATE KEY(?: BLOCK)?-----[^-]{0,4000}")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A form that tells a secret by what stands around it.

    `gate` is for speed alone, in RE2's syntax: it matches wherever `pattern` does. `odd`: only letters with digits or
    signs count. `meeting`: the form also announces conference calls.
    """

    what: str
    gate: str
    pattern: re.Pattern[str]
    weight: float
    odd: bool = False
    meeting: bool = False


def _shape(what: str, gate: str, pattern: str, weight: float, *, odd: bool = False, meeting: bool = False) -> Shape:
    return Shape(
        what=what, gate=gate, pattern=re.compile(pattern, re.IGNORECASE), weight=weight, odd=odd, meeting=meeting
    )


_LOCKED = r"(?:alarm|disarm|burglar|gate|keypad|key ?pad|lock ?box|vault|garage|safe|door|entry|entrance|access|panel)"
_CODE = r"(?:#?\d{3,8}[#*]?(?![\d.,]?\d)|\d{1,2}-\d{1,2}-\d{1,2}\b)"
SHAPES = (
    _shape(
        "code of a lock or an alarm",
        rf"\b{_LOCKED}\s(?:system\s|lock\s|door\s)?(?:code|pin|combination|combo)",
        rf"\b{_LOCKED}\s(?:system\s|lock\s|door\s)?(?:codes?|pin|combination|combo)\b"
        r"(?:\s(?:for|to|at|of|on)\s[\w '/-]{1,40}?)?(?:\s?[:=#]{1,2}|\s(?:is|was|are|will\sbe))\s{0,3}"
        rf"(?P<value>{_CODE})",
        0.75,
        meeting=True,
    ),
    _shape(
        "code of a lock or an alarm",
        r"\b(?:alarm|disarm|keypad|lock ?box|gate)\scode\s#?\d",
        rf"\b(?:alarm|disarm|keypad|lock ?box|gate)\scode\s(?P<value>{_CODE})",
        0.7,
    ),
    _shape(
        "key of a wireless network",
        r"\b(?:wi-?fi|wireless|wlan|ssid|wpa2?|hotspot|router)\b",
        r"\b(?:wi-?fi|wireless|wlan|ssid|wpa2?|hotspot|router)\b[^\n]{0,80}?\b(?:key|psk|pass ?key|code)\b"
        rf"(?:\s?[:=]|\sis)\s{{0,3}}{_VALUE}",
        0.8,
        odd=True,
    ),
    _shape(
        "user and password",
        r"\b(?:log-?[io]n|user ?(?:name|id)|credentials|user)\s{0,2}[:=]",
        r"\b(?:log-?[io]n|user ?(?:name|id)?|credentials)\s{0,2}[:=]\s{0,3}[a-z][^\s/|,;]{1,40}\s?[/|]\s?"
        r"(?P<value>[^\s/|,;<>]{4,64})(?=\s|[.,;)]|$)",
        0.8,
        odd=True,
    ),
    _shape(
        "user and password",
        r"\b(?:credentials|log-?[io]n (?:details|info))",
        r"\b(?:credentials|log-?[io]n (?:details|info(?:rmation)?))\b[^\n:]{0,60}:\s{0,6}[a-z][^\s:]{1,40}\s{1,4}"
        r"(?P<value>[^\s:/<>]{5,64})(?=\s|$)",
        0.7,
        odd=True,
    ),
    _shape(
        "user and password",
        r"\s(?:pw|pass)\s\S",
        r"\b(?:log-?[io]n|user ?(?:name|id)?)\b[^\n]{2,40}?[,;]?\s(?:and\s)?(?:pw|pass)\s(?P<value>[^\s,;<>]{4,64})",
        0.75,
        odd=True,
    ),
    _shape(
        "password on a command line",
        r"(?:^|\s)(?:-u|--user)\s|/user:",
        r"(?:(?<=\s)(?:-u|--user)\s[\"']?[\w.@-]{1,64}:|/user:[\w.@\\-]{1,64}\s)(?P<value>[^\s\"']{4,100})",
        0.85,
        odd=True,
    ),
    _shape(
        "key in a header field",
        r"\bauthorization:",
        r"\bauthorization:\s(?:bearer|basic|token)\s(?P<value>[a-z0-9._~+/=-]{12,2000})",
        0.9,
        odd=True,
    ),
    _shape(
        "community of a network device",
        r"\bcommunity\b",
        r"\bsnmp\S{0,10}\s(?:ro\s|rw\s|read\s|write\s)?community(?:\sstring)?(?:\sis|\s?[:=])?\s{1,3}"
        r"(?P<value>[^\s,;]{4,64})",
        0.75,
        odd=True,
    ),
    _shape(
        "hash of a password",
        r"\$(?:apr1|[156y]|2[aby])\$",
        r"\$(?:apr1|[156y]|2[aby])\$(?P<value>[./a-z0-9$=,-]{16,200})",
        0.8,
    ),
    _shape(
        "codes that stand for a password",
        r"\b(?:backup|recovery) codes?\b",
        r"\b(?:backup|recovery) codes?\b[^\n\d]{0,30}[:\n]\s{0,4}"
        r"(?P<value>[a-z0-9-]{6,20}(?:[\s,;]{1,3}[a-z0-9-]{6,20}){1,12})",
        0.8,
        odd=False,
    ),
)
SHAPE_GATES = tuple(f"(?i:{shape.gate})" for shape in SHAPES)

ASKED = re.compile(
    r"\b(?:send|give|e-?mail|text|tell|provide|forward|share|reply\swith|respond\swith|write\sback\swith"
    r"|(?:please|kindly|you)\s(?:re-?)?(?:confirm|verify|supply|submit)|let\sme\s(?:know|have)|(?:i|we)(?:\swill|'ll|\swould)?\sneed|what(?:'s|\sis|\sare|\swas))"
    r"(?:\sme|\sus|\shim|\sher|\sit|\sback|\salong|\sover|\sto\sme)?"
    r"(?:\swith)?(?:\swith)?\s(?:your|the|his|her|their|my|our|a)(?:\s[a-z'/]{2,15}){0,5}?\s?"
    r"(?P<asked>passwords?|passcodes?|log-?[io]ns?(?:\s(?:details|info|information|and\spassword))?|credentials)"
    r"(?!\s?-?(?:polic|reset|requirement|manager|protect|expir|rule|change|page|screen|length|field|portal|link|box"
    r"|prompt)|\s(?:is|are|was|has|have|meets?|works?)\b)",
    re.IGNORECASE,
)
REFUSED = re.compile(
    r"\b(?:never|not|don't|dont|won't|cannot|can't|nobody|no one|without|avoid|refuse"
    r"|if (?:anyone|someone|somebody))\b",
    re.IGNORECASE,
)
MEETING = re.compile(
    r"\b(?:zoom|webex|teams|go ?to ?meeting|meeting|conference|webinar|dial(?:-| )?in|call(?:-| )?in|participants?"
    r"|moderator|leader|host|bridge|tele-?conference|join|audio|voicemail|toll|phone)\b",
    re.IGNORECASE,
)
# What follows "password is" or stands beside the field of a form, and is no password.
NO_VALUES = frozenset(
    {
        "about", "above", "account", "address", "again", "allowed", "already", "also", "another", "available",
        "below", "blank", "both", "cannot", "case", "change", "changed", "characters", "click", "compromised",
        "confidential", "confirm", "correct", "created", "days", "default", "different", "disabled", "email",
        "empty", "enabled", "encrypted", "enter", "entered", "exactly", "expire", "expired", "expires",
        "expiring", "field", "first", "forget", "forgot", "forgotten", "found", "from", "generated", "given",
        "going", "here", "hidden", "important", "incorrect", "invalid", "keep", "known", "last", "left",
        "letters", "locked", "login", "logon", "longer", "lost", "made", "mandatory", "mine", "missing", "more",
        "must", "name", "necessary", "needed", "never", "none", "okay", "once", "only", "optional", "other",
        "password", "passwords", "please", "policy", "private", "protected", "provided", "quite", "ready",
        "recommended", "register", "remember", "required", "reset", "right", "safe", "same", "secret", "secure",
        "sensitive", "sent", "separate", "separately", "sign", "some", "somewhere", "stored", "strong",
        "submit", "temporary", "that", "the", "their", "there", "this", "three", "through", "today", "under",
        "unique", "unknown", "until", "updated", "user", "username", "valid", "very", "weak", "what", "when",
        "where", "which", "will", "with", "within", "working", "wrong", "your", "yours",
    }
)  # fmt: skip
# "12-character", "4-digit", "$45.00": how long it must be, what it costs.
MEASURE = re.compile(r"\d{1,3}-[a-z]|\$\d", re.IGNORECASE)
PIN = re.compile(r"\d{4,8}")  # of an alarm or an account; parcels have a longer number of that name
# Labels that mean other things too (a season pass, public works), and those of languages whose prose we cannot tell.
ABROAD = ("passwort", "kennwort", "mot de passe", "contraseña", "contrasena", "senha", "wachtwoord")
LOOSE = ("pass", "pw", "passwords", "pass words", *ABROAD)
SYMBOLS = frozenset("!@#$%^&*+")
QUOTES = tuple("\"'“”‘’`")
ENDINGS = ("ed", "ing", "able", "ible", "ive", "ly", "ent", "ous", "ful")  # of words that describe a password

# Looked for first, in one pass, with RE2: which of the patterns above are worth trying.
GATES = (
    r"\b(?:pass ?words?|passwd|pass ?code|passphrase|pwd|passwort|kennwort|mot de passe|contrase[ñn]a|senha|wachtwoord"
    r"|(?:pass|pw|pin(?: ?(?:code|number|no))?)\.?\s*(?:[:=-]|is\b))",
    r"(?:key|token|secret|password|passwd|pwd)[\"']?\s?[:=]",
    r"\b(?:passwords?|passcodes?|log-?[io]ns?|credentials)\b",
)
TOKEN_GATES = tuple(beginning for beginning, _, _ in TOKENS)
GATE_TOLD, GATE_SETTING, GATE_ASKED = range(3)
NOUN = re.compile(r"\b(?:passw|passc|log-?[io]n|credent)", re.IGNORECASE)  # where ASKED ends; it begins before
