"""What tests of several folders share: real Postfix instances, as next hop and as sending MTA."""

import os
import signal
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.postfix import Postfix, PostfixMissing

# How fast a machine is decides no test: a shared one may stand still for a second.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """What a process of the service sets for itself would go on for the tests that follow in ours.

    A Postfix made under its mask of files could not enter its own queue.
    """
    umask, handler = os.umask(0o022), signal.getsignal(signal.SIGHUP)
    yield
    os.umask(umask)
    signal.signal(signal.SIGHUP, handler)


@pytest.fixture(scope="session")
def _mailbox() -> Iterator[Postfix]:
    try:
        instance = Postfix()
    except PostfixMissing as reason:
        pytest.skip(str(reason))
    yield instance
    instance.stop()


@pytest.fixture
def postfix(_mailbox: Postfix) -> Postfix:
    """A Postfix that delivers everything into one mailbox, empty at the start of each test.

    `.port`; `.delivered()` and `.wait_for(number, seconds)` give the contents; `.arrivals()` also the envelopes.
    The local part `nobody` is refused with 550 5.1.1, `busy` with 450 4.2.1.
    """
    _mailbox.empty()
    return _mailbox


@pytest.fixture
def postfix_sender() -> Iterator[Callable[[int], Postfix]]:
    """`postfix_sender(port)`: a Postfix that relays everything to that port, and tries again within two seconds.

    `.send(octets, reverse_path, recipients)`; `.queue()` tells what waits and why.
    """
    instances: list[Postfix] = []

    def start(port: int) -> Postfix:
        try:
            instances.append(Postfix(relay_port=port))
        except PostfixMissing as reason:
            pytest.skip(str(reason))
        return instances[-1]

    yield start
    for instance in instances:
        instance.stop()
