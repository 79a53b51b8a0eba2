"""What counts as proved, as disproved, and as neither."""

import pytest

from rules.document import from_json, to_json
from rules.identity import (
    UNKNOWN,
    Authentication,
    DkimResult,
    DmarcResult,
    Identity,
    Result,
    Rung,
    SpfResult,
)


def test_a_valid_signature_of_the_authors_domain_is_aligned() -> None:
    for result in Result:
        found = Authentication(dkim=(DkimResult(result=result, aligned=True),))
        assert found.aligned is (result is Result.PASS)
    assert not Authentication(dkim=(DkimResult(result=Result.PASS),)).aligned


def test_so_is_spf() -> None:
    assert Authentication(spf=SpfResult(result=Result.PASS), spf_aligned=True).aligned
    assert not Authentication(spf=SpfResult(result=Result.FAIL), spf_aligned=True).aligned


@pytest.mark.parametrize(
    "found",
    [
        Authentication(spf=SpfResult(result=Result.TEMPERROR)),
        Authentication(dkim=(DkimResult(result=Result.TEMPERROR),)),
        Authentication(dmarc=DmarcResult(result=Result.TEMPERROR)),
    ],
)
def test_an_answer_that_did_not_come_leaves_it_open(found: Authentication) -> None:
    assert found.undecided


def test_what_is_proved_already_is_not_open() -> None:
    proved = DkimResult(result=Result.PASS, aligned=True)
    assert not Authentication(spf=SpfResult(result=Result.TEMPERROR), dkim=(proved,)).undecided


def test_it_travels() -> None:
    proved = Identity(
        rung=Rung.SMTP_AUTH,
        person="ann@city.example",
        authentication=Authentication(dkim=(DkimResult(result=Result.PASS, domain="city.example"),)),
    )
    for identity in (UNKNOWN, proved):
        assert from_json(to_json(identity, Identity), Identity) == identity
