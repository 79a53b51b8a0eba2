"""Whether a passage names a person: two capitalised words that are not the furniture of letters and forms."""

import re

# A capital and small letters, an initial between them perhaps, either order: "Ann Lee", "Lee, Ann B."
_NAME = re.compile(r"[A-Z](?<!\w.)[a-z'-]{1,20},? (?:[A-Z]\.? )?[A-Z][A-Za-z'-]{1,20}")
_CAPITALS = re.compile(r"[A-Z](?<!\w.)[A-Z'-]{2,20}, ?[A-Z]{2,20}\b")  # LEE,ANN as records write it
_NO_NAMES = frozenset(
    {
        "account", "address", "agreement", "annual", "boulevard", "circle", "drive", "employee", "lane", "parkway",
        "pay", "place", "salary", "terrace", "title", "way",
        "april", "august", "avenue", "bank", "birth", "board", "case",
        "chief", "city", "clerk", "committee", "contact", "council", "county", "court", "date", "dear",
        "december", "department", "deputy", "director", "district", "dob", "driver", "drivers", "february",
        "fire", "form", "friday", "from", "good", "hall", "health", "hello", "insurance", "january", "july",
        "june", "licence", "license", "manager", "march", "may", "mayor", "medical", "member", "monday",
        "morning", "name", "november", "number", "october", "office", "officer", "park", "patient", "phone",
        "please", "police", "policy", "public", "re", "road", "saturday", "section", "security", "see", "sent",
        "september", "services", "social", "ssn", "state", "states", "street", "subject", "sunday", "thank",
        "thanks", "the", "this", "thursday", "to", "tuesday", "united", "we", "wednesday", "works", "your",
    }
)  # fmt: skip


def names_person(passage: str) -> bool:
    """Whether `passage` holds what looks like a person's first and last name."""
    for match in _NAME.finditer(passage):
        words = re.split(r"[ ,.]+", match.group().casefold())
        if not _NO_NAMES.intersection(words):
            return True
    return _CAPITALS.search(passage) is not None
