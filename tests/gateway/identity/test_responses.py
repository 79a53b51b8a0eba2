"""Responses of the DNS: what dnspython reads in sound ones, and what hostile ones may cost."""

import struct
import time

import dns.flags
import dns.message
import dns.name
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.identity.resolver import answer_of
from gateway.identity.responses import MAX_RECORDS, TXT, read_name, read_response

LONGEST = b"\x01a" * 127 + b"\0"
NAMES = st.lists(st.sampled_from(["a", "b-1", "_dmarc", "x" * 63, "MiXed"]), min_size=1, max_size=3).map(".".join)
SECONDS = st.integers(0, 100_000)
DATA = st.one_of(
    st.tuples(st.just("A"), st.ip_addresses(v=4).map(str)),
    st.tuples(st.just("AAAA"), st.ip_addresses(v=6).map(str)),
    st.tuples(
        st.just("TXT"), st.lists(st.sampled_from(['"v=spf1 "', '"-all"', '""', '"\\200"']), min_size=1).map(" ".join)
    ),
    st.tuples(st.just("MX"), st.tuples(st.integers(0, 3), NAMES).map(lambda mx: f"{mx[0]} {mx[1]}.test.")),
    st.tuples(st.just("PTR"), NAMES.map("{}.test.".format)),
    st.tuples(st.just("CNAME"), NAMES.map("{}.test.".format)),
)
RECORDS = st.lists(st.tuples(NAMES, SECONDS, DATA), max_size=12)


def response(asked: str, kind: str, records: list[tuple[str, int, tuple[str, str]]]) -> dns.message.Message:
    said = dns.message.make_response(dns.message.make_query(f"{asked}.test.", kind))
    for name, seconds, (record_kind, text) in records:
        said.answer.append(dns.rrset.from_text(f"{name}.test.", seconds, "IN", record_kind, text))
    return said


@given(NAMES, st.sampled_from(["A", "AAAA", "TXT", "MX", "PTR"]), RECORDS)
def test_sound_ones_say_what_dnspython_reads_in_them(asked, kind, records):
    octets = response(asked, kind, records).to_wire(max_size=65_535)
    said = dns.message.from_wire(octets)
    found = read_response(octets)
    name, number = dns.name.from_text(f"{asked}.test."), dns.rdatatype.from_text(kind)
    theirs = said.get_rrset(said.answer, name, dns.rdataclass.IN, number)
    ours = found.of(tuple(label.lower() for label in name.labels[:-1]), number)
    assert len(ours) >= len(theirs or ()), "the same data twice is one record to dnspython"
    if kind == "TXT":
        texts = {b"".join(record.strings).decode("latin-1") for record in theirs or ()}
    elif kind == "MX":
        texts = {record.exchange.to_text(omit_final_dot=True).lower() for record in theirs or ()}
    else:
        texts = {record.to_text().rstrip(".").lower() for record in theirs or ()}
    assert set(found.texts(ours)) == texts
    assert min((record.seconds for record in ours), default=0) == (theirs.ttl if theirs else 0)


@given(RECORDS, st.data())
def test_damaged_ones_are_read_or_refused(records, data):
    octets = bytearray(response("a", "TXT", records).to_wire(max_size=65_535))
    for _ in range(data.draw(st.integers(1, 4))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(octets[: data.draw(st.integers(0, len(octets)))])
    query = dns.message.make_query("a.test.", data.draw(st.sampled_from(["TXT", "MX", "PTR", "A"])))
    try:
        answer_of(query, cut)
    except ValueError:
        return


def hostile(kind: int, data: bytes, records: int) -> bytes:
    """So many records of the longest name there is, by a pointer each."""
    head = struct.pack("!HHHHHH", 1, 0x8180, 1, records, 0, 0)
    record = b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, len(data)) + data
    return head + LONGEST + struct.pack("!HH", TXT, 1) + record * records


@pytest.mark.parametrize(("kind", "data"), [(5, b"\xc0\x0c"), (15, b"\0\1\xc0\x0c"), (1, bytes(4))])
def test_a_response_of_the_longest_names_costs_no_one_else_his_answer_f07(kind, data):
    query = dns.message.make_query(dns.name.from_wire(LONGEST, 0)[0], "TXT")
    begun = time.process_time()
    answer_of(query, hostile(kind, data, MAX_RECORDS))
    assert time.process_time() - begun < 0.5  # dnspython: five seconds for three times as many; here 0.01
    with pytest.raises(ValueError, match="a response of"):
        answer_of(query, hostile(kind, data, MAX_RECORDS + 1))


@pytest.mark.parametrize(
    "octets",
    [
        b"\xc0\x00",
        b"\x01a\xc0\x00",
        b"\x01a\xc0\x03\x00",
        b"\xc0\x02\x00",
        b"\x40" + b"a" * 64 + b"\0",
        b"\x01",
        b"",
        b"\xc0",
    ],
    ids=["itself", "circle", "ahead into itself", "ahead", "label of 64", "cut off", "nothing", "half a pointer"],
)
def test_a_name_that_never_ends_is_refused(octets):
    with pytest.raises(ValueError, match="a name"):
        read_name(octets, 0)


def test_a_name_of_255_octets_is_read_and_one_more_is_not():
    assert len(read_name(LONGEST, 0)[0]) == 127
    with pytest.raises(ValueError, match="too long"):
        read_name(b"\x02aa" + LONGEST[2:], 0)


def test_marks_in_a_hosts_labels_are_no_further_labels():
    """`a.b` as one label must not be asked for as two."""
    said = read_response(
        struct.pack("!HHHHHH", 1, 0x8180, 0, 1, 0, 0) + b"\0" + struct.pack("!HHIH", 12, 1, 60, 6) + b"\x03a.b\0\0"
    )
    assert said.texts(said.of((), 12)) == ("a\\046b",)


def test_codes_beyond_fifteen_are_no_success():
    """RFC 6891 section 6.1.3: the upper eight bits stand in the OPT record."""
    said = dns.message.make_response(dns.message.make_query("a.test.", "TXT", use_edns=0))
    said.set_rcode(16)
    assert read_response(said.to_wire()).code == 16
