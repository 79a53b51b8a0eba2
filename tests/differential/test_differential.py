"""What another parser of mail can see of a program, Mailward reports or holds. `make differential` runs many more.

Not a test of what is right: two readers that differ are what an attacker looks for.
"""

import base64
import dataclasses
from pathlib import Path

import pytest

from rules.facts import Facts
from rules.reading import mime, walk
from tests.differential.comparison import Missed, compare, facts_of, is_stopped
from tests.differential.grammar import Made, message
from tests.differential.leaves import CANARY
from tests.differential.references import ALWAYS, presence, seen_by

SEED = 3
MESSAGES = 500
SECONDS = 300  # for all parsers together; a quiet machine takes ten

PRESENT = presence()
PARSERS = [name for name, present in PRESENT.items() if present]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Made]:
    folder = tmp_path_factory.mktemp("messages")
    messages = {folder / f"{number}.eml": message(SEED, number) for number in range(MESSAGES)}
    for path, written in messages.items():
        path.write_bytes(written.octets)
    return messages


@pytest.mark.parametrize("name", PRESENT)
def test_the_reference_parsers_are_here(name: str) -> None:
    if not PRESENT[name] and name not in ALWAYS:
        pytest.skip(f"{name} is not installed: this part of the comparison is left out")
    assert PRESENT[name], f"{name} is missing; deploy/setup test installs it"


@pytest.mark.parametrize("name", PARSERS)
def test_each_parser_sees_the_program_in_an_ordinary_message(tmp_path: Path, name: str) -> None:
    plain = tmp_path / "plain.eml"
    plain.write_bytes(_ordinary())
    [found] = seen_by(name, [plain]).values()
    assert any(item.executable for item in found), found


def _ordinary() -> bytes:
    return (
        b"From: Ann Clerk <ann@city.example>\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nHello.\r\n--x\r\n'
        b'Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename="canary.exe"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(CANARY).replace(b"\n", b"\r\n") + b"--x--\r\n"
    )


@pytest.mark.timeout(SECONDS)
def test_what_any_parser_sees_is_reported_or_held(made: dict[Path, Made]) -> None:
    missed, counts = compare(list(made), PARSERS)
    assert [_told(entry, made) for entry in missed] == []
    # The comparison says something only as long as they see much.
    assert min(counts.values()) > MESSAGES // 5 and max(counts.values()) > MESSAGES // 2, counts


def _told(entry: Missed, made: dict[Path, Made]) -> str:
    told = "; ".join(made[entry.message].told)
    return f"{SEED}/{entry.message.stem}: {entry.parser} sees {entry.seen[0].name!r}: {told}"


def test_a_reader_that_looks_at_nothing_is_found_out(made: dict[Path, Made]) -> None:
    def blind(octets: bytes) -> Facts:
        return dataclasses.replace(facts_of(octets), parts=(), unread=(), ambiguities=())

    missed, _ = compare(list(made)[:20], ["Python, compat32"], blind)
    assert len(missed) >= 5


def test_a_reader_without_ambiguities_is_found_out(made: dict[Path, Made]) -> None:
    """Not every oddity hides the program from us; some of them are what holds the message."""

    def certain(octets: bytes) -> Facts:
        facts = facts_of(octets)
        first = tuple(part for part in facts.parts if not part.names or part.inline)
        return dataclasses.replace(facts, parts=first, ambiguities=())

    missed, _ = compare(list(made)[:100], ["Python, compat32", "ripmime"], certain)
    assert missed


def test_a_reader_with_one_view_is_found_out(made: dict[Path, Made], monkeypatch: pytest.MonkeyPatch) -> None:
    """A known-bad build (reliability D8, D18): the first of several values counts, and nothing is looked for beside.

    That readers differ is left out of both: one view has nothing to differ from, and all of them find the program.
    """

    def certain(octets: bytes) -> Facts:
        return dataclasses.replace(facts_of(octets), ambiguities=())

    messages, parsers = list(made)[:200], [name for name in ("Python, compat32", "ripmime") if name in PARSERS]
    assert compare(messages, parsers, certain)[0] == []
    encodings, boundaries = mime.encodings_of, mime.boundaries_of
    monkeypatch.setattr(mime, "encodings_of", lambda bodies: (encodings(bodies)[0][:1], []))
    monkeypatch.setattr(mime, "boundaries_of", lambda entity: boundaries(entity)[:1])
    monkeypatch.setattr(walk, "entities_in", lambda text: iter(()))
    monkeypatch.setattr(walk, "runs_in", lambda text: iter(()))
    monkeypatch.setattr(walk, "bare_boundary", lambda text: None)
    assert compare(messages, parsers, certain)[0]


def test_ordinary_mail_is_neither_reported_nor_held() -> None:
    """Else everything would be stopped, and nothing missed."""
    assert not is_stopped(facts_of(b"From: Ann Clerk <ann@city.example>\r\nSubject: minutes\r\n\r\nSee you.\r\n"))
    plain = _ordinary().replace(b".exe", b".txt").split(b"Content-Transfer-Encoding")[0]
    assert not is_stopped(facts_of(plain + b"\r\nWords alone.\r\n--x--\r\n"))


def test_the_same_number_is_the_same_message() -> None:
    assert message(SEED, 17) == message(SEED, 17) != message(SEED, 18)
