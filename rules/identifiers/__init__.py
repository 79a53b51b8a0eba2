"""Identifiers of people in text: each kind found by its shape, checked by its rules, weighed by the words around it.

Owns what a valid identifier is. Knows nothing of messages, policies or detectors.
"""

from rules.identifiers.find import Identifier, find_identifiers
from rules.identifiers.kinds import IdentifierKind

__all__ = ["Identifier", "IdentifierKind", "find_identifiers"]
