"""Criminal justice information: records, identifiers and markings, and mail that only names a system."""

import time

import pytest

from rules.detectors.criminal_justice_information import Parameters, detect


def seen(facts_of, author="", **more):
    return list(detect(facts_of(author, **more), Parameters()))


@pytest.mark.parametrize(
    "text",
    [
        "KCJIS INFORMATION - DO NOT DISSEMINATE\n\nsee below",
        "Criminal justice data: not for release outside the agency",
        "The NCIC hit came back on the second plate.",
        "Attached is the ALERT printout for the Ford.",
        "I ran him through NCIC and KCJIS this morning.",
        "This morning I ran him\nthrough NCIC.",
        "I ran the plate through ALERT; it belongs to his sister.",
        "Our ORI is KS0460300, use it for the request.",
        "NAM/DALE,CY R.SEX/M.RAC/W.DOB/19840309.HGT/510.",
        "State ID: KS1448901",
        "FBI no. 482910KA3",
        "his FBI number is 482910KA3",
        "Triple I query on suspect Cy Dale is below.",
        "Ran a triple\nI inquiry for the applicant",
        "From the ALERT system: Dale, Cy, two arrests",
        "According to NCIC: stolen in Olathe",
        "Here is the applicant's criminal history, as you asked.",
        "His rap sheet is four pages.",
        "There is an active felony warrant for Cy Dale out of Wyandotte County.",
    ],
)
def test_records_identifiers_and_markings(facts_of, text):
    (found,) = seen(facts_of, text)
    assert found.detected


@pytest.mark.parametrize(
    "text",
    [
        "NCIC training is on Thursday; bring your badge.",
        "The CJIS audit is due in May, and KCJIS sends the forms.",
        "SEVERE WEATHER ALERT: ALERT response teams meet at the depot.",
        "Original and copies go to the clerk; Orion Street is closed.",
        "A search warrant is a court's order; the budget warrants a look.",
        "Superbowl III returns to the screen at the library.",
        "Applicants agree to a criminal history check.",
        "The FBI sent a newsletter.",
        "Call the FBI number 913-555-0142 or FBI: 1-800-555-0142; the FBI number UNKNOWN is a film.",
        "From the ALERT team: ALERT system training is on Monday; the triple I saw was a double.",
        "24/7 service, and/or pick-up at LIC/A and OFF/B gates".lower(),
    ],
)
def test_mail_that_only_names_a_system(facts_of, text):
    assert not any(found.detected for found in seen(facts_of, text))


def test_the_name_of_a_system_is_told(facts_of):
    (found,) = seen(facts_of, "NCIC training is on Thursday.")
    assert (found.detected, found.score, found.summary) == (False, 0.25, "name of a system")


def test_evidence_masks_identifiers_and_says_what_they_are(facts_of):
    (found,) = seen(facts_of, attached="SID: KS1448901 follows")
    (item,) = found.evidence
    assert "KS1448" not in item.text and item.signal == "FBI or state number 0.7"


def test_evidence_without_an_identifier_stays_readable(facts_of):
    (found,) = seen(facts_of, "The NCIC hit came back.")
    assert "NCIC hit" in found.evidence[0].text


def test_several_signs_weigh_more_than_one(facts_of):
    (found,) = seen(facts_of, "NCIC return below. ORI KS0460300.")
    assert found.score > 0.9


def test_time_grows_with_the_length_alone(facts_of):
    hostile = "NAM/A" * 20_000 + "ORI ncic cjis active warrant fbi his " * 10_000
    start = time.process_time()
    seen(facts_of, hostile)
    assert time.process_time() - start < 5
