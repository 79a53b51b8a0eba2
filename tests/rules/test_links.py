"""Links of a text: where they lead, what they show, and where they end."""

import pytest

from rules.facts import Role, Text
from rules.links import MAX_LINKS, above, host_of, leads_to, links_of, registered


def links(words: str) -> list[tuple[str, str, str]]:
    text = Text(part="1", role=Role.AUTHOR, text=words)
    return [(link.target, link.host, link.shown) for link in links_of([text])]


def test_a_link_ends_before_what_closes_the_sentence() -> None:
    assert links("See (https://a.example/x?y=1). Or www.b.example, please.") == [
        ("https://a.example/x?y=1", "a.example", ""),
        ("www.b.example", "www.b.example", ""),
    ]


def test_what_a_link_shows_instead() -> None:
    assert links("Go to www.bank.example/login <http://other.example/l>") == [
        ("www.bank.example/login", "www.bank.example", ""),
        ("http://other.example/l", "other.example", "www.bank.example"),
    ]
    assert links("Click here <http://other.example/l>") == [("http://other.example/l", "other.example", "")]


def test_evidence_marks_the_target() -> None:
    text = Text(part="2", role=Role.AUTHOR, text="at https://a.example/ today", start=100)
    (link,) = links_of([text])
    assert (link.evidence.part, link.evidence.start, link.evidence.end) == ("2", 103, 121)


@pytest.mark.parametrize(
    ("target", "host"),
    [
        ("https://www.bank.example@evil.example/x", "evil.example"),
        ("HTTP://A.Example:8080/", "a.example"),
        ("www.a.example/go?to=https://b.example/", "www.a.example"),
        ("www.a.example?https://b.example/", "www.a.example"),
        ("https://a.example\\@b.example/", "b.example"),
        ("https://a.example./", "a.example"),
        ("http://[broken", ""),
        ("http:///path", ""),
    ],
)
def test_the_host_that_a_browser_would_ask(target: str, host: str) -> None:
    assert host_of(target) == host


@pytest.mark.parametrize(
    ("host", "name"),
    [("www.bank.example", "bank.example"), ("a.b.shop.co.uk", "shop.co.uk"), ("city.ky.us", "ky.us"), ("host", "host")],
)
def test_what_somebody_registered(host: str, name: str) -> None:
    assert registered(host) == name


def test_below_a_listed_host_and_beside_it() -> None:
    assert leads_to("bank.example", "bank.example")
    assert leads_to("www.bank.example", "bank.example")
    assert not leads_to("notbank.example", "bank.example")


def test_no_more_links_of_one_text_than_the_bound() -> None:
    assert len(links("http://a.example/ " * MAX_LINKS)) == MAX_LINKS
    assert len(links("http://a.example/ " * (MAX_LINKS + 1))) == MAX_LINKS


def test_a_host_lies_below_each_of_its_ends():
    assert list(above("www.city.co.uk")) == ["www.city.co.uk", "city.co.uk", "co.uk", "uk"]
    assert list(above("")) == []
