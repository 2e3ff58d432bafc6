"""The scheduler process: one at a time does the upkeep, a second stands by."""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import IO

from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from backend.actors import broker, stopping
from backend.actors.waiting import Waiting
from backend.database import get_engine
from backend.logs import get_logger
from backend.services import asking, restored_copies, upkeep
from backend.services.dead_letters import DeadLetterWatch
from backend.services.whatsapp_watch import WhatsAppWatch
from backend.settings import Settings

log = get_logger(__name__)
_ADVISORY_LOCK = 7_304_218


def run(settings: Settings) -> int:
    """Do the upkeep every few seconds while holding the lock, until SIGTERM or SIGINT."""
    stopping.on_signals()
    broker.connect(settings)
    while not stopping.requested():
        try:
            with _only_one(settings) as still_mine:
                if still_mine():
                    log.info("scheduler_started")
                    _work(settings, still_mine)
        except Exception:
            log.exception("scheduler_lost_its_lock")
        stopping.wait(settings.scheduler_interval_s)
    return 0


def _work(settings: Settings, still_mine: Callable[[], bool]) -> None:
    whatsapp, waiting, dead_letters = WhatsAppWatch(), Waiting("scheduler_waits"), DeadLetterWatch()
    while still_mine():
        if _keep_watch(waiting):
            upkeep.run_upkeep()
            whatsapp.look(settings)
            _ask_about_unknown()
        dead_letters.look(settings)
        if stopping.wait(settings.scheduler_interval_s):
            return


def _keep_watch(waiting: Waiting) -> bool:
    """Whether it is known that nothing will be woken which an older copy of the database would send again."""
    try:
        restored_copies.keep_watch()
    except (SQLAlchemyError, RedisError) as error:
        waiting.note(error)
        return False
    except Exception:
        log.exception("watch_failed")
        return False
    waiting.end()
    return True


def _ask_about_unknown() -> None:
    try:
        asyncio.run(asking.ask_about_unknown())
    except Exception:
        log.exception("asking_failed")


@contextmanager
def _only_one(settings: Settings) -> Iterator[Callable[[], bool]]:
    """A lock that ends with its holder: an advisory lock on PostgreSQL, a locked file beside SQLite.

    Gives a question to ask before each round: whether the lock is (still) ours.
    """
    engine = get_engine()
    if engine.dialect.name == "sqlite":
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (settings.data_dir / "scheduler.lock").open("w") as file:
            yield partial(bool, _locked(file))
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        mine = connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _ADVISORY_LOCK}).scalar_one()
        # The lock lives as long as this connection: asking it anything fails when it is gone.
        yield lambda: mine and connection.execute(text("SELECT true")).scalar_one()


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
