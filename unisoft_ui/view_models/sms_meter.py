"""How long an SMS is, while it is being written."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from backend.domain.gsm7_replacements import Forcing, forcing_ucs2, gsm7_replacements, replaced
from backend.domain.personal_fields import fields_in, render_text
from backend.domain.segments import Encoding, SegmentCount, characters_forcing_ucs2, count_segments, is_gsm7, room
from unisoft_ui.texts import message as texts

_SHOWN = 12  # blocks, and characters in the list


@dataclass(frozen=True)
class Block:
    """One SMS of the meter. `width` is the part of it that is used, as CSS takes it."""

    id: str
    width: str


@dataclass(frozen=True)
class ForcingCharacter:
    """A character that makes the SMS longer. `replacements` is JSON for the page's script, "" without a replacement."""

    shown: str
    times: str
    replacement: str
    label: str
    replacements: str


@dataclass(frozen=True)
class ForcingBox:
    """What the yellow box says; without characters there is none."""

    title: str = ""
    explained: str = ""
    characters: list[ForcingCharacter] = field(default_factory=list)
    more: str = ""
    replace_all: str = ""
    replacements: str = ""


@dataclass(frozen=True)
class SmsMeter:
    """The line under the text, and what makes it longer."""

    segments: str = texts.segments(0)
    units: str = texts.units(0, 160)
    left: str = texts.left(160)
    encoding: str = Encoding.GSM7.value
    is_ucs2: bool = False
    blocks: list[Block] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    forcing: ForcingBox = field(default_factory=ForcingBox)


def sms_meter(text: str, longest: Mapping[str, str] | None = None) -> SmsMeter:
    """Counted with the values of the recipient whose SMS is the longest, `longest`; None while nobody is chosen."""
    sent = render_text(text.strip(), longest or {})
    count = count_segments(sent)
    limit = room(count.encoding, count.segments)
    return SmsMeter(
        segments=texts.segments(count.segments),
        units=texts.units(count.units, limit),
        left=texts.left(max(limit - count.units, 0)),
        encoding=count.encoding.value,
        is_ucs2=count.encoding is Encoding.UCS2,
        blocks=_blocks(count, limit),
        notes=_notes(text, sent, longest),
        forcing=_forcing(text, sent, count, longest or {}),
    )


def _blocks(count: SegmentCount, limit: int) -> list[Block]:
    if not count.segments:
        return [Block("1", "0%")]
    each = limit / count.segments
    parts = [min(max(count.units - each * i, 0) / each, 1) for i in range(count.segments)]
    return [Block(str(i), f"{part:.0%}") for i, part in enumerate(parts[:_SHOWN], start=1)]


def _notes(text: str, sent: str, longest: Mapping[str, str] | None) -> list[str]:
    used = fields_in(text)
    if not used:
        return []
    if longest is None:
        return [texts.FIELDS_WITHOUT_TARGETS]
    values = [longest[name] for name in used if longest.get(name)]
    notes = [texts.counts_for(*values) if len(values) == len(used) == 1 else texts.count_for(values)] if values else []
    forced_by_names = characters_forcing_ucs2("".join(values))
    if forced_by_names and is_gsm7(text) and not is_gsm7(sent):
        notes.append(texts.names_force(" ".join(forced_by_names[:_SHOWN])))
    return notes


def _forcing(text: str, sent: str, count: SegmentCount, longest: Mapping[str, str]) -> ForcingBox:
    found = forcing_ucs2(text)
    if not found:
        return ForcingBox()
    replacements = gsm7_replacements(text)
    without = count_segments(replaced(sent, {each.written: each.replacement or "?" for each in found}))
    then = count_segments(render_text(replaced(text.strip(), replacements), longest))
    whole = 1 if count.segments <= 1 else 2
    return ForcingBox(
        title=texts.forcing_title(count.segments, without.segments),
        explained=texts.UCS2_EXPLAINED.format(
            ucs2=room(Encoding.UCS2, whole) // whole, gsm7=room(Encoding.GSM7, whole) // whole
        ),
        characters=[_character(each) for each in sorted(found, key=lambda each: each.replacement is None)[:_SHOWN]],
        more=texts.more(len(found) - _SHOWN) if len(found) > _SHOWN else "",
        replace_all=texts.replace_all(then.segments) if len(replacements) > 1 else "",
        replacements=json.dumps(replacements, ensure_ascii=False),
    )


def _character(forcing: Forcing) -> ForcingCharacter:
    shown, said = _visible(forcing.written), forcing.replacement
    if said is None:
        return ForcingCharacter(shown, texts.times(forcing.times), "", f"{shown} {texts.CANNOT_REPLACE}", "")
    return ForcingCharacter(
        shown=shown,
        times=texts.times(forcing.times),
        replacement=said if said.strip() else "␣" if said else "∅",
        label=texts.replace_one(shown, said) if said else texts.remove_one(shown),
        replacements=json.dumps({forcing.written: said}, ensure_ascii=False),
    )


def _visible(written: str) -> str:
    """What cannot be seen is named: "No-break space"."""
    seen = any(unicodedata.category(c)[0] not in "ZC" for c in written)
    return written if seen else ", ".join(unicodedata.name(c, f"U+{ord(c):04X}").capitalize() for c in written)
