"""What an MTA knows its users and its clients' certificates by: Cyrus SASL's database, and authorities of the test.

deploy/setup unpacks the program that writes such a database. Needs root, as the MTAs do.
"""

import shutil
import subprocess
import tempfile
from pathlib import Path

import trustme

SASLPASSWD = Path(__file__).parents[1] / ".peers/sasl/usr/sbin/saslpasswd2"
SASL_FOLDER = "/usr/lib/sasl2"  # where Sendmail alone looks for its settings; only its own namespace sees ours there
PASSWORD = "not-a-secret"

_SENDMAIL = f"""\
TRUST_AUTH_MECH(`PLAIN')dnl
define(`confAUTH_MECHANISMS', `PLAIN')dnl
define(`confSERVER_CERT', `{SASL_FOLDER}/server.pem')dnl
define(`confSERVER_KEY', `{SASL_FOLDER}/server.key')dnl
define(`confCACERT', `{SASL_FOLDER}/authority.pem')dnl
define(`confCACERT_PATH', `{SASL_FOLDER}')dnl
"""


class CredentialsMissing(Exception):
    """Why there can be none here, in words for the reason of a skipped test."""


class Credentials:
    """One user, a certificate of the MTA, and clients' certificates by the name of the file: `known` and `stranger`."""

    def __init__(self, user: str, name: str) -> None:
        if not SASLPASSWD.is_file():
            raise CredentialsMissing("deploy/setup test has not laid out sasl2-bin here (folder .peers/sasl)")
        self.user = user
        self.folder = Path(tempfile.mkdtemp(prefix="mailward-credentials-"))
        self.folder.chmod(0o755)
        ours, others = trustme.CA(), trustme.CA()
        ours.cert_pem.write_to_path(self.folder / "authority.pem")
        self._write("server", ours.issue_cert("mx.city.example"))
        self._write("known", ours.issue_cert(name, common_name=name))
        self._write("stranger", others.issue_cert(name, common_name=name))

    def for_postfix(self) -> dict[str, str]:
        self._write_users("smtpd.conf", mode=0o640)
        return {
            "smtpd_sasl_auth_enable": "yes",
            "smtpd_sasl_type": "cyrus",
            "smtpd_sasl_local_domain": self.user.partition("@")[2],
            "smtpd_tls_security_level": "may",
            "smtpd_tls_cert_file": f"{self.folder}/server.pem",
            "smtpd_tls_key_file": f"{self.folder}/server.key",
            "smtpd_tls_CAfile": f"{self.folder}/authority.pem",
            "smtpd_tls_ask_ccert": "yes",
        }

    def for_sendmail(self) -> str:
        """Lines of a sendmail.mc, for a Sendmail that sees the folder as SASL_FOLDER."""
        self._write_users("Sendmail.conf", mode=0o600)
        return _SENDMAIL

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def _write(self, name: str, issued: trustme.LeafCert) -> None:
        issued.cert_chain_pems[0].write_to_path(self.folder / f"{name}.pem")
        key = self.folder / f"{name}.key"
        key.touch(mode=0o600)
        issued.private_key_pem.write_to_path(key)

    def _write_users(self, settings: str, mode: int) -> None:
        database = self.folder / "users"
        local, _, domain = self.user.partition("@")
        command = [str(SASLPASSWD), "-p", "-c", "-f", str(database), "-u", domain, local]
        subprocess.run(command, input=PASSWORD, text=True, check=True, capture_output=True)
        shutil.chown(database, group="postfix")  # smtpd reads it after it has given up root
        database.chmod(mode)
        shown = database if settings == "smtpd.conf" else f"{SASL_FOLDER}/users"
        (self.folder / settings).write_text(
            f"pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: {shown}\nmech_list: PLAIN\n"
        )
