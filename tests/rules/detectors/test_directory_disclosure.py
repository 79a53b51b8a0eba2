"""Lists of people are counted; a contact, a thread's header and a signature are no list."""

from collections.abc import Callable

import pytest

from rules.detectors.directory_disclosure import Parameters, detect
from rules.directory import Directory, Person
from rules.facts import Facts

FactsOf = Callable[..., Facts]
NAMES = (
    "Ana Orr",
    "Bea Pell",
    "Cy Quill",
    "Dee Rudd",
    "Eli Sark",
    "Fay Tull",
    "Gus Umber",
    "Hal Vance",
    "Ida Wynn",
    "Jo Yates",
)
STAFF = Directory(
    domains=frozenset({"city.example"}),
    people={f"p{n}@city.example": Person(address=f"p{n}@city.example", name=name) for n, name in enumerate(NAMES)},
)


def detected(facts: Facts, parameters: Parameters | None = None) -> bool:
    return any(observation.detected for observation in detect(facts, parameters or Parameters()))


def listed(count: int, domain: str = "city.example") -> str:
    return "\n".join(f"person{number}@{domain}" for number in range(count))


@pytest.mark.parametrize(("count", "found"), [(10, True), (9, False)])
def test_addresses_of_ours(facts_of: FactsOf, count: int, found: bool) -> None:
    assert detected(facts_of(f"Here:\n{listed(count)}")) is found
    assert detected(facts_of("Here.", attached=listed(count))) is found


@pytest.mark.parametrize(("count", "found"), [(25, True), (24, False)])
def test_addresses_of_anybody(facts_of: FactsOf, count: int, found: bool) -> None:
    assert detected(facts_of(listed(count, "elsewhere.example"))) is found


@pytest.mark.parametrize(("between", "found"), [(500, True), (3_000, False)])
def test_contacts_here_and_there_in_a_long_text_are_no_list(facts_of: FactsOf, between: int, found: bool) -> None:
    """A review of the press has the writers' addresses below its articles; of our own people each one counts."""
    article = "The council met. " * (between // 17)
    text = "\n".join(f"{article}\nWrite to writer{number}@paper.example." for number in range(30))
    assert detected(facts_of(text)) is found
    assert detected(facts_of(text.replace("paper.example", "city.example")))


def test_names_of_people_on_the_staff_list_in_either_order(facts_of: FactsOf) -> None:
    rows = "\n".join(f"{name}, engineer" for name in NAMES[:5]) + "\n"
    rows += "\n".join(", ".join(reversed(name.split())) for name in NAMES[5:])
    assert detected(facts_of(rows, directory=STAFF))
    assert not detected(facts_of(rows))


def test_what_the_list_is_called_weighs(facts_of: FactsOf) -> None:
    assert not detected(facts_of(listed(6)))
    assert detected(facts_of(f"Our staff directory:\n{listed(6)}"))
    assert not detected(facts_of("The staff directory and the organization chart are on our web site."))


def test_the_header_of_a_thread_and_a_signature(facts_of: FactsOf) -> None:
    header = "From: a@elsewhere.example\nTo: " + "; ".join(listed(12).split()) + "\nSubject: hearing\n\nWhen?"
    assert not detected(facts_of("Thursday.", forwarded=header))
    assert not detected(facts_of("Thursday.", signature=listed(12)))
    assert detected(facts_of("Look:", forwarded=listed(12)))
