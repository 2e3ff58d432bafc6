"""What pages are told through Redis arrives, also from a command that ends at once."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import redis

from backend.database import after_commit, reading, unit_of_work
from backend.repositories import organisations

_TWO_CHANGES = "from backend import realtime; realtime.signal_campaign(7); realtime.signal_campaign(7)"


def test_the_last_change_of_a_short_command_is_told(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client, client.pubsub(ignore_subscribe_messages=True) as heard:
        heard.subscribe("live:campaign:7")
        heard.get_message(timeout=60)
        subprocess.run(
            [sys.executable, "-c", _TWO_CHANGES], env={**os.environ, "REDIS_URL": redis_url}, check=True, timeout=60
        )
        assert heard.get_message(timeout=60), "the first change was not told"
        assert heard.get_message(timeout=60), "the change in the same moment, which is the last, was not told"


@pytest.mark.usefixtures("database")
def test_a_change_is_told_when_others_can_see_it_and_never_when_it_failed() -> None:
    told: list[str] = []

    def tell() -> None:
        with reading() as session:
            told.append(organisations.get(session).name)

    with pytest.raises(LookupError), unit_of_work() as session:  # noqa: PT012 - the transaction has to fail at its end
        after_commit(session, tell)
        raise LookupError
    assert told == []
    with unit_of_work() as session:
        organisations.get(session).name = "Kehilat Shalom"
        after_commit(session, tell)
    assert told == ["Kehilat Shalom"]
