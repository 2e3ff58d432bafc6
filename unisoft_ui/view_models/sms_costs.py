"""What the SMS of a campaign cost, in words."""

from __future__ import annotations

from dataclasses import dataclass

from backend.services.sms_cost import SmsCost
from unisoft_ui.texts import message as texts
from unisoft_ui.texts import number


@dataclass(frozen=True)
class CostBox:
    """`hint` instead of the numbers while there is nothing to count; `missing` is "" when there is credit enough.

    `low`: that little would be left; "" when it would not.
    """

    hint: str = texts.COST_WITHOUT_TARGETS
    recipients: str = ""
    each: str = ""
    needed: str = ""
    available: str = ""
    left: str = ""
    missing: str = ""
    low: str = ""


def cost_box(cost: SmsCost) -> CostBox:
    missing = cost.needed - cost.available
    return CostBox(
        hint="",
        recipients=number(cost.recipients),
        each=texts.between(cost.fewest, cost.most),
        needed=number(cost.needed),
        available=number(cost.available),
        left=number(max(-missing, 0)),
        missing=texts.segments(missing) if missing > 0 else "",
        low=texts.low_afterwards(number(cost.low_below)) if cost.low_below else "",
    )
