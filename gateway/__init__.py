"""Talks: SMTP, the next hop, and the operator. The only package that opens a socket."""
