"""Files that stand inside text without MIME."""

from contextlib import nullcontext

import pytest

from rules.reading.budget import LimitExceeded
from rules.reading.encoded_files import bare_boundary, binhexed, files_in

ABC = b"begin 644 a b.exe\n#86)C\n`\nend\n"


def test_a_file_its_name_and_its_place():
    text = b"hello\n" + ABC + b"bye\n"
    (file,) = files_in(text)
    assert (file.name, file.octets) == ("a b.exe", b"abc")
    assert text[: file.span.start] == b"hello\n"
    assert text[file.span.end :] == b"\nend\nbye\n"


def test_two_files():
    assert len(list(files_in(ABC + ABC))) == 2


@pytest.mark.parametrize("text", [b"we begin 644 times\n", b"begin the meeting\n", b"begin 9 x\n#86)C\nend\n"])
def test_prose_is_no_file(text):
    assert list(files_in(text)) == []


def test_a_file_behind_a_byte_order_mark():
    (file,) = files_in(b"\xef\xbb\xbf" + ABC)
    assert file.octets == b"abc"


def test_a_file_in_yenc_needs_no_name():
    text = b"words\n=ybegin line=128 size=3\n" + bytes(octet + 42 for octet in b"abc") + b"\n=yend size=3\n"
    (file,) = files_in(text)
    assert (file.name, file.octets) == ("", b"abc")


def test_files_are_bounded():
    assert len(list(files_in(ABC * 100))) == 100
    found = []
    with pytest.raises(LimitExceeded, match="more than 100 files encoded in one text"):
        found.extend(files_in(ABC * 101))
    assert len(found) == 100


@pytest.mark.parametrize(
    "begin", [b"begin 644 a.exe", b"begin 0644 a.exe", b"begin 100644 a.exe", b"begin 0100644 a", b"begin 644"]
)
def test_any_mode_and_no_name(begin):
    (file,) = files_in(b"words\n" + begin + b"\n#86)C\n`\nend\n")
    assert file.octets == b"abc"


def test_two_blanks_are_a_mode_before_a_full_line_alone():
    line = b"M" + b"#86)C" * 12 + b"\n"
    (file,) = files_in(b"words\nbegin  a.exe\n" + line + b"`\nend\n")
    assert (file.name, len(file.octets)) == ("a.exe", 45)
    assert list(files_in(b"words\nbegin  a.exe\n#86)C\n`\nend\n")) == []


@pytest.mark.parametrize("line_end", [b"\r\n", b"\r", b"\r\r\n"])
def test_any_line_end(line_end):
    (file,) = files_in(ABC.replace(b"\n", line_end))
    assert (file.name, file.octets) == ("a b.exe", b"abc")


def test_both_readings_of_a_file_with_words_inside():
    files = list(files_in(b"begin 644 a.exe\n#86)C\nwords, many of them\n#86)C\nend\n"))
    assert [file.octets for file in files] == [b"abc", b"abcabc"]


def test_bare_mime_parts():
    assert bare_boundary(b"x\n--b\nContent-Disposition: attachment\n\nx") == b"b"
    assert bare_boundary(b"x\n--b\nwords about content-disposition: none\n") is None
    assert bare_boundary(b"-- \nAnn\n") is None


@pytest.mark.parametrize("more", [0, 1])
def test_a_file_in_binhex_of_4_mib_and_one_octet_more(more):
    mark = b"(This file must be converted with BinHex 4.0)"
    letters = b"&" * (4 * 1024 * 1024 - len(b"\n::") + more)
    with pytest.raises(LimitExceeded, match="a BinHex file of more than 4 MiB") if more else nullcontext():
        assert len(list(files_in(mark + b"\n:" + letters + b":"))) == 1


BINHEX_MARK = b"(This file must be converted with BinHex 4.0)\n"


class Searched(bytes):
    """Text that counts how many octets were searched."""

    octets = 0

    def find(self, word, start=0, end=None):
        end = len(self) if end is None else end
        at = super().find(word, start, end)
        self.octets += (at if at >= 0 else end) - start
        return at


@pytest.mark.parametrize("behind", [b"", b"words\n" * 1_000, b":\n" * 1_000])
def test_marks_of_binhex_without_a_file_cost_one_search(behind):
    text = Searched(BINHEX_MARK * 1_000 + behind)
    assert list(binhexed(text)) == []
    assert text.octets < 3 * len(text)


def test_a_file_behind_many_marks_of_binhex_is_one():
    assert len(list(binhexed(BINHEX_MARK * 50 + b"\n:" + b"&" * 1_000 + b":"))) == 1


def test_a_file_in_yenc_without_an_end_ends_where_the_next_begins():
    text = b"=ybegin line=128 size=3 name=a\n***\n" * 50
    assert [file.octets for file in files_in(text)] == [b"\0\0\0"] * 50


def test_begins_of_yenc_without_an_end_cost_one_search():
    text = Searched(b"=ybegin line=128 size=3 name=a\n" * 50 + b"words\n" * 5_000)
    assert len(list(files_in(text))) == 50
    assert text.octets < 10 * len(text)


@pytest.mark.parametrize("mark", [b"> ", b">", b">> ", b"> > ", b" > ", b"  ", b"\t"])
def test_a_file_behind_marks_of_quotation(mark):
    text = b"Ann wrote:\n" + b"".join(mark + line for line in ABC.splitlines(keepends=True)) + b"> bye\nwords\n"
    (file,) = files_in(text)
    assert (file.name, file.octets) == ("a b.exe", b"abc")
    assert text[: file.span.start] == b"Ann wrote:\n" + mark
    assert text[file.span.end :] == b"\n" + mark + b"end\n> bye\nwords\n"


def test_a_quoted_file_whose_lines_lost_their_blanks():
    (file,) = files_in(b"> begin 644 a.exe\n> #86)C\n>\n> end\n")
    assert file.octets == b"abc"


def test_quoted_begins_without_a_file_cost_one_search():
    text = Searched(b"> begin\n" * 5_000)
    assert list(files_in(text)) == []
    assert text.octets < 10 * len(text)


@pytest.mark.parametrize("length", [1_000, 5_000])
def test_no_length_of_its_name_or_mode_hides_a_file(length):
    name = b"a" * length + b".exe"
    (first,) = files_in(b"begin %s %s\n#86)C\n`\nend\n" % (b"0" * length + b"644", name))
    (second,) = files_in(b"=ybegin line=128 size=3 name=%s\n" % name + b"\x8b\x8c\x8d\n=yend size=3\n")
    assert [(file.name, file.octets) for file in (first, second)] == [(name.decode(), b"abc")] * 2
