"""HTML as people see it, and what it hides."""

import time

import pytest

from rules.reading import html
from rules.reading.html import read_html


@pytest.mark.parametrize(
    "page", ["pass<b></b>word", "pa<i>s</i>sword", "<span>pass</span><span>word</span>", "pass<!-- x -->word"]
)
def test_words_that_tags_split_are_whole(page):
    assert read_html(page).visible.strip() == "password"


def test_blocks_stand_on_lines_of_their_own():
    assert read_html("<div>one</div><div>two<br>three</div><p>four</p>").visible == "one\ntwo\nthree\n\nfour\n\n"


def test_the_lines_that_outlook_writes_stay_together():
    page = (
        "<p class=MsoNormal>one</p><p class=MsoNormal>two</p><p class=MsoNormal>&nbsp;</p><p class=MsoNormal>three</p>"
    )
    assert read_html(page).visible == "one\ntwo\n\nthree\n"


def test_cells_of_a_table_are_apart():
    assert read_html("<table><tr><td>a<td>b</table>").visible.split() == ["a", "b"]


@pytest.mark.parametrize(
    "hiding",
    [
        'style="display:none"',
        'style="DISPLAY : NONE !important"',
        'style="visibility:hidden"',
        'style="font-size:0"',
        'style="font-size:0px;color:red"',
        'style="font-size:1px"',
        'style="opacity:0"',
        'style="mso-hide:all"',
        'style="max-height:0;overflow:hidden"',
        'style="color:#ffffff"',
        'style="color:white;background-color:#FFF"',
        'style="position:absolute;left:-9999px"',
        "hidden",
    ],
)
def test_hidden_words_are_apart(hiding):
    page = read_html(f"<p>seen <span {hiding}>un<b>seen</b></span> again</p>")
    assert page.visible.split() == ["seen", "again"]
    assert page.hidden == "unseen"


@pytest.mark.parametrize(
    "shown",
    [
        'style="color:#ffffff;background:#003366"',
        'style="display:block"',
        'style="font-size:10px"',
        'style="max-height:none"',
    ],
)
def test_words_in_ordinary_dress_are_seen(shown):
    assert read_html(f"<p><span {shown}>word</span></p>").visible.strip() == "word"


def test_white_words_in_a_dark_table_are_seen():
    assert read_html('<table bgcolor="#003366"><tr><td><font color=white>word</font></table>').visible.strip() == "word"


def test_a_light_cell_in_a_dark_table_is_seen():
    page = "<table bgcolor=black><tr><td bgcolor=white><font color=black>word</font></table>"
    assert read_html(page).visible.strip() == "word"


def test_a_class_that_the_style_sheet_hides():
    page = read_html("<style>.x{display:none}</style><p>a</p><p class=x>b</p>")
    assert (page.visible.strip(), page.hidden) == ("a", "b")


def test_a_class_that_only_small_screens_hide_is_seen():
    page = read_html("<style>@media (max-width:600px){.x{display:none}} p{margin:0}</style><p class=x>b</p>")
    assert page.visible.strip() == "b"


def test_what_stands_for_pictures_and_is_pointed_at_stands_apart():
    page = read_html(
        "<html><head><title>Wages</title></head><body>seen<img src=x alt='of all'><area alt=staff title=''>"
        "<a title='by name' href='#x'>too</a><p alt>here</p></body></html>"
    )
    assert page.visible.split() == ["seentoo", "here"]
    assert page.captions.split("\n") == ["Wages", "of all", "staff", "by name"]
    assert page.hidden == ""


def test_script_and_style_are_no_text():
    assert read_html("<style>p{}</style><script>alert(1)</script>text").visible.strip() == "text"


def test_what_only_outlook_shows_is_hidden():
    assert read_html("<p>a</p><!--[if mso]><p>secret</p><![endif]-->").hidden == "secret"


@pytest.mark.parametrize("written", [
    "https://evil.example/a?b=c",
    "\n https://evil.example/a?b=c ",
    "ht\ntps:/\t/evil.exa\r\nmple/a?b=c",
    "https:evil.example/a?b=c",
    "https:/evil.example/a?b=c",
    "https:////evil.example/a?b=c",
    "https:\\\\evil.example\\a?b=c",
])  # fmt: skip
def test_a_target_is_read_as_browsers_read_it(written):
    assert read_html(f'<a href="{written}">here</a>').visible == "here <https://evil.example/a?b=c>\n"


@pytest.mark.parametrize(
    "page",
    [
        "<object>{}</object>",
        "<object data=x><param name=a value=b>{}</object>",
        '<iframe srcdoc="<p>{}</p>"></iframe>',
        '<input value="{}">',
        '<input type=submit value="{}">',
        '<select><optgroup label="{}"><option>x</select>',
        '<select><option label="{}">x</select>',
    ],
)
def test_what_is_shown_otherwise_than_as_text_is_seen(page):
    assert "Oak Street" in read_html(page.format("Oak Street")).visible
    hidden = read_html(f"<div hidden>{page.format('Oak Street')}</div>shown")
    assert hidden.visible.strip() == "shown"


@pytest.mark.parametrize(
    "page", ['<input type=hidden value="{}">', '<input type=checkbox value="{}">', "<iframe>{}</iframe>"]
)
def test_what_is_not_shown_is_not_seen(page):
    assert "Oak Street" not in read_html(page.format("Oak Street")).visible


@pytest.mark.parametrize("more", [0, 1])
def test_a_target_that_is_cut_keeps_its_host(more):
    """Of a target that meets the limit everything is kept; of a longer one, the name before its host goes first."""
    user = "bank.example" + "a" * (2_000 - 34 + more)
    shown = read_html(f'<a href="https://{user}@evil.example/">here</a>').visible
    assert shown == f"here <https://{user[: 100 if more else None]}@evil.example/>\n"
    long = f"https://evil.example/{'a' * (2_000 - 21 + more)}"
    assert read_html(f'<a href="{long}">here</a>').visible == f"here <{long[:2_000]}>\n"


def test_a_link_keeps_its_target_where_that_says_more():
    page = read_html('<a href="https://evil.example/x">your bank</a>')
    assert page.visible.strip() == "your bank <https://evil.example/x>"


@pytest.mark.parametrize(
    "link",
    [
        '<a href="https://city.example/">city.example</a>',
        '<a href="mailto:a@city.example">a@city.example</a>',
        '<a href="#top">up</a>',
    ],
)
def test_a_link_that_says_nothing_more(link):
    assert "<" not in read_html(link).visible


@pytest.mark.parametrize(
    ("page", "read"),
    [
        ('<a href="https://evil.example/x"><img src=b alt="Pay now"></a>', "Pay now <https://evil.example/x>"),
        ('<a href="https://evil.example/x"><img src=b></a>', "<https://evil.example/x>"),
        ('<map><area href="https://evil.example/x"></map>', "<https://evil.example/x>"),
        ('<a href="https://evil.example/x">your <img src=b alt=bank> bank</a>', "your bank <https://evil.example/x>"),
        ('<a href="https://evil.example/x"></a>', ""),
    ],
)
def test_a_picture_leads_somewhere_too(page, read):
    assert read_html(page).visible.strip() == read


def test_a_form_shows_what_is_to_be_filled_in_and_where_it_leads():
    page = '<form action="https://evil.example/x"><input placeholder=Password type=password><input type=submit></form>'
    assert read_html(page).visible.strip() == "Password ________ <https://evil.example/x>"


@pytest.mark.parametrize("split", ['<img src=b alt="x">', '<input style="display:none">', "<input type=hidden>"])
def test_what_is_not_seen_does_not_split_a_word(split):
    assert read_html(f"pass{split}word").visible.strip() == "password"


def test_quotes_are_marked():
    page = read_html("<div>new</div><blockquote type=cite>old</blockquote>")
    ((start, end),) = page.quotes
    assert page.visible[start:end].strip() == "old"


def test_outlooks_separator_is_marked():
    page = read_html("<p>new</p><div id=divRplyFwdMsg><b>From:</b> x</div><p>old</p>")
    assert page.visible[page.separators[0] :].startswith("From: x")


@pytest.mark.parametrize(
    ("bomb", "word"),
    [
        ("".join(f"<b n{n}><i n{n}>" for n in range(3_000)) + "text", "text"),
        ("<div>" * 50_000 + "text", "text"),
        ("<select>" + "<option>x" * 8_000 + "</select>text", "text"),
        ("</b>" * 5_000 + "".join(f"<b n{n}>" for n in range(5_000)) + "text", "text"),
    ],
)
def test_bombs_are_read_without_structure_and_at_once(bomb, word):
    began = time.process_time()
    page = read_html(bomb)
    assert time.process_time() - began < 3
    assert word in page.visible
    assert page.trouble


@pytest.mark.parametrize(
    "page", ["<!--" * 50_000, '<a b="' * 20_000, "<" * 100_000, "<script>" * 20_000, "&" * 100_000]
)
def test_junk_is_read_at_once(page):
    began = time.process_time()
    read_html(page)
    assert time.process_time() - began < 3


@pytest.mark.parametrize(("more", "told"), [(0, False), (1, True)])
def test_a_page_as_long_as_is_read_and_longer(more, told):
    page = read_html("<p>" + "x" * (2 * 1024 * 1024 - 3 + more))
    assert page.trouble.startswith("HTML longer than") == told
    assert len(page.visible.strip()) == 2 * 1024 * 1024 - 3


def test_as_many_elements_as_are_walked_and_one_more(monkeypatch):
    page = "<p>one<p>two<p>three"
    told = []
    for limit in range(30):
        monkeypatch.setattr(html, "MAX_NODES", limit)
        told.append(bool(read_html(page).trouble))
    enough = told.index(False)
    assert enough > 6 and told == [True] * enough + [False] * (30 - enough)
    monkeypatch.setattr(html, "MAX_NODES", enough)
    assert read_html(page).visible.split() == ["one", "two", "three"]
    assert read_html(f"{page}<p>").trouble.startswith("HTML longer than")
