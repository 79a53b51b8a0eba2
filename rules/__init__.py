"""Decides: reads a message into facts, and judges the facts under a policy.

Pure: no network, and no disk at judgement time. Nothing here knows of SMTP sessions or of the quarantine.
"""
