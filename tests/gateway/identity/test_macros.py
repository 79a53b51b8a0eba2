"""The examples of RFC 7208 section 7.4, and what is no macro."""

import time
from dataclasses import replace
from ipaddress import ip_address
from itertools import product

import pytest

from gateway.identity.macros import MacroError, MacroFacts, expand

FACTS = MacroFacts(
    sender="strong-bad@email.example.com", domain="email.example.com", client=ip_address("192.0.2.3"), hello="mx.x"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%{s}", "strong-bad@email.example.com"),
        ("%{o}", "email.example.com"),
        ("%{d4}", "email.example.com"),
        ("%{d2}", "example.com"),
        ("%{dr}", "com.example.email"),
        ("%{d2r}", "example.email"),
        ("%{l-}", "strong.bad"),
        ("%{l1r-}", "strong"),
        ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
        ("%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"),
        ("a%%b%_c%-d", "a%b c%20d"),
    ],
)
def test_examples_of_the_standard(text: str, expected: str) -> None:
    assert expand(text, FACTS) == expected


@pytest.mark.parametrize("text", ["%", "%{", "%{x}", "%{d0}", "%a", "%{c}", "%{s"])
def test_what_is_no_macro_is_refused(text: str) -> None:
    with pytest.raises(MacroError):
        expand(text, FACTS)


def test_a_name_that_grows_too_long_loses_labels_from_the_left() -> None:
    assert len(expand("%{l}." * 40 + "%{d}", FACTS)) <= 253


def test_a_record_full_of_macros_costs_milliseconds_f07() -> None:
    """Of a domain of 126 labels it makes half a million characters, which lost their labels one by one: two seconds."""
    long = replace(FACTS, domain=".".join(["a"] * 126))
    lists = ["".join(marks) for marks in product(".+,/_=-", repeat=4)]
    begun = time.process_time()
    assert expand(".".join(["%{d}"] * 1_600), long) == ".".join(["a"] * 127)
    expand("".join(f"%{{d{marks}}}" for marks in lists), FACTS)
    assert time.process_time() - begun < 0.5
