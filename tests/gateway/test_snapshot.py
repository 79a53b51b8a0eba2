"""What the service runs on is kept apart from the files that people edit."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.config import Config, load_config
from gateway.snapshot import FOLDER, KEPT, at_reload, needs_restart, take
from rules.policy import load_policy
from rules.shipped import POLICIES

PROVED = """domains: [city.example]
state: state
listeners:
  - name: inside
    kind: internal
    next_hop: onward
    certificate: {chain: chain.pem, key: key.pem}
    client_authorities: clients.pem
next_hops: [{name: onward, host: 127.0.0.1, tls: required, tls_ca: ca.pem}]
identity: {stamp_files: [stamp], sign: {domain: city.example, selector: s, key: dkim.pem}}
"""
RULE = "rule: ours\ntitle: Ours\ndetector: chain_letter\naction: tag\n"
POLICY = 'policy: p\ntitle: t\nclauses: {A: {ref: "1", enforce: gateway}}\nrules: [{use: ours, cites: [A]}]\n'


@pytest.fixture
def config(config_file: Callable[..., Path], tmp_path: Path) -> Config:
    (tmp_path / "ours" / "rules" / "ours").mkdir(parents=True)
    (tmp_path / "ours" / "policy.yaml").write_text(POLICY)
    (tmp_path / "ours" / "rules" / "ours" / "rule.yaml").write_text(RULE)
    (tmp_path / "ours" / "key.pem").write_text("secret")
    (tmp_path / "staff.csv").write_text("kind,address,name\n")
    os.utime(tmp_path / "staff.csv", (1_000_000, 1_000_000))
    return load_config(config_file("policy: ours\ndirectory: staff.csv\n"))


@pytest.fixture
def proved(tmp_path: Path) -> Config:
    """A configuration that names every kind of certificate, key and secret."""
    for name in ("chain.pem", "key.pem", "clients.pem", "ca.pem", "stamp", "dkim.pem"):
        (tmp_path / name).write_text(f"first {name}")
        (tmp_path / name).chmod(0o640)
    (tmp_path / "mailward.yaml").write_text(PROVED)
    return load_config(tmp_path / "mailward.yaml")


def test_it_says_the_same_with_a_policy_and_a_staff_list_of_its_own(config: Config) -> None:
    kept = load_config(take(config))
    assert replace(kept, policy=config.policy, directory=config.directory) == config
    assert kept.directory is not None and kept.directory.read_text() == "kind,address,name\n"
    assert config.directory is not None and kept.directory.stat().st_mtime_ns == config.directory.stat().st_mtime_ns
    assert load_policy(Path(kept.policy)).hash == load_policy(Path(config.policy)).hash


def test_no_later_edit_reaches_it(config: Config, tmp_path: Path) -> None:
    kept = load_config(take(config))
    for path in (tmp_path / "ours" / "policy.yaml", tmp_path / "ours" / "rules" / "ours" / "rule.yaml"):
        path.write_text("nonsense")
    assert load_policy(Path(kept.policy)).name == "p"


def test_nothing_but_the_policy_is_copied_and_nobody_else_may_read_it(config: Config) -> None:
    path = take(config)
    names = {each.name for each in path.resolve().parent.rglob("*")}
    assert names == {"mailward.yaml", "directory.csv", "policy", "policy.yaml", "rules", "ours", "rule.yaml"}
    assert (config.state / FOLDER).stat().st_mode & 0o077 == 0


def test_a_shipped_policy_stays_where_it_is(config_file: Callable[..., Path]) -> None:
    kept = load_config(take(load_config(config_file())))
    assert kept.policy in {path.name for path in POLICIES.iterdir()}


def test_the_path_stays_and_earlier_sets_go(config: Config) -> None:
    paths = {take(replace(config, subject_tag=str(number))) for number in range(KEPT + 3)}
    (path,) = paths
    assert load_config(path).subject_tag == str(KEPT + 2)
    assert len([each for each in (config.state / FOLDER).iterdir() if not each.is_symlink()]) == KEPT


def test_a_set_that_cannot_be_made_leaves_the_last_one(config: Config, tmp_path: Path) -> None:
    path = take(config)
    (tmp_path / "staff.csv").unlink()
    with pytest.raises(OSError):
        take(config)
    assert load_config(path).directory is not None


def test_a_reload_takes_over_what_it_can_and_names_the_rest(config: Config) -> None:
    limits = replace(config.limits, recipients=7, inspection_seconds=5.0)
    new = replace(config, quarantine_days=30, hostname="other.example", limits=limits)
    applied = at_reload(config, new)
    assert (applied.quarantine_days, applied.hostname) == (30, config.hostname)
    assert (applied.limits.recipients, applied.limits.inspection_seconds) == (config.limits.recipients, 5.0)
    assert needs_restart(config, new) == ("hostname", "limits")
    assert needs_restart(config, applied) == ()


def files_of(config: Config) -> dict[str, Path]:
    (listener,), (hop,), sign = config.listeners, config.next_hops, config.identity.sign
    assert listener.certificate and listener.client_authorities and hop.tls_ca and sign
    return {
        "chain.pem": listener.certificate.chain,
        "key.pem": listener.certificate.key,
        "clients.pem": listener.client_authorities,
        "ca.pem": hop.tls_ca,
        "stamp": config.identity.stamp_files[0],
        "dkim.pem": sign.key,
    }


def test_certificates_keys_and_secrets_are_as_they_were_when_accepted(proved: Config) -> None:
    kept = files_of(load_config(take(proved)))
    for name, path in files_of(proved).items():
        path.write_text("half a fi")
        assert kept[name].read_text() == f"first {name}"
        assert kept[name].stat().st_mode & 0o037 == 0 and kept[name].is_relative_to(proved.state)


def test_a_key_that_others_may_read_is_still_seen_to_be_one(proved: Config) -> None:
    files_of(proved)["dkim.pem"].chmod(0o644)
    assert files_of(load_config(take(proved)))["dkim.pem"].stat().st_mode & 0o004


def test_a_reload_brings_other_certificates_into_force_and_nothing_else_of_a_listener(proved: Config) -> None:
    (listener,) = proved.listeners
    new = replace(proved, listeners=(replace(listener, certificate=None, client_authorities=None, port=99),))
    (applied,) = at_reload(proved, new).listeners
    assert applied == replace(listener, certificate=None, client_authorities=None)
    assert needs_restart(proved, new) == ("listeners",)
    assert needs_restart(proved, at_reload(proved, new)) == ()
