"""Groups within groups: who is reached through each of them. Knows no format and no addresses."""

from collections.abc import Iterable, Mapping


def expanded(groups: Mapping[str, Iterable[str]]) -> dict[str, frozenset[str]]:
    """The members of each group that are no groups themselves, at any depth.

    Groups that contain each other, which directories allow, have the same members. Linear in the memberships of the
    result: every name is looked at once a group.
    """
    return {name: _members(name, groups) for name in groups}


def _members(name: str, groups: Mapping[str, Iterable[str]]) -> frozenset[str]:
    found: set[str] = set()
    seen = {name}
    waiting = [name]
    while waiting:
        for member in groups[waiting.pop()]:
            if member not in groups:
                found.add(member)
            elif member not in seen:
                seen.add(member)
                waiting.append(member)
    return frozenset(found)
