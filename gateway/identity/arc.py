"""The ARC chain of a message, verified (RFC 8617 section 5.2): who passed it on, and whether each says the truth."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.identity.bodies import Bodies
from gateway.identity.canonical import relaxed_field, without_signature
from gateway.identity.dkim import Refused, Signature, check_signature, fetch_key, read_signature, read_tags
from gateway.identity.keys import verifies
from gateway.identity.resolver import Asking
from rules.identity import ArcResult, Result
from rules.message import Field

MAX_SETS = 50  # RFC 8617 section 4.2.1

NAMES = ("arc-authentication-results", "arc-message-signature", "arc-seal")

_INSTANCE = re.compile(r"\s*i\s*=\s*([1-9][0-9]?)\s*;")


@dataclass(frozen=True, slots=True, kw_only=True)
class ArcSet:
    """The three fields of one instance."""

    results: Field
    signature: Field
    seal: Field


async def verify_arc(
    asking: Asking, fields: Sequence[Field], bodies: Bodies, now: float, trusted: frozenset[str]
) -> ArcResult:
    """The chain's result; `none` when there is no chain. A broken chain proves nothing, nor does it accuse."""
    if not any(field.key in NAMES for field in fields):
        return ArcResult()
    sealers: list[str] = []
    try:
        sets = read_sets(fields)
        sealers += [_sealer(item) for item in sets]
        _check_chain(sets)
        await _check_newest(asking, sets[-1], fields, bodies, now)
        earlier = [sealed(item) for item in sets[:-1]]  # each once: the sets of a header may be 256 KiB, fifty times
        for item in reversed(sets):
            await _check_seal(asking, item, b"".join(earlier))
            earlier = earlier[:-1]
    except Refused as refusal:
        result = Result.TEMPERROR if refusal.result is Result.TEMPERROR else Result.FAIL
        return ArcResult(result=result, sealers=tuple(sealers), detail=str(refusal))
    return ArcResult(result=Result.PASS, sealers=tuple(sealers), trusted=sealers[-1] in trusted)


def read_sets(fields: Sequence[Field]) -> tuple[ArcSet, ...]:
    """The sets from the first instance on. Raises Refused where one is missing, double or out of bounds."""
    found: dict[tuple[str, int], Field] = {}
    for field in fields:
        if field.key in NAMES:
            key = (field.key, _instance(field))
            if key in found:
                raise Refused(Result.FAIL, f"{field.key} stands twice")
            found[key] = field
    count = max(instance for _, instance in found)
    if count > MAX_SETS:
        raise Refused(Result.FAIL, f"more than {MAX_SETS} sets")
    missing = [name for name in NAMES for instance in range(1, count + 1) if (name, instance) not in found]
    if missing or len(found) != len(NAMES) * count:
        raise Refused(Result.FAIL, "a set is incomplete")
    return tuple(
        ArcSet(results=found[NAMES[0], at], signature=found[NAMES[1], at], seal=found[NAMES[2], at])
        for at in range(1, count + 1)
    )


def _instance(field: Field) -> int:
    if field.key == NAMES[0]:
        match = _INSTANCE.match(field.body.decode("latin-1"))
        text = match.group(1) if match else ""
    else:
        text = read_tags(field).get("i", "")
    if not text.isdigit() or not 1 <= len(text) <= 2 or int(text) == 0:
        raise Refused(Result.FAIL, "no instance")
    return int(text)


def _sealer(item: ArcSet) -> str:
    return read_tags(item.seal).get("d", "").lower()


def _check_chain(sets: tuple[ArcSet, ...]) -> None:
    """RFC 8617 section 5.2, steps 2 and 3: what each sealer said of the chain before it."""
    for number, item in enumerate(sets, 1):
        tags = read_tags(item.seal)
        if tags.get("cv", "").lower() != ("none" if number == 1 else "pass"):
            raise Refused(Result.FAIL, f"cv of set {number}")
        if "h" in tags:  # section 4.1.3: a seal that chooses its fields is none
            raise Refused(Result.FAIL, "h= in a seal")


async def _check_newest(asking: Asking, item: ArcSet, fields: Sequence[Field], bodies: Bodies, now: float) -> None:
    tags = read_tags(item.signature)
    found = read_signature(item.signature, {"c": "relaxed/relaxed", **tags})
    if "arc-seal" in found.fields:  # RFC 8617 section 4.1.2
        raise Refused(Result.FAIL, "signs a seal")
    await check_signature(asking, found, fields, bodies, now)


async def _check_seal(asking: Asking, item: ArcSet, earlier: bytes) -> None:
    await asyncio.sleep(0)  # others are answered between the seals of a long chain, whose keys are known already
    found = _read_seal(item.seal)
    key = await fetch_key(asking, found)
    if not verifies(key, sealed_header(earlier, item), found.signature):
        raise Refused(Result.FAIL, f"seal {_instance(item.seal)} does not verify")


def _read_seal(field: Field) -> Signature:
    """A seal has neither body hash nor list of fields; what a signature needs besides is the same."""
    tags = dict(read_tags(field))
    return read_signature(field, {**tags, "h": "from", "bh": "AA==", "c": "relaxed/relaxed"})


def sealed(item: ArcSet) -> bytes:
    """The octets of a whole set that later seals are over (RFC 8617 section 5.1.1)."""
    return b"".join(relaxed_field(field.name, field.body) for field in (item.results, item.signature, item.seal))


def sealed_header(earlier: bytes, newest: ArcSet) -> bytes:
    """The octets that a seal is over: every set before its own, as `sealed` has it, and the seal itself at the end."""
    others = (relaxed_field(field.name, field.body) for field in (newest.results, newest.signature))
    own = relaxed_field(newest.seal.name, without_signature(newest.seal.body))
    return b"".join((earlier, *others, own.removesuffix(b"\r\n")))
