"""Whom mailings have reached: summed over copies, within a window, and begun anew when the file is damaged."""

from datetime import timedelta

import pytest

from rules.verdict import Mailing


def a_mailing(*people):
    return Mailing(originator="zoe@city.example", prints=("f" * 16,), reaches=people)


def test_reach_counts_people_once(keeping):
    add, now = keeping.store.reach.add, keeping.clock()
    assert add(a_mailing("a@city.example", "b@city.example"), now, 3600) == 2
    assert add(a_mailing("b@city.example", "c@city.example"), now, 3600) == 3


def test_reach_forgets_what_is_older_than_its_window(keeping):
    add, now = keeping.store.reach.add, keeping.clock()
    add(a_mailing("a@city.example"), now, 3600)
    assert add(a_mailing("b@city.example"), now + timedelta(hours=2), 3600) == 1
    assert add(a_mailing("b@city.example"), now + timedelta(hours=2), 3 * 3600) == 2


def test_reach_of_one_mailing_is_not_that_of_another(keeping):
    add, now = keeping.store.reach.add, keeping.clock()
    add(a_mailing("a@city.example"), now, 3600)
    assert add(Mailing(originator="yan@city.example", prints=("g" * 16,), reaches=("b@city.example",)), now, 60) == 1


def test_reach_sums_over_copies_that_have_a_print_in_common(keeping):
    add, now = keeping.store.reach.add, keeping.clock()

    def copy(person, *prints):
        return Mailing(originator="zoe@city.example", prints=prints, reaches=(person,))

    assert add(copy("a@city.example", "1", "2"), now, 3600) == 1
    assert add(copy("b@city.example", "2", "3"), now, 3600) == 2
    assert add(copy("a@city.example", "2", "3"), now, 3600) == 2
    assert add(copy("c@city.example", "4"), now, 3600) == 1


def damage(path, start, end):
    octets = bytearray(path.read_bytes())
    octets[start:end] = b"\xff" * (end - start)
    path.write_bytes(octets)


@pytest.mark.parametrize(
    ("start", "end"), [(0, 100), (100, 4_096), (4_096, 8_192)], ids=["its head", "its schema", "its rows"]
)
def test_a_damaged_reach_is_begun_anew_by_the_next_start(keeping, keep, start, end):
    keeping.store.reach.add(a_mailing("a@city.example"), keeping.clock(), 3600)
    damage(keeping.state / "reach.sqlite", start, end)
    assert keep().store.reach.add(a_mailing("b@city.example"), keeping.clock(), 3600) == 1


def test_a_reach_damaged_at_work_keeps_no_mail_waiting(keeping):
    add, now = keeping.store.reach.add, keeping.clock()
    add(a_mailing("a@city.example"), now, 3600)
    damage(keeping.state / "reach.sqlite", 0, 8_192)
    assert add(a_mailing("b@city.example"), now, 3600) == 1
    assert add(a_mailing("c@city.example"), now, 3600) == 2
