"""What the commands mean, in any order, over a connection that only records; no socket, no time."""

import asyncio
from dataclasses import dataclass, field, replace
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config import Limits
from gateway.logs import EXTRA
from gateway.reply import Reply
from gateway.smtp import data
from gateway.smtp.limits import JUNK_COMMANDS, RCPTS_PER_RECIPIENT
from rules.transaction import Client, ListenerKind
from tests.gateway.smtp.talk import BUDGET, FROM, HELLO, TO, Talk


@pytest.fixture
def talk(city, reception, tmp_path):
    """Begin a dialogue with that city: `talk(kind=…, limits=…)`."""

    def begin(kind=ListenerKind.EDGE, limits=None) -> Talk:
        return Talk(reception(city, tmp_path, kind, limits))

    return begin


# The order of commands

WORDS = {
    "hello": HELLO,
    "reset": "RSET",
    "noop": "NOOP",
    "mail": FROM,
    "pat": TO,
    "kim": "RCPT TO:<kim@city.example>",
    "crash": "RCPT TO:<crash@city.example>",
    "unknown": "RCPT TO:<unknown@city.example>",
    "foreign": "RCPT TO:<pat@other.example>",
    "sound": "DATA",
    "unsound": "DATA",
}


@dataclass
class Model:
    """RFC 5321 section 4.1.4 in a few lines: which code comes, and who gets which content."""

    hello: bool = False
    recipients: list[str] | None = None  # None outside a transaction
    received: list[list[str]] = field(default_factory=list)

    def code(self, word: str) -> int:
        if word in ("hello", "reset"):
            self.hello = self.hello or word == "hello"
            self.recipients = None
            return 250
        if word == "noop":
            return 250
        if word == "mail":
            if not self.hello or self.recipients is not None:
                return 503
            self.recipients = []
            return 250
        if self.recipients is None:
            return 503
        if word in ("sound", "unsound"):
            return self.end(word)
        if word in ("unknown", "foreign"):
            return 550
        if word not in self.recipients:
            self.recipients.append(word)
        return 250

    def end(self, word: str) -> int:
        recipients = self.recipients
        if not recipients:
            return 554
        self.recipients = None
        if word == "unsound":
            return 550
        if "crash" in recipients:
            return 451
        self.received.append(recipients)
        return 250


@given(words=st.lists(st.sampled_from(sorted(WORDS)), max_size=40))
def test_in_any_order_each_command_has_its_one_reply_and_nothing_of_one_message_is_in_the_next_l2(
    words, new_city, reception, tmp_path_factory
):
    asyncio.run(converse(words, new_city(), reception, tmp_path_factory.getbasetemp()))


async def converse(words, city, reception, folder) -> None:
    talk, model, numbers = Talk(reception(city, folder, limits=Limits(errors=100))), Model(), count()
    accepted = []
    for word in words:
        content = f"{next(numbers)}\r\n".encode()
        talk.wire.content = content + (b"bare\nline end\r\n" if word == "unsound" else b"")
        code = model.code(word)
        reply = (await talk.ask(WORDS[word])).removeprefix("354 End data with <CR><LF>.<CR><LF>\n")
        assert {int(line[:3]) for line in reply.split("\n")} == {code}, word
        if WORDS[word] == "DATA" and code == 250:
            accepted.append((reply.rpartition(" ")[2], content))
    await talk.dialogue.drop()
    assert [[r.address.local for r in t.envelope.recipients] for t, _ in city.received] == model.received
    assert [(transaction.id, content) for transaction, content in city.received] == accepted
    assert not any(offer.endswith("other.example") for offer in city.offers)
    assert city.opened == city.closed
    assert talk.spool.free == BUDGET


@pytest.mark.parametrize("line", [HELLO, "HELO client.elsewhere.example", "RSET", "STARTTLS"])
async def test_what_ends_a_transaction_gives_its_way_out_back(city, talk, line):
    dialogue = talk()
    dialogue.wire.offers_tls = True
    await dialogue.ask(HELLO, FROM, TO, line)
    assert (city.opened, city.closed) == (1, 1)
    assert dialogue.dialogue.pending is None


@pytest.mark.parametrize("line", ["EHLO", "HELO two words"])
async def test_a_hello_that_is_refused_changes_nothing(city, talk, line):
    dialogue = talk()
    assert (await dialogue.ask(HELLO, FROM, TO, line)).startswith("501")
    assert city.closed == 0
    assert "250 2.0.0 Ok: " in await dialogue.ask("DATA")


# Single commands


@pytest.mark.parametrize(
    "line, code", [("VRFY pat", "252"), ("HELP", "214"), ("HELO a.example", "250 mx.city.example")]
)
async def test_small_commands_are_answered(talk, line, code):
    assert (await talk().ask(line)).startswith(code)


@pytest.mark.parametrize(
    "verb, code", [("AUTH", "502"), ("EXPN", "502"), ("ETRN", "502"), ("TURN", "502"), ("GET", "500")]
)
async def test_commands_that_we_do_not_have_are_refused(talk, verb, code):
    assert (await talk().ask(HELLO, f"{verb} something")).startswith(code)


@pytest.mark.parametrize("line, code", [("QUIT", 221), ("BDAT 100 LAST", 502)])
async def test_some_commands_end_the_session_c12(talk, line, code):
    assert (await talk().farewell(HELLO, line)).code == code


async def test_the_size_that_is_offered_is_the_limit(talk):
    said = await talk(limits=Limits(message_octets=70_000)).ask(HELLO)
    assert "250-SIZE 70000" in said.split("\n")


async def test_a_size_is_believed_up_to_the_limit_and_up_to_the_spool_h04(talk):
    dialogue = talk(limits=Limits(message_octets=70_000))
    await dialogue.ask(HELLO)
    assert (await dialogue.ask(f"{FROM} SIZE=70001")).startswith("552 5.3.4")
    dialogue.spool.free = 69_999
    assert (await dialogue.ask(f"{FROM} SIZE=70000")).startswith("452 4.3.1")
    dialogue.spool.free = 70_000
    assert (await dialogue.ask(f"{FROM} SIZE=70000")).startswith("250")


async def test_who_comes_when_mail_waits_too_long_is_told_at_once_and_what_is_open_goes_on(city, reception, tmp_path):
    busy = False
    talk = Talk(replace(reception(city, tmp_path), busy=lambda: busy))
    await talk.ask(HELLO, FROM)
    busy = True
    assert (await talk.ask(TO)).startswith("250")
    assert (await talk.ask("DATA")).endswith(f"Ok: {city.received[0][0].id}")
    assert (await talk.ask(FROM)).startswith("451 4.3.2")
    busy = False
    assert (await talk.ask(FROM)).startswith("250")


async def test_starttls_is_offered_where_it_is_possible_and_forgets_the_name(talk):
    dialogue = talk()
    assert "STARTTLS" not in await dialogue.ask(HELLO)
    assert (await dialogue.ask("STARTTLS")).startswith("502")
    dialogue.wire.offers_tls = True
    assert (await dialogue.ask(HELLO)).endswith("\n250 STARTTLS")
    assert (await dialogue.ask("STARTTLS now")).startswith("501")
    assert not dialogue.wire.tls
    assert (await dialogue.ask("STARTTLS")).startswith("220")
    assert (await dialogue.ask(FROM)).startswith("503 5.5.1 Send EHLO first")
    assert (await dialogue.ask("STARTTLS")).startswith("503 5.5.1 TLS already active")


# Recipients


@pytest.mark.parametrize("recipient", ["pat@other.example", "pat%other.example@city.example", "other!pat@city.example"])
async def test_an_edge_listener_relays_nothing_and_does_not_even_ask_c20(city, talk, recipient):
    assert (await talk().ask(HELLO, FROM, f"RCPT TO:<{recipient}>")).startswith("550 5.7.1 Relaying denied")
    assert city.offers == []
    assert (await talk(ListenerKind.INTERNAL).ask(HELLO, FROM, f"RCPT TO:<{recipient}>")).startswith("250")
    assert city.offers == [recipient]


async def test_what_a_client_said_is_in_the_transaction(city, talk):
    dialogue = talk()
    dialogue.wire.tls = True
    await dialogue.ask(HELLO, FROM, f"{TO} NOTIFY=NEVER ORCPT=rfc822;p@a.example", "RCPT TO:<postmaster>", "DATA")
    ((transaction, _),) = city.received
    pat, postmaster = transaction.envelope.recipients
    assert (pat.notify, pat.orcpt) == ("NEVER", "rfc822;p@a.example")
    assert str(postmaster.address) == "postmaster@city.example"
    assert transaction.client == Client(address="192.0.2.1", name="client.elsewhere.example", tls=True)


async def test_who_says_helo_sends_by_smtp_until_it_says_ehlo(city, talk):
    dialogue = talk()
    await dialogue.ask("HELO a.example", FROM, TO, "DATA", HELLO, FROM, TO, "DATA", "HELO a.example", FROM, TO, "DATA")
    assert [transaction.client.extended for transaction, _ in city.received] == [False, True, False]


async def test_an_address_beyond_ascii_needs_smtputf8_at_mail(talk):
    dialogue = talk()
    assert (await dialogue.ask(HELLO, FROM, "RCPT TO:<zoë@city.example>")).startswith("553 5.6.7")
    assert (await dialogue.ask("RSET", f"{FROM} SMTPUTF8", "RCPT TO:<zoë@city.example>")).startswith("250")


async def test_recipients_have_a_limit_that_is_no_error(city, talk):
    dialogue = talk(limits=Limits(recipients=2, errors=1))
    await dialogue.ask(HELLO, FROM)
    assert (await dialogue.ask(*[f"RCPT TO:<p{n}@city.example>" for n in range(2)])).startswith("250")
    for _ in range(2):
        assert (await dialogue.ask("RCPT TO:<more@city.example>")).startswith("452 4.5.3")
    assert "250 2.0.0 Ok: " in await dialogue.ask("DATA")
    assert len(city.received[0][0].envelope.recipients) == 2


@pytest.mark.parametrize(
    "local, words, ours",
    [
        ("unknown", "550 5.1.1 No such user", "550 5.1.1 Address not accepted ["),
        ("closing", "451 4.3.2 going", "451 4.3.2 Mail system does not take this message, try again later ["),
        ("wild", "451 4.3.0 Temp", "451 4.3.0 Temp"),
    ],
)
@pytest.mark.parametrize("kind", ListenerKind)
async def test_a_refusal_of_the_next_hop_is_made_fit_and_carries_the_id_that_the_log_has(
    talk, caplog, kind, local, words, ours
):
    caplog.set_level("INFO", "mailward.transaction")
    dialogue = talk(kind)
    said = await dialogue.ask(HELLO, FROM, f"RCPT TO:<{local}@city.example>")
    assert said.startswith(ours if kind is ListenerKind.EDGE else words)
    assert said.endswith(f" [{dialogue.dialogue.pending.id}]")
    assert said.isprintable()
    (record,) = caplog.records
    line = getattr(record, EXTRA)
    assert line["id"] == dialogue.dialogue.pending.id and line["recipient"] == f"{local}@city.example"
    assert line["reply"].startswith(words), "the log has what the next hop said"


# Errors and patience


async def test_permanent_refusals_are_counted_and_one_too_many_ends_the_session(talk):
    dialogue = talk(limits=Limits(errors=2))
    await dialogue.ask("WHAT", "WHAT")
    assert (await dialogue.farewell("WHAT")).code == 421
    assert dialogue.wire.said[-1].startswith("500"), "the refusal itself is said first"


async def test_our_own_trouble_is_not_the_clients_error(talk):
    dialogue = talk(limits=Limits(errors=1))
    dialogue.spool.free = 0
    await dialogue.ask(HELLO)
    for _ in range(3):
        assert (await dialogue.ask(f"{FROM} SIZE=1")).startswith("452")


async def test_guessing_addresses_is_an_error_on_an_edge_listener_only(talk):
    guesses = [HELLO, FROM, *["RCPT TO:<unknown@city.example>"] * 2]
    assert (await talk(limits=Limits(errors=1)).farewell(*guesses)).code == 421
    assert (await talk(ListenerKind.INTERNAL, Limits(errors=1)).ask(*guesses, "NOOP")).startswith("250")


@pytest.mark.parametrize("recipient", ["unknown@city.example", "new{}@city.example", "pat@city.example"])
@pytest.mark.parametrize("kind", ListenerKind)
async def test_rcpt_commands_of_one_transaction_are_bounded_whatever_becomes_of_them(talk, kind, recipient):
    dialogue = talk(kind, limits=Limits(recipients=20, errors=1_000))
    rcpts = [f"RCPT TO:<{recipient.format(n)}>" for n in range(RCPTS_PER_RECIPIENT * 20 + 1)]
    await dialogue.ask(HELLO, FROM, *rcpts[:-1])
    await dialogue.ask("RSET", FROM, *rcpts[:-1])  # each transaction has its own
    assert await dialogue.farewell(rcpts[-1]) == Reply(
        code=421, status="4.5.3", text="Too many RCPT commands in one transaction"
    )


async def test_naming_a_recipient_again_brings_no_mail(city, talk):
    dialogue = talk()
    await dialogue.ask(HELLO, FROM, TO, *[TO] * (JUNK_COMMANDS - 1))  # EHLO is the first of that budget
    assert (await dialogue.farewell(TO)) == Reply(code=421, status="4.7.0", text="Too many commands without mail")
    assert city.offers == ["pat@city.example"]


@pytest.mark.parametrize("kind", ListenerKind)
@pytest.mark.parametrize("to, content", [("refused", b"x\r\n"), ("pat", b"x" * 70_000 + b"\r\n")], ids=["554", "552"])
async def test_a_message_that_is_refused_is_an_error_on_an_edge_listener_only(talk, kind, to, content):
    dialogue = talk(kind, Limits(errors=1, message_octets=70_000))
    dialogue.wire.content = content
    message = (FROM, f"RCPT TO:<{to}@city.example>", "DATA")
    assert "\n55" in await dialogue.ask(HELLO, *message)
    if kind is ListenerKind.INTERNAL:
        assert "\n55" in await dialogue.ask(*message)
        return
    assert (await dialogue.farewell(*message)).code == 421
    assert dialogue.wire.said[-1].startswith("55"), "and it is told why"


async def test_a_message_that_was_taken_clears_the_errors_and_no_other_does(talk):
    dialogue = talk(limits=Limits(errors=1))
    await dialogue.ask(HELLO)
    for _ in range(3):
        assert (await dialogue.ask("WHAT")).startswith("500")
        assert "250 2.0.0 Ok: " in await dialogue.ask(FROM, TO, "DATA")
    await dialogue.ask(FROM, "RCPT TO:<refused@city.example>")
    assert "554" in await dialogue.ask("DATA")
    assert (await dialogue.farewell("WHAT")).code == 421


@pytest.mark.parametrize("line", [HELLO, "HELO a.example", "RSET", "NOOP", "VRFY pat", "HELP", "STARTTLS"])
async def test_commands_without_mail_have_a_budget_c17(talk, line):
    dialogue = talk(limits=Limits(errors=JUNK_COMMANDS))
    await dialogue.ask(*[line] * JUNK_COMMANDS)
    assert (await dialogue.farewell("NOOP")) == Reply(code=421, status="4.7.0", text="Too many commands without mail")


async def test_mail_renews_the_budget_of_commands_without_mail(talk):
    dialogue = talk()
    await dialogue.ask(HELLO, *["NOOP"] * (JUNK_COMMANDS - 1), FROM, TO, "DATA")
    assert (await dialogue.ask(*["NOOP"] * JUNK_COMMANDS)).startswith("250")


# Content


@pytest.mark.parametrize("lines", [(HELLO, FROM, TO), (HELLO,), ()])
async def test_content_before_354_ends_the_session_in_any_state_c10(talk, lines):
    dialogue = talk()
    await dialogue.ask("NOOP", *lines)
    dialogue.wire.has_unread = True
    assert (await dialogue.farewell("DATA")).status == "5.5.0"


async def test_data_takes_no_argument_and_the_transaction_stays(talk):
    dialogue = talk()
    assert (await dialogue.ask(HELLO, FROM, TO, "DATA now")).startswith("501")
    assert "250 2.0.0 Ok: " in await dialogue.ask("DATA")


async def test_the_outcome_leaves_at_once(talk):
    dialogue = talk()
    await dialogue.ask(HELLO, FROM, TO, "DATA")
    assert dialogue.wire.flushed == len(dialogue.wire.said)


async def test_a_content_over_the_limit_is_refused_by_what_came_and_not_by_what_was_claimed_c16(city, talk):
    dialogue = talk(limits=Limits(message_octets=70_000))
    dialogue.wire.content = (b"y" * 98 + b"\r\n") * 701
    assert "\n552 5.3.4" in await dialogue.ask(HELLO, f"{FROM} SIZE=10", TO, "DATA")
    assert city.received == []
    assert city.closed == 1


async def test_a_refused_content_is_logged_with_the_id_of_the_reply(talk, caplog):
    caplog.set_level("INFO", "mailward.transaction")
    dialogue = talk()
    dialogue.wire.content = b"bare\nline end\r\n"
    said = await dialogue.ask(HELLO, FROM, TO, "DATA")
    (record,) = caplog.records
    line = getattr(record, EXTRA)
    assert (line["id"], line["stage"]) == (said.rpartition("[")[2].rstrip("]"), "content")
    assert line["reply"].startswith("550 5.6.11")


async def test_a_content_that_was_put_right_is_logged_on_an_internal_listener(city, talk, caplog):
    dialogue = talk(ListenerKind.INTERNAL)
    dialogue.wire.content = b"bare\nline end\r\n"
    assert "250 2.0.0 Ok: " in await dialogue.ask(HELLO, FROM, TO, "DATA")
    assert city.contents == [b"bare\r\nline end\r\n"]
    assert f"{city.received[0][0].id}: bare CR, bare LF or NUL in the content put right" in caplog.text


@pytest.mark.parametrize("content", [b"y" * 1_000 + b"\r\n", b"bare\nline end\r\n" * 100, None])
async def test_the_spool_gets_everything_back_whatever_becomes_of_the_content(city, talk, monkeypatch, content):
    monkeypatch.setattr(data, "BLOCK", 16)
    dialogue = talk()
    dialogue.wire.content = content
    await dialogue.ask(HELLO, FROM, TO)
    if content is None:
        with pytest.raises(ConnectionResetError):
            await dialogue.ask("DATA")
    else:
        await dialogue.ask("DATA")
    assert dialogue.spool.free == BUDGET
    await dialogue.dialogue.drop()
    assert city.opened == city.closed == 1


@pytest.mark.parametrize("kind", ListenerKind)
async def test_a_next_hop_that_refuses_the_content_is_quoted_to_our_own_servers_alone(talk, kind):
    said = await talk(kind).ask(HELLO, FROM, "RCPT TO:<refused@city.example>", "DATA")
    words = "Not accepted by policy" if kind is ListenerKind.EDGE else "Next hop does not want it"
    assert f"\n554 5.7.1 {words} [" in said


async def test_a_next_hop_that_is_closing_does_not_close_our_session(city, reception, tmp_path):
    async def process(*_):
        return Reply(code=421, status="4.3.2", text="going")

    dialogue = Talk(replace(reception(city, tmp_path), process=process))
    assert "\n451 4.3.2 going [" in await dialogue.ask(HELLO, FROM, TO, "DATA")


async def test_an_error_of_ours_is_not_told_and_is_found_by_the_id_of_the_reply_l1(talk, caplog):
    said = await talk().ask(HELLO, FROM, "RCPT TO:<crash@city.example>", "DATA")
    assert "\n451 4.3.0" in said
    assert "secret" not in said
    identifier = said.rpartition("[")[2].rstrip("]")
    assert f"{identifier}: processing failed" in caplog.text


async def test_a_client_that_went_before_its_reply_is_logged_with_the_outcome(city, talk, caplog):
    dialogue = talk()
    dialogue.wire.closed = True
    await dialogue.ask(HELLO, FROM, TO, "DATA")
    identifier = city.received[0][0].id
    assert f"{identifier}: the client went before it could be told: 250 2.0.0" in caplog.text


# Failing and dropping


async def test_a_defect_within_a_command_ends_the_transaction_and_says_little_c11(city, talk, caplog):
    dialogue = talk()
    await dialogue.ask(HELLO, FROM)
    identifier = dialogue.dialogue.pending.id
    try:
        await dialogue.ask("RCPT TO:<broken@city.example>")
    except OSError:
        await dialogue.dialogue.fail()
    assert dialogue.wire.said[-1] == f"451 4.3.0 Temporary failure, try again later [{identifier}]"
    assert f"{identifier}: command failed" in caplog.text
    assert "secret of the house" in caplog.text
    assert dialogue.dialogue.pending is None
    assert city.opened == city.closed == 1


async def test_a_defect_outside_a_transaction_is_known_by_the_clients_address(talk):
    dialogue = talk()
    await dialogue.dialogue.fail()
    assert dialogue.wire.said == ["451 4.3.0 Temporary failure, try again later [192.0.2.1]"]


async def test_dropping_twice_gives_back_once(city, talk):
    dialogue = talk()
    await dialogue.ask(HELLO, FROM, TO)
    await dialogue.dialogue.drop()
    await dialogue.dialogue.drop()
    assert city.closed == 1
