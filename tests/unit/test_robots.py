"""Who follows links without anybody having clicked."""

from __future__ import annotations

import pytest

from backend.domain.robots import is_person

_IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 Mobile/15E148 Safari/604.1"
)
_PREVIEW_OF_IMESSAGE = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) "
    "Version/9.0.1 Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0"
)


@pytest.mark.parametrize(
    "agent",
    [
        _IPHONE,
        "Mozilla/5.0 (Linux; Android 9; CUBOT_X19) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile Safari",
        "Mozilla/5.0 (Linux; Android 13; CUBOT NOTE 21) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) [FBAN/FBIOS;FBAV/450.0]",
        "curl/8.5.0",
        "",
    ],
)
def test_people_and_their_tools_are_counted(agent: str) -> None:
    assert is_person("GET", {"user-agent": agent})


@pytest.mark.parametrize(
    "agent",
    [
        "WhatsApp/2.23.20.0 A",
        _PREVIEW_OF_IMESSAGE,
        "TelegramBot (like TwitterBot)",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        "SkypeUriPreview Preview/0.5",
        "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
        "Microsoft Office Existence Discovery",
        "Mozilla/5.0 (Windows NT 10.0) BarracudaCentral/1.0",
        "Google-Safety",
        "some-crawler 1.0",
    ],
)
def test_previews_scanners_and_crawlers_are_not(agent: str) -> None:
    assert not is_person("GET", {"user-agent": agent})


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", {}),
        ("GET", {"purpose": "prefetch"}),
        ("GET", {"sec-purpose": "prefetch;prerender"}),
        ("GET", {"x-purpose": "preview"}),
        ("GET", {"x-moz": "Prefetch"}),
    ],
)
def test_who_only_looks_ahead_is_not(method: str, headers: dict[str, str]) -> None:
    assert not is_person(method, {"user-agent": _IPHONE, **headers})
