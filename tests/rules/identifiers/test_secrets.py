"""Secrets in a text: what each form weighs, where it stands, and what turns it into something else."""

import pytest

from rules.identifiers.secret_shapes import TOKENS
from rules.identifiers.secrets import Secret, find_secrets


def found(text: str) -> tuple[Secret, ...]:
    return find_secrets(text, requests=True, meeting_codes=False)


def weight(text: str) -> float:
    return max((item.weight for item in found(text)), default=0.0)


def test_the_place_is_that_of_the_secret_alone():
    text = "The portal's password is Tulip-4471, as ever"
    (item,) = found(text)
    assert text[item.start : item.end] == "Tulip-4471" and item.secret


def test_a_request_is_a_passage_and_no_secret():
    text = "Hello, please send me your password today"
    (item,) = found(text)
    assert text[item.start : item.end] == "send me your password" and not item.secret


def test_a_user_s_name_before_it_adds_weight():
    assert weight("user: ann\npassword: harvest") > weight("password: harvest") > weight("password: harvest is near")


def test_the_last_of_several_requests_is_judged_by_what_follows_it():
    assert not found("Passwords are on the agenda. Send me the password policy.")
    assert found("Send me the password policy, and send me your password.")


@pytest.mark.parametrize(
    ("rows", "cells"),
    [
        ("user,password\nann,harvest\nbob,thistle\n", ["harvest", "thistle"]),
        ("user\tpwd\trole\nann\tharvest\tclerk\n", ["harvest"]),
        ("user;password\nann;harvest\nthe end of the table\nbob;thistle\n", ["harvest"]),
        ("user,password\nann,\nbob,none\ncy,xxxx\n", []),
    ],
)
def test_cells_under_a_heading(rows, cells):
    assert [rows[item.start : item.end] for item in found(rows) if item.what == "table of passwords"] == cells


def test_what_a_vendor_shows_to_everybody():
    login = "{}http://show.permitsoft.example\nUser: permitdesk\nPass: {}"
    assert not found(login.format("Demo site: ", "permitdesk"))
    assert found(login.format("", "permitdesk"))
    assert found(login.format("Demo site: ", "Tulip-4471"))
    assert found("Trial version. " + "Ask us anything. " * 20 + login.format("", "permitdesk"))


@pytest.mark.parametrize("beginning", sorted({beginning for beginning, _, _ in TOKENS}))
def test_the_beginning_of_a_token_alone_is_none(beginning):
    assert not found(f"we talked about {beginning} yesterday")


def test_a_variable_in_a_setting_is_no_secret():
    assert not found("api_key=$API_KEY4711 and client_secret=<your secret 1>")


def test_behind_the_name_of_a_user_a_plain_word_is_a_password():
    def heaviest(text: str) -> float:
        return max((item.weight for item in find_secrets(text, requests=True, meeting_codes=False)), default=0.0)

    assert heaviest("log-on: north password: tulip and then the map") == 0.65
    assert heaviest("north password: tulip and then the map") == 0.4
    assert heaviest("user name: north password: required") == 0.0


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Login: admin / Harbor#22 for the camera portal.", "Harbor#22"),
        ("The guest wifi is CityHall-Guest, key is blue-otter-77.", "blue-otter-77"),
        ("The alarm code for station 4 is 4471#.", "4471#"),
        ("Disarm code 2290 for the annex.", "2290"),
        ("Benutzername: kmeier  Passwort: Fr0sch!teich", "Fr0sch!teich"),
        ("Utilisateur: lroy, mot de passe : Pomme-de-9terre", "Pomme-de-9terre"),
        ("Usuario: jlopez Contraseña: Girasol#77", "Girasol#77"),
        ("The safe combination is 24-36-12.", "24-36-12"),
        ("Her login is rhale, pw winter2025. Do not share.", "winter2025"),
        ("Credentials for the test portal:\n\ntestuser1\nTest@1234\n", "Test@1234"),
        ("curl -u apiuser:Zx9kLm22 https://api.vendor.example/v1", "Zx9kLm22"),
        ("net use z: \\\\files\\share /user:city\\clerk Osprey-12", "Osprey-12"),
        ("Authorization: Bearer 8f14e45fceea167a5a36", "8f14e45fceea167a5a36"),
        ("snmp community string: c1tyh4ll-ro", "c1tyh4ll-ro"),
        ("root:$6$abcdefgh$KJHKJHkjhkjhkjh:18000:0:99999:7:::", "abcdefgh$KJHKJHkjhkjhkjh"),
        ("Your backup codes: 4821-9933, 1182-4455", "4821-9933, 1182-4455"),
        ("AccountKey=Zm9vYmFyYmF6cXV4Zm9v=;", "Zm9vYmFyYmF6cXV4Zm9v="),
    ],
)
def test_forms_that_tell_a_secret(text, secret):
    assert secret in [text[item.start : item.end] for item in found(text) if item.weight >= 0.7]


@pytest.mark.parametrize(
    "text",
    [
        "The building code is 2018 IBC, and the zip code 66211.",
        "Passwort: vergessen? Mot de passe : oublié. Contraseña: olvidada; senha: esquecida.",
        "The alarm code of practice is being revised. Gate 4 code enforcement.",
        "Join the meeting. Dial-in 816-555-0100, access code: 4471220, participants are muted.",
        "Login: 5/12 or later. User: open / closed.",
        "The key to a wireless network is planning.",
        "The community is asked to come. Community: Elm2nd street.",
        "The safe route is Elm Street. Combination plate is 12-3.",
        "Item   Pass   Fail\nRoof   12a3   3\n",
        "your password\nstay4ever friends\n",
        "Please verify your password is long enough.",
    ],
)
def test_forms_that_only_look_like_it(text):
    assert not found(text)


@pytest.mark.parametrize(
    ("rows", "cells"),
    [
        ("Server   User    Password\nutil01   admin   Tulip!447\n-------\ndb3      sa      n0rth-gate\n", 2),
        ("System User Password\nPermits jdoe Mallard9!\nBids mole harvest\n", 1),
        ("| user | password |\n|---|---|\n| ann | harvest |\n", 1),
    ],
)
def test_tables_kept_apart_by_blanks(rows, cells):
    assert len([item for item in found(rows) if item.what == "table of passwords"]) == cells


def test_a_request_to_confirm_is_a_request():
    assert found("Can you confirm your login and password for the state portal?")
