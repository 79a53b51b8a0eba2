"""A held message as a transaction again: for judging it once more, and for sending it on."""

from collections.abc import Sequence

from gateway.config import Config, MilterListener
from gateway.milter.told import kind_of
from quarantine.item import HeldMessage
from rules.message import Message
from rules.transaction import Envelope, ListenerKind, Recipient, Transaction


def transaction_again(item: HeldMessage, octets: bytes, recipients: Sequence[Recipient], config: Config) -> Transaction:
    """The transaction the item came from, for these recipients; the listener's kind and direction as configured now."""
    listener = next((one for one in config.entrances if one.name == item.listener), None)
    kind = ListenerKind.INTERNAL if listener is None else listener.kind
    if isinstance(listener, MilterListener):
        kind = kind_of(item.client, listener)
    return Transaction(
        id=item.transaction,
        received=item.received,
        listener=item.listener,
        kind=kind,
        direction=listener.direction if listener is not None and listener.kind is kind else None,
        client=item.client,
        envelope=Envelope(
            reverse_path=item.reverse_path,
            recipients=tuple(recipients),
            body=item.body,
            ret=item.ret,
            envid=item.envid,
            smtputf8=item.smtputf8,
        ),
        message=Message(octets),
    )
