"""Passwords and keys in mail: told, in tables, in configuration, asked for; and mail that only speaks of them."""

import time

import pytest

from rules.detectors.credentials import Parameters, detect

TOKEN_BODY = "Ab3dE6gH9jK2mN5pQ8rS1tU4vW7xY0zA3bC6"


def seen(facts_of, author, parameters=None, **more):
    return list(detect(facts_of(author, **more), parameters or Parameters()))


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Your password is Tulip-4471.", "Tulip-4471"),
        ("The password for the vendor portal:\n\n  Password: gr33nhouse", "gr33nhouse"),
        ("user id: ledger\npassword: harvest", "harvest"),
        ('I set it up, and the password is "harvest" as always', "harvest"),
        ("All passwords were reset to\n“ harvest ” last night.", "harvest"),
        ("passwords have been changed to Autumn26! so try again", "Autumn26!"),
        ("My login/password is jsalinas/Truck#19", "Truck#19"),
        ("pwd = wK8$wewq", "wK8$wewq"),
        ("PW: Sn0wplow", "Sn0wplow"),
        ("The password for the vendor portal is Tulip-4471.", "Tulip-4471"),
        ("Log in as works with password Sn0wplow and print it.", "Sn0wplow"),
        ("user\tworks\npassword\tSn0wplow", "Sn0wplow"),
        ("use the password 'harvest' there", "harvest"),
        ("The password is:\n\n    Sn0wplow", "Sn0wplow"),
        ("The alarm PIN is 448190, please arm it when you leave.", "448190"),
        ("psql postgresql://ledger:p4vement@db.city.example/gis", "p4vement"),
        ("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMIK7MDENGbPxRfiCY12", "wJalrXUtnFEMIK7MDENGbPxRfiCY12"),
        ('{"api_key": "9f8e7d6c5b4a39281706"}', "9f8e7d6c5b4a39281706"),
        (f"use ghp_{TOKEN_BODY} to clone", f"ghp_{TOKEN_BODY}"),
        ("key AKIAQ7Z2M4N6P8R1S3T5 of the backup", "AKIAQ7Z2M4N6P8R1S3T5"),
    ],
)
def test_secrets_are_found_and_wholly_hidden(facts_of, text, secret):
    (found,) = seen(facts_of, text)
    assert found.detected, found
    assert all(secret not in item.text for item in found.evidence)
    first = found.evidence[0]
    assert secret in text[first.start : first.end]
    assert "*" in first.text[slice(*first.mark)]


def test_a_private_key_block(facts_of):
    text = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5v\n-----END OPENSSH PRIVATE KEY-----"
    (found,) = seen(facts_of, text)
    assert found.detected and "b3Blbn" not in found.evidence[0].text


def test_a_table_with_a_column_of_passwords(facts_of):
    rows = "user,password,role\nann,harvest,clerk\nbob,thistle,crew\n"
    (found,) = seen(facts_of, "", attached=rows)
    assert found.detected and found.summary == "table of passwords"
    shown = " ".join(item.text for item in found.evidence)
    assert "harvest" not in shown and "thistle" not in shown and "ann" in shown


@pytest.mark.parametrize(
    "text",
    [
        "Hi, can you send me your password so that I can finish the update?",
        "Please reply with your username and password before noon.",
        "What is the password for the scheduling system?",
        "I need your login to look at it while you are away.",
        "Could you text me his password?",
        "Please send me\nyour password.",
    ],
)
def test_asking_for_a_password(facts_of, text):
    (found,) = seen(facts_of, text)
    assert found.detected and found.summary == "request for a password"
    assert not seen(facts_of, text, Parameters(requests=False))


@pytest.mark.parametrize(
    "text",
    [
        "Users are prohibited from sharing their passwords. The password must be twelve characters long.",
        "Your password is about to expire. Your password will be reset on Friday; a password is required.",
        "If you forgot your password, click Forgot password on the login page.",
        "We will never ask you to send us your password. Do not share your password with anyone.",
        "Please send me the password policy of your city.",
        "Password: ********",
        "Username: Password: Remember me",
        "Password: (sent separately)",
        "Your password is case sensitive, and the password is encrypted.",
        "The password was changed yesterday.",
        "The password for the portal is expired; the password to your account is AD-synchronized with it.",
        "Season pass: $120, day pass - $45.00, bus pass: north",
        "PW: 913-555-0142, PW - three trucks",
        "PIN: 14-21-111-007-0000 on the north side",
        "Passwords: Overview\nThe passcode is 4-digit, the password is 12-character.",
        "How do you handle passwords? Would you send me the\npassword policy? Do you need a password manager?",
        "Password managers and password 2 of 3 are on the list, password-protected files too.",
        "Password reset: https://portal.city.example/reset?id=44817",
        "Join Zoom Meeting\nMeeting ID: 845 1122 3344\nPasscode: 448190\nDial in: 1-312-555-0100",
        "Conference call: call in 1-877-555-0100, participant code 936022, password: 781871",
        "PINs and passwords are on the agenda; a key question is the token budget.",
        "Set DB_PASSWORD=$DB_PASSWORD and api_key=<your key here> before the start.",
        "The keys to the shed hang in the office. The pass: is closed",
        "She passed the exam - congratulations!",
    ],
)
def test_mail_that_only_speaks_of_them(facts_of, text):
    assert not any(found.detected for found in seen(facts_of, text))


def test_codes_of_conference_calls_count_where_an_administrator_says_so(facts_of):
    text = "Join Zoom Meeting\nMeeting ID: 845 1122 3344\nPasscode: 448190"
    assert seen(facts_of, text, Parameters(meeting_codes=True))


def test_a_plain_word_in_the_middle_of_a_line_is_told_with_little_weight(facts_of):
    (found,) = seen(facts_of, "Password: marigold is a nice name for a rose")
    assert not found.detected and found.score == 0.4


def test_time_grows_with_the_length_alone(facts_of):
    hostile = "password is password: user/pass is a/b login/password: " * 4_000 + "eyJ" * 5_000 + "a:" * 20_000
    start = time.process_time()
    seen(facts_of, hostile)
    assert time.process_time() - start < 5
