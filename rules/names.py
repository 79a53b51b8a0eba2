"""The words of a person's name as two ways of writing it share them: without accents, case and punctuation."""

import re
import unicodedata

MAX_NAME = 200  # characters of a name that are looked at
MAX_WORDS = 20

_WORD = re.compile(r"[^\W\d_]+")


def words_of(text: str) -> list[str]:
    """The words in order, at most MAX_WORDS."""
    text = text[:MAX_NAME]
    if not text.isascii():
        text = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    return _WORD.findall(text.casefold())[:MAX_WORDS]
