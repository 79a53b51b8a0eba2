"""Tells archive members that an incautious program would write outside the folder where it unpacks. Writes nothing."""

from collections.abc import Sequence

_TOLD = 100  # characters of a name


def escape_of(names: Sequence[str], target: str | None = None) -> str | None:
    """Why unpacking a member of these names is dangerous, in words, or None; `target`: what a link points to."""
    for name in names:
        if _leads_out(name):
            return f"a path that leads out of the archive: {name[:_TOLD]}"
    if target is not None and names:
        folder = names[0].replace("\\", "/").rpartition("/")[0]
        if _leads_out(target, folder.count("/") + bool(folder)):
            return f"a link that leads out of the archive: {names[0][:_TOLD]} to {target[:_TOLD]}"
    return None


def _leads_out(path: str, depth: int = 0) -> bool:
    """Whether a path is absolute, names a drive or another computer, or climbs above where it began."""
    if path[:1] in ("/", "\\") or (path[1:2] == ":" and path[:1].isascii() and path[:1].isalpha()):
        return True
    if ".." not in path:
        return False
    for component in path.replace("\\", "/").split("/"):
        depth += -1 if component == ".." else component not in ("", ".")
        if depth < 0:
            return True
    return False
