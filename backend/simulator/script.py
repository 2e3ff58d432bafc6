"""The script: how often, and in which way, the simulated providers misbehave.

A share (`…_rate`) is between 0 and 1. Who is hit follows from the seed and the address alone, so a
run repeats itself whatever the order of its requests. Faults that come before acceptance hit an
address once: the next try goes through.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from hashlib import blake2b
from typing import Any

CALLBACK_MODES = ("on", "off", "hold")


@dataclass(frozen=True, slots=True)
class Script:
    """One way to behave. Rates among the first two groups exclude each other and add up to at most 1."""

    seed: int = 1

    # Before acceptance: the message is certainly not taken.
    reject_rate: float = 0.0
    reject_code: int = 21211
    throttle_rate: float = 0.0
    retry_after_s: int = 1  # 0: a 429 does not say when
    error_before_rate: float = 0.0
    reset_before_rate: float = 0.0

    # After acceptance: the message is taken, and the answer says something else.
    accepted_then_500_rate: float = 0.0
    silent_rate: float = 0.0
    reset_after_rate: float = 0.0
    half_answer_rate: float = 0.0
    bad_json_rate: float = 0.0
    missing_sid_rate: float = 0.0
    duplicate_sid_rate: float = 0.0

    # Any answer. The first four meet everybody they concern, every time: nothing is taken.
    unauthorized: bool = False
    throttled: bool = False
    checks_fail: bool = False  # whether a number is on WhatsApp is answered with a 500
    whatsapp_window: bool = False  # free text by WhatsApp only to whoever wrote within a day, as 63016 says
    slow_rate: float = 0.0
    slow_s: float = 2.0

    # The phone loses its connection after so many messages (0: never); its session can be started again.
    phone_drops_after: int = 0

    # Outcomes reported later.
    fail_later_rate: float = 0.0
    fail_later_codes: tuple[int, ...] = (30003, 30005)
    not_on_whatsapp_rate: float = 0.0
    read_rate: float = 0.0
    open_rate: float = 0.0
    bounce_rate: float = 0.0
    spam_rate: float = 0.0

    # How the reports travel.
    callbacks: str = "on"
    callback_delay_s: tuple[float, float] = (0.0, 0.0)
    callback_duplicate_rate: float = 0.0
    callback_shuffle: bool = False
    callback_first_rate: float = 0.0

    def dice(self, purpose: str, address: str) -> float:
        """A number in [0, 1) that depends on the seed, the purpose and the address only."""
        digest = blake2b(f"{self.seed}:{purpose}:{address}".encode(), digest_size=4).digest()
        return int.from_bytes(digest) / 2**32


CLEAN = Script()
DEMO = Script(
    fail_later_rate=0.02,
    not_on_whatsapp_rate=0.05,
    read_rate=0.6,
    open_rate=0.3,
    bounce_rate=0.01,
    callback_delay_s=(0.3, 2.5),
)
PRESETS = {"clean": CLEAN, "demo": DEMO}


def read_script(values: dict[str, Any]) -> Script:
    """A preset (`"preset"`, clean when missing) with the other keys put over it.

    Raises:
        ValueError: a key is unknown or a value out of range; the message names it.
    """
    given = dict(values)
    preset = given.pop("preset", "clean")
    if preset not in PRESETS:
        raise ValueError(f"preset: one of {', '.join(PRESETS)}")
    known = {item.name: getattr(CLEAN, item.name) for item in fields(Script)}
    checked = {name: _checked(name, value, known) for name, value in given.items()}
    return replace(PRESETS[preset], **checked)


def script_values(script: Script) -> dict[str, Any]:
    """The script as JSON."""
    return asdict(script)


def _checked(name: str, value: Any, known: dict[str, Any]) -> Any:
    if name not in known:
        raise ValueError(f"{name}: unknown")
    kind = type(known[name])
    if kind is tuple:
        if not isinstance(value, list) or not value or not all(_is_number(item, 0, 100_000) for item in value):
            raise ValueError(f"{name}: a list of numbers")
        if name == "callback_delay_s" and len(value) != 2:
            raise ValueError(f"{name}: the shortest and the longest")
        return tuple(value)
    if name == "callbacks" and value not in CALLBACK_MODES:
        raise ValueError(f"callbacks: one of {', '.join(CALLBACK_MODES)}")
    if name.endswith("_rate") and not _is_number(value, 0, 1):
        raise ValueError(f"{name}: between 0 and 1")
    if kind in {int, float} and not _is_number(value, 0, 2**31):
        raise ValueError(f"{name}: a number")
    if kind is bool and not isinstance(value, bool):
        raise ValueError(f"{name}: true or false")
    return value


def _is_number(value: Any, low: float, high: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
