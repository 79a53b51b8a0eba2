import asyncio
import grp
import os
import pwd
import socket
import stat
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.config import Limits, MilterListener
from gateway.milter.listener import SOCKET_MODE, RunningMilter, start_milter
from gateway.smtp.spool import Spool
from tests.gateway.milter.conftest import LISTENER

pytestmark = pytest.mark.asyncio


async def start(listener: MilterListener, folder: Path) -> RunningMilter:
    async def never(*_: object) -> None:
        raise AssertionError

    return await start_milter(
        listener,
        limits=Limits(),
        domain="city.example",
        spool=Spool(folder / "spool"),
        process=never,  # type: ignore[arg-type]
        open_onward=never,  # type: ignore[arg-type]
    )


async def test_what_is_written_is_not_delayed(tmp_path: Path) -> None:
    milter = await start(LISTENER, tmp_path)
    host, _, port = milter.place.rpartition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    while not milter._shared.sessions:
        await asyncio.sleep(0.01)
    (session,) = milter._shared.sessions
    assert session._transport is not None
    theirs = session._transport.get_extra_info("socket")
    assert theirs.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    writer.close()
    milter.close()


async def test_a_socket_is_for_its_group_and_goes_with_the_listener(tmp_path: Path) -> None:
    path = tmp_path / "s"
    milter = await start(replace(LISTENER, socket=path), tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == SOCKET_MODE
    milter.close()
    milter.close()
    assert not path.exists()


async def test_a_socket_left_behind_is_taken_over_and_one_in_use_is_not(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    milter = await start(replace(LISTENER, socket=path), tmp_path)
    with pytest.raises(OSError, match="in use"):
        await start(replace(LISTENER, socket=path), tmp_path)
    assert path.exists()
    milter.close()


async def test_another_file_in_its_place_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "s"
    path.write_text("precious")
    with pytest.raises(OSError, match="is no socket"):
        await start(replace(LISTENER, socket=path), tmp_path)
    assert path.read_text() == "precious"


async def test_a_group_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="there is no group nobodies-own"):
        await start(replace(LISTENER, socket=tmp_path / "s", socket_group="nobodies-own"), tmp_path)
    assert not (tmp_path / "s").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to be somebody else for a moment")
async def test_a_group_that_is_not_the_accounts_is_a_sentence() -> None:
    nobody = pwd.getpwnam("nobody")
    others = next(group.gr_name for group in grp.getgrall() if group.gr_gid not in (0, nobody.pw_gid))
    with tempfile.TemporaryDirectory() as folder:
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        mine = os.getgroups()
        os.setgroups([])
        os.setegid(nobody.pw_gid)
        os.seteuid(nobody.pw_uid)
        try:
            with pytest.raises(OSError, match=f"not in the group {others}"):
                await start(replace(LISTENER, socket=Path(folder) / "s", socket_group=others), Path(folder))
        finally:
            os.seteuid(0)
            os.setegid(0)
            os.setgroups(mine)
