"""A milter that reads everything and asks for nothing, on libmilter: for the system's Python with python3-milter.

python3 trivial_milter.py SOCKET      (inet:port@host or unix:/path)
"""

import sys

import Milter  # type: ignore[import-not-found]


class Trivial(Milter.Base):  # type: ignore[misc]
    """Adds one field, as ours does."""

    def eom(self) -> int:
        self.addheader("X-Trivial", "yes")
        return int(Milter.CONTINUE)


if __name__ == "__main__":
    Milter.factory = Trivial
    Milter.set_flags(Milter.ADDHDRS)
    Milter.runmilter("trivial", sys.argv[1], 300)
