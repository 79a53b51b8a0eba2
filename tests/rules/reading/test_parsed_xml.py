"""One XML part run through expat: elements, attributes and words in order; entities and damage are refused."""

import pytest

from rules.reading.member import Unreadable
from rules.reading.parsed_xml import parse_xml, value_of


class Told:
    def __init__(self):
        self.told = []

    def start(self, tag, attributes):
        self.told.append((tag, attributes))

    def end(self, tag):
        self.told.append(tag)

    def text(self, data):
        self.told.append(data.upper())


def test_what_stands_in_a_part_is_told_in_order():
    told = Told()
    parse_xml(b'<w:p w:a="1">x&#121;<b/></w:p>', told)
    assert told.told == [("w:p", {"w:a": "1"}), "XY", ("b", {}), "b", "w:p"]


def test_entities_and_damage_are_refused():
    with pytest.raises(Unreadable, match="entities"):
        parse_xml(b"<!DOCTYPE a [<!ENTITY b 'x'>]><a>&b;</a>", Told())
    with pytest.raises(Unreadable, match="malformed"):
        parse_xml(b"<a>x", Told())


def test_an_attribute_is_found_whatever_its_prefix():
    assert value_of({"w:val": "1", "other": "2"}, "val") == "1"
    assert value_of({"w:val": "1"}, "value") == ""
