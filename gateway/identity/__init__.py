"""Who a message comes from: SPF, DKIM, DMARC and ARC from outside, and the ladder of trust for our own machines.

Reads header fields and answers of the DNS, and hashes bodies. Never parses MIME, never decides what becomes of mail.
"""


class CannotIdentify(ValueError):
    """A key or a secret that the configuration names cannot be used; a sentence for the administrator."""
