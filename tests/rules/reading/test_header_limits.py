"""What a header says beyond what is read of it is told, each limit in its own words; what meets it exactly is not."""

import pytest

FRONT = "From: ann@city.example\nMIME-Version: 1.0\n"


def header_of(octets):
    """A header of exactly so many octets, its empty line left out."""
    front = FRONT.replace("\n", "\r\n")
    line = "X: " + "a" * 995 + "\r\n"
    room = octets - len(front) - len("Y: \r\n\r\n")
    return front + line * (room // len(line)) + "Y: " + "b" * (room % len(line)) + "\r\n"


def disposition(rest):
    return f"{FRONT}Content-Disposition: attachment{rest}\n"


LIMITS = [
    (256 * 1024, header_of, "a header of more than 256 KiB"),
    (1_000 - 2, lambda count: FRONT + "X: 1\n" * count, "more than 1,000 header fields"),
    (64 * 1024 - 1, lambda count: f"{FRONT}X: {'x' * 1_000}\n {'x' * (count - 1_003)}\n",
     "a header field of more than 64 KiB"),
    (500, lambda count: f"{FRONT}X: " + "=?utf-8?Q?a?=\n " * count + "\n",
     "more than 500 encoded words in one header field"),
    (10, lambda count: FRONT + "".join(f"Content-Type: text/plain; a={n}\n" for n in range(count)),
     "more than 10 Content-Type fields in one header"),
    (10, lambda count: FRONT + "Content-Disposition: inline\n" * count,
     "more than 10 Content-Disposition fields in one header"),
    (1_000, lambda count: disposition("; a=1" * count), "more than 1,000 parameters in one header field"),
    (100, lambda count: disposition("".join(f"; filename*{n}=a" for n in range(count))),
     "more than 100 sections of parameters in one header field"),
    (10, lambda count: f"{FRONT}Content-Type: multipart/mixed{''.join(f'; boundary=b{n}' for n in range(count))}\n",
     "more than 10 boundaries of one multipart"),
    (32, lambda count: disposition("".join(f"; filename=a{n}.txt" for n in range(count))),
     "more than 32 names of one part"),
    (1_024, lambda count: disposition(f'; filename="{"a" * (count - 4)}.txt"'),
     "a file name of more than 1,024 characters"),
]  # fmt: skip


@pytest.mark.parametrize(("limit", "made", "words"), LIMITS, ids=[words for _, _, words in LIMITS])
def test_what_meets_a_limit_is_read_and_one_more_is_told(facts_of, limit, made, words):
    assert facts_of(f"{made(limit)}\nwords\n".replace("\r\n", "\n")).unread == ()
    assert [entry.detail for entry in facts_of(f"{made(limit + 1)}\nwords\n".replace("\r\n", "\n")).unread] == [words]


@pytest.mark.parametrize("name", ["a" * 3_000 + ".exe", "payload.exe\0" + "a" * 3_000, "payload.exe" + " " * 3_000])
def test_of_an_overlong_name_both_ends_count(facts_of, name):
    part = facts_of(disposition(f'; filename="{name}"') + "\nwords\n").parts[0]
    assert ".exe" in [sign.text for sign in part.signs]
