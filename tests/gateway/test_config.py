"""The configuration file: what it leaves out, what it may not say, and where its paths lie."""

from pathlib import Path

import pytest

from gateway.config import Config, Tls, load_config
from rules.yaml_nodes import DocumentError

BAD = Path(__file__).parents[1] / "bad_configs"
COMPLETE = Path(__file__).parents[2] / "deploy" / "mailward.yaml"

SMALL = """
domains: [City.Example]
listeners: [{name: inside, kind: internal, next_hop: exchange}]
next_hops: [{name: exchange, host: 127.0.0.1}]
"""


def load(folder: Path, text: str) -> Config:
    (folder / "mailward.yaml").write_text(text)
    return load_config(folder / "mailward.yaml")


@pytest.mark.parametrize("path", sorted(BAD.glob("config-*.yaml")), ids=lambda path: path.stem)
def test_a_bad_configuration_is_refused_with_place_and_what_was_expected(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(BAD)
    with pytest.raises(DocumentError) as refused:
        load_config(Path(path.name))
    expected = path.with_suffix(".expected").read_text().rstrip("\n")
    assert str(refused.value).startswith(expected.removesuffix("…"))
    assert expected.endswith("…") or str(refused.value) == expected


def test_every_bad_file_has_its_message_and_every_message_its_file() -> None:
    stems = {path.stem for path in BAD.glob("*.yaml")}
    assert stems == {path.stem for path in BAD.glob("*.expected")}
    assert {stem.partition("-")[0] for stem in stems} == {"config", "policy"}


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("domains: [City.Example]", "domains: 5"),
        ("domains: [City.Example]\n", ""),
        ("listeners: [{name: inside, kind: internal, next_hop: exchange}]", "listeners: 5"),
        ("{name: inside, kind: internal,", "{kind: internal,"),
        ("next_hop: exchange}", "next_hop: 5}"),
        ("[{name: exchange,", "[{name: 5,"),
        ("next_hops: [{name: exchange, host: 127.0.0.1}]", "next_hops: [5]"),
        ("host: 127.0.0.1", "host: 5"),
        ("host: 127.0.0.1", "maildir: 5"),
        ("name: inside,", "name: inside, networks: [10.0.0.5/8],"),
        ("host: 127.0.0.1", "host: 127.0.0.1, name_of_it: x"),
    ],
)
def test_one_wrong_value_is_one_fault(tmp_path: Path, wrong: str, right: str) -> None:
    """What was put in its place to look at the others is never found fault with."""
    assert wrong in SMALL
    with pytest.raises(DocumentError) as refused:
        load(tmp_path, SMALL.replace(wrong, right))
    assert len(refused.value.faults) == 1, str(refused.value)


def test_three_keys_are_enough(tmp_path: Path) -> None:
    config = load(tmp_path, SMALL)
    assert config.policy == "city-baseline"
    assert config.next_hops[0].tls is Tls.OPPORTUNISTIC
    assert config.quarantine_days == 0  # held mail is never deleted unasked


def test_domains_are_compared_in_lower_case(tmp_path: Path) -> None:
    assert load(tmp_path, SMALL).domains == ("city.example",)


def test_only_the_own_machine_may_connect_unless_networks_say_more(tmp_path: Path) -> None:
    listener = load(tmp_path, SMALL).listeners[0]
    assert {str(network) for network in listener.networks} == {"127.0.0.0/8", "::1/128"}
    assert listener.address == "127.0.0.1"


def test_relative_paths_count_from_the_files_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        "domains: [city.example]\nstate: state\ndirectory: staff.csv\n"
        "listeners: [{name: a, kind: edge, next_hop: m, certificate: {chain: chain.pem, key: /etc/key.pem}}]\n"
        "next_hops: [{name: m, maildir: mail, tls_ca: ca.pem}]\n"
    )
    (tmp_path / "mailward.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    config = load_config(Path("mailward.yaml"))
    certificate = config.listeners[0].certificate
    assert certificate is not None
    assert (config.state, config.directory) == (tmp_path / "state", tmp_path / "staff.csv")
    assert (certificate.chain, certificate.key) == (tmp_path / "chain.pem", Path("/etc/key.pem"))
    assert (config.next_hops[0].maildir, config.next_hops[0].tls_ca) == (tmp_path / "mail", tmp_path / "ca.pem")


def test_a_policy_of_ones_own_counts_from_there_too(tmp_path: Path) -> None:
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "policy.yaml").write_text("policy: ours\ntitle: Ours\nclauses: {}\nrules: []\n")
    assert load(tmp_path, SMALL + "policy: ours\n").policy == str(tmp_path / "ours" / "policy.yaml")


def test_the_complete_example_is_accepted() -> None:
    assert load_config(COMPLETE).next_hop("exchange").port == 25


def test_the_complete_example_names_every_key() -> None:
    """An administrator learns of a key from that file or not at all."""
    text = COMPLETE.read_text()
    with pytest.raises(DocumentError) as refused:
        load_config(BAD / "config-unknown-key.yaml")
    keys = refused.value.faults[0].expected.partition("known are ")[2].split(", ")
    assert len(keys) > 10
    assert [key for key in keys if f"{key}:" not in text] == []


def test_pictures_are_read_only_where_tesseract_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not load(tmp_path, SMALL).read_pictures
    assert load(tmp_path, SMALL + "read_pictures: true\n").read_pictures
    monkeypatch.setattr("rules.reading.pictures._DATA", ())
    with pytest.raises(DocumentError, match="tesseract-ocr-eng"):
        load(tmp_path, SMALL + "read_pictures: true\n")
