"""How WhatsApp stands, in words."""

from __future__ import annotations

from dataclasses import dataclass, field

from backend.domain.channels import ConnectionState
from backend.domain.schedules import to_local
from backend.services.whatsapp_overview import Care, WhatsAppAccount, WhatsAppOverview, WhatsAppWay
from unisoft_ui.texts import formats
from unisoft_ui.texts import settings as texts
from unisoft_ui.view_models.channels import ChannelTag
from unisoft_ui.view_models.phone_numbers import readable

_LOOKS = {
    ConnectionState.CONNECTED: ("green", "circle-check"),
    ConnectionState.DISCONNECTED: ("orange", "unplug"),
    ConnectionState.UNREACHABLE: ("red", "wifi-off"),
}
_NOT_SET_UP = ChannelTag(texts.NOT_SET_UP, "gray", "circle-alert")
STATE_ICONS = ("circle-check", "unplug", "wifi-off", "circle-alert")


@dataclass(frozen=True)
class WhatsAppShown:
    """The page. Empty texts are not shown; `way` is that of `WhatsAppWay`."""

    way: str = ""
    way_label: str = ""
    state: ChannelTag = field(default_factory=ChannelTag)
    note: str = ""
    since: str = ""
    number: str = ""
    account: str = ""
    template: str = ""
    pace: str = ""
    daily_cap: str = ""
    today: str = ""
    may_connect: bool = False
    may_disconnect: bool = False


def whatsapp_shown(overview: WhatsAppOverview, account: WhatsAppAccount, today: int | None = None) -> WhatsAppShown:
    """`account`: who is connected, as far as the gateway has been asked. `today`: messages sent so far."""
    return WhatsAppShown(
        way=overview.way.value,
        way_label=texts.WAYS[overview.way],
        state=_state(overview),
        note=_note(overview),
        since=formats.long_moment(to_local(overview.since, overview.time_zone)) if overview.since else "",
        number=readable(account.number),
        account=account.profile_name,
        template=_template(overview),
        pace=_pace(overview.care) if overview.care else "",
        daily_cap=_daily_cap(overview.care) if overview.care else "",
        today=texts.sent_today(today, overview.care.daily_cap) if overview.care and today is not None else "",
        may_connect=overview.may_connect,
        may_disconnect=overview.may_disconnect,
    )


def _state(overview: WhatsAppOverview) -> ChannelTag:
    if overview.way is WhatsAppWay.NONE:
        return _NOT_SET_UP
    scheme, icon = _LOOKS[overview.state]
    is_set_up = overview.way is WhatsAppWay.TWILIO and overview.state is ConnectionState.CONNECTED
    return ChannelTag(texts.SET_UP if is_set_up else texts.STATES[overview.state], scheme, icon)


def _template(overview: WhatsAppOverview) -> str:
    if overview.way is not WhatsAppWay.TWILIO:
        return ""
    return texts.TEMPLATE_SET if overview.has_template else texts.TEMPLATE_MISSING


def _pace(care: Care) -> str:
    return texts.pace(care.pause_s, care.jitter_s) if care.pause_s else texts.NO_PAUSE


def _daily_cap(care: Care) -> str:
    return texts.daily_cap(care.daily_cap) if care.daily_cap else texts.NO_CAP


def _note(overview: WhatsAppOverview) -> str:
    if overview.way is WhatsAppWay.GATEWAY:
        return texts.GATEWAY_NOTES[overview.state]
    return texts.TWILIO_NOTE if overview.way is WhatsAppWay.TWILIO else texts.NONE_NOTE
