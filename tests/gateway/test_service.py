"""The supervisor's own words; what it does with processes is tested end to end."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.service import supervise


def test_a_bad_configuration_is_refused_with_file_and_line(
    config_file: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = config_file("unknown_key: 1\n")
    assert supervise(path) == 1
    assert f"{path}:6:1: unknown_key" in capsys.readouterr().err


def test_a_bad_policy_is_refused_with_its_own_file_and_line(
    config_file: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "policy.yaml").write_text("policy: p\ntitle: t\nclauses: {}\nrules: [{use: no-such-rule, cites: []}]\n")
    assert supervise(config_file("policy: policy.yaml\n")) == 1
    assert f"{tmp_path}/policy.yaml:4:" in capsys.readouterr().err


def test_a_certificate_that_is_not_there_is_refused_with_file_and_line(
    config_file: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = config_file(next_hop="host: 127.0.0.1, tls_ca: none.pem")
    assert supervise(path) == 1
    assert f"{path}:4:53: next_hops.0.tls_ca" in capsys.readouterr().err
