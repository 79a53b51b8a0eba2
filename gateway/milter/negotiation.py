"""What we ask of an MTA, and what we cannot do without. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from gateway.milter.commands import Negotiate
from gateway.milter.protocol import (
    LEAST_VERSION,
    MOST_VERSION,
    OUR_VERSION,
    ProtocolViolation,
    ResponseCode,
    Right,
    Stage,
    Step,
)
from gateway.milter.responses import negotiated, simple

NEEDED = {
    Right.ADD_HEADERS: "add header fields (verdict and tags)",
    Right.CHANGE_HEADERS: "change header fields (forged ones would stay)",
    Right.DELETE_RECIPIENTS: "delete recipients (mail held for one of several would be delivered)",
}
# One round trip for each MAIL, RCPT and message: all else is sent without waiting for us. MAIL and RCPT are answered,
# for an address that we cannot read is refused there, by itself.
WANTED = (
    Step.NO_UNKNOWN
    | Step.NO_DATA
    | Step.SILENT_CONNECT
    | Step.SILENT_HELLO
    | Step.SILENT_HEADER
    | Step.SILENT_END_OF_HEADER
    | Step.SILENT_BODY
    | Step.LEADING_SPACE
)
MACROS = {
    Stage.CONNECT: "v",
    Stage.HELLO: "{tls_version} {cipher} {cert_subject} {verify}",
    Stage.MAIL: "i {auth_authen}",
    Stage.RCPT: "i",
    Stage.END_OF_MESSAGE: "i",
}


class CannotServe(Exception):
    """The MTA withholds what we need; the text is a sentence for its administrator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    version: int
    steps: Step
    octets: bytes  # the answer to the offer
    answers: Mapping[Step, bytes]  # to each command, by the step that spares it: continue, or nothing

    @property
    def exact(self) -> bool:
        """Whether field bodies come and go with their leading blank, so that every octet of the header is known."""
        return Step.LEADING_SPACE in self.steps


CONTINUE = simple(ResponseCode.CONTINUE)


@lru_cache(maxsize=16)  # an MTA makes the same offer on every connection
def agree(offer: Negotiate) -> Agreement:
    """Raises CannotServe, ProtocolViolation."""
    if offer.version > MOST_VERSION:
        raise ProtocolViolation(f"an offer of version {offer.version}")
    if offer.version < LEAST_VERSION:
        raise CannotServe(f"it speaks version {offer.version} of the protocol, and {LEAST_VERSION} is the least")
    withheld = [words for right, words in NEEDED.items() if right not in offer.rights]
    if withheld:
        raise CannotServe(f"it does not let a milter {', '.join(withheld)}")
    version, steps = min(offer.version, OUR_VERSION), offer.steps & WANTED
    rights, macros = Right(sum(NEEDED)), {}
    if Right.CHOOSE_MACROS in offer.rights:
        rights, macros = rights | Right.CHOOSE_MACROS, MACROS
    return Agreement(
        version=version,
        steps=steps,
        octets=negotiated(version, rights, steps, macros),
        answers={step: b"" if step in steps else CONTINUE for step in Step},
    )
