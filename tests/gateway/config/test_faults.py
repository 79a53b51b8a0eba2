"""Values that are sound by themselves and not beside the others; tests/bad_configs has more, with the sentences."""

from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from gateway.config import Config, IdentitySettings, Ldap, MilterListener, Monitor, Route, Signing, load_config
from gateway.config.faults import MAX_DISCLAIMER, faults_of, wrong_in
from gateway.config.sections import Digest, Disclaimer
from rules.transaction import ListenerKind

TEXT = """
domains: [city.example]
listeners: [{name: inside, kind: internal, next_hop: exchange}]
milters: [{name: mta, kind: edge, next_hop: exchange}]
next_hops: [{name: exchange, host: 127.0.0.1}]
directory: staff.csv
"""
MILTER = MilterListener(name="mta", kind=ListenerKind.EDGE, next_hop="exchange")


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "mailward.yaml").write_text(TEXT)
    return load_config(tmp_path / "mailward.yaml")


def signing(**words: str) -> IdentitySettings:
    return IdentitySettings(sign=Signing(**({"domain": "city.example", "selector": "s"} | words), key=Path("k")))  # type: ignore[arg-type]


def secret(**words: Any) -> Ldap:
    return Ldap(base="dc=city", **words)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"milters": (replace(MILTER, socket=Path("s"), socket_group="postfix", user_domain="city.example"),)},
        {"disclaimer": Disclaimer(text="w" * MAX_DISCLAIMER)},
        {"digest": Digest(to=("it@city.example",), next_hop="exchange")},
        {"ldap": secret(url="ldap://dc.city.example", start_tls=True)},
        {"ldap": secret(url="ldaps://dc.city.example", bind_dn="cn=reader", password_file=Path("p"))},
        {"identity": signing()},
        {"monitor": Monitor(address=ip_address("::1"))},
    ],
)
def test_what_fits_together_is_no_fault(config: Config, tmp_path: Path, change: dict[str, Any]) -> None:
    assert list(wrong_in(replace(config, **change), tmp_path)) == []


@pytest.mark.parametrize(
    ("place", "change"),
    [
        ("milters.0.next_hop", {"milters": (replace(MILTER, next_hop="away"),)}),
        ("routes.0.next_hop", {"routes": (Route(domains=("school.example",), next_hop="away"),)}),
        ("milters.0.name", {"milters": (replace(MILTER, name="inside"),)}),
        ("milters.0.port", {"milters": (replace(MILTER, port=2525),)}),
        ("milters.0.socket", {"milters": (replace(MILTER, socket=Path("s")),), "processes": 2}),
        ("milters.0.socket_group", {"milters": (replace(MILTER, socket_group="postfix"),)}),
        ("milters.0.user_domain", {"milters": (replace(MILTER, user_domain="@city.example"),)}),
        ("digest.sender", {"digest": Digest(sender="nobody")}),
        ("digest.sender", {"digest": Digest(sender="börse@city.example")}),
        ("digest.next_hop", {"digest": Digest(to=("it@city.example",), next_hop="away")}),
        ("disclaimer.text", {"disclaimer": Disclaimer(text="w" * (MAX_DISCLAIMER + 1))}),
        ("disclaimer.text", {"disclaimer": Disclaimer(text="two\nlines")}),
        ("ldap", {"ldap": secret(url="ldaps://dc.city.example"), "directory": None}),
        ("ldap.url", {"ldap": secret(url="https://dc.city.example")}),
        ("ldap.url", {"ldap": secret(url="ldap://dc.city.example")}),
        ("ldap", {"ldap": secret(url="ldaps://dc.city.example", bind_dn="cn=reader")}),
        ("identity.sign.domain", {"identity": signing(domain="city..example")}),
        ("identity.sign.selector", {"identity": signing(selector="sélecteur")}),
        ("monitor.address", {"monitor": Monitor(address=ip_address("192.0.2.1"))}),
    ],
)
def test_what_does_not_is_one_fault_at_its_key(
    config: Config, tmp_path: Path, place: str, change: dict[str, Any]
) -> None:
    ((where, _),) = wrong_in(replace(config, **change), tmp_path)
    assert ".".join(map(str, where)) == place


def test_a_fault_is_located_in_the_file(config: Config, tmp_path: Path) -> None:
    (fault,) = faults_of(tmp_path / "mailward.yaml", replace(config, milters=(replace(MILTER, next_hop="away"),)))
    assert (fault.line, fault.column, fault.where) == (4, 45, "milters.0.next_hop")
