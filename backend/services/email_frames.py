"""The page around the body of an email."""

from __future__ import annotations

import html
import re
from functools import lru_cache

import css_inline

from backend.domain.personal_fields import ALIASES, CONTACT_FIELDS, UNSUBSCRIBE, fields_in
from backend.models import Organisation
from backend.services.email_cleaning import clean_html, clean_layout, is_document

_BODY, _FOOT_PLACE = "<!--body-->", "<!--foot-->"
_SHEET = f"""<!doctype html><html lang="{{language}}"><head><meta charset="utf-8"><style>
body {{{{ margin: 0; background: #f4f5f8; }}}}
.sheet {{{{ max-width: 600px; margin: 0 auto; padding: 32px 24px; background: #ffffff; color: #1c2024;
 font-family: Inter, 'Segoe UI', Helvetica, Arial, sans-serif; font-size: 16px; line-height: 24px; }}}}
.foot {{{{ max-width: 600px; margin: 0 auto; padding: 16px 24px; color: #60646c;
 font-family: Inter, 'Segoe UI', Helvetica, Arial, sans-serif; font-size: 12px; line-height: 16px; }}}}
</style></head><body>
<div class="sheet" dir="auto">{_BODY}</div><div class="foot" dir="auto">{_FOOT_PLACE}</div></body></html>"""
# What brings its own layout gets no second one.
_BARE = f"""<!doctype html><html lang="{{language}}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>{{rules}}</style></head><body style="margin:0;padding:0">{_BODY}{_FOOT_PLACE}</body></html>"""
_BARE_FOOT = """<div dir="auto" style="padding:16px 24px;background:#ffffff;color:#60646c;text-align:center;
font-family:Inter,'Segoe UI',Helvetica,Arial,sans-serif;font-size:12px;line-height:16px">{}</div>"""
_BARE_BELOW = """<div dir="auto" style="padding:0 32px 16px;background:#ffffff;color:#1c2024;
font-family:Inter,'Segoe UI',Helvetica,Arial,sans-serif;font-size:16px;line-height:24px">{}</div>"""
_FOOT = '{organisation} · <a href="{{{{mailing_unsubscribe}}}}" style="color: #60646c;">{words}</a>'
_UNSUBSCRIBE_WORDS = {
    "fr": "Se désabonner de ces messages",
    "en": "Unsubscribe from these messages",
    "he": "הסרה מרשימת התפוצה",
}
_COLUMN = re.compile(r"mj-column-(per|px)-(\d{1,4}(?:-\d{1,6})?)\b")
_ON_PHONES = """@media only screen and (max-width:479px){table.mj-full-width-mobile{width:100%!important}
td.mj-full-width-mobile{width:auto!important}}"""


def framed(body: str, organisation: Organisation, *, with_layout: bool, below: str = "") -> str:
    """The whole page of an email, with its fields still in it; everything that could run is cleaned away.

    `with_layout`: the body is a template's, and keeps its styles. A link to unsubscribe is added when it has none.
    `below`: words of ours under the body, "" for none.
    """
    language = organisation.language if organisation.language in _UNSUBSCRIBE_WORDS else "en"
    cleaned = _linked(clean_layout(body) if with_layout else clean_html(body))
    # An author who placed the field in the text has decided where the link goes. What was cleaned away does not count.
    foot = "" if UNSUBSCRIBE in fields_in(cleaned) else _foot(organisation, language)
    if with_layout and is_document(cleaned):
        page = _BARE.format(language=language, rules=_rules(cleaned))
        return _filled(
            page, cleaned + (_BARE_BELOW.format(below) if below else ""), _BARE_FOOT.format(foot) if foot else ""
        )
    return _filled(
        _sheet(language), cleaned + (f"<div>{below}</div>" if below else ""), foot or html.escape(organisation.name)
    )


@lru_cache(maxsize=len(_UNSUBSCRIBE_WORDS))
def _sheet(language: str) -> str:
    # Empty, and filled in afterwards: an author's elements, nested deep, would end the process that inlines them.
    return css_inline.inline(_SHEET.format(language=language), load_remote_stylesheets=False, keep_style_tags=False)


def _filled(page: str, body: str, foot: str) -> str:
    before, _, rest = page.partition(_BODY)
    between, _, after = rest.partition(_FOOT_PLACE)
    return f"{before}{body}{between}{foot}{after}"


def _foot(organisation: Organisation, language: str) -> str:
    return _FOOT.format(organisation=html.escape(organisation.name), words=_UNSUBSCRIBE_WORDS[language])


def _rules(body: str) -> str:
    """What MJML's columns need to stand side by side where there is room: made anew from the names of their widths."""
    widths = [(f"{kind}-{number}", _width(kind, number)) for kind, number in sorted(set(_COLUMN.findall(body)))]
    columns = "".join(f".mj-column-{name}{{width:{width}!important;max-width:{width}}}" for name, width in widths)
    return f"@media only screen and (min-width:480px){{{columns}}}{_ON_PHONES}"


def _width(kind: str, number: str) -> str:
    """As "33.333333%" of "per" and "33-333333"."""
    return number.replace("-", ".") + ("%" if kind == "per" else "px")


def _linked(cleaned: str) -> str:
    """Cleaned HTML percent-encodes the braces of a field inside an address: put them back."""
    for name in (*CONTACT_FIELDS, *ALIASES, UNSUBSCRIBE):
        cleaned = cleaned.replace(f"%7B%7B{name}%7D%7D", f"{{{{{name}}}}}")
    return cleaned
