"""The supervisor's own words; what it does with processes is tested end to end."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.processes import CannotStart
from gateway.supervisor import ROOT, check_account, supervise

NOBODY = 65_534


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


def test_root_does_not_serve_where_the_state_is_another_accounts_h15(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    if os.geteuid() == ROOT:
        os.chown(tmp_path, NOBODY, -1)
    monkeypatch.setattr(os, "geteuid", lambda: ROOT)
    with pytest.raises(CannotStart, match="start the service as that account, not as root"):
        check_account(tmp_path)
    assert caplog.text == ""


def test_root_is_told_where_no_other_account_is_meant_h15(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As in a container, where `make run` has to work."""
    monkeypatch.setattr(os, "geteuid", lambda: ROOT)
    check_account(tmp_path / "state")
    assert "runs as root" in caplog.text


def test_an_account_of_its_own_is_told_nothing_h15(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: NOBODY)
    check_account(tmp_path)
    assert caplog.text == ""
