"""Ordinary mail is judged in the copies that a gateway of its writers sees, and lists are made of what it tells."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rules.policy import Policy, load_policy
from rules.shipped import find_policy
from tests.quality.held import (
    CITY,
    Held,
    Lists,
    Ordinary,
    filled_in,
    held_by,
    home_of,
    leaving,
    lists_of,
    ordinary_mail,
    read,
)

HOME = "town.example"
CLERK, COUNSEL = f"clerk@{HOME}", "petra@lawfirm.example"
Write = Callable[..., None]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(name: str, sender: str, to: str, subject: str = "Agenda", body: str = "For Tuesday.") -> None:
        (tmp_path / name).write_text(f"From: {sender}\nTo: {to}\nSubject: {subject}\n\n{body}\n")

    for number in range(8):
        written(f"0{number}.txt", f"Ann Lee <{CLERK}>", f"bob@{HOME}")
    return written


@pytest.fixture
def atu() -> Policy:
    return load_policy(find_policy("acceptable-technology-use"))


def seen(folder: Path) -> list:
    return [(item, read(item)) for item in ordinary_mail(folder)]


def by_name(folder: Path) -> dict[str, Ordinary]:
    return {item.path.name: item for item in ordinary_mail(folder)}


def to(item: Ordinary) -> list[str]:
    return [str(one.address) for one in item.envelope.recipients]


def test_what_is_no_message_is_left_out(tmp_path: Path, write: Write) -> None:
    (tmp_path / "README").write_text("From here on: notes.\n")
    (tmp_path / "00.cats").write_text("From: x@town.example\n\n1")
    assert len(by_name(tmp_path)) == 8


def test_home_is_whose_mail_most_of_it_is(tmp_path: Path, write: Write) -> None:
    assert {item.home for item in ordinary_mail(tmp_path)} == {HOME}
    for number in range(9):
        write(f"2{number}.txt", f"x@shop{number}.example", "reader@elsewhere.example")
    items = by_name(tmp_path)
    assert {item.home for item in items.values()} == {CITY}
    assert {address for item in items.values() for address in to(item)} == {f"clerk@{CITY}"}
    assert home_of([]) is None


def test_copies_that_never_pass_us_are_not_judged(tmp_path: Path, write: Write) -> None:
    write("a.txt", COUNSEL, f"{CLERK}, cy@lawfirm.example")
    write("b.txt", COUNSEL, "list@lawfirm.example")
    write("c.txt", CLERK, f"bob@{HOME}, {COUNSEL}")
    write("d.txt", f"a..lee@{HOME}", COUNSEL)  # what RFC 5321 section 4.1.2 has no room for
    items = by_name(tmp_path)
    assert [to(items[name]) for name in ("a.txt", "b.txt", "c.txt", "d.txt")] == [
        [CLERK],
        [CLERK],
        [f"bob@{HOME}", COUNSEL],
        [COUNSEL],
    ]
    assert [items[name].is_ours for name in ("a.txt", "b.txt", "c.txt", "d.txt")] == [False, False, True, True]


def test_the_lists_that_mail_tells(tmp_path: Path, write: Write) -> None:
    for number in range(3):
        write(f"a{number}.txt", f"Notices <notices@{HOME}>", f"all.staff@{HOME}")
    write("b.txt", CLERK, f"all.staff@{HOME}")
    write("c.txt", CLERK, f"{COUNSEL}, home@gmail.com, once@vendor.example")
    write("d.txt", COUNSEL, CLERK)
    write("e.txt", "home@gmail.com", CLERK)
    for number, sender in enumerate((CLERK, CLERK, f"bob@{HOME}")):
        write(f"f{number}.txt", sender, "desk@county.example")
    for sender in (CLERK, f"bob@{HOME}"):
        write(f"g-{sender}.txt", sender, "desk@twice.example")
    lists = lists_of(seen(tmp_path), named=["named.example"])
    assert lists.permitted == {f"notices@{HOME}"}
    assert lists.partners == {"lawfirm.example", "county.example", "named.example"}
    assert set(lists.people) == {CLERK, f"bob@{HOME}", f"notices@{HOME}"}
    assert lists.people[CLERK].name == "Ann Lee"


def test_a_name_that_is_shown_without_an_address_is_on_no_list(tmp_path: Path, write: Write) -> None:
    write("a.txt", "Ann Lee", f"bob@{HOME}")
    assert lists_of(seen(tmp_path)).people[CLERK].name == ""


def test_what_is_held_as_shipped_and_with_the_lists(tmp_path: Path, write: Write, atu: Policy) -> None:
    write("a.txt", CLERK, f"all.staff@{HOME}")
    write("b.txt", CLERK, COUNSEL, "CONFIDENTIAL: lease")
    write("c.txt", CLERK, "cy@paper.example", "CONFIDENTIAL: lease")
    lists = Lists(permitted=frozenset({CLERK}), partners=frozenset({"lawfirm.example"}), people={})
    marked = ("confidential-marking",)
    held = [Held(path=tmp_path / name, rules=marked) for name in ("b.txt", "c.txt")]
    assert held_by(atu, seen(tmp_path)) == [Held(path=tmp_path / "a.txt", rules=("organization-wide",)), *held]
    assert held_by(filled_in(atu, lists), seen(tmp_path)) == held[1:]


def test_everything_as_if_it_left(tmp_path: Path, write: Write, atu: Policy) -> None:
    write("a.txt", COUNSEL, CLERK, "CONFIDENTIAL: lease")
    items = [leaving(item) for item in ordinary_mail(tmp_path)]
    assert {address for item in items for address in to(item)} == {"someone@elsewhere.example"}
    assert [one.path.name for one in held_by(atu, [(item, read(item)) for item in items])] == ["a.txt"]
