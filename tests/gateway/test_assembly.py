"""One gateway process put together: what it cannot have it says in a sentence, and a reload swaps or keeps."""

import socket
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gateway.assembly import CannotStart, Gateway


@pytest.fixture
async def gateway(config_file: Callable[..., Path]) -> AsyncIterator[Gateway]:
    with ThreadPoolExecutor(1) as store:
        started = await Gateway.start(config_file(), store)
        yield started
        await started.end(5)


async def start(path: Path) -> Gateway:
    with ThreadPoolExecutor(1) as store:
        return await Gateway.start(path, store)


async def test_it_says_where_it_listens(gateway: Gateway) -> None:
    (place,) = gateway.places
    name, _, port = place.partition(" 127.0.0.1:")
    assert name == "inside"
    with socket.create_connection(("127.0.0.1", int(port)), timeout=5):
        pass


async def test_a_port_in_use_is_a_sentence(config_file: Callable[..., Path]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        path = config_file()
        path.write_text(path.read_text().replace("port: 0", f"port: {other.getsockname()[1]}"))
        with pytest.raises(CannotStart, match="in use"):
            await start(path)


async def test_a_state_folder_that_cannot_be_made_is_a_sentence(
    config_file: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "state").write_text("a file stands in its place")
    with pytest.raises(CannotStart, match="cannot start"):
        await start(config_file())


async def test_a_reload_with_an_error_keeps_the_policy(
    gateway: Gateway, config_file: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    before = gateway._judging.policy
    config_file("policy: no-such-policy\n")
    await gateway.reload()
    assert gateway._judging.policy is before
    assert "reload refused" in caplog.text


async def test_a_reload_puts_the_edited_staff_list_in_force(
    gateway: Gateway, config_file: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "staff.csv").write_text("address,name,department,groups,active\nann@city.example,Ann,Clerk,,yes\n")
    config_file("directory: staff.csv\n")
    await gateway.reload()
    assert set(gateway._judging.directory.people) == {"ann@city.example"}
