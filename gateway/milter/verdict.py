"""The answer to the end of a message: the pipeline's reply and what it shipped, as responses to the MTA. Pure."""

from collections.abc import Iterator

from gateway.egress import Shipment
from gateway.milter.changes import header_changes
from gateway.milter.negotiation import CONTINUE
from gateway.milter.pending import PendingMessage
from gateway.milter.protocol import ResponseCode
from gateway.milter.responses import delete_recipient, refusal, simple
from gateway.reply import Reply
from rules.message import Message


def answer(pending: PendingMessage, message: Message, reply: Reply, riding: Shipment | None, *, exact: bool) -> bytes:
    """Everything that is written for one message, the decision last.

    Raises Unwritable. When nobody is left to be served by the MTA, the message is accepted and gone.
    """
    if not reply.accepted:
        return refusal(reply)
    if riding is None:
        return simple(ResponseCode.DISCARD)
    return b"".join((*_removals(pending, riding), *header_changes(message, riding, exact=exact), CONTINUE))


def _removals(pending: PendingMessage, riding: Shipment) -> Iterator[bytes]:
    served = {recipient.address for recipient in riding.recipients}
    for address, paths in pending.paths.items():
        if address not in served:
            yield from map(delete_recipient, dict.fromkeys(paths))
