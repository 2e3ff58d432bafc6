"""One small page for people who are not signed in: no script, readable on a phone, light and dark."""

from __future__ import annotations

from starlette.responses import HTMLResponse

PAGE = """<!doctype html><html lang="{lang}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">
<title>{title}</title><style>
:root {{ color-scheme: light dark; }}
body {{ margin: 0; min-block-size: 100dvh; display: grid; place-items: center;
 font: 16px/24px Inter, system-ui, sans-serif; background: light-dark(#f9f9fb, #111113);
 color: light-dark(#1c2024, #edeef0); }}
main {{ max-inline-size: 440px; margin: 16px; padding: 32px; border-radius: 12px;
 background: light-dark(#fff, #18191b); box-shadow: 0 0 0 1px light-dark(#00002d17, #d8f4f609); }}
h1 {{ font-size: 20px; line-height: 28px; margin: 0 0 8px; }}
button {{ font: inherit; font-weight: 500; min-block-size: 44px; padding-inline: 16px; border: 0; border-radius: 6px;
 background: #3e63dd; color: #fff; cursor: pointer; }}
button:focus-visible {{ outline: 2px solid #3e63dd; outline-offset: 2px; }}
</style></head><body><main><h1>{title}</h1><p>{text}</p>{form}</main></body></html>"""


def public_page(language: str, title: str, text: str, *, form: str = "", status_code: int = 200) -> HTMLResponse:
    """`title`, `text` and `form` are HTML."""
    return HTMLResponse(PAGE.format(lang=language, title=title, text=text, form=form), status_code)
