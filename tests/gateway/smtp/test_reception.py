"""The mailbox that `<postmaster>` means."""

from dataclasses import replace

import pytest


@pytest.mark.parametrize(
    "domain, mailbox", [("", "postmaster@a.city.example"), ("city.example", "postmaster@city.example")]
)
def test_postmaster_is_of_the_domain_named_else_of_the_first_b03(city, reception, tmp_path, domain, mailbox):
    domains = frozenset({"city.example", "b.city.example", "a.city.example"})
    assert replace(reception(city, tmp_path), domains=domains, postmaster_domain=domain).postmaster == mailbox
