"""What the engine asks of a provider, and the four answers it can get.

A send never raises for one message: every message handed in gets exactly one result, in the
same order. The results say what may have happened to the message, because that alone decides
whether it may be handed over again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple, Protocol, runtime_checkable

from backend.domain.channels import Medium
from backend.domain.keywords import Keyword

# Messages, results and events are tuples: a frozen dataclass takes three times as long to make, and there are many.
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file inside an email. `content`: base64, as every vendor takes it."""

    name: str
    content_type: str
    content: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class EmailContent:
    """One body for a whole batch. Placeholders are literal strings that `substitutions` replaces."""

    subject: str
    html: str
    text: str
    attachments: Sequence[Attachment] = ()


class OutboundMessage(NamedTuple):
    """One message to one address.

    `reference` is our signed attempt id, opaque to the vendor: it comes back on every event, so an
    event that overtakes the answer still finds its attempt. `text` is final (SMS, WhatsApp);
    emails carry `substitutions` (placeholder → value) into the batch's `EmailContent`. `takes_free_text` is for a
    `TemplateSender`: whether the person wrote so lately that the vendor takes any text.
    """

    reference: str
    to: str
    text: str = ""
    substitutions: Mapping[str, str] = _NOTHING
    headers: Mapping[str, str] = _NOTHING
    takes_free_text: bool = True


@dataclass(frozen=True, slots=True)
class Batch:
    """At most `MessageSender.batch_size` messages of one campaign on one medium."""

    messages: Sequence[OutboundMessage]
    email: EmailContent | None = None


class Verdict(StrEnum):
    """What the provider's answer means for the message."""

    ACCEPTED = "accepted"  # taken by the provider
    REFUSED = "refused"  # permanent: this message will never be taken; nothing left
    DEFERRED = "deferred"  # transient: certainly not taken; may be handed over again later
    UNKNOWN = "unknown"  # the request left and its answer was lost: never send again by itself
    MISCONFIGURED = "misconfigured"  # refused for a reason that stops the whole run


class SendResult(NamedTuple):
    """The answer for one message. `vendor_code` is the vendor's own code, kept as text."""

    reference: str
    verdict: Verdict
    provider_message_id: str | None = None
    vendor_code: str | None = None
    vendor_message: str | None = None
    retry_after_s: float | None = None


class ProviderEvent(NamedTuple):
    """One report from a webhook, in the vendor's own word.

    `event_key` is unique per provider and stable across redeliveries. `reference` is verified
    before it gets here; None when the vendor sent none. `occurred_at_s` is Unix time, seconds.
    """

    provider: str
    event_key: str
    word: str
    medium: Medium
    reference: str | None
    provider_message_id: str | None
    vendor_code: str | None
    occurred_at_s: float
    payload: str
    address: str | None = None


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """A message somebody sent to us. `message_id` is the provider's own; `address`: E.164, or a short number.

    `written_at_s`: Unix time, seconds; None when the provider tells none. `keyword`: what the provider read in it.
    """

    provider: str
    message_id: str
    medium: Medium
    address: str
    text: str = field(repr=False)
    written_at_s: float | None = None
    keyword: Keyword | None = None


@dataclass(frozen=True, slots=True)
class MessageState:
    """What a provider answers when asked about one message: the same words as its events."""

    word: str
    vendor_code: str | None


@dataclass(frozen=True, slots=True)
class FoundMessage:
    """A message of ours in a provider's own list. `created_at` is the vendor's time, in whole seconds."""

    provider_message_id: str
    state: MessageState
    text: str
    created_at: datetime


class MessageSender(Protocol):
    """One medium at one vendor. Lives inside one running event loop; close it there."""

    provider: str
    medium: Medium
    batch_size: int

    async def send(self, batch: Batch) -> list[SendResult]:
        """Hand over every message once, never retrying by itself. One result a message, same order."""
        ...

    async def find(self, provider_message_id: str) -> MessageState | None:
        """What became of a message; None when the vendor cannot tell."""
        ...

    async def aclose(self) -> None:
        """Give connections back."""
        ...


@runtime_checkable
class TemplateSender(Protocol):
    """What a sender says besides when its vendor takes any text only as an answer, and otherwise an approved template.

    `free_text_within`: how long after a person's last message; None when there is no template, so that text is all it
    can send.
    """

    provider: str
    medium: Medium
    free_text_within: timedelta | None


@runtime_checkable
class MessageFinder(Protocol):
    """What a sender can do besides when its vendor lists the messages it took."""

    provider: str
    medium: Medium

    async def find_recent(self, to: str, since: datetime) -> list[FoundMessage] | None:
        """Messages from our sender to `to`, those created since that day among them.

        None when there was no whole answer: nothing may be concluded from it then, not even that there are none.
        """
        ...
