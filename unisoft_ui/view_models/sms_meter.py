"""How long an SMS is, while it is being written."""

from __future__ import annotations

from dataclasses import dataclass

from backend.domain.personal_fields import fields_in
from backend.domain.segments import Encoding, characters_forcing_ucs2, count_segments
from unisoft_ui.texts import editor as texts

_LIMITS = {Encoding.GSM7: (160, 153), Encoding.UCS2: (70, 67)}
_FORCING_SHOWN = 8


@dataclass(frozen=True)
class SmsMeter:
    """The line under the text; `forcing` names the characters that make it longer."""

    segments: str = texts.segments(0)
    units: str = texts.units(0, 160)
    encoding: str = Encoding.GSM7.value
    is_ucs2: bool = False
    forcing: str = ""
    has_fields: bool = False


def sms_meter(text: str) -> SmsMeter:
    """Counted with the personal fields as they stand: their values are known per recipient only."""
    count = count_segments(text)
    single, part = _LIMITS[count.encoding]
    limit = single if count.segments <= 1 else count.segments * part
    forcing = characters_forcing_ucs2(text)[:_FORCING_SHOWN]
    return SmsMeter(
        segments=texts.segments(count.segments),
        units=texts.units(count.units, limit),
        encoding=count.encoding.value,
        is_ucs2=count.encoding is Encoding.UCS2,
        forcing=texts.forcing(" ".join(forcing)) if forcing else "",
        has_fields=bool(fields_in(text)),
    )
