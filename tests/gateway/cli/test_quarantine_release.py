"""`mailward quarantine release`: done only when the next hop has accepted, and what is told of each copy."""

import json

import pytest


def test_release_is_done_when_the_next_hop_has_accepted(office):
    item = office.hold("ann@city.example", "bob@city.example")
    office.run("release", item.id[:8], "--reason", "asked for")
    assert office.sent == [("ann@city.example", "bob@city.example")]
    (line,) = office.listed()
    assert line["state"] == "released"
    assert {copy["reply"] for copy in line["recipients"]} == {"250 said so"}


@pytest.mark.parametrize(("says", "exit"), [(451, 75), (550, 1)])
def test_release_without_a_250_stays_held(office, says, exit):
    item = office.hold("ann@city.example")
    office.says = says
    office.run("release", item.id, "--reason", "asked for", exit=exit)
    (line,) = office.listed()
    assert (line["state"], line["recipients"][0]["reply"]) == ("held", f"{says} said so")


def test_release_of_one_recipient_and_to_another_address(office):
    item = office.hold("ann@city.example", "bob@city.example")
    office.run("release", item.id, "--recipient", "bob@city.example", "--to", "it@city.example", "--reason", "x")
    assert office.sent == [("bob@city.example",), ("it@city.example",)]
    assert [copy["state"] for copy in office.listed()[0]["recipients"]] == ["held", "released"]


def test_release_is_refused_for_a_rule_that_was_not_reviewed(office):
    item = office.hold("ann@city.example")
    office.rules = "executable-attachment"
    assert "executable-attachment" in office.run("release", item.id, "--reason", "x", exit=1)
    assert office.sent == []


def test_one_bad_item_does_not_keep_the_others(office):
    one, two = office.hold("ann@city.example"), office.hold("bob@city.example")
    office.run("release", one.id, "--reason", "x")
    office.run("release", one.id, two.id, "--reason", "x", exit=1)
    assert {line["state"] for line in office.listed()} == {"released"}


def test_release_tells_scripts_each_copy_with_its_reply(office):
    item = office.hold("ann@city.example", "bob@city.example")
    told = office.run("release", item.id, "--reason", "x", "--json")
    assert [json.loads(line) for line in told.splitlines()] == [
        {"id": item.id, "recipient": address, "outcome": "accepted", "reply": "250 said so"}
        for address in ("ann@city.example", "bob@city.example")
    ]


def test_release_tells_scripts_what_was_refused(office):
    item = office.hold("ann@city.example")
    office.run("delete", item.id, "--reason", "x")
    told = office.run("release", item.id, "--reason", "x", "--json", exit=1).splitlines()[0]
    assert json.loads(told) == {"id": item.id, "recipient": None, "outcome": "refused", "reply": ""}
