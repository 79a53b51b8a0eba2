"""Tag lists: what RFC 6376 section 3.2 allows and what it does not."""

import pytest

from gateway.identity.tags import MAX_TAGS, TagError, parse_tags, without_blanks


def test_folded_tags_are_read() -> None:
    assert parse_tags(" v=1; a=rsa-sha256;\r\n\tb=AB\r\n\t CD ;") == {"v": "1", "a": "rsa-sha256", "b": "AB\r\n\t CD"}


@pytest.mark.parametrize("text", ["v", "v=1;;a=2", "v=1; v=2", "1v=1", "d=a\0b", "d=\x7f", "d=\xfc"])
def test_f06_what_others_would_read_differently_is_refused(text: str) -> None:
    with pytest.raises(TagError):
        parse_tags(text)


def test_so_many_tags_and_no_more() -> None:
    assert len(parse_tags(";".join(f"t{number}=x" for number in range(MAX_TAGS)))) == MAX_TAGS
    with pytest.raises(TagError, match="more than"):
        parse_tags(";".join(f"t{number}=x" for number in range(MAX_TAGS + 1)))


def test_blanks_go_wherever_a_list_was_folded() -> None:
    assert without_blanks("AB\r\n\t CD ") == "ABCD"
