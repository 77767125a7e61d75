"""The store: durable, private, made once; and the clock that lives in it."""

import os
import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from l10n_mx_cfdi40.pac.clock import Clock
from l10n_mx_cfdi40.pac.store import Store


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "folder" / "store.sqlite3")


def test_made_at_first_use_for_its_owner_only(store):
    store.set_setting("a", "1")
    assert os.stat(store.path).st_mode & 0o077 == 0
    assert os.stat(os.path.dirname(store.path)).st_mode & 0o077 == 0


def test_another_opening_reads_it_back(store):
    store.set_setting("a", "1")
    assert Store(store.path).setting("a") == "1"
    store.set_setting("a", None)
    assert Store(store.path).setting("a") is None


def test_a_failed_transaction_leaves_nothing(store):
    def fail():
        with store.writing() as db:
            db.execute("INSERT INTO setting (name, value) VALUES ('a', '1')")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert store.setting("a") is None


def test_the_write_lock_is_taken_at_the_start(store):
    with store.writing():
        other = sqlite3.connect(store.path, timeout=0)
        with pytest.raises(sqlite3.OperationalError):
            other.execute("BEGIN IMMEDIATE")
        other.close()


def test_a_store_removed_under_us_is_made_anew(store):
    store.set_setting("a", "1")
    os.remove(store.path)
    assert store.setting("a") is None


def test_the_clock_is_real_until_moved(store):
    clock = Clock(store)
    before = datetime.now(UTC)
    assert before <= clock.now() <= datetime.now(UTC)
    clock.move(timedelta(hours=-5))
    assert abs(clock.now() - (datetime.now(UTC) - timedelta(hours=5))) < timedelta(minutes=1)
    clock.advance(timedelta(hours=5))
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_frozen_clock_is_shared_and_advances_only_when_told(store):
    moment = datetime(2026, 8, 13, 18, 0, tzinfo=UTC)
    Clock(store).freeze(moment)
    other = Clock(Store(store.path))
    assert other.now() == moment
    other.advance(timedelta(hours=72))
    assert Clock(store).now() == moment + timedelta(hours=72)
    other.reset()
    assert Clock(store).now() - datetime.now(UTC) < timedelta(minutes=1)


def test_a_moment_without_zone_is_refused(store):
    with pytest.raises(ValueError, match="zone"):
        Clock(store).freeze(datetime(2026, 8, 13))
