"""Programs that follow links: they look ahead, draw a preview, or look for danger, and are nobody who clicked."""

from __future__ import annotations

import re
from collections.abc import Mapping

# What browsers and apps say when they fetch something before anybody asked for it.
_AHEAD = ("purpose", "sec-purpose", "x-purpose", "x-moz")
_IS_AHEAD = re.compile(r"prefetch|prerender|preview", re.IGNORECASE)
# Words that programs call themselves by; "Cubot" is a telephone. Then the names of those without such a word: previews
# of messengers, and scanners in front of mailboxes. Tools that anybody may use say nothing about who uses them.
_IS_ROBOT = re.compile(
    r"(?<!cu)bot\b|bot/|crawler|spider|preview|scanner|link-?check|slurp"
    r"|^whatsapp/|facebookexternalhit|facebookcatalog|meta-external|skypeuri|embedly|iframely|vkshare|viber/|snapchat/"
    r"|google-safety|google-inspectiontool|googleother|google-read-aloud|feedfetcher|mediapartners"
    r"|office existence discovery|ms-office|safelinks|barracuda|proofpoint|urldefense|mimecast|symantec|fireeye|sophos"
    r"|trendmicro|trend micro|forcepoint|zscaler|netcraft|virustotal|urlscan|cloudmark|checkpoint|bitdefender",
    re.IGNORECASE,
)


def is_robot(agent: str) -> bool:
    """Whether a user agent is that of a known scanner, crawler or preview."""
    return _IS_ROBOT.search(agent) is not None


def is_person(method: str, headers: Mapping[str, str]) -> bool:
    """Whether somebody opened an address, as far as a request tells. Names of headers are in lower case."""
    looks_ahead = any(_IS_AHEAD.search(headers.get(name, "")) for name in _AHEAD)
    return method == "GET" and not looks_ahead and not is_robot(headers.get("user-agent", ""))
