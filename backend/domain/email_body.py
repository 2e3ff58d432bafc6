"""Plain text as the body of an email, and back."""

from __future__ import annotations

import html
import re

_BLANK_LINES = re.compile(r"\n[^\S\n]*\n\s*")
_PARAGRAPH = re.compile(r"<p>(.*?)</p>", re.DOTALL)


def text_to_html(text: str) -> str:
    """Paragraphs at blank lines, line breaks inside them; everything else is escaped.

    Personal fields pass unchanged. An empty text gives "".
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not lines:
        return ""
    return "".join(f"<p>{_broken(paragraph)}</p>" for paragraph in _BLANK_LINES.split(lines))


def html_to_text(source: str) -> str | None:
    """The text that `text_to_html` would turn into `source`; None when it could not have come from there."""
    source = source.replace("&nbsp;", "\xa0")  # as sanitisers write it
    text = "\n\n".join(html.unescape(inner.replace("<br>", "\n")) for inner in _PARAGRAPH.findall(source))
    return text if text_to_html(text) == source else None


def _broken(paragraph: str) -> str:
    return "<br>".join(html.escape(line.rstrip(), quote=False) for line in paragraph.split("\n"))
