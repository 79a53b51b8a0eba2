"""Organization-wide mail: who is counted, from how many people on, and who may."""

import pytest

from rules.address import parse_address
from rules.detectors.organization_wide import Parameters, detect, observe_sum, staff_size, threshold
from rules.directory import Directory, Person
from rules.verdict import Mailing

CREW = frozenset(f"p{number}@city.example" for number in range(40))
STAFF = Directory(
    domains=frozenset({"city.example"}),
    people={
        **{address: Person(address=address) for address in CREW},
        "gone@city.example": Person(address="gone@city.example", active=False),
    },
    groups={"half@city.example": frozenset(sorted(CREW)[:20]), "few@city.example": frozenset(sorted(CREW)[:6])},
)


def seen(facts_of, *to, parameters=None, directory=STAFF, **more):
    return list(detect(facts_of("Hello", to=to, directory=directory, **more), parameters or Parameters()))


def test_a_group_that_holds_half_of_the_staff(facts_of):
    (found,) = seen(facts_of, "half@city.example")
    assert found.detected and found.score == 0.5
    assert found.summary == "reaches 20 of 40 people, 50 %"
    assert found.recipients == ("half@city.example",)


def test_people_written_to_one_by_one_or_blind_count_as_well(facts_of):
    (found,) = seen(facts_of, *sorted(CREW)[:20], addressed=("clerk@city.example",))
    assert found.detected


def test_those_named_in_to_count_though_this_copy_goes_to_one(facts_of):
    shown = tuple(sorted(CREW)[:25])
    (found,) = seen(facts_of, "p1@city.example", addressed=shown)
    assert found.detected and found.recipients == ("p1@city.example",)
    assert not seen(facts_of, "p1@city.example", addressed=shown, parameters=Parameters(count_in_fields=False))


def test_nobody_is_counted_twice_or_without_a_live_account(facts_of):
    (found,) = seen(facts_of, "half@city.example", "p1@city.example", "gone@city.example")
    assert found.summary.startswith("reaches 20 of 40 people")


def test_a_part_of_the_staff_is_told_but_not_detected_and_a_small_one_not_told(facts_of):
    (found,) = seen(facts_of, *sorted(CREW)[:12])
    assert not found.detected
    assert not seen(facts_of, "few@city.example")


def test_a_name_that_means_everyone_needs_no_counting(facts_of):
    (found,) = seen(facts_of, "All-Staff@city.example")
    assert found.detected and found.summary.startswith("sent to all-staff@city.example; reaches")
    assert not seen(facts_of, "all-staff@elsewhere.example")
    review = Parameters(all_staff=("all-staff@review.example",))
    assert seen(facts_of, "all-staff@review.example", parameters=review)


@pytest.mark.parametrize(
    "local",
    [
        "all",
        "staff",
        "employees",
        "all_staff",
        "All.Employees",
        "everybody",
        "all-users",
        "allusers",
        "city-all",
        "company",
    ],
)
def test_names_that_mean_everyone_however_they_are_written(facts_of, local):
    (found,) = seen(facts_of, f"{local}@city.example")
    assert found.detected
    assert not seen(facts_of, f"{local}@elsewhere.example")


@pytest.mark.parametrize("local", ["parks-staff", "allen", "staff.meeting", "all-city-parks", "company.accounts"])
def test_such_a_word_amid_others_means_nobody_in_particular(facts_of, local):
    assert not seen(facts_of, f"{local}@city.example")


def test_a_city_may_write_its_own_names_with_separators(facts_of):
    assert seen(facts_of, "TownHall_All@city.example", parameters=Parameters(all_staff=("town-hall-all",)))


def test_a_professional_list_does_not_count(facts_of):
    assert not seen(facts_of, "clerks@list.example")
    inside = Parameters(listservs=("everyone@city.example",))
    assert not seen(facts_of, "everyone@city.example", parameters=inside)
    (found,) = seen(facts_of, "half@city.example", "everyone@city.example", parameters=inside)
    assert found.recipients == ("half@city.example",)


def test_mail_from_outside_is_not_ours_to_permit(facts_of):
    assert not seen(facts_of, "half@city.example", sender="news@elsewhere.example")


def test_a_sender_with_permission_is_told_but_not_detected(facts_of):
    (found,) = seen(facts_of, "half@city.example", parameters=Parameters(permitted_senders=("Ann.Clerk@city.example",)))
    assert not found.detected and "permission" in found.summary


def test_without_a_staff_list_only_many_people_count(facts_of):
    bare = Directory(domains=frozenset({"city.example"}))
    assert not seen(facts_of, *sorted(CREW), directory=bare)
    many = tuple(f"q{number}@city.example" for number in range(100))
    (found,) = seen(facts_of, *many, directory=bare)
    assert found.detected and "no staff list" in found.summary


def test_the_threshold_in_small_and_large_cities():
    assert [threshold(staff, Parameters()) for staff in (0, 12, 50, 5_000)] == [100, 20, 25, 2_500]


def test_the_staff_is_whoever_has_a_live_account():
    assert staff_size(STAFF) == 40 == len(STAFF.people) - 1


PIECE = (parse_address("p1@city.example"), parse_address("Pros@city.example"))


def test_a_mailing_added_up_over_messages():
    mailing = Mailing(originator="ann@city.example", prints=("f" * 64,), reaches=("p1@city.example",))
    found = observe_sum(26, 40, mailing, Parameters(), PIECE)
    assert found is not None and found.detected and found.score == 0.65
    assert found.summary == "with the same mailing in other messages within 6 hours: reaches 26 of 40 people, 65 %"
    assert observe_sum(19, 40, mailing, Parameters(), PIECE) is None
    assert observe_sum(26, 40, mailing, Parameters(permitted_senders=("ann@city.example",)), PIECE) is None


def test_the_sum_says_nothing_that_the_message_alone_has_said():
    mailing = Mailing(originator="ann@city.example", prints=("f" * 64,), reaches=tuple(sorted(CREW)))
    assert observe_sum(40, 40, mailing, Parameters(), PIECE) is None


def test_the_copy_of_a_professional_list_is_not_held_for_the_sum():
    mailing = Mailing(originator="ann@city.example", prints=("f" * 64,), reaches=("p1@city.example",))
    found = observe_sum(26, 40, mailing, Parameters(listservs=("pros@city.example",)), PIECE)
    assert found is not None and found.recipients == ("p1@city.example",)
