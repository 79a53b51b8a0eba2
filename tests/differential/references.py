"""Other people's parsers of mail, each one process that reads many messages, and what they see of a program.

A parser that is not installed is named; those in ALWAYS come from Debian and Python and are never absent.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
READERS = HERE / "readers"
SYSTEM_PYTHON = "/usr/bin/python3"  # Debian's, which has gi
SECONDS_EACH = 0.5  # for a message, at most on the average; the slowest takes a tenth

_COMMANDS: Mapping[str, Sequence[str]] = {
    "Python, compat32": (sys.executable, str(READERS / "stdlib.py"), "compat32"),
    "Python, default": (sys.executable, str(READERS / "stdlib.py"), "default"),
    "MIME-tools": ("perl", str(READERS / "mime_tools.pl")),
    "Email::MIME": ("perl", str(READERS / "email_mime.pl")),
    "GMime": (SYSTEM_PYTHON, str(READERS / "gmime.py")),
    "ripmime": (sys.executable, str(READERS / "unpacker.py"), "ripmime"),
    "munpack": (sys.executable, str(READERS / "unpacker.py"), "munpack"),
    "mailparser": ("node", str(READERS / "mailparser.mjs"), "mailparser"),
    "postal-mime": ("node", str(READERS / "mailparser.mjs"), "postal-mime"),
    "Ruby's mail": ("ruby", str(READERS / "ruby_mail.rb")),
}
ALWAYS = ("Python, compat32", "Python, default", "MIME-tools", "Email::MIME", "GMime", "ripmime", "munpack")
_NEEDS = {"ripmime": ("ripmime",), "munpack": ("munpack",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One file that a parser makes of a message."""

    name: str
    sha256: str
    program: bool  # its octets begin as those of a program

    @property
    def executable(self) -> bool:
        return self.program or self.name.strip(" \t\r\n\"'.").lower().endswith(".exe")


def presence() -> dict[str, bool]:
    """Each reference parser, and whether it is here: it must answer to an empty list of messages."""
    return {name: _is_here(name) for name in _COMMANDS}


def _is_here(name: str) -> bool:
    command = _COMMANDS[name]
    if not all(shutil.which(program) for program in (command[0], *_NEEDS.get(name, ()))):
        return False
    probe = [str(HERE / "probe.eml")]
    answers = _answers(command, probe, seconds=30)
    return len(answers) == 1 and not answers[0]["error"]


def seen_by(name: str, messages: Sequence[Path]) -> dict[Path, tuple[Seen, ...]]:
    """What one parser sees in each message; a message on which it breaks is left out."""
    paths = list(map(str, messages))
    seen: dict[Path, tuple[Seen, ...]] = {}
    while paths:  # one that dies is started again behind the message that killed it
        answers = _answers(_COMMANDS[name], paths, seconds=30 + SECONDS_EACH * len(paths))
        for answer in answers:
            found = (
                Seen(name=item["name"] or "", sha256=item["sha256"], program=item["program"])
                for item in answer["found"]
            )
            seen[Path(answer["message"])] = tuple(found)
        paths = paths[len(answers) + 1 :]
    return seen


def _answers(command: Sequence[str], paths: Sequence[str], seconds: float) -> list[dict[str, Any]]:
    try:
        done = subprocess.run(
            command,
            input="".join(f"{path}\n" for path in paths),
            capture_output=True,
            text=True,
            timeout=seconds,
            env=os.environ | {"PYTHONPATH": ""},
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
