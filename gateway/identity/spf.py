"""SPF (RFC 7208): whether a domain lets this client send for it. Asks the DNS through an Asking; nothing else."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from gateway.identity.macros import MacroError, MacroFacts, expand
from gateway.identity.resolver import Answer, Asking, Outcome, RecordType
from gateway.networks import plain
from rules.identity import Result, SpfResult

MAX_LOOKUPS = 10  # RFC 7208 section 4.6.4: terms that ask the DNS
MAX_VOID = 2  # ditto: questions without an answer
MAX_NAMES = 10  # ditto: hosts of one MX, names of one PTR
MAX_RECORD = 8_192  # characters; the longest in use has some 2,000
MAX_TERMS = 200

Ip = IPv4Address | IPv6Address

_TERM = re.compile(r"(?:([+?~-])?(all|include|a|mx|ptr|ip4|ip6|exists)(?:(?=[:/])(.*))?)", re.IGNORECASE)
_MODIFIER = re.compile(r"([a-z][a-z0-9_.-]{0,63})=(.*)", re.IGNORECASE)
_CIDR = re.compile(r"(.*?)(?:/(0|[1-9][0-9]{0,2}))?(?://(0|[1-9][0-9]{0,2}))?")
_TOP_LABEL = re.compile(r"(?:[a-z0-9]*[a-z][a-z0-9]*|[a-z0-9]+-[a-z0-9-]*[a-z0-9])\.?", re.IGNORECASE)
_ANYTHING = MacroFacts(sender="x@x.example", domain="x.example", client=IPv4Address(0), hello="x.example")
_QUALIFIED = {"": Result.PASS, "+": Result.PASS, "-": Result.FAIL, "~": Result.SOFTFAIL, "?": Result.NEUTRAL}


class SpfError(Exception):
    """Ends an evaluation with temperror or permerror."""

    def __init__(self, result: Result, detail: str) -> None:
        super().__init__(detail)
        self.result = result


@dataclass(frozen=True, slots=True, kw_only=True)
class Mechanism:
    """One directive. `place` is its domain-spec before expansion; `bits4`, `bits6` the lengths of its prefixes."""

    name: str
    result: Result
    place: str = ""
    bits4: int = 32
    bits6: int = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    mechanisms: tuple[Mechanism, ...]
    redirect: str | None


async def check_spf(asking: Asking, client: str, domain: str, sender: str, hello: str) -> SpfResult:
    """check_host() of RFC 7208 section 4, its errors as results. `domain` may be anything that a client wrote."""
    if not _is_domain(domain):
        return SpfResult(result=Result.NONE, domain=domain, detail="no domain to ask")
    check = _Check(asking, ip_address(client.partition("%")[0]), sender, hello)
    try:
        return SpfResult(result=await check.host(domain), domain=domain)
    except SpfError as error:
        return SpfResult(result=error.result, domain=domain, detail=str(error))


def _is_domain(domain: str) -> bool:
    """RFC 7208 section 4.3: several labels, none empty or of more than 63 octets."""
    labels = domain.removesuffix(".").split(".")
    return len(labels) > 1 and len(domain) <= 253 and all(0 < len(label) <= 63 for label in labels)


class _Check:
    """One evaluation with what it has used up."""

    def __init__(self, asking: Asking, client: Ip, sender: str, hello: str) -> None:
        self._asking = asking
        self._ip = plain(client)
        self._sender = sender
        self._hello = hello
        self._lookups = 0
        self._void = 0

    async def host(self, domain: str) -> Result:
        text = _selected(await self._ask(domain, RecordType.TXT, counted=False))
        if text is None:
            return Result.NONE
        record = parse_record(text)
        for mechanism in record.mechanisms:
            if await self._matches(mechanism, domain):
                return mechanism.result
        if record.redirect is None:
            return Result.NEUTRAL
        self._count()
        target = await self._expanded(record.redirect, domain)
        result = await self.host(target) if _is_domain(target) else Result.NONE
        if result is Result.NONE:  # RFC 7208 section 6.1
            raise SpfError(Result.PERMERROR, f"redirected to {target}, which has no record")
        return result

    async def _matches(self, mechanism: Mechanism, domain: str) -> bool:
        match mechanism.name:
            case "all":
                return True
            case "ip4" | "ip6":
                return self._ip in ip_network(mechanism.place, strict=False)
        self._count()
        target = await self._expanded(mechanism.place, domain) if mechanism.place else domain
        match mechanism.name:
            case "include":
                return await self._included(target)
            case "exists":
                return (await self._ask(target, RecordType.A)).outcome is Outcome.FOUND
            case "ptr":
                return await self._named(target)
            case "mx":
                return await self._is_exchange(target, mechanism)
            case _:
                return self._among(await self._addresses(target), mechanism)

    async def _included(self, target: str) -> bool:
        result = await self.host(target) if _is_domain(target) else Result.NONE
        if result is Result.NONE:  # RFC 7208 section 5.2
            raise SpfError(Result.PERMERROR, f"includes {target}, which has no record")
        return result is Result.PASS

    async def _is_exchange(self, target: str, mechanism: Mechanism) -> bool:
        hosts = (await self._ask(target, RecordType.MX)).records
        if len(hosts) > MAX_NAMES:
            raise SpfError(Result.PERMERROR, f"more than {MAX_NAMES} mail hosts of {target}")
        for host in hosts:
            if self._among(await self._addresses(host), mechanism):
                return True
        return False

    async def _named(self, target: str) -> bool:
        """RFC 7208 section 5.5; trouble with the DNS is no match."""
        try:
            async for name in self._validated_names():
                if name == target.lower().rstrip(".") or name.endswith("." + target.lower().rstrip(".")):
                    return True
        except SpfError as error:
            if error.result is not Result.TEMPERROR:
                raise
        return False

    async def _validated_names(self) -> AsyncIterator[str]:
        names = (await self._ask(self._ip.reverse_pointer, RecordType.PTR)).records
        for name in names[:MAX_NAMES]:
            answer = await self._asking.ask(name, self._address_type)
            if any(_address(text) == self._ip for text in answer.records):
                yield name.lower()

    async def _addresses(self, host: str) -> tuple[str, ...]:
        return (await self._ask(host, self._address_type)).records

    @property
    def _address_type(self) -> RecordType:
        return RecordType.A if self._ip.version == 4 else RecordType.AAAA

    def _among(self, addresses: tuple[str, ...], mechanism: Mechanism) -> bool:
        bits = mechanism.bits4 if self._ip.version == 4 else mechanism.bits6
        return any(self._ip in ip_network(f"{text}/{bits}", strict=False) for text in addresses if _address(text))

    async def _ask(self, name: str, kind: RecordType, *, counted: bool = True) -> Answer:
        """Raises SpfError for a failing server, and for the third question without an answer."""
        answer = await self._asking.ask(name, kind)
        if answer.outcome is Outcome.TEMPORARY:
            raise SpfError(Result.TEMPERROR, f"{name}: {answer.detail}")
        if counted and answer.is_void:
            self._void += 1
            if self._void > MAX_VOID:
                raise SpfError(Result.PERMERROR, f"more than {MAX_VOID} questions without an answer")
        return answer

    def _count(self) -> None:
        self._lookups += 1
        if self._lookups > MAX_LOOKUPS:
            raise SpfError(Result.PERMERROR, f"more than {MAX_LOOKUPS} terms that ask the DNS")

    async def _expanded(self, text: str, domain: str) -> str:
        name = await self._own_name(domain) if "%{p" in text.lower() else ""
        facts = MacroFacts(sender=self._sender, domain=domain, client=self._ip, hello=self._hello, name=name)
        try:
            return expand(text, facts)
        except MacroError as error:
            raise SpfError(Result.PERMERROR, str(error)) from None

    async def _own_name(self, domain: str) -> str:
        """A validated name of the client, the domain's own first (RFC 7208 section 7.3)."""
        try:
            names = [name async for name in self._validated_names()]
        except SpfError:
            return ""
        own = [name for name in names if name == domain or name.endswith("." + domain)]
        return next(iter((*own, *names)), "")


def _address(text: str) -> Ip | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _selected(answer: Answer) -> str | None:
    """The one SPF record of a name (RFC 7208 section 4.5), or None. Raises SpfError for several."""
    found = [text for text in answer.records if text[:7].lower() in ("v=spf1", "v=spf1 ")]
    if len(found) > 1:
        raise SpfError(Result.PERMERROR, "several SPF records")
    return found[0] if found else None


def parse_record(text: str) -> Record:
    """Read a whole record before any of it counts (RFC 7208 section 4.6). Raises SpfError."""
    terms = text[6:].split(" ")
    if len(text) > MAX_RECORD or len(terms) > MAX_TERMS or not text.isascii() or not text.isprintable():
        raise SpfError(Result.PERMERROR, "a record that is too long or holds more than ASCII")
    mechanisms: list[Mechanism] = []
    modifiers: dict[str, str] = {}
    for term in filter(None, terms):
        match = _TERM.fullmatch(term)
        if match is not None:
            mechanisms.append(_mechanism(*match.groups(default="")))
            continue
        modifier = _MODIFIER.fullmatch(term)
        if modifier is None:
            raise SpfError(Result.PERMERROR, f"unknown term {term[:50]}")
        _add_modifier(modifiers, modifier.group(1).lower(), modifier.group(2))
    redirect = None if any(item.name == "all" for item in mechanisms) else modifiers.get("redirect")
    return Record(mechanisms=tuple(mechanisms), redirect=redirect)


def _add_modifier(modifiers: dict[str, str], name: str, value: str) -> None:
    if name in ("redirect", "exp"):
        if name in modifiers:
            raise SpfError(Result.PERMERROR, f"{name} stands twice")
        _check_place(value)
    else:
        _check_macros(value)
    modifiers[name] = value


def _mechanism(qualifier: str, name: str, rest: str) -> Mechanism:
    name = name.lower()
    result = _QUALIFIED[qualifier]
    if name in ("ip4", "ip6"):
        return Mechanism(name=name, result=result, place=_network(name, rest))
    if name == "all":
        if rest:
            raise SpfError(Result.PERMERROR, "all takes no argument")
        return Mechanism(name=name, result=result)
    place, bits4, bits6 = _split_cidr(rest) if name in ("a", "mx") else (rest, 32, 128)
    if place:
        if not place.startswith(":"):
            raise SpfError(Result.PERMERROR, f"{name}{rest[:50]}")
        place = place[1:]
        _check_place(place)
    elif name in ("include", "exists"):
        raise SpfError(Result.PERMERROR, f"{name} needs a domain")
    return Mechanism(name=name, result=result, place=place, bits4=bits4, bits6=bits6)


def _network(name: str, rest: str) -> str:
    """The argument of ip4 or ip6, which must be a network of that family with a plain prefix length."""
    text = rest.removeprefix(":")
    prefix = text.partition("/")[2]
    if "/" in text and (not prefix.isdigit() or (len(prefix) > 1 and prefix.startswith("0"))):
        raise SpfError(Result.PERMERROR, f"{name}{rest[:50]}")
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise SpfError(Result.PERMERROR, f"{name}{rest[:50]}") from None
    if network.version != int(name[2]) or not rest.startswith(":"):
        raise SpfError(Result.PERMERROR, f"{name}{rest[:50]}")
    return text


def _split_cidr(rest: str) -> tuple[str, int, int]:
    match = _CIDR.fullmatch(rest)
    assert match is not None  # the pattern takes anything
    place, four, six = match.group(1), match.group(2), match.group(3)
    bits4, bits6 = int(four or 32), int(six or 128)
    if bits4 > 32 or bits6 > 128 or (place and place[-1] == "/"):
        raise SpfError(Result.PERMERROR, f"prefix length in {rest[:50]}")
    return place, bits4, bits6


def _check_place(text: str) -> None:
    """RFC 7208 section 7.1: a domain-spec ends in a macro or in a top label that is not all digits."""
    _check_macros(text)
    last = text.removesuffix(".").rpartition(".")[2]
    if text.endswith("}") and "%{" in text:
        return
    if "." not in text.removesuffix(".") or not _TOP_LABEL.fullmatch(last):
        raise SpfError(Result.PERMERROR, f"not a domain: {text[:50]}")


def _check_macros(text: str) -> None:
    try:
        expand(text, _ANYTHING)
    except MacroError as error:
        raise SpfError(Result.PERMERROR, str(error)) from None
