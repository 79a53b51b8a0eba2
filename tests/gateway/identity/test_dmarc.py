"""DMARC by RFC 9989: the walk up the tree, the policy that holds, and alignment."""

from typing import Any

import pytest

from gateway.identity.dmarc import MOST_STEPS, evaluate, steps, walk_tree
from gateway.identity.resolver import RecordType
from rules.identity import Authentication, DkimResult, DmarcPolicy, Result, SpfResult

REJECT = "v=DMARC1; p=reject"


def zone(**records: str) -> dict[tuple[str, RecordType], tuple[str, ...]]:
    """DMARC records by domain, dots written as underlines."""
    return {(f"_dmarc.{name.replace('_', '.')}", RecordType.TXT): (text,) for name, text in records.items()}


def spf(domain: str, result: Result = Result.PASS) -> SpfResult:
    return SpfResult(result=result, domain=domain)


def signed(domain: str, result: Result = Result.PASS) -> DkimResult:
    return DkimResult(result=result, domain=domain, selector="s")


async def dmarc(asking: Any, author: str, spf_result: SpfResult, *dkim: DkimResult) -> Authentication:
    return await evaluate(asking, author, spf_result, dkim)


@pytest.mark.parametrize(
    ("author", "spf_domain", "dkim_domain", "record", "expected"),
    [
        ("city.example", "city.example", "", REJECT, Result.PASS),
        ("city.example", "bounce.city.example", "", REJECT, Result.PASS),
        ("city.example", "bounce.city.example", "", REJECT + "; aspf=s", Result.FAIL),
        ("city.example", "", "mail.city.example", REJECT, Result.PASS),
        ("city.example", "", "mail.city.example", REJECT + "; adkim=s", Result.FAIL),
        ("city.example", "elsewhere.example", "elsewhere.example", REJECT, Result.FAIL),
        ("city.example", "notcity.example", "", REJECT, Result.FAIL),
    ],
)
async def test_alignment(
    table: Any, author: str, spf_domain: str, dkim_domain: str, record: str, expected: Result
) -> None:
    found = await dmarc(table(zone(city_example=record)), author, spf(spf_domain), signed(dkim_domain))
    assert found.dmarc.result is expected
    assert found.dmarc.policy is DmarcPolicy.REJECT


async def test_without_a_record_alignment_is_told_all_the_same(table: Any) -> None:
    found = await dmarc(table({}), "city.example", spf("city.example"))
    assert found.dmarc.result is Result.NONE and found.dmarc.policy is None
    assert found.spf_aligned and found.aligned


async def test_only_what_passed_counts(table: Any) -> None:
    found = await dmarc(
        table(zone(city_example=REJECT)),
        "city.example",
        spf("city.example", Result.SOFTFAIL),
        signed("city.example", Result.POLICY),
    )
    assert found.dmarc.result is Result.FAIL and not found.aligned


@pytest.mark.parametrize(
    ("records", "author", "policy"),
    [
        ({"city_example": REJECT}, "a.city.example", DmarcPolicy.REJECT),
        ({"city_example": REJECT + "; sp=none"}, "a.city.example", DmarcPolicy.NONE),
        ({"city_example": REJECT + "; sp=none; np=quarantine"}, "a.city.example", DmarcPolicy.QUARANTINE),
        ({"city_example": REJECT, "a_city_example": "v=DMARC1; p=none"}, "a.city.example", DmarcPolicy.NONE),
        ({"city_example": REJECT + "; t=y"}, "city.example", DmarcPolicy.QUARANTINE),
        ({"city_example": "v=DMARC1; p=nonsense"}, "city.example", DmarcPolicy.NONE),
        ({"city_example": "v = DMARC1 ; p=reject"}, "city.example", DmarcPolicy.REJECT),
    ],
)
async def test_the_policy_that_holds(table: Any, records: dict[str, str], author: str, policy: DmarcPolicy) -> None:
    asking = table({**zone(**records), ("a.city.example", RecordType.A): ("192.0.2.1",)})
    if "np" in str(records):
        asking = table(zone(**records))
    assert (await dmarc(asking, author, spf(""))).dmarc.policy is policy


@pytest.mark.parametrize("text", ["v=DMARC2; p=reject", "v=DMARC10; p=reject", "p=reject; v=DMARC1", "v=DMARC1; p", ""])
async def test_what_is_no_record(table: Any, text: str) -> None:
    assert (await dmarc(table(zone(city_example=text)), "city.example", spf(""))).dmarc.policy is None


async def test_two_records_are_none(table: Any) -> None:
    asking = table({("_dmarc.city.example", RecordType.TXT): (REJECT, "v=DMARC1; p=none")})
    assert (await dmarc(asking, "city.example", spf(""))).dmarc.policy is None


@pytest.mark.parametrize(
    ("records", "organization"),
    [
        ({}, "a.b.city.example"),
        ({"city_example": REJECT}, "city.example"),
        ({"city_example": REJECT, "example": "v=DMARC1; p=none; psd=y"}, "city.example"),
        ({"example": "v=DMARC1; p=none; psd=y"}, "city.example"),
        ({"b_city_example": REJECT + "; psd=n", "city_example": REJECT}, "b.city.example"),
    ],
)
async def test_the_organizational_domain(table: Any, records: dict[str, str], organization: str) -> None:
    assert (await walk_tree(table(zone(**records)), "a.b.city.example")).organization == organization


async def test_neighbours_below_a_public_suffix_are_strangers(table: Any) -> None:
    records = zone(town_example="v=DMARC1; p=none; psd=y", a_town_example=REJECT)
    found = await dmarc(table(records), "a.town.example", spf("b.town.example"))
    assert found.dmarc.result is Result.FAIL


def test_a_walk_asks_so_often_and_no_more() -> None:
    long = ".".join(f"l{number}" for number in range(30))
    assert len(steps(long)) == MOST_STEPS
    assert steps("a.b.c.d.e.f.g.example")[1] == "b.c.d.e.f.g.example"
    assert steps("city.example") == ("city.example", "example")


async def test_a_question_that_stays_open_decides_nothing(table: Any) -> None:
    asking = table(zone(city_example=REJECT), frozenset({"_dmarc.city.example"}))
    found = await dmarc(asking, "city.example", spf("elsewhere.example"))
    assert found.dmarc.result is Result.TEMPERROR and found.undecided


async def test_a_key_that_did_not_come_decides_nothing(table: Any) -> None:
    asking = table(zone(city_example=REJECT))
    found = await dmarc(asking, "city.example", spf(""), signed("city.example", Result.TEMPERROR))
    assert found.dmarc.result is Result.TEMPERROR and found.undecided


async def test_without_one_author_there_is_no_result(table: Any) -> None:
    assert (await dmarc(table({}), "", spf("city.example"))).dmarc.result is Result.PERMERROR
