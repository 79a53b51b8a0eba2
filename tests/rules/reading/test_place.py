"""Numbers of parts as mail programs count them, and paths as evidence names them."""

from rules.reading.place import Place, under


def test_the_only_part_is_number_one():
    assert Place(path="", number="").name == "1"


def test_children_are_numbered_below_their_multipart():
    assert Place(path="", number="").child(2).child(1).name == "2.1"


def test_a_nested_message_counts_anew_behind_its_path():
    assert Place(path="3/", number="").child(1).name == "3/1"


def test_a_child_inherits_where_it_is_and_not_the_default_of_a_digest():
    child = Place(path="", number="", nested=True, default="message/rfc822", boundary=b"b").child(1)
    assert (child.nested, child.default, child.boundary) == (True, "text/plain", b"b")


def test_a_name_cannot_make_a_path_of_its_own():
    assert under("2", ["../../etc/passwd"]) == "2/.._.._etc_passwd"
    assert under("2", []) == "2"
