"""`python -m benchmarks.validate`: validating a campaign to 100,000 contacts, and what reading is like meanwhile.

Somebody else reads the list of campaigns and the counters of the campaign, over and over with a pause of 10 ms: in turn
another process, and a thread of the process that validates (as the pages' process does, whose settings of the
interpreter hold here). And how much more of it is resident, at most, in a process that has done the same for a few; on
SQLite that includes what the connection keeps of the file, up to 32 MiB.
"""

from __future__ import annotations

import multiprocessing
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from multiprocessing.synchronize import Event as ProcessEvent
from pathlib import Path

from backend.domain.campaign_list import CampaignQuery
from backend.services.acting import OPERATOR, ActingUser
from backend.services.campaign_list import list_campaigns
from backend.services.campaign_status import status_of
from backend.services.drafts import create_campaign
from backend.services.validation import summarise, validate_campaign
from benchmarks import arguments
from benchmarks.arguments import Asked
from benchmarks.campaigns import SMS, add_contacts, sms_campaign
from benchmarks.reports import Figure, show
from benchmarks.stages import DATABASE_NAMES, Database, stage
from unisoft_ui.server import share_interpreter

CONTACTS = 100_000
_OTHER_CAMPAIGNS = 40
_PAUSE_S = 0.01
_AT_REST_S = 2.0
_Times = dict[str, list[float]]
_End = Callable[[], _Times]
_Reader = Callable[[int], AbstractContextManager[_End]]
_Act = Callable[[ActingUser, int], object]
_ACTS: dict[str, _Act] = {"only counting": summarise, "validating": validate_campaign}
_ended: ProcessEvent | None = None


def main() -> None:
    asked = arguments.read(recipients=CONTACTS, runs=2)
    share_interpreter()
    for database in asked.databases:
        show(f"Validating: {asked.recipients:,} contacts, {DATABASE_NAMES[database]}", _measure(database, asked))


def _measure(database: Database, asked: Asked) -> list[Figure]:
    with stage(database):
        add_contacts(asked.recipients)
        for _ in range(_OTHER_CAMPAIGNS):
            sms_campaign()
        at_rest, *_ = _beside(_in_thread, sms_campaign(), lambda: time.sleep(_AT_REST_S))
        figures, validating = _shares("at rest", [at_rest]), list[float]()
        for where, reader in (("another process", _in_process), ("a thread of the same", _in_thread)):
            runs = [_validate(reader) for _ in range(asked.runs)]
            validating += [took_s for _, took_s in runs]
            figures += _shares(where, [times for times, _ in runs])
        grown = {name: [_grown_bytes(act) / asked.recipients for _ in range(asked.runs)] for name, act in _ACTS.items()}
    figures += [Figure(f"{name}, more memory", "bytes each", more) for name, more in grown.items()]
    return [Figure("validating", "s", validating, digits=2), *figures]


def _grown_bytes(act: _Act) -> int:
    """What one process more keeps at most, beyond what the first few recipients take."""
    few = create_campaign(OPERATOR, replace(SMS, everyone=False, contact_ids=(1, 2, 3)))
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        before = pool.submit(_peak_bytes, act, few).result()
        return pool.submit(_peak_bytes, act, sms_campaign()).result() - before


def _peak_bytes(act: _Act, campaign_id: int) -> int:
    """The most that was ever resident of this process, after an act. Its `ru_maxrss` would be that of its parent."""
    act(OPERATOR, campaign_id)
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))


def _validate(reader: _Reader) -> tuple[_Times, float]:
    campaign_id = sms_campaign()
    return _beside(reader, campaign_id, lambda: validate_campaign(OPERATOR, campaign_id))


def _shares(where: str, runs: list[_Times]) -> list[Figure]:
    return [
        Figure(f"{name}, {where}: {share}", "ms", [of(run[name]) for run in runs], digits=1)
        for name in runs[0]
        for share, of in (("median", statistics.median), ("95th of 100", _percentile_95), ("longest", max))
    ]


def _percentile_95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


def _beside(reader: _Reader, campaign_id: int, act: Callable[[], object]) -> tuple[_Times, float]:
    """Milliseconds of each read that was begun while `act` ran, and the seconds that it took."""
    with reader(campaign_id) as end:
        started = time.perf_counter()
        act()
        took_s = time.perf_counter() - started
        return end(), took_s


@contextmanager
def _in_thread(campaign_id: int) -> Iterator[_End]:
    ended = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(_read_until, ended, campaign_id)
        yield lambda: (ended.set(), reading.result())[1]


@contextmanager
def _in_process(campaign_id: int) -> Iterator[_End]:
    context = multiprocessing.get_context("spawn")
    ended = context.Event()
    with ProcessPoolExecutor(1, context, _keep, (ended,)) as pool:
        pool.submit(status_of, OPERATOR, campaign_id).result()  # imported, and connected
        reading = pool.submit(_read_until_ended, campaign_id)
        yield lambda: (ended.set(), reading.result())[1]


def _keep(ended: ProcessEvent) -> None:
    global _ended  # noqa: PLW0603 - an event reaches a process of a pool at its start only
    _ended = ended


def _read_until_ended(campaign_id: int) -> _Times:
    assert _ended is not None
    return _read_until(_ended, campaign_id)


def _read_until(ended: threading.Event | ProcessEvent, campaign_id: int) -> _Times:
    times: _Times = {"the list": [], "the counters": []}
    while not ended.wait(_PAUSE_S):
        times["the list"].append(_timed_ms(lambda: list_campaigns(OPERATOR, CampaignQuery())))
        times["the counters"].append(_timed_ms(lambda: status_of(OPERATOR, campaign_id)))
    return times


def _timed_ms(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return (time.perf_counter() - started) * 1000


if __name__ == "__main__":
    main()
