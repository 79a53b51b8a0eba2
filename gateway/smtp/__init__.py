"""Receives mail over SMTP: aiosmtpd with its repairs. Hands whole transactions on and says the reply; judges nothing."""
