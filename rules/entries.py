"""What an administrator lists in the parameters of a rule: words, hosts, domains, addresses, patterns.

An entry that could never match would protect nobody and say nothing, so each kind refuses those, one by one.
"""

import re
from typing import Annotated

from rules.address import AddressError, parse_address
from rules.document import checked
from rules.patterns import PatternError, compile_apart

_LABELS = r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){0,10}[^\W_](?:[\w-]{0,61}[^\W_])?"
_NAME = re.compile(_LABELS)
_ADDRESS_OF_HOST = re.compile(r"[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}")  # IPv6, as a link's host is told
_EXTENSION = re.compile(r"\.?\w{1,20}")


def _words(text: str) -> str:
    if not any(map(str.isalnum, text)):
        raise ValueError("words; an empty text says nothing")
    return text


def _host(text: str) -> str:
    if not (_NAME.fullmatch(text) or _ADDRESS_OF_HOST.fullmatch(text)):
        raise ValueError("a host such as example.com, which covers all below it: no scheme, port, path or *")
    return text


def _domain(text: str) -> str:
    if not _NAME.fullmatch(text) or "." not in text:
        raise ValueError("a domain such as county.example: no @, scheme or *")
    return text


def _address(text: str) -> str:
    try:
        parse_address(text)
    except AddressError:
        raise ValueError("an address such as ann.clerk@city.example") from None
    if "*" in text:
        raise ValueError("an address such as ann.clerk@city.example, without *")
    return text


def _address_or_name(text: str) -> str:
    return _address(text) if "@" in text else _words(text)


def _local_part(text: str) -> str:
    if "@" in text or not any(map(str.isalnum, text)):
        raise ValueError("what stands before the @ of an address")
    return text


def _extension(text: str) -> str:
    if not _EXTENSION.fullmatch(text):
        raise ValueError("the extension of a file's name, such as xlsm")
    return text


def _phrase(text: str) -> str:
    try:
        compile_apart((text,))
    except PatternError as error:
        why = str(error).removeprefix(f"pattern {text!r}").lstrip(": ")
        raise ValueError(f"a pattern in RE2's syntax ({why})") from None
    return text


Words = Annotated[str, checked(_words)]
Host = Annotated[str, checked(_host)]
Domain = Annotated[str, checked(_domain)]
MailAddress = Annotated[str, checked(_address)]
AddressOrName = Annotated[str, checked(_address_or_name)]
LocalPart = Annotated[str, checked(_local_part)]
Extension = Annotated[str, checked(_extension)]
Phrase = Annotated[str, checked(_phrase)]
