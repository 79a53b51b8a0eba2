"""Python's own parser under one of its policies (the argument): paths in, one line of JSON for each message out."""

import email
import email.message
import email.policy
import hashlib
import json
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def found_in(message: email.message.Message) -> Iterator[dict[str, Any]]:
    for part in message.walk():
        octets = part.get_payload(decode=True)
        if part.is_multipart() or not isinstance(octets, bytes):
            continue
        try:
            name = part.get_filename()
        except Exception:  # the modern policy raises on fields that it cannot read
            name = None
        digest = hashlib.sha256(octets).hexdigest()
        yield {"name": name, "sha256": digest, "program": octets[:2] == b"MZ" and len(octets) >= 64}


def main() -> None:
    warnings.simplefilter("ignore")
    policy = {"compat32": email.policy.compat32, "default": email.policy.default}[sys.argv[1]]
    for line in sys.stdin:
        path = line.rstrip("\n")
        answer: dict[str, Any] = {"message": path, "found": [], "error": ""}
        try:
            answer["found"] = list(found_in(email.message_from_bytes(Path(path).read_bytes(), policy=policy)))
        except Exception as error:
            answer["error"] = repr(error)
        print(json.dumps(answer), flush=True)


main()
