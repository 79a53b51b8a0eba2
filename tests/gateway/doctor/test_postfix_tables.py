import shutil
import subprocess
from pathlib import Path

import pytest

from gateway.doctor.postfix_tables import MAX_ENTRIES, Entry, has, listed, words_of

POSTMAP = shutil.which("postmap") or "/usr/sbin/postmap"


def test_a_list_has_words_and_tables_in_braces() -> None:
    text = "10.0.0.0/8, cidr:/etc/x inline:{ {a = b, c}, d=e } [::1]/128"
    assert words_of(text) == ("10.0.0.0/8", "cidr:/etc/x", "inline:{ {a = b, c}, d=e }", "[::1]/128")


@pytest.mark.parametrize(
    ("table", "entries"),
    [
        ("static:DISABLE", {"everybody": "DISABLE"}),
        ("static:{inet:localhost:1, inet:localhost:2}", {"everybody": "inet:localhost:1, inet:localhost:2"}),
        (
            "inline:{ {10.0.0.5 = DISABLE}, 10.0.0.6=inet:localhost:1 }",
            {"10.0.0.5": "DISABLE", "10.0.0.6": "inet:localhost:1"},
        ),
        ("inline:{ {10.0.0.5 = { inet:localhost:1, x=y }} }", {"10.0.0.5": "{ inet:localhost:1, x=y }"}),
        ("cidr:{ {10.0.0.0/8 DISABLE} }", {"10.0.0.0/8": "DISABLE"}),
    ],
)
def test_tables_that_stand_in_a_setting(table: str, entries: dict[str, str]) -> None:
    assert listed(table) == tuple(Entry(key=key, value=value) for key, value in entries.items())


def test_a_table_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_text("# a comment\n\n10.0.0.5\tDISABLE\nif /x/\n10.0.0.6 inet:localhost:1,\n  inet:localhost:2\nendif\n")
    expected = (
        Entry(key="10.0.0.5", value="DISABLE"),
        Entry(key="10.0.0.6", value="inet:localhost:1,  inet:localhost:2"),
    )
    for kind in ("cidr", "regexp", "texthash"):
        assert listed(f"{kind}:{file}") == expected


def test_what_cannot_be_listed_is_none(tmp_path: Path) -> None:
    for table in ("ldap:/etc/postfix/ldap.cf", f"cidr:{tmp_path}/not-there", f"hash:{tmp_path}/not-there", "nothing"):
        assert listed(table) is None
        assert not has(table, "127.0.0.1")


def test_a_table_without_end_is_cut(tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_text("10.0.0.5 DISABLE\n" * (MAX_ENTRIES + 1))
    assert len(listed(f"cidr:{file}") or ()) == MAX_ENTRIES


@pytest.mark.real
@pytest.mark.skipif(not Path(POSTMAP).is_file(), reason="Debian's package postfix is not installed")
def test_tables_that_postfix_has_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "main.cf").write_text("")
    monkeypatch.setenv("MAIL_CONFIG", str(tmp_path))
    (tmp_path / "x").write_text("10.0.0.5 DISABLE\n")
    (tmp_path / "networks").write_text("127.0.0.0/8 ok\n")
    subprocess.run([POSTMAP, f"hash:{tmp_path}/x"], check=True)
    assert listed(f"hash:{tmp_path}/x") == (Entry(key="10.0.0.5", value="DISABLE"),)
    assert has(f"cidr:{tmp_path}/networks", "127.0.0.1")
    assert not has(f"cidr:{tmp_path}/networks", "10.0.0.5")
