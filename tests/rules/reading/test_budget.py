"""One message may ask for so much and no more."""

from contextlib import ExitStack, nullcontext

import pytest

import rules.reading.budget as budget_module
from rules.reading.budget import Budget, LimitExceeded, Limits

SMALL = Limits(container_depth=2, members=3, unpacked=1_000, ratio=10, ratio_from=50, parts=2, part_depth=1)


def test_members_of_all_containers_count_together():
    budget = Budget(SMALL)
    for _ in range(3):
        budget.open(10).member()
    with pytest.raises(LimitExceeded, match="more than 3 files in containers"):
        budget.open(10).member()


def test_places_of_all_archives_count_together():
    budget = Budget(Limits(places=3))
    for _ in range(3):
        budget.open(10).place()
    with pytest.raises(LimitExceeded, match="more than 3 marks of local headers"):
        budget.open(10).place()


@pytest.mark.parametrize(("spent", "limited"), [(14.5, False), (15.0, True)])
def test_words_of_pictures_have_so_many_seconds_together(monkeypatch, spent, limited):
    clock = iter([0.0, spent, 20.0, 20.0])
    monkeypatch.setattr(budget_module.time, "process_time", lambda: next(clock))
    budget = Budget()
    with budget.picture() as seconds:
        assert seconds == 15.0
    told = pytest.raises(LimitExceeded, match="took longer than 15 s") if limited else nullcontext()
    with told, budget.picture() as seconds:
        assert seconds == 0.5


def test_octets_of_all_containers_count_together():
    budget = Budget(Limits(unpacked=2 * 1024 * 1024))
    budget.open(10**9).octets(2 * 1024 * 1024)
    with pytest.raises(LimitExceeded, match="more than 2 MiB"):
        budget.open(10**9).octets(1)


def test_a_container_that_grows_beyond_the_ratio_is_refused():
    meter = Budget(SMALL).open(10)
    meter.octets(100)
    with pytest.raises(LimitExceeded, match="10 times its size"):
        meter.octets(1)


def test_the_ratio_is_not_asked_of_small_contents():
    Budget(SMALL).open(1).octets(50)


def test_containers_nest_so_deep():
    budget = Budget(SMALL)
    with (
        budget.inside_container(),
        budget.inside_container(),
        pytest.raises(LimitExceeded, match="containers nested more than 2 deep"),
        budget.inside_container(),
    ):
        pass
    with budget.inside_container(), budget.inside_container():
        pass  # what was left is free again


def test_parts_are_counted_and_nest_so_deep():
    budget = Budget(SMALL)
    budget.count_part()
    budget.count_part()
    with pytest.raises(LimitExceeded, match="more than 2 MIME parts"):
        budget.count_part()
    with (
        budget.inside_part(),
        pytest.raises(LimitExceeded, match="MIME parts nested more than 1 deep"),
        budget.inside_part(),
    ):
        pass


def entered(open_one, count):
    with ExitStack() as stack:
        for _ in range(count):
            stack.enter_context(open_one())


def counted(count_one, count):
    for _ in range(count):
        count_one()


MESSAGE = [
    (lambda budget, count: counted(budget.open(1).member, count), 5_000, "more than 5,000 files in containers"),
    (lambda budget, count: counted(budget.open(1).place, count), 20_000,
     "zip archives with more than 20,000 marks of local headers"),
    (lambda budget, count: budget.open(10**9).octets(count), 500 * 1024 * 1024,
     "containers unpack to more than 500 MiB"),
    (lambda budget, count: budget.open(100_000).octets(count), 20_000_000,
     "a container unpacks to more than 200 times its size"),
    (lambda budget, count: budget.open(1).octets(count), 10 * 1024 * 1024,
     "a container unpacks to more than 200 times its size"),
    (lambda budget, count: counted(budget.count_part, count), 1_000, "more than 1,000 MIME parts"),
    (lambda budget, count: entered(budget.inside_part, count), 30, "MIME parts nested more than 30 deep"),
    (lambda budget, count: entered(budget.inside_container, count), 6, "containers nested more than 6 deep"),
    (lambda budget, count: counted(lambda: entered(budget.picture, 1), count), 20, "more than 20 pictures"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("take", "limit", "words"), MESSAGE, ids=[f"{limit:,}: {words}" for _, limit, words in MESSAGE]
)
def test_what_a_message_may_ask_and_one_more(take, limit, words):
    take(Budget(), limit)
    with pytest.raises(LimitExceeded) as told:
        take(Budget(), limit + 1)
    assert str(told.value) == words
