"""Which fault, if any, meets one request: by magic address first, then by the script's dice."""

from __future__ import annotations

import asyncio

from backend.simulator.judge import Judge
from backend.simulator.script import Script

BEFORE = ("throttle", "error_before", "reset_before")
"""Nothing is taken, and the next try goes through."""

AFTER = ("accepted_then_500", "silent", "reset_after", "half_answer", "bad_json", "missing_sid", "duplicate_sid")
"""The message is taken, and the answer hides it."""

_IN_ORDER = ("reject", *BEFORE, *AFTER)


def fault_of(script: Script, judge: Judge, address: str, behaviour: str | None) -> str | None:
    """The one fault for this request, or None."""
    fault = behaviour if behaviour in _IN_ORDER else _drawn(script, address)
    if fault in BEFORE and judge.visit(address) > 0:
        return None
    return fault


async def outlasts_slowness(script: Script, judge: Judge, address: str) -> bool:
    """Take the time that the script asks for. False when all was forgotten meanwhile, and this request with it."""
    run = judge.run
    if script.slow_rate and script.dice("slow", address) < script.slow_rate:
        await asyncio.sleep(script.slow_s)
    return judge.run == run


def _drawn(script: Script, address: str) -> str | None:
    drawn = script.dice("fault", address)
    for fault in _IN_ORDER:
        drawn -= getattr(script, f"{fault}_rate")
        if drawn < 0:
            return fault
    return None
