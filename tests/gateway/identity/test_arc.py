"""ARC: F11, the validation vectors of the standard's authors, and chains that are too long."""

import asyncio
import base64
import hashlib
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.identity import arc, dkim
from gateway.identity.arc import MAX_SETS, verify_arc
from gateway.identity.bodies import Bodies
from gateway.identity.resolver import RecordType
from rules.identity import ArcResult, Result
from rules.message import Message

SUITE = Path(__file__).parents[4] / "shared" / "corpora" / "auth" / "arc_test_suite" / "tests"
SEALERS = frozenset({"example.org", "example2.org"})
EXPECTED = {"None": Result.NONE, "Pass": Result.PASS, "Fail": Result.FAIL}


async def verify(asking: Any, content: bytes, trusted: frozenset[str] = frozenset()) -> ArcResult:
    message = Message(content)
    return await verify_arc(asking, tuple(message.fields()), Bodies(message), 12_345, trusted)


async def test_a_message_without_a_chain_has_none(table: Any) -> None:
    assert await verify(table({}), b"From: a@city.example\r\n\r\n") == ArcResult()


def chain(count: int) -> bytes:
    sets = (
        b"ARC-Seal: i=%d; a=rsa-sha256; cv=%s; d=a.example; s=s; b=AAAA\r\n"
        b"ARC-Message-Signature: i=%d; a=rsa-sha256; d=a.example; s=s; h=from; bh=AAAA; b=AAAA\r\n"
        b"ARC-Authentication-Results: i=%d; a.example; none\r\n"
        % (number, b"none" if number == 1 else b"pass", number, number)
        for number in range(1, count + 1)
    )
    return b"".join(sets) + b"From: a@city.example\r\n\r\n"


async def test_so_many_sets_are_looked_at_and_no_more(table: Any) -> None:
    assert "sets" not in (await verify(table({}), chain(MAX_SETS))).detail
    found = await verify(table({}), chain(MAX_SETS + 1))
    assert found.result is Result.FAIL and found.detail == f"more than {MAX_SETS} sets"


async def turns_while(verifying: Awaitable[object]) -> int:
    """How often others have had their turn meanwhile."""
    done = asyncio.ensure_future(verifying)
    turns = 0
    while not done.done():
        turns += 1
        await asyncio.sleep(0)
    return turns


async def test_others_have_their_turn_between_the_seals_of_a_long_chain(
    table: Any, monkeypatch: pytest.MonkeyPatch, rsa_key: Any
) -> None:
    """Each seal is over all sets before it, and a forger's keys are soon known: nothing else would make it pause."""
    for module in (arc, dkim):
        monkeypatch.setattr(module, "verifies", lambda *_: True)
    asking = table({("s._domainkey.a.example", RecordType.TXT): (rsa_key.record,)})
    content = chain(MAX_SETS).replace(b"bh=AAAA", b"bh=" + base64.b64encode(hashlib.sha256().digest()))
    assert await turns_while(verify(asking, content)) > MAX_SETS
    assert (await verify(asking, content)).result is Result.PASS


@pytest.mark.parametrize("field", [b"ARC-Seal: i=100; cv=none\r\n", b"ARC-Seal: i=x\r\n", b"ARC-Seal: nothing\r\n"])
async def test_fields_that_are_none_break_the_chain(table: Any, field: bytes) -> None:
    assert (await verify(table({}), field + chain(1))).result is Result.FAIL


@pytest.mark.corpus
async def test_f11_the_validation_vectors(table: Any) -> None:
    if not SUITE.is_dir():
        pytest.skip("the corpora are not beside this checkout")
    wrong, count = [], 0
    for document in yaml.safe_load_all((SUITE / "arc-draft-validation-tests.yml").read_text()):
        records = {(name, RecordType.TXT): (text,) for name, text in document["txt-records"].items() if text}
        for name, case in document["tests"].items():
            # Three chains that were already broken carry no expectation there: a broken chain fails.
            broken = Result.FAIL if "cv_fail" in name else Result.NONE
            expected = EXPECTED[case["cv"]] if case["cv"] else broken
            found = await verify(table(records), case["message"].replace("\n", "\r\n").encode(), SEALERS)
            count += 1
            if found.result is not expected or found.trusted is not (expected is Result.PASS):
                wrong.append((name, expected, found))
    assert wrong == []
    assert count > 150
