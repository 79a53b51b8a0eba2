"""Programs that write what they find into a folder (the argument names one): paths in, one line of JSON each out."""

import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

SECONDS = 20
COMMANDS = {
    "ripmime": ["ripmime", "-i", "{message}", "-d", "{folder}", "--no-nameless"],
    "munpack": ["munpack", "-f", "-q", "-t", "-C", "{folder}", "{message}"],
}


def found_in(program: str, message: str) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        command = [part.format(message=message, folder=folder) for part in COMMANDS[program]]
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=SECONDS, check=False)
        return [_file(path) for path in sorted(Path(folder).rglob("*")) if path.is_file()]


def _file(path: Path) -> dict[str, Any]:
    octets = path.read_bytes()
    name = path.name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return {
        "name": name,
        "sha256": hashlib.sha256(octets).hexdigest(),
        "program": octets[:2] == b"MZ" and len(octets) >= 64,
    }


def main() -> None:
    for line in sys.stdin:
        path = line.rstrip("\n")
        answer: dict[str, Any] = {"message": path, "found": [], "error": ""}
        try:
            answer["found"] = found_in(sys.argv[1], path)
        except Exception as error:
            answer["error"] = repr(error)
        print(json.dumps(answer), flush=True)


main()
