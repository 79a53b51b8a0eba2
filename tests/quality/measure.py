"""Precision and recall of each detector on labelled mail, apart for the part that training may see and the rest.

Behind each label stand the detectors that answer for it. Exits 0 and says so where there is no labelled mail.

    python -m tests.quality.measure [--errors] [--fires FOLDER…]
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rules.detectors import BY_NAME, DETECTORS
from rules.facts import Facts
from rules.remembering import forget_message
from tests.quality.labelled import DETECTORS as ANSWERS
from tests.quality.labelled import Absent, Labelled, corpora, facts_of, figures, labelled_mail

ORDINARY = ("city-mail", "office-mail", "hard-ham")  # of the corpora: mail in which little should be found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--errors", action="store_true", help="name the messages missed and falsely found")
    parser.add_argument("--fires", nargs="*", type=Path, help="folders of unlabelled mail; without any, the ordinary")
    options = parser.parse_args()
    try:
        mail = labelled_mail()
    except Absent as reason:
        print(reason)
        return 0
    if options.fires is not None:
        for folder in options.fires or [corpora() / name for name in ORDINARY]:
            _print_fires(folder)
        return 0
    found = {item.path: detected(facts_of(item.path)) for item in mail}
    for label, detectors in ANSWERS.items():
        trained = _column(mail, label, detectors, found, trains=True)
        kept = _column(mail, label, detectors, found, trains=False)
        print(f"{label:25s} trained {trained}   kept back {kept}")
        if options.errors:
            _print_errors(mail, label, detectors, found)
    return 0


def detected(facts: Facts) -> frozenset[str]:
    """The detectors that find something, with the parameters they ship with."""
    names = {item.detector for one in DETECTORS for item in one.detect(facts, one.parameters()) if item.detected}
    forget_message()
    return frozenset(names)


def _column(
    mail: Sequence[Labelled], label: str, detectors: Sequence[str], found: dict[Path, frozenset[str]], *, trains: bool
) -> str:
    part = [item for item in mail if item.trains is trains]
    assert not set(detectors) - set(BY_NAME)
    return str(
        figures(
            [label in item.labels for item in part],
            [not found[item.path].isdisjoint(detectors) for item in part],
        )
    )


def _print_errors(
    mail: Sequence[Labelled], label: str, detectors: Sequence[str], found: dict[Path, frozenset[str]]
) -> None:
    """Of the part that training may see: whoever reads the others has tuned to them."""
    for item in mail:
        is_found, is_true = not found[item.path].isdisjoint(detectors), label in item.labels
        if item.trains and is_found is not is_true:
            print(f"    {'false ' if is_found else 'missed'} {item.path}")


def _print_fires(folder: Path) -> None:
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".cats")
    counts = Counter(name for path in paths for name in detected(facts_of(path)))
    print(f"{folder.name}: {len(paths)} messages")
    for name, count in counts.most_common():
        print(f"    {name:30s} {count:5d}  {100 * count / max(len(paths), 1):6.2f} %")


if __name__ == "__main__":
    sys.exit(main())
