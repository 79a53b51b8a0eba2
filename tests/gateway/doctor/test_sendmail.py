import re
from pathlib import Path

import pytest

from gateway.doctor.note import Grade
from gateway.doctor.sendmail import judge_sendmail, read_sendmail
from tests import sendmail
from tests.gateway.doctor.milters import CONFIG, DEPLOY

SAFE = "Xmailward, S=inet:8891@127.0.0.1, F=T, T=C:30s;S:30s;R:30s;E:90s"
ASKED = "O InputMailFilters=mailward"
RELEASED = "O DaemonPortOptions=Name=release, Addr=127.0.0.1, Port=10026, InputMailFilters="


def of_sendmail(*lines: str) -> list[Grade]:
    text = "\n".join(
        ("V10/Berkeley", "O MaxRecipientsPerMessage=1000", "O MaxMessageSize=157286400", "# O X=Y", *lines)
    )
    return [note.grade for note in judge_sendmail(read_sendmail(text), CONFIG)]


@pytest.mark.parametrize(
    ("line", "unsafe"),
    [
        (SAFE, 0),
        ("Xmailward, S=inet:8891@127.0.0.1, F=4, T=S:30s;R:30s;E:90s", 0),
        ("Xmailward, S=inet:8891@127.0.0.1, F=T, T=S:29s;R:60s;E:10m", 1),
        ("Xmailward, S=inet:8891@127.0.0.1, F=T, T=S:60s;R:60s;E:89s", 1),
        ("Xmailward, S=inet:8891@127.0.0.1, T=S:60s;R:60s", 1),
        ("Xmailward, S=inet:8891@127.0.0.1, F=R, T=S:60s;R:60s", 1),
        ("Xmailward, S=inet:8891@127.0.0.1, F=T", 2),
        ("Xmailward, S=inet:8899@127.0.0.1, F=T", 1),
        ("", 1),
    ],
)
def test_the_filter_of_sendmail_g05(line: str, unsafe: int) -> None:
    assert of_sendmail(ASKED, line).count(Grade.UNSAFE) == unsafe


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((), [Grade.UNSAFE]),  # a filter is defined and not asked
        ((ASKED, RELEASED, "O DaemonPortOptions=Name=MTA"), [Grade.GOOD]),
        (("O InputMailFilters=other, mailward",), [Grade.GOOD]),
        ((ASKED, "O DaemonPortOptions=N=MTA, P=smtp, I=other"), [Grade.UNSAFE]),
        ((ASKED, "O DaemonPortOptions=N=MTA, I=other", "O DaemonPortOptions=N=MSA, P=587"), [Grade.GOOD, Grade.UNSAFE]),
        ((ASKED, "O DaemonPortOptions=N=MTA", "O DaemonPortOptions=N=MSA, P=587, I="), [Grade.GOOD, Grade.ADVICE]),
        ((ASKED, RELEASED.removesuffix(", InputMailFilters=")), [Grade.GOOD, Grade.UNSAFE]),
        ((ASKED, "O MaxRecipientsPerMessage=1001"), [Grade.GOOD, Grade.ADVICE]),
        ((ASKED, "O MaxMessageSize=0"), [Grade.GOOD, Grade.ADVICE]),
    ],
)
def test_what_sendmail_asks_where(lines: tuple[str, ...], expected: list[Grade]) -> None:
    assert of_sendmail(SAFE, *lines) == expected


@pytest.mark.real
@pytest.mark.skipif(not sendmail.MACROS.is_file(), reason="deploy/setup test has not laid out Sendmail here")
def test_the_shipped_lines_make_debians_own_settings_well(tmp_path: Path) -> None:
    """At the place in the file of Debian's package that the page tells."""
    theirs = (sendmail.PACKAGES / "usr/share/sendmail/cf/debian/sendmail.mc").read_text()
    # What it includes is found only where it is installed.
    theirs = re.sub("^(include|DOMAIN).*$", "", theirs, flags=re.MULTILINE).replace("`debian'", "`linux'")
    before, mailers, after = theirs.partition("MAILER_DEFINITIONS")
    source = tmp_path / "sendmail.mc"
    source.write_text(f"{before}{(DEPLOY / 'sendmail/mailward.mc').read_text()}{mailers}{after}")
    settings = read_sendmail(sendmail.configuration(source))
    assert [daemon.port for daemon in settings.daemons] == [25, 587, 10026]
    assert {note.grade for note in judge_sendmail(settings, CONFIG)} == {Grade.GOOD}
