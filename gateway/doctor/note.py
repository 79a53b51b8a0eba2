"""What a check says: a grade, a sentence, and what to do about it. Checks nothing itself."""

from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    GOOD = "good"
    ADVICE = "advice"  # works, and could be safer
    UNSAFE = "unsafe"  # mail, records or secrets are in danger, or it could not be found out


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """`remedy`: what an administrator would type or change; empty where all is well."""

    grade: Grade
    says: str
    remedy: str = ""


def good(says: str) -> Note:
    return Note(grade=Grade.GOOD, says=says)


def advice(says: str, remedy: str) -> Note:
    return Note(grade=Grade.ADVICE, says=says, remedy=remedy)


def unsafe(says: str, remedy: str) -> Note:
    return Note(grade=Grade.UNSAFE, says=says, remedy=remedy)
