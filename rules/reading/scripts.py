"""Recognises what runs although it is written text: script sources, shortcuts and settings in text form.

Judges only files: a mail's own text may speak of such things. Prefers to miss a script that shows nothing of its kind.
"""

import re

from rules.facts import By, Kind, Sign

_FIRST_LINE = 256  # characters of it that Linux looks at
LOOKED_AT = 64 * 1024  # octets at the front of a file: a script shows its language within its first lines

_ENCODED = re.compile(r"#@~\^[a-z0-9+/]{6}==")  # with the length of what follows, as screnc writes it
# What such a file begins with, white space and comments of XML aside.
_BEGINNINGS: tuple[tuple[str, Kind, str], ...] = (
    ("windows registry editor version", Kind.SCRIPT, "registry entries"),
    ("regedit4", Kind.SCRIPT, "registry entries"),
    ("[internetshortcut]", Kind.SHORTCUT, "Internet shortcut"),
    ("[{000214a0-0000-0000-c000-000000000046}]", Kind.SHORTCUT, "Internet shortcut"),
    ("[desktop entry]", Kind.SHORTCUT, "desktop entry"),
    ("[shell]", Kind.SCRIPT, "Explorer command file"),
    ("#@~^", Kind.SCRIPT, "encoded script"),
    ("xlodbc\n1", Kind.SHORTCUT, "database query"),
    ("xlodbc\r\n1", Kind.SHORTCUT, "database query"),
    ("querytype=", Kind.SHORTCUT, "database query"),
)
# The same where the beginning varies: a table whose first column is called ID is no symbolic link spreadsheet.
_OPENINGS: tuple[tuple[re.Pattern[str], Kind, str], ...] = (
    (
        re.compile(
            r"id(?:;(?:p[^;\r\n]{0,100}|n|e))*[ \t]*[\r\n]+(?:(?:[bcfopw]|n[nue]);[a-z]|e[\r\n])"
            r"|id;p[^;\r\n]{0,9}(?:;[ne][;\r\n]|[\r\n]|$)"
        ),
        Kind.MACRO_DOCUMENT,
        "symbolic link spreadsheet",
    ),
    (re.compile(r"web[ \t]*[\r\n]+[ \t]*1?[ \t]*[\r\n]*[ \t]*https?:"), Kind.SHORTCUT, "web query"),
)
# Words any of which is enough.
_WORDS: tuple[tuple[str, Kind, str], ...] = (
    ("<hta:application", Kind.SCRIPT, "HTML application"),
    ("<librarydescription", Kind.SHORTCUT, "library description"),
    ("<searchconnectordescription", Kind.SHORTCUT, "search connector"),
    ("<persistedquery", Kind.SHORTCUT, "saved search"),
    ("<pcsettings>", Kind.SHORTCUT, "settings shortcut"),
    ("<scriptlet", Kind.SCRIPT, "scriptlet"),
    ("\n[internetshortcut]", Kind.SHORTCUT, "Internet shortcut"),
    ("<odc:officedataconnection", Kind.SHORTCUT, "data connection"),
    ("<mmc_consolefile", Kind.SCRIPT, "management console"),
    ("<ooo:source-code", Kind.MACRO_DOCUMENT, "macros in a flat OpenDocument file"),
    ("<script:module", Kind.MACRO_DOCUMENT, "macros of OpenDocument"),
    ("<jnlp", Kind.SCRIPT, "Java web start"),
    ("urn:schemas-microsoft-com:asm.v2", Kind.INSTALLER, "ClickOnce manifest"),
    ("schemas.microsoft.com/appx/appinstaller", Kind.INSTALLER, "app installer"),
    ("msxsl:script", Kind.SCRIPT, "style sheet with script"),
    ('macrospresent="yes"', Kind.MACRO_DOCUMENT, "Word XML with macros"),
    ("qwn0axzltwltz", Kind.MACRO_DOCUMENT, "Office macros in base64"),  # ActiveMime
)
# Words all of which are needed.
_TOGETHER: tuple[tuple[tuple[re.Pattern[str], ...], Kind, str], ...] = (
    (
        (re.compile(r"urn:schemas-microsoft-com:asm\.v1"), re.compile(r"<(?:[^\s<>/:]++:)?deployment[\s/>]")),
        Kind.INSTALLER,
        "ClickOnce manifest",
    ),
    ((re.compile(r"<project[\s>]"), re.compile(r"<exec\s|\btaskfactory\s*+=")), Kind.SCRIPT, "MSBuild project"),
)
# Words of which several different ones are needed: (enough, language, words with their weight).
_LANGUAGES: tuple[tuple[int, str, tuple[tuple[str, int], ...]], ...] = (
    (
        4,
        "batch commands",
        (
            ("@echo off", 4), ("%~dp0", 3), ("%~0", 2), ("setlocal", 2), ("goto ", 1), ("%comspec%", 2),
            ("cmd /c ", 2), ("cmd.exe /c", 2), ('start ""', 2), ("if exist ", 1), ("\nrem ", 1), ("%temp%", 1),
            ("%appdata%", 1), ("powershell -", 2), ("powershell.exe", 2), ("reg add ", 2), ("certutil", 2),
            ("bitsadmin", 2), ("\npause", 1), ("taskkill", 1), ("mshta ", 2), ("rundll32", 2), ("regsvr32", 2),
            (">nul", 2),
        ),
    ),
    (
        4,
        "PowerShell",
        (
            ("invoke-expression", 3), ("iex ", 2), ("iex(", 2), ("new-object", 2), ("net.webclient", 3),
            ("downloadstring", 2), ("downloadfile", 2), ("invoke-webrequest", 2), ("start-process", 2),
            ("frombase64string", 2), ("set-executionpolicy", 3), ("-executionpolicy", 3), ("write-host", 2),
            ("write-output", 2), ("get-childitem", 2), ("get-wmiobject", 2), ("$env:", 2), ("[cmdletbinding", 3),
            ("param(", 1), ("$psscriptroot", 3), ("add-type", 2), ("$true", 1), ("$null", 1), ("foreach-object", 2),
            ("[system.", 2), ("-erroraction", 2), ("import-module", 2), ("out-null", 2),
        ),
    ),
    (
        4,
        "Visual Basic",
        (
            ("createobject(", 3), ("wscript.", 2), ("on error resume next", 3), ("end sub", 2), ("end function", 1),
            ("msgbox", 1), ("\ndim ", 1), ("option explicit", 2), ("execute(", 1), ("executeglobal", 3),
            ("getobject(", 2), (".shellexecute", 3), ("chr(", 1), ("attribute vb_name", 4), ("autoopen()", 2),
            ("workbook_open()", 2), ("strreverse(", 1), ("\nset ", 1),
        ),
    ),
    (
        4,
        "JScript",
        (
            ("new activexobject(", 4), ("wscript.", 2), ("eval(", 1), ("string.fromcharcode", 1), ("function(", 1),
            ("var ", 1), ("unescape(", 1), ("require('child_process", 3), ('require("child_process', 3),
            (".run(", 1), ("scripting.filesystemobject", 2),
        ),
    ),
    (
        3,
        "Windows setup information",
        (
            ('signature="$', 2), ('signature = "$', 2), ("[version]", 1), ("[defaultinstall", 2), ("addreg", 1),
        ),
    ),
    (
        4,
        "Remote Desktop connection",
        (
            ("full address:s:", 4), ("screen mode id:i:", 2), ("remoteapplication", 2), ("drivestoredirect", 2),
        ),
    ),
    (
        4,
        "Windows script file",
        (
            ("<job", 2), ("<package", 1), ("<component", 1), ("<registration", 1), ("<script", 2), ("</job>", 2),
        ),
    ),
)  # fmt: skip


def script_sign(head: bytes) -> Sign | None:
    """The sign of a file whose first octets are these, or None when nothing in it runs."""
    text = _decoded(head[:LOOKED_AT]).lower()
    front = text.lstrip("\ufeff \t\r\n")
    if front.startswith("#!") and "/" in front[:_FIRST_LINE].partition("\n")[0]:
        return _sign(Kind.SCRIPT, "script with #! line")
    for beginning, kind, name in _BEGINNINGS:
        if front.startswith(beginning):
            return _sign(kind, name)
    for opening, kind, name in _OPENINGS:
        if opening.match(front):
            return _sign(kind, name)
    if "#@~^" in text and _ENCODED.search(text):
        return _sign(Kind.SCRIPT, "encoded script")
    return _by_words(text)


def _by_words(text: str) -> Sign | None:
    for word, kind, name in _WORDS:
        if word in text:
            return _sign(kind, name)
    for patterns, kind, name in _TOGETHER:
        if all(pattern.search(text) for pattern in patterns):
            return _sign(kind, name)
    for enough, name, words in _LANGUAGES:
        if sum(weight for word, weight in words if word in text) >= enough:
            return _sign(Kind.SHORTCUT if "Remote" in name else Kind.SCRIPT, name)
    return None


def _sign(kind: Kind, name: str) -> Sign:
    return Sign(kind=kind, by=By.CONTENT, text=name)


def _decoded(head: bytes) -> str:
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return head.decode("utf-16", "replace")
    return head.removeprefix(b"\xef\xbb\xbf").decode("latin-1")
