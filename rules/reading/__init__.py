"""Octets → `Facts`. Everything hostile in a message meets this package first, in inspection workers only.

Imports nothing itself: who asks for a table or a limit that stands in here does not carry the parsers.
"""
