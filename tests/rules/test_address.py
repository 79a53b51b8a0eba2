"""The grammar of envelope addresses: what is a mailbox, what is refused, and which two are the same."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.address import MAX_LOCAL_PART, MAX_PATH, Address, AddressError, is_address, key_of, parse_address


@pytest.mark.parametrize(
    "text",
    [
        "clerk@city.example",
        "o'brien+permits@sub.city.example",
        '"two words"@city.example',
        '"quoted\\"mark"@city.example',
        "clerk@[127.0.0.1]",
        "clerk@[IPv6:2001:db8::1]",
        "clerk@localhost",
        "dvořák@město.example",
        "u%other.example@city.example",  # a mailbox by its form; the listener decides whether it may be relayed
        '"u@other.example"@city.example',
    ],
)
def test_a_mailbox_is_read_and_printed_as_it_came(text: str) -> None:
    assert str(parse_address(text)).lower() == text.lower()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "postmaster",
        "other.example!u",
        "@a.example,@b.example:u@other.example",
        "u@other.example@city.example",
        "u@city.example.",
        "u@.city.example",
        "u@city..example",
        ".u@city.example",
        "u.@city.example",
        "u..v@city.example",
        "u@-city.example",
        "u@city.example-",
        "u@city_hall.example",
        "u v@city.example",
        "u@city.example ",
        "u@city.example\n",
        "<u@city.example>",
        "a@b\0",
        "a\t@city.example",
        "a\x7f@city.example",
        '"a\rRCPT TO:<evil@x.example>"@city.example',
        '"a\nb"@city.example',
        '"open@city.example',
        "a@[300.0.0.1]",
        "a@[127.0.0]",
        "a@[IPv6:1.2.3.4]",
        "a@[IPv6:::::]",
        "a@[x-other:whatever]",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(AddressError):
        parse_address(text)


@pytest.mark.parametrize(
    "character",
    ["\x80", "\x9b", "\u00a0", "\u200b", "\u202e", "\u2066", "\u2028", "\ufeff", "\udc80", "\u0661"],
    ids=ascii,
)
def test_characters_that_deceive_are_no_part_of_a_literal_or_invisible_in_a_name(character: str) -> None:
    with pytest.raises(AddressError):
        parse_address(f"a@[12{character}.0.0.1]")
    if character != "\u0661":  # an Arabic digit is a letter like any other in a name
        with pytest.raises(AddressError):
            parse_address(f"a{character}b@city.example")


def test_lengths_are_counted_in_octets() -> None:
    assert parse_address("a" * MAX_LOCAL_PART + "@city.example")
    with pytest.raises(AddressError):
        parse_address("a" * (MAX_LOCAL_PART + 1) + "@city.example")
    with pytest.raises(AddressError):
        parse_address("é" * (MAX_LOCAL_PART // 2 + 1) + "@city.example")


def test_a_megabyte_is_refused_before_it_is_matched() -> None:
    with pytest.raises(AddressError, match="too long"):
        parse_address("a" * 1_000_000)


def test_the_domain_is_lower_case_and_the_local_part_keeps_its_case_for_the_wire() -> None:
    address = parse_address("Ann.Lee@CITY.Example")
    assert str(address) == "Ann.Lee@city.example"
    assert address.key == "ann.lee@city.example" == parse_address("ANN.LEE@city.EXAMPLE").key


def test_two_hosts_never_share_a_key() -> None:
    """Folding would make ß and ss one domain, and a recipient outside would be taken for one of ours."""
    assert parse_address("x@passage.example").key != parse_address("x@paßage.example").key


def test_only_plain_addresses_call_themselves_ascii() -> None:
    assert parse_address("u@city.example").is_ascii
    assert not parse_address("dvořák@city.example").is_ascii


def test_a_printed_address_has_the_key_of_its_address() -> None:
    address = parse_address('"Odd@One"@City.example')
    assert key_of(str(address)) == address.key


@given(st.text(max_size=MAX_PATH + 10))
def test_any_text_is_either_refused_or_printable_and_read_again_the_same(text: str) -> None:
    try:
        address = parse_address(text)
    except AddressError:
        return
    assert parse_address(str(address)) == address
    assert str(address).isprintable()
    assert "@" in str(address)
    assert len(str(address).encode()) <= MAX_PATH


@given(
    st.from_regex(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,20}(\.[a-z0-9]{1,8}){0,3}", fullmatch=True),
    st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?(\.[a-z]{2,10}){0,3}", fullmatch=True),
)
def test_every_dot_string_at_a_domain_is_a_mailbox(local: str, domain: str) -> None:
    assert parse_address(f"{local}@{domain}") == Address(local=local, domain=domain)


_SIGNS = [*map(chr, range(0x80)), "é", "\u0430", "\U0001f600"]
_BEYOND = _SIGNS[0x80:]
_SPECIALS = set('"(),.:;<>@[]\\ ')  # of RFC 5321 section 4.1.2, which are no atext


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("a{}b@city.example", set(string.printable[:94]) - _SPECIALS | {"."}),
        ('"{}"@city.example', set(string.printable[:94]) - set('"\\') | {" "}),
        ("u@{}.example", set(string.ascii_letters + string.digits)),
        ("u@c{}y.example", set(string.ascii_letters + string.digits + "-.")),
        ("u@city{}", set(string.ascii_letters + string.digits)),
    ],
)
def test_each_class_of_characters_is_that_of_the_standard(text: str, taken: set[str]) -> None:
    assert {sign for sign in _SIGNS if is_address(text.format(sign))} == taken | set(_BEYOND)
