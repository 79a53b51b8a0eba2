"""The keeper's turn: what is due is done once, what fails is due again, and a bad configuration hurts nothing."""

import asyncio
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway import clock_watch
from gateway.config import Config, load_config
from gateway.keeper import KeptConfig, digest_settings, keep, turn
from gateway.metrics import AUDIT, HELD, Meter
from quarantine.item import Cause, State
from quarantine.quarantine import Store, open_store
from rules.transaction import Transaction
from rules.verdict import Judgement

DIGEST = "digest: {to: [it@city.example], sender: m@city.example, next_hop: onward, at: '06:00'}\n"


def digests(folder: Path) -> list[bytes]:
    contents = [path.read_bytes() for path in (folder / "delivered" / "new").glob("*")]
    return [content for content in contents if b"Auto-Submitted: auto-generated" in content]


def made_days_ago(folder: Path, days: int) -> Store:
    """A store whose first period begins so long ago."""
    store = open_store(folder / "state")
    with sqlite3.connect(folder / "state" / "quarantine.sqlite") as database:
        made = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="microseconds")
        (changed,) = database.execute("update meta set value = ? where name = 'created' returning name", (made,))
        assert changed
    return store


def test_every_missed_day_is_reported_once_and_none_twice(config_file: Callable[..., Path], tmp_path: Path) -> None:
    """A period is never sent twice or skipped, whatever restarts come between."""
    made_days_ago(tmp_path, 3)
    config = load_config(config_file(DIGEST))
    turn(config)
    sent = len(digests(tmp_path))
    assert sent in (3, 4), "one for each six o'clock since"
    turn(config)
    assert len(digests(tmp_path)) == sent


def test_a_release_cut_short_is_held_again_after_its_lease(
    config_file: Callable[..., Path], tmp_path: Path, transaction: Transaction, judgement: Judgement
) -> None:
    store = open_store(tmp_path / "state")
    recipients = transaction.envelope.recipients
    item = store.quarantine.hold(transaction, judgement, recipients, cause=Cause.POLICY, next_hop="onward")
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    keys = [recipient.address.key for recipient in recipients]
    store.quarantine.index.change(item.id, keys, State.RELEASING, at=long_ago, by="ada", reason="x")
    turn(load_config(config_file()))
    assert store.quarantine.get(item.id).state is State.HELD


def test_held_mail_past_its_date_expires(
    config_file: Callable[..., Path], tmp_path: Path, transaction: Transaction, judgement: Judgement
) -> None:
    """Off unless configured: the item of this store was given one day, forty days ago."""
    store = open_store(tmp_path / "state", keep_days=1)
    recipients = transaction.envelope.recipients
    item = store.quarantine.hold(transaction, judgement, recipients, cause=Cause.POLICY, next_hop="onward")
    with sqlite3.connect(tmp_path / "state" / "quarantine.sqlite") as database:
        past = (datetime.now(UTC) - timedelta(days=39)).isoformat()
        database.execute("update items set expires = ? where id = ?", (past, item.id))
    turn(load_config(config_file("quarantine_days: 1\n")))
    assert store.quarantine.get(item.id).state is State.EXPIRED


def test_nothing_expires_on_the_day_of_a_clock_that_jumped(
    config_file: Callable[..., Path],
    tmp_path: Path,
    transaction: Transaction,
    judgement: Judgement,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """H10: a clock a year ahead must not empty the quarantine."""
    (tmp_path / "state").mkdir()
    clock_watch.note(tmp_path / "state", datetime.now(UTC) - timedelta(days=400))
    with pytest.raises(AssertionError):
        test_held_mail_past_its_date_expires(config_file, tmp_path, transaction, judgement)
    assert "the clock went on or back" in caplog.text
    clock_watch.note(tmp_path / "state", datetime.now(UTC))  # half a minute later
    turn(load_config(config_file("quarantine_days: 1\n")))
    assert {item.state for item in open_store(tmp_path / "state").quarantine.list()} == {State.HELD}


def test_no_turn_leaves_a_record_open(
    config_file: Callable[..., Path], tmp_path: Path, transaction: Transaction, judgement: Judgement
) -> None:
    """With mail that expires every few minutes the keeper would run out of descriptors in a day."""
    test_held_mail_past_its_date_expires(config_file, tmp_path, transaction, judgement)
    open_files = [path.readlink() for path in Path("/proc/self/fd").iterdir() if path.is_symlink()]
    (chain,) = [path for path in (tmp_path / "state" / "audit").iterdir() if b'"expire"' in path.read_bytes()]
    assert chain not in open_files


def test_an_edit_is_in_force_only_after_a_reload(config_file: Callable[..., Path]) -> None:
    kept = KeptConfig(config_file("quarantine_days: 0\n"))
    config_file("quarantine_days: 1\n")
    assert kept.config.quarantine_days == 0
    kept.reload()
    assert kept.config.quarantine_days == 1


def test_a_reload_of_a_bad_configuration_keeps_the_old_one(
    config_file: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    kept = KeptConfig(config_file("quarantine_days: 7\n"))
    config_file("no_such_key: 1\n")
    kept.reload()
    assert kept.config.quarantine_days == 7
    assert "reload refused" in caplog.text and "no_such_key" in caplog.text


async def test_each_turn_goes_by_the_configuration_in_force(
    config_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, ending = KeptConfig(config_file("quarantine_days: 7\n")), asyncio.Event()
    used: list[int] = []
    config_file("no_such_key: 1\n")

    def turned(config: Config, *, collect: bool) -> None:
        used.append(config.quarantine_days)
        if len(used) == 2:
            ending.set()

    monkeypatch.setattr("gateway.keeper.turn", turned)
    monkeypatch.setattr("gateway.keeper.TURN_SECONDS", 0.01)
    await asyncio.wait_for(keep(kept, ending, Meter()), 10)
    assert used == [7, 7]


async def test_it_ends_when_told(config_file: Callable[..., Path]) -> None:
    ending = asyncio.Event()
    ending.set()
    await asyncio.wait_for(keep(KeptConfig(config_file()), ending, Meter()), 10)


def test_the_digest_is_sent_as_configured(config_file: Callable[..., Path]) -> None:
    settings = digest_settings(load_config(config_file(DIGEST + "timezone: America/Chicago\n")))
    assert (settings.to, settings.at.hour, settings.zone.key) == (("it@city.example",), 6, "America/Chicago")


async def test_what_is_held_is_counted_at_each_turn(
    config_file: Callable[..., Path], transaction: Transaction, judgement: Judgement
) -> None:
    kept, ending, meter = KeptConfig(config_file()), asyncio.Event(), Meter()
    store = open_store(kept.config.state)
    store.quarantine.hold(
        transaction, judgement, transaction.envelope.recipients, cause=Cause.POLICY, next_hop="onward"
    )
    keeping = asyncio.create_task(keep(kept, ending, meter))
    while not any(sample.metric == AUDIT.name for sample in meter.samples()):
        await asyncio.sleep(0.01)
    ending.set()
    await asyncio.wait_for(keeping, 10)
    found = {sample.metric: sample.value for sample in meter.samples()}
    assert (found[HELD.name], found[AUDIT.name]) == (1, 1)
