"""Receives mail over SMTP: aiosmtpd and its repairs. Hands whole transactions on and says the reply; never judges."""
