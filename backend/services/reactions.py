"""Count what recipients do with a message: reported by the provider, or followed through a short link of ours.

Each stored report is counted once, in the transaction that applies it; each click on a short link in one of its own.
Rows are locked in the order that all share: recipients, totals of links, the campaign.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Sequence
from functools import partial

from sqlmodel import Session

from backend import realtime
from backend.database import after_commit
from backend.domain.deliverability import is_click, is_view
from backend.domain.reactions import Clicked, ClickedKind, Reaction, clicked_by
from backend.domain.short_links import NOBODY, ShortLink
from backend.domain.tracking import LinkOutcome
from backend.repositories import campaign_content, campaigns, delivery_events, link_clicks, recipients
from backend.services.advancing import Told
from backend.services.public_addresses import file_url
from backend.services.settling import Books
from backend.settings import Settings, get_settings


def count_short_link(session: Session, campaign_id: int, link: ShortLink) -> None:
    """Count a click on a short link. Of a message that was only tried out it is no recipient's."""
    first = link.recipient_id != NOBODY and recipients.add_click(session, campaign_id, link.recipient_id) == 1
    clicked = Clicked(ClickedKind(link.kind.value), link.item_id)
    link_clicks.count(session, campaign_id, {Reaction(link.recipient_id, clicked): 1})
    if first:
        campaigns.add_counts(session, campaign_id, {"clicked": 1})
    after_commit(session, partial(realtime.signal_campaign, campaign_id))


def views_of(told: Sequence[Told]) -> Counter[int]:
    """How many views reports tell of, by recipient."""
    return Counter(reported.recipient_id for event, reported in told if is_view(event.provider, event.word))


def count_reports(
    session: Session, told: Sequence[Told], views: Counter[int], written: Collection[int], books: Books
) -> None:
    """Count the views and clicks that reports tell of; their recipients are locked. The views of some are `written`."""
    clicks = _clicks(session, [one for one in told if is_click(one[0].provider, one[0].word)])
    if not views and not clicks:
        return
    by_recipient = Counter[int]()
    for of_campaign in clicks.values():
        for reaction, number in of_campaign.items():
            by_recipient[reaction.recipient_id] += number
    for _, campaign_id in recipients.without_clicks(session, by_recipient) if by_recipient else ():
        books.count(campaign_id, "clicked", 1)
    recipients.add_reactions(session, {id_: views[id_] for id_ in views.keys() - written}, by_recipient)
    for campaign_id, of_campaign in sorted(clicks.items()):
        link_clicks.count(session, campaign_id, of_campaign)
    reacted = views.keys() | by_recipient.keys()
    for campaign_id in {reported.campaign_id for _, reported in told if reported.recipient_id in reacted}:
        after_commit(session, partial(realtime.signal_campaign, campaign_id))


def _clicks(session: Session, told: Sequence[Told]) -> dict[int, Counter[Reaction]]:
    """Clicks by campaign; those that our own server counts are left out."""
    if not told:
        return {}
    settings = get_settings()
    urls = clicked_addresses(session, [event.id for event, _ in told])
    campaign_ids = sorted({reported.campaign_id for _, reported in told})
    known = {campaign_id: _known(session, settings, campaign_id) for campaign_id in campaign_ids}
    clicks: dict[int, Counter[Reaction]] = {}
    for event, reported in told:
        clicked = clicked_by(urls.get(event.id), known[reported.campaign_id], settings.origin)
        if clicked:
            clicks.setdefault(reported.campaign_id, Counter())[Reaction(reported.recipient_id, clicked)] += 1
    return clicks


def clicked_addresses(session: Session, event_ids: Collection[int]) -> dict[int, str]:
    """The addresses that reports of clicks name, by the id of the report; whatever names none is left out."""
    found = ((id_, _url(payload)) for id_, payload in delivery_events.payloads_of(session, event_ids))
    return {id_: url for id_, url in found if isinstance(url, str)}


def _url(payload: str) -> object:
    try:
        report = json.loads(payload)
    except ValueError:
        return None
    return report.get("url") if isinstance(report, dict) else None


def _known(session: Session, settings: Settings, campaign_id: int) -> dict[str, Clicked]:
    """The links and files of a campaign by the address under which an email holds them."""
    links = campaign_content.links_of(session, campaign_id)
    files = campaign_content.files_of(session, campaign_id)
    return {
        **{link.url: Clicked(ClickedKind.LINK, link.id or 0) for link in links},
        **{file_url(settings, file.id or 0): Clicked(ClickedKind.FILE, file.id or 0) for file in files},
    }


def list_links(session: Session, campaign_id: int, most: int) -> list[LinkOutcome]:
    """What can be clicked in a campaign: what was, by most people first, then its links that nobody clicked.

    Three statements. A file that nobody opened is left out: in an email it is attached.
    """
    totals = link_clicks.totals(session, campaign_id, most)
    links = {link.id: link for link in campaign_content.links_of(session, campaign_id)}
    files = {file.id: file for file in campaign_content.files_of(session, campaign_id)}
    outcomes: list[LinkOutcome] = []
    for (kind, item_id, url), people, clicks in totals:
        link = links.pop(item_id, None) if kind is ClickedKind.LINK else None
        file = files.get(item_id) if kind is ClickedKind.FILE else None
        label = link.title if link else file.name if file else ""
        outcomes.append(LinkOutcome(kind, label, link.url if link else url, people, clicks))
    outcomes += [LinkOutcome(ClickedKind.LINK, link.title, link.url, 0, 0) for link in links.values()]
    return outcomes[:most]
