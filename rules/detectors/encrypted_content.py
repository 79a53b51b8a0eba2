"""What nobody on the way can read: protected archives and documents, encrypted S/MIME and OpenPGP."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rules.document import STRICT
from rules.facts import Facts, Part, Reason, Role
from rules.finding import Evidence, Observation

NAME = Path(__file__).stem
MAX_EVIDENCE = 20
_ARMOUR = "-----BEGIN PGP MESSAGE-----"
_ROLES = (Role.AUTHOR, Role.QUOTED, Role.FORWARDED, Role.ATTACHED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    __pydantic_config__ = STRICT
    messages: bool = True  # count encrypted S/MIME and OpenPGP messages, not only protected files


def detect(facts: Facts, parameters: Parameters) -> Iterator[Observation]:
    """Report all protected parts of a message in one observation, each with the reason."""
    found = {part.path: (_called(part), part.encrypted) for part in facts.parts if part.encrypted}
    for unread in facts.unread:
        if unread.reason is Reason.ENCRYPTED:
            found.setdefault(unread.part, (unread.part, unread.detail))
    for text in facts.said(*_ROLES):
        if _ARMOUR in text.text:
            found.setdefault(text.part, ("the text", "OpenPGP message"))
    counted = {path: told for path, told in found.items() if parameters.messages or not _is_message(told[1])}
    if counted:
        yield Observation(
            detector=NAME,
            detected=True,
            score=1.0,
            summary="; ".join(f"{name}: {why}" for name, why in tuple(counted.values())[:MAX_EVIDENCE]),
            evidence=tuple(Evidence(part=path, text=why) for path, (_, why) in tuple(counted.items())[:MAX_EVIDENCE]),
        )


def _is_message(why: str) -> bool:
    return "S/MIME" in why or "PGP" in why or why.startswith("encrypted with")


def _called(part: Part) -> str:
    return part.names[0] if part.names else f"part {part.path}"
