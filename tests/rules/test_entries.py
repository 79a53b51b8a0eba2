"""What an administrator lists is refused where it could never match, entry by entry."""

import pytest

from rules.document import convert
from rules.entries import AddressOrName, Domain, Extension, Host, LocalPart, MailAddress, Phrase, Words
from rules.yaml_nodes import DocumentError

GOOD = {
    Words: ("eyes only", "§ 7"),
    Host: ("example.com", "casino", "203.0.113.9", "2001:db8::1", "bücher.example", "a-b.example"),
    Domain: ("county.example", "sub.county.example"),
    MailAddress: ("ann.clerk@city.example", "o'neil@city.example"),
    AddressOrName: ("all-staff", "everyone@city.example"),
    LocalPart: ("service-desk",),
    Extension: ("xlsm", ".xlsm"),
    Phrase: ("sale", r"\d{3} widgets"),
}
BAD = {
    Words: ("", "  ", "--"),
    Host: ("", "https://example.com", "*.example.com", "example.com/x", "example.com:8080", ".example.com", "a b"),
    Domain: ("county", "@county.example", "*.county.example", "ann@county.example", ""),
    MailAddress: ("ann.clerk", "@city.example", "*@city.example", ""),
    AddressOrName: ("", "all@", "*@city.example"),
    LocalPart: ("desk@city.example", "", "*"),
    Extension: ("", "*.xlsm", "a b"),
    Phrase: ("(", "a*", "", "(?=x)"),
}


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in GOOD.items() for text in texts])
def test_entries(tmp_path, kind, text):
    assert convert(text, kind, tmp_path / "a.yaml", ()) == text


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in BAD.items() for text in texts])
def test_entries_that_could_never_match(tmp_path, kind, text):
    (tmp_path / "a.yaml").write_text("x")
    with pytest.raises(DocumentError):
        convert(text, kind, tmp_path / "a.yaml", ())


def test_a_pattern_says_what_is_wrong_with_it(tmp_path):
    (tmp_path / "a.yaml").write_text("x")
    with pytest.raises(DocumentError, match=r"a pattern in RE2's syntax \(missing \)"):
        convert("(", Phrase, tmp_path / "a.yaml", ())
