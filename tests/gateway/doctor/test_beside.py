from dataclasses import replace
from pathlib import Path

import pytest

from gateway.doctor.beside import names, port_of, seconds_of
from tests.gateway.doctor.milters import MILTER


def test_a_milter_is_known_by_its_socket() -> None:
    unix = replace(MILTER, socket=Path("/run/mailward/milter.sock"))
    assert names(unix, "unix:/run/mailward/milter.sock")
    assert names(unix, "local:/run/mailward/milter.sock, inet:127.0.0.1:8891")
    assert not names(unix, "unix:/run/mailward/milter.sock2")
    assert not names(unix, "inet:127.0.0.1:8891")
    assert names(MILTER, "inet:8891@localhost")
    assert not names(MILTER, "inet:18891@localhost")


@pytest.mark.parametrize(
    ("text", "seconds"), [("30", 30.0), ("30s", 30.0), ("5m", 300.0), ("1h", 3600.0), ("", None), ("x", None)]
)
def test_times_have_units(text: str, seconds: float | None) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize(
    ("name", "port"), [("smtp", 25), ("587", 587), ("127.0.0.1:10026", 10026), ("[::1]:smtp", 25), ("no such", None)]
)
def test_services_have_ports_and_names(name: str, port: int | None) -> None:
    assert port_of(name) == port
