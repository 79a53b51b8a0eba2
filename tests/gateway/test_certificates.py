"""Certificates that a configuration names: what is refused before a client or a next hop would find out."""

import subprocess
from pathlib import Path

import pytest

from gateway.certificates import check_certificates
from gateway.config import load_config
from rules.document import DocumentError

TEXT = """domains: [city.example]
listeners:
  - name: edge
    kind: edge
    next_hop: exchange
    certificate:
      chain: chain.pem
      key: key.pem
next_hops:
  - name: exchange
    host: mail.city.example
    tls: required
    tls_ca: ca.pem
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    for name in ("one", "two"):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-keyout", tmp_path / f"{name}.key", "-out", tmp_path / f"{name}.pem", "-subj", "/CN=city.example"],
            check=True, capture_output=True,
        )  # fmt: skip
    lay(tmp_path, "chain.pem", "one.pem")
    lay(tmp_path, "key.pem", "one.key")
    lay(tmp_path, "ca.pem", "two.pem")
    (tmp_path / "mailward.yaml").write_text(TEXT)
    return tmp_path / "mailward.yaml"


def lay(folder: Path, name: str, other: str) -> None:
    (folder / name).write_bytes((folder / other).read_bytes())


def refusal(file: Path) -> list[str]:
    with pytest.raises(DocumentError) as refused:
        check_certificates(file, load_config(file))
    return [str(fault).removeprefix(f"{file}:") for fault in refused.value.faults]


def test_a_chain_with_its_key_and_an_authority_are_fit(file: Path) -> None:
    check_certificates(file, load_config(file))


def test_files_that_are_not_there_are_all_told_with_their_lines(file: Path) -> None:
    for name in ("chain.pem", "key.pem", "ca.pem"):
        (file.parent / name).unlink()
    places = [line.partition(": a PEM file")[0] for line in refusal(file)]
    assert places == [
        "7:14: listeners.0.certificate.chain",
        "8:12: listeners.0.certificate.key",
        "13:13: next_hops.0.tls_ca",
    ]


def test_the_key_of_another_certificate_is_refused(file: Path) -> None:
    lay(file.parent, "key.pem", "two.key")
    (line,) = refusal(file)
    assert line.startswith("7:7: listeners.0.certificate: a certificate chain, and its key")


def test_an_authority_without_a_certificate_in_it_is_refused(file: Path) -> None:
    (file.parent / "ca.pem").write_text("mail.city.example\n")
    (line,) = refusal(file)
    assert "ca.pem: none in it" in line
