from __future__ import annotations

import itertools

import pytest

from backend.domain.channels import Addresses, Channel, Medium, falls_back, first_medium, media_of, next_medium

E, S, W = Medium.EMAIL, Medium.SMS, Medium.WHATSAPP
SETS = [frozenset(chosen) for size in range(4) for chosen in itertools.combinations(Medium, size)]
RULES: dict[Channel, list[Medium]] = {
    Channel.EMAIL: [E],
    Channel.SMS: [S],
    Channel.WHATSAPP: [W],
    Channel.SMS_EMAIL: [E, S],
    Channel.WHATSAPP_SMS: [W, S],
    Channel.WHATSAPP_SMS_EMAIL: [W, S, E],
}
CASCADES = {Channel.WHATSAPP_SMS, Channel.WHATSAPP_SMS_EMAIL}


def addresses(available: frozenset[Medium]) -> Addresses:
    return Addresses(
        email="ruth@example.org" if E in available else None,
        sms="+33612345678" if S in available else None,
        whatsapp="+33612345678" if W in available else None,
    )


def named(available: frozenset[Medium]) -> str:
    return "+".join(sorted(available)) or "nothing"


def test_every_channel_has_a_rule() -> None:
    assert RULES.keys() == set(Channel)


@pytest.mark.parametrize("channel", Channel)
def test_the_media_of_a_channel_in_order_of_preference(channel: Channel) -> None:
    assert list(media_of(channel)) == RULES[channel]


@pytest.mark.parametrize("channel", Channel)
def test_which_channels_fall_back(channel: Channel) -> None:
    assert falls_back(channel) == (channel in CASCADES)


@pytest.mark.parametrize("available", SETS, ids=named)
@pytest.mark.parametrize("channel", Channel)
def test_the_first_medium(channel: Channel, available: frozenset[Medium]) -> None:
    usable = [medium for medium in RULES[channel] if medium in available]
    assert first_medium(channel, addresses(available)) == (usable[0] if usable else None)


@pytest.mark.parametrize("available", SETS, ids=named)
@pytest.mark.parametrize(
    ("channel", "refused"), [(channel, medium) for channel in Channel for medium in RULES[channel]]
)
def test_the_medium_after_a_refusal(channel: Channel, refused: Medium, available: frozenset[Medium]) -> None:
    order = RULES[channel]
    later = [medium for medium in order[order.index(refused) + 1 :] if medium in available]
    expected = later[0] if later and channel in CASCADES else None
    assert next_medium(channel, refused, addresses(available)) == expected


@pytest.mark.parametrize("available", SETS, ids=named)
@pytest.mark.parametrize("channel", Channel)
def test_a_cascade_tries_no_medium_twice_and_ends(channel: Channel, available: frozenset[Medium]) -> None:
    tried: list[Medium] = []
    medium = first_medium(channel, addresses(available))
    while medium is not None:
        assert medium not in tried, f"{medium} is tried twice on {channel}"
        tried.append(medium)
        medium = next_medium(channel, medium, addresses(available))
    assert set(tried) <= available & set(RULES[channel])
    assert len(tried) <= (len(RULES[channel]) if channel in CASCADES else 1)


def test_sms_or_email_is_chosen_once() -> None:
    everything = addresses(frozenset(Medium))
    assert first_medium(Channel.SMS_EMAIL, everything) is E
    assert next_medium(Channel.SMS_EMAIL, E, everything) is None
    assert next_medium(Channel.SMS_EMAIL, S, everything) is None


def test_an_empty_address_is_none() -> None:
    assert first_medium(Channel.SMS_EMAIL, Addresses(email="", sms="+33612345678", whatsapp="")) is S
