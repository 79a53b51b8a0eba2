"""What is unsafe or advised comes with what to do."""

from gateway.doctor.note import Grade, advice, good, unsafe


def test_each_grade_has_its_maker() -> None:
    assert [note.grade for note in (good("a"), advice("b", "c"), unsafe("d", "e"))] == list(Grade)
    assert (good("a").remedy, unsafe("d", "e").remedy) == ("", "e")
