"""The mandated disclaimer counts when it stands in the author's own text, however it is dressed."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from rules.detectors.disclaimer import Parameters, detect
from rules.facts import Alternative, Facts, Role, Text
from rules.finding import Observation

FactsOf = Callable[..., Facts]
WORDS = Parameters().disclaimer


def seen(facts: Facts, parameters: Parameters | None = None) -> Observation | None:
    return next(iter(detect(facts, parameters or Parameters())), None)


def detected(facts: Facts, parameters: Parameters | None = None) -> bool:
    observation = seen(facts, parameters)
    return observation is not None and observation.detected


@pytest.mark.parametrize("role", ["author", "signature", "footer"])
def test_in_the_authors_own_text(facts_of: FactsOf, role: str) -> None:
    assert detected(facts_of(**{role: f"Hello.\n\n{WORDS}\n"}))


@pytest.mark.parametrize("role", ["quoted", "forwarded", "hidden", "attached", "subject"])
def test_elsewhere_it_is_not_the_authors(facts_of: FactsOf, role: str) -> None:
    assert seen(facts_of("Hello.", **{role: WORDS})) is None


@pytest.mark.parametrize(
    "dressed",
    [
        WORDS.upper(),
        WORDS.replace(" ", "\r\n"),
        WORDS.replace(",", " —").replace("/", " / "),
        "“" + WORDS.replace(" ", "\u00a0") + "”",
        WORDS.replace("communication", "communi\u00adcation").replace("City of", "City\u200b of"),
        WORDS.replace("communication", "communi-\ncation").replace("management", "manage-\r\n  ment"),
        re.sub(r"(\w{4})(\w{4})", r"\1-\n\2", WORDS),
        WORDS.replace("opinions", "opinion", 1),
        WORDS.replace("management", "managment").replace("endorsed", "endorse"),
    ],
)
def test_dress_and_a_slip_or_two_do_not_matter(facts_of: FactsOf, dressed: str) -> None:
    assert detected(facts_of("My view is mine.\n\n" + dressed))


@pytest.mark.parametrize("turned", [WORDS.replace("not the", "also the"), WORDS.replace("and not", "and")])
def test_a_slip_that_says_the_contrary_is_not_forgiven(facts_of: FactsOf, turned: str) -> None:
    assert not detected(facts_of("My view is mine.\n\n" + turned))


def test_a_hyphen_that_joins_two_words_of_it_is_none_that_breaks_one(facts_of: FactsOf) -> None:
    parameters = Parameters(disclaimer="These are my non-binding words.", similarity=1.0)
    assert detected(facts_of("These are my non-\nbinding words."), parameters)


def test_half_of_it_is_not_enough_and_is_reported(facts_of: FactsOf) -> None:
    words = WORDS.split()
    observation = seen(facts_of(" ".join(words[: len(words) * 8 // 10])))
    assert observation is not None and not observation.detected


def test_another_city_is_a_slip_that_similarity_can_refuse(facts_of: FactsOf) -> None:
    facts = facts_of(WORDS.replace("Stamford", "Leawood"))
    assert detected(facts)
    assert not detected(facts, Parameters(similarity=1.0))


def test_ones_own_disclaimer(facts_of: FactsOf) -> None:
    parameters = Parameters(disclaimer="These views are mine alone.")
    assert detected(facts_of("Hello. These views are mine alone!"), parameters)
    assert not detected(facts_of("Hello. " + WORDS), parameters)


def test_it_may_run_from_the_text_into_the_footer(facts_of: FactsOf) -> None:
    half = WORDS.index("nor are")
    texts = (
        Text(part="2", role=Role.AUTHOR, text="Hello.\n" + WORDS[:half]),
        Text(part="2", role=Role.FOOTER, text=WORDS[half:], start=200),
    )
    assert detected(facts_of(texts=texts))


def test_the_evidence_marks_it(facts_of: FactsOf) -> None:
    observation = seen(facts_of("Hello there.\n\n" + WORDS))
    assert observation is not None
    (evidence,) = observation.evidence
    assert evidence.start == len("Hello there.\n\n")
    assert evidence.mark is not None
    assert evidence.text[slice(*evidence.mark)].startswith("The opinions expressed")


LETTER = "In my opinion the council should keep the old library where it stands."


def offered(facts_of: FactsOf, *versions: str | tuple[str, str]) -> Facts:
    """Alternatives of one body; a pair is a body of two alternatives within."""
    alternatives = []
    for number, version in enumerate(versions, 1):
        texts = (version,) if isinstance(version, str) else version
        for inner, text in enumerate(texts, 1):
            chosen = (f"1.{number}", f"1.{number}.{inner}")[: len(texts)]
            said = Text(part=chosen[-1], role=Role.AUTHOR, text=text)
            alternatives.append(Alternative(body="1", chosen=chosen, text=said))
    return replace(facts_of(texts=tuple(item.text for item in alternatives)), alternatives=tuple(alternatives))


@pytest.mark.parametrize(
    ("plain", "page", "counts"),
    [
        (f"{LETTER}\n\n{WORDS}", f"{LETTER}\n\n{WORDS}", True),
        (f"{LETTER}\n\n{WORDS}", LETTER, False),
        (LETTER, f"{LETTER}\n\n{WORDS}", False),
        ("Your program cannot show this page.", f"{LETTER}\n\n{WORDS}", True),
    ],
)
def test_each_alternative_that_shows_the_letter_must_have_it(
    facts_of: FactsOf, plain: str, page: str, counts: bool
) -> None:
    assert detected(offered(facts_of, plain, page)) is counts


def test_of_nested_alternatives_too_each_must_have_it(facts_of: FactsOf) -> None:
    both = f"{LETTER}\n\n{WORDS}"
    assert detected(offered(facts_of, both, (both, both)))
    assert not detected(offered(facts_of, both, (both, LETTER)))
    assert not detected(offered(facts_of, both, (LETTER, LETTER), both))


def test_what_stands_beside_a_nested_body_is_seen_with_it(facts_of: FactsOf) -> None:
    facts = offered(facts_of, f"{LETTER}\n\n{WORDS}", (LETTER, LETTER))
    footer = Alternative(body="1", chosen=("1.2",), text=Text(part="1.2.3", role=Role.FOOTER, text=WORDS))
    assert detected(replace(facts, alternatives=(*facts.alternatives, footer)))


def test_below_the_alternatives_it_is_seen_by_every_reader(facts_of: FactsOf) -> None:
    facts = offered(facts_of, LETTER, LETTER)
    footer = Text(part="2", role=Role.FOOTER, text=WORDS)
    assert detected(replace(facts, texts=(*facts.texts, footer)))


def test_many_beginnings_cost_little(facts_of: FactsOf) -> None:
    assert seen(facts_of(" ".join(WORDS.split()[:10]) * 5_000)) is None


@pytest.mark.parametrize("wrong", [{"disclaimer": " … "}, {"similarity": 0.2}, {"similarity": 1.2}])
def test_parameters_that_mean_nothing_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        Parameters(**wrong)  # type: ignore[arg-type]
