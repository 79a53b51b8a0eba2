"""What the command line says of every message."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.cli.supposing import DEFAULT_DOMAINS, mail_files, settings_for, supposed_of
from gateway.cli.terminal import CommandError
from rules.address import parse_address
from rules.shipped import find_policy
from rules.transaction import Direction


def test_without_a_configuration_the_shipped_policy_judges_for_an_example_city() -> None:
    settings = settings_for(None, None)
    assert (settings.policy, settings.domains) == (find_policy("city-baseline"), DEFAULT_DOMAINS)


def test_what_is_given_is_supposed() -> None:
    settings = settings_for(None, None)
    nobody = supposed_of(settings, None, "<>", ())
    assert (nobody.sender_given, nobody.reverse_path, nobody.domain) == (True, None, "city.example")
    somebody = supposed_of(settings, "outbound", parse_address("a@b.example"), (parse_address("c@d.example"),))
    assert (somebody.direction, str(somebody.reverse_path)) == (Direction.OUTBOUND, "a@b.example")
    assert not supposed_of(settings, None, None, ()).sender_given


@pytest.mark.parametrize("option", ["--mail-from", "--rcpt-to"])
def test_a_bad_address_is_wrong_usage_of_the_option_that_is_named(option: str) -> None:
    result = CliRunner().invoke(main, ["inspect", option, "not an address", "-"])
    assert result.exit_code == 2
    assert f"Invalid value for '{option}': not an address" in result.stderr


def test_a_path_without_messages_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no message in") as raised:
        mail_files((str(tmp_path),), tmp_path)
    assert raised.value.exit_code == 2
