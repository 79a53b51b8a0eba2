"""Identities that are not the sender's, and people who are falsely suspected of one."""

from dataclasses import replace

import pytest

from rules.detectors.impersonation import Parameters, detect
from rules.directory import Directory, Person
from rules.facts import Mailbox
from rules.identity import (
    ArcResult,
    Authentication,
    DkimResult,
    DmarcPolicy,
    DmarcResult,
    Identity,
    Result,
    Rung,
    SpfResult,
)
from rules.reading.mailboxes import mailboxes_of

STAFF = {
    f"{name.lower().replace(' ', '.')}@city.example": Person(
        address=f"{name.lower().replace(' ', '.')}@city.example", name=name, active=name != "Vic Nowak"
    )
    for name in ("Ann Marlow", "Imani Okafor", "José Núñez", "Vic Nowak")
}
ANN = "ann.marlow@city.example"
OURS = Directory(domains=frozenset({"city.example"}), people=STAFF, aliases={"amarlow@city.example": ANN})


@pytest.fixture
def seen(facts_of):
    """The observations of a message From `name <address>`, from outside unless the sender is ours."""

    def seen(name, address, *, sender="x@elsewhere.example", identity=None, parameters=None, more=(), **options):
        options.setdefault("to", (ANN,))
        options.setdefault("fields", (("from", f"{name} <{address}>"),))
        facts = facts_of("Hello.", sender=sender, directory=OURS, **options)
        originators = (Mailbox(name=name, address=address), *more)
        facts = replace(facts, originators=originators, identity=identity or Identity())
        return list(detect(facts, parameters or Parameters()))

    return seen


def authenticated(**results) -> Identity:
    results.setdefault("dmarc", DmarcResult(result=Result.FAIL, author="city.example"))
    return Identity(authentication=Authentication(**results))


def test_our_domain_from_outside_without_proof(seen):
    (found,) = seen("Imani Okafor", "imani.okafor@city.example", identity=authenticated())
    assert found.detected and found.summary == "from outside as city.example, and nothing proves it"


@pytest.mark.parametrize(
    "identity",
    [
        Identity(),
        authenticated(dkim=(DkimResult(result=Result.PASS, aligned=True),)),
        authenticated(spf=SpfResult(result=Result.PASS), spf_aligned=True),
        authenticated(arc=ArcResult(result=Result.PASS, trusted=True)),
        authenticated(dmarc=DmarcResult(result=Result.TEMPERROR, author="city.example")),
        authenticated(dkim=(DkimResult(result=Result.TEMPERROR),)),
    ],
    ids=["not verified", "signed", "SPF", "trusted list", "no answer", "no key"],
)
def test_d3_proof_or_want_of_an_answer_accuses_nobody(seen, identity):
    assert seen("Imani Okafor", "imani.okafor@city.example", identity=identity) == []


def test_proof_of_another_domain_is_none(seen):
    other = authenticated(
        spf=SpfResult(result=Result.PASS), spf_aligned=True, dmarc=DmarcResult(author="elsewhere.example")
    )
    assert seen("Imani", "imani.okafor@city.example", identity=other)[0].detected


def test_our_own_post_that_comes_back_from_a_list(seen):
    marks = (("list-id", "<l.example>"), ("list-unsubscribe", "<https://l.example>"), ("from", "x"))
    options = {"fields": marks, "addressed": ("list@l.example",)}
    (found,) = seen("Imani Okafor", "imani.okafor@city.example", identity=authenticated(), **options)
    assert not found.detected
    asked = authenticated(dmarc=DmarcResult(author="city.example", policy=DmarcPolicy.REJECT))
    assert seen("Imani Okafor", "imani.okafor@city.example", identity=asked, **options)[0].detected
    direct = {"fields": marks, "addressed": (ANN,)}
    assert seen("Imani Okafor", "imani.okafor@city.example", identity=authenticated(), **direct)[0].detected


@pytest.mark.parametrize(
    ("name", "address", "detected"),
    [
        ("Imani Okafor", "office4471@freemail.example", True),
        ("Okafor, Imani", "office4471@freemail.example", True),
        ("Mayor Imani T. Okafor", "x@freemail.example", True),
        ("JOSE NUNEZ", "x@freemail.example", True),
        ("Imani Okafor", "imani.okafor.mayor@freemail.example", True),
        ("imani.okafor@city.example", "x@freemail.example", True),
        ("Imani Okafor", "iokafor@freemail.example", False),
    ],
)
def test_a_colleagues_name_over_an_outside_address(seen, name, address, detected):
    (found,) = seen(name, address)
    assert found.detected is detected


@pytest.mark.parametrize("name", ["Imani", "Imani Marlow", "Vic Nowak", "", "Okaforian Imanis"])
def test_other_names_are_nobodys_business(seen, name):
    assert seen(name, "x@freemail.example") == []


def test_who_writes_to_himself_is_not_suspected(seen):
    assert seen("Ann Marlow", "x@freemail.example") == []


def test_known_private_addresses_and_guarded_names(seen):
    known = Parameters(known_addresses=("X@freemail.example",))
    assert seen("Imani Okafor", "x@freemail.example", parameters=known) == []
    guarded = Parameters(guarded=("imani.okafor@city.example",))
    assert seen("Imani Okafor", "okafor@freemail.example", parameters=guarded)[0].detected


@pytest.mark.parametrize("rung", [Rung.EXCHANGE, Rung.SMTP_AUTH])
def test_from_against_the_mailbox_that_was_proved(seen, rung):
    proved = Identity(rung=rung, person=ANN)
    inside = {"sender": ANN, "to": ("b@elsewhere.example",), "identity": proved}
    assert seen("Ann Marlow", ANN.upper(), **inside) == []
    assert seen("Imani Okafor", "imani.okafor@city.example", **inside)[0].detected
    assert seen("Ann Marlow", "ann@freemail.example", **inside)[0].detected
    assert not seen("Clerk", "clerk@city.example", **inside)[0].detected


@pytest.mark.parametrize("login", [ANN, "amarlow@city.example"])
def test_a_login_is_whoever_the_directory_says(seen, login):
    inside = {"sender": ANN, "to": ("b@elsewhere.example",), "identity": Identity(rung=Rung.SMTP_AUTH, person=login)}
    assert seen("Ann Marlow", ANN, **inside) == []
    assert seen("Ann Marlow", "amarlow@city.example", **inside) == []
    assert seen("Imani Okafor", "imani.okafor@city.example", **inside)[0].detected
    fields = (("from", "x"), ("sender", "amarlow@city.example"))
    assert not seen("Imani Okafor", "imani.okafor@city.example", fields=fields, **inside)[0].detected


@pytest.mark.parametrize("login", ["am1234@city.example", "am1234@corp.internal"])
def test_a_login_that_the_directory_does_not_have_contradicts_nobody_in_it(seen, login):
    inside = {"sender": ANN, "to": ("b@elsewhere.example",), "identity": Identity(rung=Rung.SMTP_AUTH, person=login)}
    (found,) = seen("Ann Marlow", ANN, **inside)
    assert not found.detected and found.summary == f"{login} writes as {ANN}"
    assert seen("Ann Marlow", "ann@freemail.example", **inside)[0].detected


def test_on_behalf_of_another_is_allowed(seen):
    inside = {"sender": ANN, "to": ("b@elsewhere.example",), "identity": Identity(rung=Rung.EXCHANGE, person=ANN)}
    fields = (("from", "x"), ("sender", f"Ann Marlow <{ANN}>"))
    assert not seen("Imani Okafor", "imani.okafor@city.example", fields=fields, **inside)[0].detected
    fields = (("from", "x"), ("sender", f"Joann <jo{ANN}>"))
    assert seen("Imani Okafor", "imani.okafor@city.example", fields=fields, **inside)[0].detected


def test_a_claim_of_the_network_alone_contradicts_nothing(seen):
    lower = Identity(rung=Rung.NETWORK, person=ANN)
    assert seen("Imani Okafor", "imani.okafor@city.example", sender=ANN, to=("b@x.example",), identity=lower) == []


def test_f01_several_from_fields(seen):
    twice = (("from", "a@elsewhere.example"), ("from", "b@elsewhere.example"))
    assert seen("", "a@elsewhere.example", fields=twice)[0].detected
    same = (("from", "a@elsewhere.example"),) * 2
    assert not seen("", "a@elsewhere.example", fields=same)[0].detected


@pytest.mark.parametrize("address", ["a@x.example@y.example", "<a@x.example"])
def test_f02_an_address_that_is_read_differently(seen, address):
    assert seen("", address)[0].detected


def test_f02_several_authors_need_a_sender(seen):
    second = (Mailbox(name="", address="b@elsewhere.example"),)
    assert not seen("", "a@elsewhere.example", more=second)[0].detected
    sender = (("from", "x"), ("sender", "a@elsewhere.example"))
    assert seen("", "a@elsewhere.example", more=second, fields=sender) == []


def test_look_alikes_of_ours_and_of_those_named(seen):
    assert seen("Pay", "pay@c1ty.example")[0].detected
    assert seen("Pay", "pay@c1ty.example", parameters=Parameters(allowed_domains=("C1TY.example",))) == []
    bank = Parameters(lookalikes_of=("firstbank.example",))
    assert seen("Bank", "x@f1rstbank.example", parameters=bank)[0].detected
    assert seen("Bank", "x@f1rstbank.example") == []


def test_mail_of_our_own_is_not_looked_at_so(seen):
    assert seen("Imani Okafor", "x@c1ty.example", sender=ANN, to=("b@elsewhere.example",)) == []


MIXED = Mailbox(name="", address="zoe@elsewhere.example")


@pytest.mark.parametrize(
    ("fields", "originators", "summary"),
    [
        ((("sender", "mayor@city.example"),), (), "no author"),
        ((("resent-from", "mayor@city.example"),), (), "no author"),
        (
            (("from", "City Hall"), ("sender", "<mayor@city.example>")),
            (Mailbox(name="City Hall", address=""),),
            "no author",
        ),
        ((("from", "<@city.example:zoe@elsewhere.example>"),), (MIXED,), "a route"),
        ((("from", "x"),), (Mailbox(name="", address="mayor@city.example"), MIXED), "authors of ours and of others"),
    ],
)
def test_forms_of_from_that_are_read_differently_f01_f02(facts_of, fields, originators, summary):
    facts = facts_of("Hello.", sender="x@elsewhere.example", directory=OURS, to=(ANN,), fields=fields)
    found = [one for one in detect(replace(facts, originators=originators), Parameters()) if one.detected]
    assert [summary in one.summary for one in found] == [True]
    inside = facts_of("Hello.", sender=ANN, directory=OURS, to=(ANN,), fields=fields)
    assert not any(one.detected for one in detect(replace(inside, originators=originators), Parameters()))


@pytest.mark.parametrize(
    ("fields", "originators"),
    [
        ((), ()),
        ((("from", '"Imported" <>'),), (Mailbox(name="Imported", address=""),)),
        ((("from", "x"), ("sender", "zoe@elsewhere.example")), (Mailbox(name="", address="mayor@city.example"), MIXED)),
        ((("from", "x"),), (MIXED, Mailbox(name="", address="bo@other.example"))),
        ((("from", "<zoe@elsewhere.example>"), ("sender", "list@elsewhere.example")), (MIXED,)),
    ],
)
def test_a_careless_from_accuses_nobody(facts_of, fields, originators):
    facts = facts_of("Hello.", sender="x@elsewhere.example", directory=OURS, to=(ANN,), fields=fields)
    assert not any(one.detected for one in detect(replace(facts, originators=originators), Parameters()))


@pytest.mark.parametrize("body", ["", " ", "<>", '"City Hall" <>', "City Hall", "POSTMASTER", "Clerk <clerk>"])
def test_a_from_without_an_address_is_no_way_around_verification_f01(facts_of, body):
    facts = facts_of("Hello.", sender="x@elsewhere.example", directory=OURS, to=(ANN,), fields=(("from", body),))
    facts = replace(facts, originators=mailboxes_of([body.encode()]))
    nobody = DmarcResult(result=Result.PERMERROR, detail="not exactly one author")
    verified = replace(facts, identity=authenticated(dmarc=nobody))
    bounce = replace(verified, envelope=replace(facts.envelope, reverse_path=None))
    assert [one.detected for one in detect(verified, Parameters())] == [True]
    assert [one.detected for one in detect(bounce, Parameters())] == [False], "some bounces are so"
    assert [one.detected for one in detect(facts, Parameters())] == [False], "nothing was verified"


def test_a_colleagues_name_without_an_address_is_one(seen):
    assert any(one.detected and "bears the name" in one.summary for one in seen("Imani Okafor", ""))
