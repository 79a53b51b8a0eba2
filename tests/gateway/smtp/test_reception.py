"""The mailbox that `<postmaster>` means."""

from pathlib import Path

import pytest

from gateway.config import Limits, Listener
from gateway.smtp.reception import Reception
from rules.transaction import ListenerKind


@pytest.mark.parametrize(
    "domain, mailbox", [("", "postmaster@a.city.example"), ("city.example", "postmaster@city.example")]
)
def test_postmaster_is_of_the_domain_named_else_of_the_first_b03(city, domain, mailbox):
    reception = Reception(
        listener=Listener(name="test", kind=ListenerKind.EDGE, next_hop="none"),
        limits=Limits(),
        hostname="mx.city.example",
        domains=frozenset({"city.example", "b.city.example", "a.city.example"}),
        spool=Path("spool"),
        open_egress=city.open_egress,
        process=city.process,
        postmaster_domain=domain,
    )
    assert reception.postmaster == mailbox
