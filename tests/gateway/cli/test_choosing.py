"""Which items an act is about: none before all are known, and all of a mailing when it is asked for."""


def test_of_several_ids_one_wrong_one_stops_all(office):
    item = office.hold("ann@city.example")
    office.run("delete", item.id, "zzzzzzzz", "--reason", "x", exit=2)
    assert office.listed()[0]["state"] == "held"


def test_a_case_is_released_or_deleted_as_one(office):
    pieces = [office.mailed(number) for number in range(3)]
    other = office.hold("ann@city.example")
    office.run("release", pieces[2].id, "--reason", "x")
    told = office.run("delete", pieces[0].id, "--case", "--reason", "x")
    assert told.splitlines() == [f"{pieces[0].id}: deleted", f"{pieces[1].id}: deleted"]
    states = {item["id"]: item["state"] for item in office.listed()}
    assert [states[one.id] for one in (*pieces, other)] == ["deleted", "deleted", "released", "held"]
