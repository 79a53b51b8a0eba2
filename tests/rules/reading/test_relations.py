"""What a document fetches from another network is told; what lies on the office's own servers is not."""

import pytest

from rules.reading.relations import Relation, is_elsewhere, relations_outside


@pytest.mark.parametrize(
    "target",
    [
        "https://a.example/x.dotm",
        "HTTP://a.example/x.dotm",
        " mhtml:https://a.example/x!x",
        "file://a.example/share/x.dotm",
        "file:////a.example/share/x.dotm",
        r"file:///\\a.example\share\x.dotm",
        r"\\a.example\share\x.dotm",
        r"\\192.0.2.7\share\x.dotm",
        r"\\server@SSL\DavWWWRoot\x.dotm",
        r"\\3221225991\x.dotm",
        "//a.example/x.dotm",
        "%5C%5Ca.example%5Cx.dotm",
        "ms-msdt:/id",
    ],
)
def test_e15_addresses_elsewhere(target):
    assert is_elsewhere(target)


@pytest.mark.parametrize(
    "target",
    [
        "Normal.dotm",
        "file:///C:/Users/ann/Templates/Normal.dotm",
        r"C:\Templates\letter.dotx",
        r"\\FILES\templates\letter.dotx",
        "file:///Volumes/city/letter.dotx",
        r"\\dfs.city.local\templates\letter.dotx",
        r"\\10.1.2.3\templates\letter.dotx",
        "../letter.dotx",
    ],
)
def test_the_offices_own_places(target):
    assert not is_elsewhere(target)


def relations(inside):
    return b'<Relationships xmlns="http://r.example">' + inside + b"</Relationships>"


def test_targets_outside_are_found_in_any_spelling():
    one = (
        b"<r:Relationship xmlns:r='x' Target='https://a.example/' TargetMode='External' Type='http://t.example/frame'/>"
    )
    two = b'<Relationship Type="http://t.example/image" Target="media/a.png"/>'
    assert relations_outside(relations(one + two)) == (Relation(kind="frame", target="https://a.example/"),)


def test_a_target_written_in_entities_is_read():
    xml = relations(b'<Relationship Type="t/oleObject" Target="&#104;ttps://a.example/" TargetMode="External"/>')
    assert relations_outside(xml)[0].is_obeyed


def test_links_that_a_reader_has_to_follow_are_not_obeyed():
    assert not Relation(kind="hyperlink", target="https://a.example/").is_obeyed


@pytest.mark.parametrize(
    "xml", [b"", b"xternal", b"<a TargetMode='External'", b"<!DOCTYPE a [<!ENTITY b 'xternal'>]><a>&b;</a>"]
)
def test_what_cannot_be_read_has_none(xml):
    assert relations_outside(xml) == ()
