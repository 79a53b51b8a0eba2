"""The page on Exchange: its configuration is one that Mailward takes, and every command says why it is there."""

import re
from pathlib import Path

from gateway.config import Config, load_config

PAGE = Path(__file__).parents[2] / "deploy" / "exchange" / "README.md"
TEXT = PAGE.read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def configuration(folder: Path) -> Config:
    (block,) = blocks("yaml")
    path = folder / "mailward.yaml"
    path.write_text(block)
    return load_config(path)


def test_the_configuration_is_taken(tmp_path: Path) -> None:
    config = configuration(tmp_path)
    assert [listener.next_hop for listener in config.listeners] == ["exchange", "outside", "exchange-internal"]


def test_ports_and_names_are_the_same_on_both_sides(tmp_path: Path) -> None:
    config = configuration(tmp_path)
    commands = "\n".join(blocks("powershell"))
    ports = {listener.port for listener in config.listeners if listener.kind == "internal"}
    assert {int(port) for port in re.findall(r"-Port (\d+)", commands)} == ports
    bound = {int(port) for port in re.findall(r"-Bindings '[\d.]+:(\d+)'", commands)}
    assert bound == {hop.port for hop in config.next_hops if hop.name.startswith("exchange")}
    assert f"'{config.hostname}'" in commands and set(config.domains) <= set(re.findall(r"[a-z.]+\.example", commands))


def test_every_group_of_commands_says_why() -> None:
    for block in blocks("powershell"):
        for group in block.split("\n\n"):
            lines = [line for line in group.splitlines() if not line.startswith("$")]
            assert lines[0].startswith("# "), lines[0]


def test_it_says_that_nobody_has_tried_it() -> None:
    assert TEXT.splitlines()[2].startswith("**Not yet tried on a live server.**")
