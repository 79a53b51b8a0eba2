"""SPF by RFC 7208: the limits, and the suite of its authors where the corpora are at hand."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.identity.resolver import Answer, Outcome, RecordType
from gateway.identity.spf import check_spf
from rules.identity import Result

SUITE = Path(__file__).parents[4] / "shared" / "corpora" / "auth" / "mailauth" / "test" / "fixtures" / "spf"


async def check(asking: Any, client: str = "192.0.2.1", domain: str = "a.example") -> Result:
    return (await check_spf(asking, client, domain, f"ann@{domain}", "mx.a.example")).result


def texts(**records: str) -> dict[tuple[str, RecordType], tuple[str, ...]]:
    return {(name.replace("_", "."), RecordType.TXT): (text,) for name, text in records.items()}


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ("v=spf1 ip4:192.0.2.0/24 -all", Result.PASS),
        ("v=spf1 ip4:198.51.100.1 -all", Result.FAIL),
        ("v=spf1 ip4:198.51.100.1 ~all", Result.SOFTFAIL),
        ("v=spf1 ip4:198.51.100.1", Result.NEUTRAL),
        ("v=spf1 ip4:192.0.2.0/33 -all", Result.PERMERROR),
        ("v=spf1 unknown:thing -all", Result.PERMERROR),
        ("v=spf10 -all", Result.NONE),
    ],
)
async def test_a_record_is_read_as_it_says(table: Any, record: str, expected: Result) -> None:
    assert await check(table(texts(a_example=record))) is expected


async def test_ten_terms_that_ask_are_obeyed_and_eleven_are_an_error(table: Any) -> None:
    included = {f"i{number}_example": "v=spf1 ?all" for number in range(11)}
    for count, expected in ((10, Result.FAIL), (11, Result.PERMERROR)):
        record = " ".join(f"include:i{number}.example" for number in range(count))
        assert await check(table(texts(a_example=f"v=spf1 {record} -all", **included))) is expected


async def test_two_questions_without_an_answer_are_obeyed_and_three_are_an_error(table: Any) -> None:
    for count, expected in ((2, Result.FAIL), (3, Result.PERMERROR)):
        record = " ".join(f"a:void{number}.test" for number in range(count))
        assert await check(table(texts(a_example=f"v=spf1 {record} -all"))) is expected


async def test_a_record_that_includes_itself_ends(table: Any) -> None:
    asking = table(texts(a_example="v=spf1 include:a.example -all"))
    assert await check(asking) is Result.PERMERROR
    assert len(asking.asked) < 20


async def test_a_server_that_fails_is_temporary(table: Any) -> None:
    assert await check(table({}, failing=frozenset({"a.example"}))) is Result.TEMPERROR


async def test_eleven_mail_hosts_are_an_error(table: Any) -> None:
    records = texts(a_example="v=spf1 mx -all")
    records["a.example", RecordType.MX] = tuple(f"m{number}.example" for number in range(11))
    assert await check(table(records)) is Result.PERMERROR


class Zone:
    """A zone as the suite writes it."""

    def __init__(self, zone: dict[str, list[Any]]) -> None:
        self._zone = {name.lower().rstrip("."): records for name, records in zone.items()}

    async def ask(self, name: str, kind: RecordType, depth: int = 0) -> Answer:
        records = self._zone.get(name.lower().rstrip("."))
        if records is None:
            return Answer(outcome=Outcome.ABSENT)
        plain = any(isinstance(record, dict) and "TXT" in record for record in records)
        found: list[str] = []
        for record in records:
            if record == "TIMEOUT":
                return Answer(outcome=Outcome.FOUND if found else Outcome.TEMPORARY, records=tuple(found))
            ((label, value),) = record.items()
            if label == "CNAME":
                return await self.ask(value, kind, depth + 1) if depth < 9 else Answer(outcome=Outcome.TEMPORARY)
            label = "TXT" if label == "SPF" and not plain else label
            if label == kind.value and value == "TIMEOUT":
                return Answer(outcome=Outcome.TEMPORARY)
            if label == kind.value and value != "NONE":
                found.append(_text(label, value))
        return Answer(outcome=Outcome.FOUND if found else Outcome.EMPTY, records=tuple(found))


def _text(label: str, value: Any) -> str:
    if label == "MX":
        return str(value[1])
    return "".join(value) if isinstance(value, list) else str(value)


def cases() -> Iterator[tuple[dict[str, Any], str, dict[str, Any]]]:
    for path in sorted(SUITE.glob("rfc7208-tests*.yml")):
        for document in yaml.safe_load_all(path.read_text("latin-1")):
            for name, case in document["tests"].items():
                yield document["zonedata"], name, case


@pytest.mark.corpus
async def test_the_suite_of_the_authors_of_rfc_7208() -> None:
    if not SUITE.is_dir():
        pytest.skip("the corpora are not beside this checkout")
    wrong, count = [], 0
    for zone, name, case in cases():
        count += 1
        expected = case["result"] if isinstance(case["result"], list) else [case["result"]]
        path, hello = case.get("mailfrom") or "", case["helo"]
        domain = path.rpartition("@")[2] or hello
        sender = path if path.rpartition("@")[0] else f"postmaster@{domain}"
        result = (await check_spf(Zone(zone), case["host"], domain, sender, hello)).result
        if result.value not in expected:
            wrong.append((name, expected, result))
    assert wrong == []
    assert count > 200
