"""Health information of a person, and health as a topic."""

import time

import pytest

from rules.detectors.health_information import Parameters, detect


def seen(facts_of, author="", **more):
    return list(detect(facts_of(author, **more), Parameters()))


@pytest.mark.parametrize(
    "text",
    [
        "Carl Oyelaran was diagnosed with type 2 diabetes on March 3 and needs breaks.",
        "Patient: Wren Calloway\nMRN: 4418829\nDx: E11.9, takes her insulin at noon",
        "Greta Lindahl is in the hospital since 3/14 after a heart attack; her son called.",
        "Medical leave for Piers Aldous, DOB 03/09/1962: knee replacement, back in June.",
        "Piers Aldous was prescribed oxycodone on 3/2 after the fall.",
        "Ann Lee tested positive for tuberculosis, results of 2026-03-09 attached.",
        "Patient: Wren Calloway\nDx: F32.1, seen on 3/14",
        "Wren Calloway, ICD-10: E11.9, may work half days.",
        "Greta Lindahl has HIV.",
        "Piers Aldous starts chemotherapy on Monday.",
        "Carl Oyelaran starts chemotherapy, please cover for him.",
        "Greta Lindahl sees her oncologist on March 3, so no meetings then.",
    ],
)
def test_a_person_a_condition_and_a_day_or_record(facts_of, text):
    (found,) = seen(facts_of, text)
    assert found.detected


@pytest.mark.parametrize(
    "text",
    [
        "The flu clinic is open on March 3; bring your card. The pharmacy has insulin at a discount.",
        "Our plan covers cancer screening, diabetes care and dialysis from January 1.",
        "Please be patient: John Smith is looking at the pump on March 9.",
        "The settlement with makers of OxyContin was approved on March 3; Helen Strand signed it.",
        "Ann Lee is scheduled for the training on March 3.",
        "Trees that suffer from drought are replaced, says Ed Wexler on 3/9.",
        "A patient was diagnosed with tuberculosis on March 3, says the county.",
        "Ann Lee says that the county has covid tests and cancer screening from March 3.",
        "Blue Cross has cancer coverage from March 3, says Ed Wexler.",
        "Helen Strand, oncologist at the county hospital, speaks on March 3.",
        "Diagnosis of the pump: E11 on the display since 3/9, says Ed Wexler.",
        "Wear pink for breast cancer awareness on October 5.",
    ],
)
def test_health_as_a_topic(facts_of, text):
    assert not any(found.detected for found in seen(facts_of, text))


def test_without_a_day_or_record_it_is_told(facts_of):
    (found,) = seen(facts_of, "Carl Oyelaran was diagnosed with diabetes.")
    assert not found.detected and found.summary == "care and a condition, a named person"


def test_identifiers_in_the_evidence_are_masked(facts_of):
    (found,) = seen(facts_of, attached="Wren Calloway, SSN 512-44-9087, was admitted with pneumonia.")
    assert found.detected and "512" not in found.evidence[0].text


def test_a_footer_or_signature_is_nobody_s_record(facts_of):
    text = "Carl Oyelaran was diagnosed with diabetes on March 3."
    assert not seen(facts_of, footer=text, signature=text)


def test_time_grows_with_the_length_alone(facts_of):
    hostile = "patient: diagnosed with cancer dx: " * 10_000
    start = time.process_time()
    seen(facts_of, hostile)
    assert time.process_time() - start < 5
