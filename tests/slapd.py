"""A private OpenLDAP server on loopback with a few people and groups as Active Directory writes them (slapd(8))."""

import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Self

from tests.ports import free_port

SCHEMA = Path("/etc/ldap/schema")
BASE = "dc=city,dc=example"
READER = f"cn=mailward,{BASE}"
PASSWORD = "read only"

_CONFIG = """include {schema}/core.schema
include {schema}/cosine.schema
include {schema}/inetorgperson.schema
include {schema}/nis.schema
include {schema}/msuser.schema
pidfile {folder}/pid
modulepath /usr/lib/ldap
moduleload back_mdb
{tls}
disallow bind_anon
require bind
database mdb
maxsize 67108864
suffix "{base}"
rootdn "{reader}"
rootpw "{password}"
directory {folder}/data
"""


def missing() -> str:
    """Why there can be no server here, in words for a skipped test; "" when there can."""
    if shutil.which("slapd") is None:
        return "slapd is not installed"
    return "" if (SCHEMA / "msuser.schema").is_file() else "this slapd has no schema of Active Directory"


class Slapd:
    """One server with the entries of `ldif`; with a certificate it speaks TLS, and nothing else."""

    def __init__(self, folder: Path, ldif: str, certificate: tuple[Path, Path, Path] | None = None) -> None:
        self.port = free_port()
        self.url = f"{'ldaps' if certificate else 'ldap'}://127.0.0.1:{self.port}"
        (folder / "data").mkdir()
        tls = (
            "TLSCACertificateFile {}\nTLSCertificateFile {}\nTLSCertificateKeyFile {}".format(*certificate)
            if certificate
            else ""
        )
        config = folder / "slapd.conf"
        config.write_text(
            _CONFIG.format(schema=SCHEMA, folder=folder, tls=tls, base=BASE, reader=READER, password=PASSWORD)
        )
        entries = folder / "entries.ldif"
        entries.write_text(f"dn: {BASE}\nobjectClass: dcObject\nobjectClass: organization\no: City\ndc: city\n\n{ldif}")
        subprocess.run(["slapadd", "-q", "-f", config, "-l", entries], check=True, capture_output=True)
        self._process = subprocess.Popen(
            ["slapd", "-f", config, "-h", self.url, "-d", "0"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self) -> Self:
        end = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return self
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(30)
