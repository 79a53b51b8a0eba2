"""Obscene, sexually explicit or suggestive wording, in words and in the names of files.

Looks at the sender's own words and at what the sender passes on. Medicine, police work, policy and complaints speak of
the same things soberly. Weights and phrases stand in obscenity.yaml.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rules.document import Threshold
from rules.entries import LocalPart, Phrase
from rules.facts import Facts
from rules.finding import Evidence, Observation
from rules.passing_on import REPORT_DESKS, reported, sent_words
from rules.signals import Measure, Weighed, scale_of
from rules.weighing import weigh

NAME = Path(__file__).stem
MODEL = Path(__file__).with_suffix(".yaml")
MAX_NAMES = 20  # file names in evidence

# Between letters nothing matches: `sussex-report.pdf`, `xxxl.csv`. Linear: fixed words between fixed edges.
_FILE_NAME = re.compile(
    r"(?<![a-z])(?:porno?|porn[ _-]?(?:pics?|video)|nudes?|naked|topless|boobs?|tits?|milf|blow[ _-]?job|sexy"
    r"|sex[ _-]?tape|hardcore|hentai|orgy|dildo|cum[ _-]?shot|strip[ _-]?tease"
    r"|xxx[ _-]{0,2}(?:video|pics?|movie|\d+))(?![a-z])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters(Weighed):
    # Score, 0 to 1, from which a message counts as obscene.
    threshold: Threshold = 0.5
    # What also counts as obscene here.
    phrases: tuple[Phrase, ...] = ()
    # Local parts of desks that take complaints: what is sent there with a brief comment is reported.
    report_desks: tuple[LocalPart, ...] = REPORT_DESKS


def detect(facts: Facts, parameters: Parameters) -> Iterable[Observation]:
    """Yield one observation when the message is, or comes near, obscenity."""
    return weigh(
        NAME,
        sent_words(facts),
        scale_of(MODEL),
        parameters,
        measures=(_file_names(facts), reported(facts, parameters.report_desks)),
    )


def _file_names(facts: Facts) -> Measure:
    named = [(part.path, name) for part in facts.parts for name in part.names[:1] if _FILE_NAME.search(name)]
    shown = tuple(Evidence(part=path, text=f"file name {name}") for path, name in named[:MAX_NAMES])
    return Measure(name="file_names", count=len(named), evidence=shown)
