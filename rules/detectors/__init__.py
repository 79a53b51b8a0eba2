"""The explicit registry: one file a detector, one line here for each.

A detector is `Parameters`, a frozen dataclass whose every field has a default, and
`detect(facts, parameters) -> Iterable[Observation]`. It reports and never decides.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from rules.detectors import (
    advocacy,
    ambiguous_message,
    barred_link,
    bulk_mail,
    chain_letter,
    commercial_solicitation,
    concealment,
    confidential_forward,
    confidential_marking,
    congestion,
    credentials,
    criminal_justice_information,
    directory_disclosure,
    disclaimer,
    encrypted_content,
    executable_attachment,
    fundraising,
    harassment,
    health_information,
    impersonation,
    obscenity,
    official_voice,
    organization_wide,
    personal_information,
    personal_mailbox,
    personal_opinion,
    phishing,
    profanity,
    revoked_sender,
    unlikely_recipient,
)
from rules.facts import Facts
from rules.finding import Observation


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """`data` is where its weights and phrases lie, if it keeps them in a file."""

    name: str
    parameters: type[Any]
    detect: Callable[[Facts, Any], Iterable[Observation]]
    data: Path | None = None


def _detector(module: ModuleType) -> Detector:
    return Detector(
        name=module.__name__.rpartition(".")[2],
        parameters=module.Parameters,
        detect=module.detect,
        data=Path(str(module.__file__)).with_suffix(".yaml"),
    )


DETECTORS: tuple[Detector, ...] = (
    _detector(executable_attachment),
    _detector(encrypted_content),
    _detector(ambiguous_message),
    _detector(chain_letter),
    _detector(commercial_solicitation),
    _detector(fundraising),
    _detector(advocacy),
    _detector(personal_opinion),
    _detector(disclaimer),
    _detector(organization_wide),
    _detector(confidential_marking),
    _detector(confidential_forward),
    _detector(personal_information),
    _detector(health_information),
    _detector(criminal_justice_information),
    _detector(credentials),
    _detector(harassment),
    _detector(obscenity),
    _detector(profanity),
    _detector(phishing),
    _detector(impersonation),
    _detector(revoked_sender),
    _detector(directory_disclosure),
    _detector(personal_mailbox),
    _detector(barred_link),
    _detector(concealment),
    _detector(congestion),
    _detector(bulk_mail),
    _detector(official_voice),
    _detector(unlikely_recipient),
)

BY_NAME = {detector.name: detector for detector in DETECTORS}
