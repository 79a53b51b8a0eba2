"""Certificates that a configuration names: what is refused before a client or a next hop would find out."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from gateway.certificates import check_certificates, names_in
from gateway.config import load_config
from rules.yaml_nodes import DocumentError

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


def test_authorities_that_clients_are_asked_for_are_looked_at_too(file: Path) -> None:
    text = TEXT.replace("kind: edge", "kind: internal").replace(
        "    certificate:", "    client_authorities: c.pem\n    certificate:"
    )
    file.write_text(text)
    assert [fault.partition("; ")[0] for fault in refusal(file)] == [
        "6:25: listeners.0.client_authorities: a PEM file with certificates"
    ]
    (file.parent / "c.pem").write_text("nothing")
    assert len(refusal(file)) == 1
    lay(file.parent, "c.pem", "two.pem")
    check_certificates(file, load_config(file))


def test_a_key_that_cannot_sign_and_a_secret_that_others_read_are_refused(file: Path) -> None:
    (file.parent / "stamp").write_text("a secret of some length")
    (file.parent / "stamp").chmod(0o600)
    file.write_text(TEXT + "identity: {stamp_files: [stamp]}\n")
    check_certificates(file, load_config(file))
    (file.parent / "stamp").chmod(0o644)
    assert "others can read" in refusal(file)[0]
    file.write_text(TEXT + "identity: {sign: {domain: city.example, selector: s, key: chain.pem}}\n")
    assert "identity: keys and secrets that can be used" in refusal(file)[0]


@pytest.mark.parametrize(
    ("told", "names"),
    [
        (None, ()),
        ({}, ()),
        ({"subject": ((("commonName", "ex1.city.example"),),)}, ("ex1.city.example",)),
        (
            {
                "subject": ((("commonName", "old.city.example"),),),
                "subjectAltName": (("DNS", "a.city.example"), ("IP Address", "10.0.0.5"), ("DNS", "b.city.example")),
            },
            ("a.city.example", "b.city.example"),
        ),
    ],
)
def test_a_certificate_bears_its_dns_names_else_its_common_name(told: Mapping[str, object], names: object) -> None:
    assert names_in(told) == names
