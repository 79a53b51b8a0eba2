"""LDIF (RFC 2849) as servers and Microsoft's ldifde write it, and each way in which it is none."""

import pytest

from rules import ldif
from rules.ldif import LdifError, entries_of, is_ldif

TEXT = """# exported for the gateway
# by hand
version: 1

dn: CN=Ann Lee,OU=Clerk,DC=city,DC=example
objectClass: top
objectClass: person
displayName:: w4RubmUgTGVl
description: a long line
  that goes on
 and on
mail;lang-en: ann@city.example


dn:: Q049QsO2YixEQz1jaXR5LERDPWV4YW1wbGU=
#comment
 of two lines
cn:Bob
"""


def test_entries_with_folded_encoded_and_optioned_values():
    ann, bob = entries_of(TEXT)
    assert ann.dn == "CN=Ann Lee,OU=Clerk,DC=city,DC=example"
    assert ann.line == 5
    assert ann.all("objectclass") == ("top", "person")
    assert ann.first("displayname") == "Änne Lee"
    assert ann.first("description") == "a long line that goes onand on"
    assert ann.first("mail") == "ann@city.example"
    assert bob.dn == "CN=Böb,DC=city,DC=example"
    assert bob.first("cn", "sn") == "Bob"
    assert bob.first("sn") == ""


def test_line_ends_of_windows_and_no_empty_line_at_the_end():
    assert list(entries_of("dn: a=b\r\ncn: x\r\n\r\ndn: a=c")) != []
    assert [entry.dn for entry in entries_of("dn: a=b\r\ncn: x\r\n\r\ndn: a=c")] == ["a=b", "a=c"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("dn: a=b\nnothing", 2),
        ("\n\ncn: x\n", 3),
        ("dn: a=b\ncn:: !!!\n", 2),
        ("dn: a=b\nphoto:< file:///etc/passwd\n", 2),
        ("dn: a=b\nchangetype: delete\n", 2),
        ("dn: a=b\n: x\n", 2),
    ],
)
def test_what_is_none_is_told_with_its_line(text, line):
    with pytest.raises(LdifError) as caught:
        list(entries_of(text))
    assert caught.value.line == line


@pytest.mark.parametrize(("bound", "refused"), [(2, False), (1, True)])
def test_so_many_entries(monkeypatch, bound, refused):
    monkeypatch.setattr(ldif, "MAX_ENTRIES", bound)
    entries = entries_of("dn: a=b\n\ndn: a=c\n")
    if refused:
        with pytest.raises(LdifError, match="at most 1 entries"):
            list(entries)
    else:
        assert len(list(entries)) == 2


def test_the_first_line_tells_the_format():
    assert is_ldif(TEXT)
    assert is_ldif("\n\ndn: a=b\n")
    assert not is_ldif("address,name\ndn: a=b\n")
    assert not is_ldif("")
