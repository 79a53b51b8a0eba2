"""What the pipeline asks of this package, in one object: who sent it, which fields say so, and signatures.

Swapped as a whole at a reload, with the keys and secrets of that moment.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace

from gateway.config import Config, IdentitySettings
from gateway.identity import CannotIdentify
from gateway.identity.author import author_of
from gateway.identity.keys import UnusableKey, load_private_key
from gateway.identity.ladder import Trust, climb, stamps_struck
from gateway.identity.resolver import Resolver, system_servers
from gateway.identity.results import authentication_results
from gateway.identity.signer import CannotSign, Pieces, SigningKey, arc_fields, dkim_field
from gateway.identity.stamp import UnusableSecret, load_secrets
from gateway.identity.verifier import Verifier
from gateway.mapped import MappedFile, overwrite
from rules.message import Field, Message
from rules.transaction import ListenerKind, Transaction

HASHING_THREADS = 2  # large bodies at once; SHA-256 lets the event loop run meanwhile

_log = logging.getLogger("mailward.identity")


@dataclass(frozen=True, slots=True, kw_only=True)
class Practice:
    """What is done beyond the ladder. `sign_all`: every message of ours, not only those that we changed."""

    hostname: str
    verifier: Verifier | None = None
    signing: SigningKey | None = None
    sign_all: bool = False
    seal: bool = False
    requires_auth: bool = False


class Identification:
    """Made by start_identification; close it when its last message has left."""

    def __init__(
        self,
        trust: Trust,
        practice: Practice,
        resolver: Resolver,
        executor: Executor,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._trust = trust
        self._practice = practice
        self._resolver = resolver
        self._executor = executor
        self._clock = clock

    async def identify(self, transaction: Transaction) -> Transaction:
        """The transaction with what is proved of its sender, and without the secret that proved it.

        Raises OSError when a large content's file could not be rid of the secret: it must then not be kept.
        """
        fields = tuple(transaction.message.fields())
        identity = climb(transaction.kind, transaction.client, fields, author_of(fields), self._trust)
        if transaction.kind is ListenerKind.EDGE and self._practice.verifier is not None:
            authentication = await self._practice.verifier.authenticate(transaction)
            identity = replace(identity, authentication=authentication)
        return replace(transaction, identity=identity, message=_without_stamps(transaction.message, fields))

    def must_wait(self, transaction: Transaction) -> bool:
        """Whether an answer of the DNS is missing that this site will not do without."""
        authentication = transaction.identity.authentication
        return self._practice.requires_auth and authentication is not None and authentication.undecided

    def results(self, transaction: Transaction) -> bytes:
        """Our Authentication-Results field; nothing where nothing was verified."""
        authentication = transaction.identity.authentication
        return authentication_results(self._practice.hostname, authentication) if authentication else b""

    async def signed(self, transaction: Transaction, pieces: Pieces, *, changed: bool) -> Pieces:
        """The pieces with our signature or seal before them; as they were where that cannot be done."""
        signing = self._practice.signing
        if signing is None or not self._is_ours_to_sign(transaction, signing, changed):
            return pieces
        loop = asyncio.get_running_loop()
        try:
            added = await loop.run_in_executor(self._executor, self._added, transaction, pieces, signing)
        except CannotSign as error:
            _log.warning("%s: leaves without our signature: %s", transaction.id, error)
            return pieces
        except Exception:
            _log.exception("%s: leaves without our signature", transaction.id)
            return pieces
        return (added, *pieces)

    def _is_ours_to_sign(self, transaction: Transaction, signing: SigningKey, changed: bool) -> bool:
        if transaction.kind is ListenerKind.EDGE:
            return self._practice.seal and transaction.identity.authentication is not None
        author = author_of(tuple(transaction.message.fields()))
        ours = author is not None and f".{author.domain}".endswith(f".{signing.domain}")
        return ours and (changed or self._practice.sign_all)

    def _added(self, transaction: Transaction, pieces: Pieces, signing: SigningKey) -> bytes:
        authentication = transaction.identity.authentication
        if authentication is not None:
            return arc_fields(pieces, signing, self._practice.hostname, authentication, self._clock())
        return dkim_field(pieces, signing, self._clock())

    async def close(self) -> None:
        await self._resolver.close()
        self._executor.shutdown(wait=False, cancel_futures=True)


def _without_stamps(message: Message, fields: Sequence[Field]) -> Message:
    """The message with its stamps struck out: in its own file where it has one, for a copy could be 150 MB."""
    octets = message.octets
    for at, struck in stamps_struck(fields):
        if isinstance(octets, MappedFile):
            overwrite(octets, at, struck)
        else:
            octets = octets[:at] + struck + octets[at + len(struck) :]
    return message if octets is message.octets else Message(octets)


def load_proofs(settings: IdentitySettings) -> tuple[tuple[bytes, ...], SigningKey | None]:
    """The secrets of the stamp, and the key that signs. Raises CannotIdentify with a sentence for the administrator."""
    sign = settings.sign
    try:
        secrets = load_secrets(settings.stamp_files)
        key = load_private_key(sign.key) if sign is not None else None
    except (UnusableKey, UnusableSecret) as error:
        raise CannotIdentify(str(error)) from None
    if sign is None or key is None:
        return secrets, None
    return secrets, SigningKey(domain=sign.domain.lower(), selector=sign.selector.lower(), key=key)


def start_identification(config: Config) -> Identification:
    """With the keys and secrets as they are now. Raises CannotIdentify with a sentence for the administrator."""
    settings = config.identity
    secrets, signing = load_proofs(settings)
    names = tuple(map(str, settings.nameservers)) or system_servers()
    resolver = Resolver((name, settings.nameserver_port) for name in names)
    executor = ThreadPoolExecutor(max_workers=HASHING_THREADS, thread_name_prefix="hashing")
    verifier = Verifier(
        resolver,
        trusted_sealers=frozenset(name.lower() for name in settings.trusted_sealers),
        seconds=settings.seconds,
        executor=executor,
    )
    return Identification(
        Trust(
            domains=frozenset(config.domains),
            secrets=secrets,
            certificates=frozenset(name.lower() for name in settings.certificates),
        ),
        Practice(
            hostname=config.hostname,
            verifier=verifier if settings.authenticate else None,
            signing=signing,
            sign_all=settings.sign is not None and settings.sign.all,
            seal=settings.sign is not None and settings.sign.seal,
            requires_auth=settings.requires_auth,
        ),
        resolver,
        executor,
    )
