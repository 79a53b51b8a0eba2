"""DKIM signatures of a message, verified (RFC 6376, 8301, 8463). Bounded in number, in key size and in body hashes.

What is valid and still not to be relied upon (a body signed in part, a field added beside the signed one) is `policy`.
"""

import asyncio
import base64
import binascii
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from gateway.identity.bodies import Bodies, BodyForm
from gateway.identity.canonical import relaxed_field, simple_field, without_signature
from gateway.identity.keys import PublicKey, UnusableKey, parse_key_record, verifies
from gateway.identity.resolver import Asking, Outcome, RecordType
from gateway.identity.tags import TagError, parse_tags, without_blanks
from rules.identity import DkimResult, Result
from rules.message import Field

MAX_SIGNATURES = 8  # verified of one message; the rest is not looked at (RFC 6376 section 6.1)
MAX_SIGNED = 200  # field names in h=
MAX_SIGNATURE = 512  # octets: 4096 bits

# A second one of these beside the signed one is what a reader may see (RFC 6376 section 8.15).
_SINGLE = ("from", "sender", "reply-to", "to", "cc", "subject", "date", "message-id", "mime-version", "content-type")


class Refused(Exception):
    """A signature that does not verify: with which result, and why."""

    def __init__(self, result: Result, detail: str) -> None:
        super().__init__(detail)
        self.result = result


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A signature field, read. `identity` is the domain of i=; `fields` what it signs, lower case, in order."""

    field: Field
    algorithm: str
    domain: str
    selector: str
    identity: str
    fields: tuple[str, ...]
    relaxed_header: bool
    body: BodyForm
    body_hash: bytes
    signature: bytes
    expires: int | None = None


async def verify_dkim(asking: Asking, fields: Sequence[Field], bodies: Bodies, now: float) -> tuple[DkimResult, ...]:
    """A result for each signature in the order of the fields, at most MAX_SIGNATURES; DMARC tells what is aligned."""
    results: list[DkimResult] = []
    for field in fields:
        if field.key == "dkim-signature" and len(results) < MAX_SIGNATURES:
            await asyncio.sleep(0)  # others are answered between the signatures: each is over up to 256 KiB of header
            results.append(await _verified(asking, field, fields, bodies, now))
    return tuple(results)


async def _verified(asking: Asking, field: Field, fields: Sequence[Field], bodies: Bodies, now: float) -> DkimResult:
    domain = selector = ""
    try:
        found = parse_signature(field)
        domain, selector = found.domain, found.selector
        await check_signature(asking, found, fields, bodies, now)
        _check_reliance(found, fields)
    except Refused as refusal:
        return DkimResult(result=refusal.result, domain=domain, selector=selector, detail=str(refusal))
    return DkimResult(result=Result.PASS, domain=domain, selector=selector)


async def check_signature(
    asking: Asking, found: Signature, fields: Sequence[Field], bodies: Bodies, now: float
) -> None:
    """Raises Refused unless key, body and header agree. The body is only hashed for a signature with a key."""
    if found.expires is not None and found.expires < now:
        raise Refused(Result.POLICY, "expired")
    key = await fetch_key(asking, found)
    length, digest = await bodies.digest(found.body)
    if found.body.limit is not None and found.body.limit > length:
        raise Refused(Result.PERMERROR, "l= beyond the body")
    if digest != found.body_hash:
        raise Refused(Result.FAIL, "body changed")
    if not verifies(key, signed_header(found, fields), found.signature):
        raise Refused(Result.FAIL, "header changed, or another key")
    if found.body.limit is not None and found.body.limit < length:
        raise Refused(Result.POLICY, f"l= leaves {length - found.body.limit} octets of the body unsigned")


async def fetch_key(asking: Asking, found: Signature) -> PublicKey:
    """The key that the signature names. Raises Refused."""
    answer = await asking.ask(f"{found.selector}._domainkey.{found.domain}", RecordType.TXT)
    if answer.outcome is Outcome.TEMPORARY:
        raise Refused(Result.TEMPERROR, answer.detail)
    if len(answer.records) != 1:
        raise Refused(Result.PERMERROR, "several keys" if answer.records else "no key")
    try:
        key = parse_key_record(answer.records[0])
    except UnusableKey as error:
        raise Refused(Result.PERMERROR, str(error)) from None
    if found.algorithm != f"{key.kind.value}-sha256":
        raise Refused(Result.PERMERROR, "key of another algorithm")
    if key.exact and found.identity != found.domain:
        raise Refused(Result.PERMERROR, "key is not for subdomains")
    return key


def _check_reliance(found: Signature, fields: Sequence[Field]) -> None:
    """Raises Refused where a field was added that the signature does not see (RFC 6376 section 8.15)."""
    present, signed = Counter(field.key for field in fields), Counter(found.fields)
    for name in _SINGLE:
        if present[name] > 1 and present[name] > signed[name] and (signed[name] or name == "from"):
            raise Refused(Result.POLICY, f"a {name} field beside the signed one")


def signed_header(found: Signature, fields: Sequence[Field]) -> bytes:
    """The octets that the signature is over (RFC 6376 section 3.7): from the last field of a name to the first."""
    form = relaxed_field if found.relaxed_header else simple_field
    own = form(found.field.name, without_signature(found.field.body))
    return b"".join(chosen_fields(found.fields, fields, form)) + own.removesuffix(b"\r\n")


def chosen_fields(names: Iterable[str], fields: Sequence[Field], form: Callable[[bytes, bytes], bytes]) -> list[bytes]:
    """The canonical fields of these names, each next occurrence further up; one that is not there adds nothing."""
    waiting: dict[str, list[Field]] = {}
    for field in fields:
        waiting.setdefault(field.key, []).append(field)
    return [form(field.name, field.body) for name in names if (left := waiting.get(name)) and (field := left.pop())]


def parse_signature(field: Field) -> Signature:
    """A DKIM-Signature field. Raises Refused."""
    tags = read_tags(field)
    if tags.get("v") != "1":
        raise Refused(Result.PERMERROR, "not version 1")
    found = read_signature(field, tags)
    if "from" not in found.fields:
        raise Refused(Result.PERMERROR, "From is not signed")
    if found.identity != found.domain and not found.identity.endswith("." + found.domain):
        raise Refused(Result.PERMERROR, "i= outside d=")
    return found


def read_tags(field: Field) -> Mapping[str, str]:
    try:
        return parse_tags(field.body.decode("latin-1"))
    except TagError as error:
        raise Refused(Result.PERMERROR, str(error)) from None


def read_signature(field: Field, tags: Mapping[str, str]) -> Signature:
    """What DKIM-Signature and ARC-Message-Signature have in common. Raises Refused."""
    missing = [name for name in ("a", "b", "bh", "d", "s") if not tags.get(name)] + ["h"] * ("h" not in tags)
    if missing:
        raise Refused(Result.PERMERROR, f"no {missing[0]}=")
    algorithm = tags["a"].lower()
    if algorithm not in ("rsa-sha256", "ed25519-sha256"):  # RFC 8301 section 3.1: never sha1
        raise Refused(Result.PERMERROR, "algorithm not in use")
    names = tuple(filter(None, (name.strip().lower() for name in tags["h"].split(":"))))
    if len(names) > MAX_SIGNED:
        raise Refused(Result.PERMERROR, f"more than {MAX_SIGNED} fields in h=")
    header, _, body = tags.get("c", "simple/simple").lower().partition("/")
    if header not in ("simple", "relaxed") or (body or "simple") not in ("simple", "relaxed"):
        raise Refused(Result.PERMERROR, "canonicalization not known")
    domain = domain_of(tags["d"])
    return Signature(
        field=field,
        algorithm=algorithm,
        domain=domain,
        selector=domain_of(tags["s"]),
        identity=domain_of(tags["i"].rpartition("@")[2]) if "@" in tags.get("i", "") else domain,
        fields=names,
        relaxed_header=header == "relaxed",
        body=BodyForm(relaxed=body == "relaxed", limit=_number(tags.get("l"))),
        body_hash=_octets(tags["bh"]),
        signature=_octets(tags["b"]),
        expires=_number(tags.get("x")),
    )


def domain_of(text: str) -> str:
    """A domain or selector in lower case. Raises Refused for one with anything but letters, digits, marks and dots."""
    name = text.strip().lower()
    labels = name.split(".")
    if len(name) > 253 or not all(
        0 < len(one) <= 63 and one.replace("-", "").replace("_", "").isalnum() for one in labels
    ):
        raise Refused(Result.PERMERROR, "not a domain")
    return name


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdigit() or len(text) > 18:  # RFC 6376 section 3.5: no more than 76 digits; ours fit a machine word
        raise Refused(Result.PERMERROR, "not a number")
    return int(text)


def _octets(text: str) -> bytes:
    plain = without_blanks(text)
    if len(plain) > MAX_SIGNATURE * 4 // 3 + 4:
        raise Refused(Result.PERMERROR, "signature too long")
    try:
        return base64.b64decode(plain, validate=True)
    except (binascii.Error, ValueError):
        raise Refused(Result.PERMERROR, "not base64") from None
