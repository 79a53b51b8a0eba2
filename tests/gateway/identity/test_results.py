"""The Authentication-Results field, also of values that a peer made up."""

from gateway.identity.results import authentication_results
from rules.identity import (
    ArcResult,
    Authentication,
    DkimResult,
    DmarcPolicy,
    DmarcResult,
    Result,
    SpfResult,
)


def test_all_methods_are_told() -> None:
    found = Authentication(
        spf=SpfResult(result=Result.PASS, domain="city.example"),
        dkim=(DkimResult(result=Result.FAIL, domain="city.example", selector="s1"),),
        dmarc=DmarcResult(result=Result.PASS, author="city.example", policy=DmarcPolicy.REJECT),
        arc=ArcResult(result=Result.PASS, sealers=("lists.example",)),
    )
    assert authentication_results("mx.city.example", found) == (
        b"Authentication-Results: mx.city.example;\r\n\tspf=pass smtp.mailfrom=city.example;"
        b"\r\n\tdkim=fail header.d=city.example header.s=s1;"
        b"\r\n\tdmarc=pass (p=reject) header.from=city.example;\r\n\tarc=pass (i=1 lists.example)\r\n"
    )


def test_nothing_found_is_said_too() -> None:
    assert authentication_results("mx.city.example", Authentication()) == (
        b"Authentication-Results: mx.city.example;\r\n\tspf=none;\r\n\tdkim=none;\r\n\tdmarc=none;\r\n\tarc=none\r\n"
    )


def test_f06_nothing_a_peer_wrote_ends_a_value() -> None:
    wicked = 'x"; dkim=pass (\r\n\0ü'
    found = Authentication(
        spf=SpfResult(domain=wicked),
        dkim=(DkimResult(result=Result.FAIL, domain=wicked, selector=wicked),),
        dmarc=DmarcResult(author=wicked),
        arc=ArcResult(sealers=(wicked,)),
    )
    field = authentication_results("mx.city.example", found)
    assert field.count(b"\r\n") == field.count(b"\r\n\t") + 1
    assert field.count(b"dkim=pass ") == 0 and field.count(b";") == 4
    assert b"\0" not in field and b'"' not in field
