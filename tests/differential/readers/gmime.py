"""GMime by its introspection, in the system's Python: paths in, one line of JSON for each message out."""

import hashlib
import json
import sys
from typing import Any

import gi

gi.require_version("GMime", "3.0")
from gi.repository import GMime  # noqa: E402


def found_in(path: str) -> list[dict[str, Any]]:
    parser = GMime.Parser.new_with_stream(GMime.StreamFile.open(path, "r"))
    message = parser.construct_message(None)
    found: list[dict[str, Any]] = []
    iterator = GMime.PartIter.new(message)
    more = iterator.is_valid()
    while more:
        part = iterator.get_current()
        if isinstance(part, GMime.Part):
            found.append(_leaf(part))
        more = iterator.next()
    return found


def _leaf(part: GMime.Part) -> dict[str, Any]:
    content = part.get_content()
    octets = b""
    if content is not None:
        stream = GMime.StreamMem.new()
        content.write_to_stream(stream)
        octets = bytes(stream.get_byte_array())
    digest = hashlib.sha256(octets).hexdigest()
    return {"name": part.get_filename(), "sha256": digest, "program": octets[:2] == b"MZ" and len(octets) >= 64}


def main() -> None:
    GMime.init()
    for line in sys.stdin:
        path = line.rstrip("\n")
        answer: dict[str, Any] = {"message": path, "found": [], "error": ""}
        try:
            answer["found"] = found_in(path)
        except Exception as error:
            answer["error"] = str(error)
        print(json.dumps(answer), flush=True)


main()
