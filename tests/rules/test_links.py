"""Links of a text: where they lead, what they show, and where they end."""

import time

import pytest

from rules.facts import Role, Text
from rules.links import above, hosts_of, leads_to, links_limit, links_of, registered


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
    ("host", "name"),
    [("www.bank.example", "bank.example"), ("a.b.shop.co.uk", "shop.co.uk"), ("city.ky.us", "ky.us"), ("host", "host")],
)
def test_what_somebody_registered(host: str, name: str) -> None:
    assert registered(host) == name


def test_below_a_listed_host_and_beside_it() -> None:
    assert leads_to("bank.example", "bank.example")
    assert leads_to("www.bank.example", "bank.example")
    assert not leads_to("notbank.example", "bank.example")


@pytest.mark.parametrize("more", [0, 1])
@pytest.mark.parametrize("begin", ["https://", "www.bank.example"])
def test_a_link_that_is_cut_keeps_its_host(begin: str, more: int) -> None:
    """Of a link that meets the limit everything is kept; of a longer one, the name before its host goes first."""
    written = begin + "a" * (2_000 - len(f"{begin}@evil.example/") + more) + "@evil.example/"
    ((target, host, _),) = links(f"see {written} now")
    assert host == "evil.example"
    assert (target == written) is not more
    assert len(target) == len(written) if not more else len(target) < 200


def test_names_of_any_length_before_hosts_are_read_in_time() -> None:
    began = time.process_time()
    assert [host for _, host, _ in links(f"https://{'a' * 4_000_000}@evil.example/ " * 4)] == ["evil.example"] * 4
    assert links("https://" * 500_000)[0][1] == "https"
    assert time.process_time() - began < 3


@pytest.mark.parametrize(("more", "limit"), [(0, ""), (1, "more than 20,000 links")])
@pytest.mark.parametrize("word", ["http://a.example/ ", "http://www.a.example/ ", "no://link "])
def test_as_many_links_of_all_texts_as_are_looked_at_and_one_more(word: str, more: int, limit: str) -> None:
    words = (word * 5_000, word * (14_999 + more) + "www.bank.example")
    texts = [Text(part="1", role=Role.AUTHOR, text=text) for text in words]
    assert links_limit(texts) == limit
    assert [link.host for link in links_of(texts)][-1] == "www.bank.example"
    assert "www.bank.example" in hosts_of(texts)


def test_what_only_looks_like_links_is_passed_over_in_time() -> None:
    began = time.process_time()
    assert links("://" * 4_000_000) == []
    assert time.process_time() - began < 3


@pytest.mark.parametrize("count", [20_000, 20_001])
def test_no_text_is_looked_at_beyond_the_limit(count: int) -> None:
    words = ("www.a.example " * count, "www.bank.example")
    texts = [Text(part="1", role=Role.AUTHOR, text=text) for text in words]
    assert len(list(links_of(texts))) == 20_000
    assert "www.bank.example" not in hosts_of(texts)


@pytest.mark.parametrize(("more", "limit"), [(0, ""), (1, "more than 200,000 links in attached files")])
def test_as_many_links_of_attached_lists_as_are_looked_at_and_one_more(more: int, limit: str) -> None:
    """A link in each row of a list is ordinary: it neither holds the message nor hides the links of its words."""
    rows = ("www.a.example " * 150_000, "www.a.example " * (49_999 + more) + "www.bank.example")
    texts = [Text(part="1", role=Role.ATTACHED, text=text) for text in rows]
    words = Text(part="2", role=Role.AUTHOR, text="www.city.example")
    assert links_limit([*texts, words]) == limit
    assert hosts_of([*texts, words]) == {"www.a.example", "www.bank.example", "www.city.example"}


def test_no_attached_list_is_looked_at_beyond_the_limit() -> None:
    rows = Text(part="1", role=Role.ATTACHED, text="www.a.example " * 200_000 + "www.bank.example")
    assert hosts_of([rows]) == {"www.a.example"}


def test_a_host_lies_below_each_of_its_ends():
    assert list(above("www.city.co.uk")) == ["www.city.co.uk", "city.co.uk", "co.uk", "uk"]
    assert list(above("")) == []


@pytest.mark.parametrize(("length", "shown"), [(1_999, "bank.example"), (2_000, "")])
def test_an_address_that_is_shown_is_read_up_to_the_length_of_a_target(length: int, shown: str) -> None:
    address = "https://bank.example/".ljust(length, "a")
    assert links(f"see {address}<https://evil.example/>")[-1] == ("https://evil.example/", "evil.example", shown)
