"""What a document fetches from another network is told; what lies on the office's own servers is not."""

import pytest

from rules.reading.relations import Relation, is_elsewhere


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


@pytest.mark.parametrize("kind", ["attachedTemplate", "oleObject", "AFCHUNK", "slideMaster"])
def test_what_is_fetched_and_obeyed(kind):
    assert Relation(kind=kind, target="https://a.example/").is_obeyed
    assert not Relation(kind=kind, target="media/a.png").is_obeyed


def test_links_that_a_reader_has_to_follow_are_not_obeyed():
    assert not Relation(kind="hyperlink", target="https://a.example/").is_obeyed


@pytest.mark.parametrize(
    "target", ["ms-msdt:/id x", "search-ms:query=a", r"\\a.example@SSL\x.exe", "file://a.example/x.LNK"]
)
def test_a_link_that_starts_a_program(target):
    assert Relation(kind="hyperlink", target=target).is_command


@pytest.mark.parametrize(
    "target",
    ["https://a.example/setup.exe", "javascript:void(0)", r"\\FILES\setup.exe", "file:///C:/a.exe", "ms-word:ofe|u|x"],
)
def test_a_link_that_shows_something_does_not(target):
    assert not Relation(kind="hyperlink", target=target).is_command
