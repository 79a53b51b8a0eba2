"""How much of the organization a message from inside reaches, alone and with others of the same mailing.

Counts people and names group addresses that mean everyone. Keeps no sum: the gateway adds a mailing up over messages
and asks `observe_sum` about the total. Nothing here weighs what the message says.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rules.address import Address, AddressError, key_of, parse_address
from rules.directory import Directory
from rules.document import STRICT, Amount, Threshold
from rules.entries import AddressOrName, MailAddress
from rules.facts import Facts
from rules.finding import Evidence, Observation
from rules.mailing import staff_of
from rules.transaction import Direction
from rules.verdict import Mailing

NAME = Path(__file__).stem
MAX_ADDRESSED = 10_000  # addresses of To and Cc that are looked up; a header block holds no more
MAX_NAMED = 5  # people or groups that evidence names

_SEPARATORS = dict.fromkeys(map(ord, "-_."))


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Lists hold addresses; an entry of `all_staff` without @ stands for that name in each of our domains.

    Such a name is the whole local part, however its words are set apart: `all-staff` is `All_Staff` and `allstaff` too.
    """

    __pydantic_config__ = STRICT
    # Half of the staff: no department is as large, save police and fire in some cities (exempt their group then).
    share: Threshold = 0.5
    # People. In a city of 50 half would be 25; with fewer staff a note to half of them is a note to one's own crew.
    minimum: Amount = 20
    # People of ours, where there is no staff list to take a share of.
    minimum_without_staff_list: Amount = 100
    # Names of groups that mean everyone.
    all_staff: tuple[AddressOrName, ...] = (
        "all",
        "all-city",
        "all-company",
        "all-employees",
        "all-hands",
        "all-personnel",
        "all-staff",
        "all-users",
        "city-all",
        "city-employees",
        "city-staff",
        "city-wide",
        "company",
        "company-wide",
        "employees",
        "employees-all",
        "entire-staff",
        "everybody",
        "everyone",
        "staff",
        "staff-all",
    )
    # Seconds in which messages of one mailing are added up. Six hours: a morning's or an afternoon's work.
    window_seconds: Amount = 21_600
    # Professional lists: never counted, and never held for this.
    listservs: tuple[MailAddress, ...] = ()
    # Count those named in To and Cc too: Exchange hands a long list on in several copies (integration section 1).
    count_in_fields: bool = True
    # Who may write to all at any time; a permission that ends is given with `except`.
    permitted_senders: tuple[MailAddress, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Whom a message reaches: people's address keys, and the group addresses that mean everyone."""

    people: frozenset[str]
    everyone: tuple[str, ...]


def detect(facts: Facts, parameters: Parameters) -> Iterator[Observation]:
    """Report mail from inside that reaches a good part of the staff; `detected` from the threshold on."""
    listed = frozenset(map(key_of, parameters.listservs))
    copies = facts.recipients(Direction.INTERNAL, Direction.OUTBOUND)
    concerned = _unlisted(copies, parameters)
    if not concerned:
        return
    reach = _reach(facts, _addresses(facts, copies, listed, parameters), parameters)
    if not reach.everyone and 2 * len(reach.people) < parameters.minimum:
        return
    staff = staff_size(facts.directory)
    needed = threshold(staff, parameters)
    if not reach.everyone and 2 * len(reach.people) < needed:
        return
    permitted = _permitted(facts, parameters)
    summary = _said(len(reach.people), staff)
    if reach.everyone:
        summary = f"sent to {', '.join(reach.everyone[:MAX_NAMED])}; {summary}"
    yield Observation(
        detector=NAME,
        detected=not permitted and (bool(reach.everyone) or len(reach.people) >= needed),
        score=1.0 if reach.everyone else _score(len(reach.people), staff, needed),
        summary=summary + (", and the sender has permission" if permitted else ""),
        evidence=_evidence(reach),
        recipients=concerned,
    )


def observe_sum(
    reached: int, staff: int, mailing: Mailing, parameters: Parameters, copies: Sequence[Address]
) -> Observation | None:
    """Report one mailing that reached `reached` different people over several messages; None below the threshold.

    `mailing` is the piece at hand; when nobody else was reached, `detect` has said all there is to say.
    `staff` is the number of active people on the staff list, 0 when there is none; `copies` are the piece's recipients.
    """
    needed = threshold(staff, parameters)
    if reached < needed or reached <= len(mailing.reaches):
        return None
    if mailing.originator in set(map(key_of, parameters.permitted_senders)):
        return None
    hours = parameters.window_seconds / 3_600
    return Observation(
        detector=NAME,
        detected=True,
        score=_score(reached, staff, needed),
        summary=f"with the same mailing in other messages within {hours:g} hours: {_said(reached, staff)}",
        evidence=(Evidence(part="", text=f"the same mailing, this copy of {mailing.originator}"),),
        recipients=_unlisted(copies, parameters),
    )


def _unlisted(copies: Sequence[Address], parameters: Parameters) -> tuple[str, ...]:
    """The address keys of the copies that go to no professional list."""
    listed = frozenset(map(key_of, parameters.listservs))
    return tuple(address.key for address in copies if address.key not in listed)


def staff_size(directory: Directory) -> int:
    """The number of active people on the staff list: what `observe_sum` is to be asked with."""
    return sum(person.active for person in directory.people.values())


def threshold(staff: int, parameters: Parameters) -> int:
    """The number of people from which a mailing is organization-wide."""
    if staff == 0:
        return parameters.minimum_without_staff_list
    return max(parameters.minimum, round(parameters.share * staff))


def _addresses(
    facts: Facts, copies: tuple[Address, ...], listed: frozenset[str], parameters: Parameters
) -> tuple[Address, ...]:
    """The envelope's recipients, which hold the blind copies, and those whom To and Cc name."""
    named = facts.addressed[:MAX_ADDRESSED] if parameters.count_in_fields else ()
    found = list(copies)
    for mailbox in named:
        try:
            found.append(parse_address(mailbox.address))
        except AddressError:
            continue
    unique = {address.key: address for address in found}
    return tuple(address for key, address in unique.items() if key not in listed)


def _reach(facts: Facts, addresses: tuple[Address, ...], parameters: Parameters) -> Reach:
    names = frozenset(key_of(name) if "@" in name else _run_together(name) for name in parameters.all_staff)
    everyone = tuple(
        address.key
        for address in addresses
        if address.key in names or (_run_together(address.local) in names and facts.directory.owns(address))
    )
    return Reach(people=staff_of(facts, facts.directory.expand(addresses)), everyone=everyone)


def _run_together(name: str) -> str:
    return name.casefold().translate(_SEPARATORS)


def _permitted(facts: Facts, parameters: Parameters) -> bool:
    sender = facts.envelope.reverse_path
    return sender is not None and sender.key in set(map(key_of, parameters.permitted_senders))


def _score(reached: int, staff: int, needed: int) -> float:
    return min(1.0, reached / (staff or needed))


def _said(reached: int, staff: int) -> str:
    if staff == 0:
        return f"reaches {reached} {'person' if reached == 1 else 'people'} of ours (there is no staff list)"
    return f"reaches {reached} of {staff} people, {100 * reached // staff} %"


def _evidence(reach: Reach) -> tuple[Evidence, ...]:
    if reach.everyone:
        return tuple(Evidence(part="", text=f"recipient {name}") for name in reach.everyone[:MAX_NAMED])
    shown = sorted(reach.people)[:MAX_NAMED]
    more = f" and {len(reach.people) - len(shown)} more" if len(reach.people) > len(shown) else ""
    return (Evidence(part="", text=f"recipients {', '.join(shown)}{more}"),)
