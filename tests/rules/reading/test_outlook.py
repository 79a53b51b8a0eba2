"""Outlook messages give their attachments and their text, at every depth of the one file."""

import struct

from rules.reading.budget import Budget
from rules.reading.outlook import unpack_outlook

PROGRAM = b"MZ and so on"


def wide(text):
    return text.encode("utf-16-le")


def attachment(folder="", number=0, content=PROGRAM, **names):
    place = f"{folder}__attach_version1.0_#{number:08X}/__substg1.0_"
    return {f"{place}{tag[1:]}001F": wide(name) for tag, name in names.items()} | {f"{place}37010102": content}


def taken(octets):
    return {member.names: member for member in unpack_outlook(octets, Budget())}


def test_an_attachment_has_every_name(compound_file):
    streams = {"__properties_version1.0": bytes(32)}
    streams |= attachment(_3707="payload.exe", _3704="PAYLOAD.TXT", _370E="Text/Plain")
    (member,) = taken(compound_file(streams)).values()
    assert (member.names, member.octets) == (("payload.exe", "PAYLOAD.TXT"), PROGRAM)
    assert member.declared_type == "text/plain"


def test_attachments_of_a_message_within_come_out_too(compound_file):
    inner = "__attach_version1.0_#00000000/__substg1.0_3701000D/"
    streams = {"__properties_version1.0": bytes(32)} | attachment(inner, _3707="payload.exe")
    assert taken(compound_file(streams))[("payload.exe",)].octets == PROGRAM


def test_the_text_comes_out_with_its_subject(compound_file):
    plain = {"__substg1.0_0037001F": wide("Budget"), "__substg1.0_1000001F": wide("Hello")}
    rich = struct.pack("<II4sI", 20, 9, b"MELA", 0) + b"{\\rtf1 x}"
    streams = plain | {"__substg1.0_10130102": b"<p>Hello</p>", "__substg1.0_10090102": rich}
    found = {names[0]: member.octets for names, member in taken(compound_file(streams)).items()}
    assert found == {
        "message text.txt": b"Budget\nHello",
        "message text.html": b"<p>Hello</p>",
        "message text.rtf": b"{\\rtf1 x}",
    }
