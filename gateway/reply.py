"""An SMTP reply: what we say to a client, and what a next hop said to us (RFC 5321 section 4.2, RFC 3463)."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """`status` is the enhanced code, empty when there is none. `text` is one line of printable ASCII.

    `quoted`: the words are a next hop's, which may name machines and people that strangers must not hear of.
    """

    code: int
    status: str
    text: str
    quoted: bool = field(default=False, compare=False)

    def __str__(self) -> str:
        if self.status and self.text:
            return f"{self.code} {self.status} {self.text}"
        return " ".join(filter(None, (str(self.code), self.status, self.text)))

    @property
    def accepted(self) -> bool:
        return 200 <= self.code < 300

    @property
    def permanent(self) -> bool:
        return self.code >= 500


ACCEPTED = Reply(code=250, status="2.0.0", text="OK")
TRY_LATER = Reply(code=451, status="4.3.0", text="Temporary failure, try again later")
NEXT_HOP_AWAY = Reply(code=451, status="4.4.1", text="Next hop unavailable, try again later")
CANNOT_JUDGE = Reply(code=451, status="4.7.1", text="Policy check unavailable, try again later")
NO_DNS = Reply(code=451, status="4.4.3", text="Name service unavailable, try again later")
STORE_AWAY = Reply(code=451, status="4.3.1", text="Temporary storage failure, try again later")
