"""`/simulator`: what arrived, as a phone and an inbox. Drawn here, with no script in it."""

from __future__ import annotations

from html import escape
from typing import Any

from starlette.responses import Response

from backend.simulator.judge import Judge, ShownMessage
from backend.simulator.magic import EMAILS, NUMBERS

PAGE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_EMAIL_HEADERS = {
    **PAGE_HEADERS,
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data: https: http:; sandbox",
}

STYLE = """
:root { color-scheme: light dark; --line: #8883; --soft: #8881; --good: #15803d; --bad: #b91c1c; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem; font: 15px/1.45 system-ui, sans-serif; }
header { display: flex; flex-wrap: wrap; gap: 1rem; align-items: center; justify-content: space-between; }
h1 { font-size: 1.3rem; margin: 0; } h2 { font-size: 1rem; margin: 0 0 .75rem; }
main { display: grid; align-items: start; gap: 1.5rem; margin-top: 1.5rem; }
main { grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); }
section { border: 1px solid var(--line); border-radius: 1rem; padding: 1rem; min-width: 0; }
.phone { border-width: 6px; border-radius: 2rem; }
ul { list-style: none; margin: 0; padding: 0; max-height: 32rem; overflow: auto; }
li { background: var(--soft); border-radius: .75rem; padding: .6rem .8rem; margin-bottom: .6rem; }
li { overflow-wrap: anywhere; }
.who { display: flex; justify-content: space-between; gap: 1rem; font-size: .8rem; opacity: .8; }
.state { white-space: nowrap; }
.text { white-space: pre-wrap; margin: .25rem 0 0; }
.attached { margin: .25rem 0 0; font-size: .85rem; }
.whatsapp { background: #25d36622; }
.good { color: var(--good); } .bad { color: var(--bad); }
button { font: inherit; padding: .4rem .9rem; border-radius: .5rem; border: 1px solid var(--line); cursor: pointer; }
form { display: inline; } dl { display: grid; grid-template-columns: auto 1fr; gap: .2rem 1rem; margin: 0; }
dt { font-family: ui-monospace, monospace; } dd { margin: 0; } .numbers { opacity: .8; font-size: .9rem; }
"""
_BUTTONS = {
    "WORKING": (("do", "unlink", "Log out by the phone"), ("do", "drop", "Lose the connection")),
    "SCAN_QR_CODE": (
        ("do", "scan", "Scan the code"),
        ("do", "link", "Scan slowly"),
        ("do", "refuse", "Refuse"),
        ("do", "next", "Next code"),
        ("do", "expire", "Let all codes expire"),
    ),
    "STARTING": (("do", "scan", "Finish linking"), ("do", "refuse", "Refuse")),
}
_BAD = {"undelivered", "failed", "bounce", "blocked", "drop_bounced", "drop_unsubscribed", "spamreport"}


def page(judge: Judge, counts: dict[str, Any], *, whatsapp: str) -> str:
    """The whole page. `whatsapp` is the status of the gateway's session."""
    newest = list(reversed(judge.shown))
    phone = [message for message in newest if message.medium != "email"]
    inbox = [message for message in newest if message.medium == "email"]
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="3">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Simulated providers</title><link rel="stylesheet" href="/simulator/style.css"></head>
<body><header><div><h1>Simulated providers</h1>
<div class="numbers">Nothing here has left this machine. {_numbers(counts)}</div></div>
{_whatsapp(whatsapp)}</header>
<main><section class="phone"><h2>Phone</h2>{_list(judge, phone, "No message yet.")}</section>
<section><h2>Inbox</h2>{_list(judge, inbox, "No email yet.")}</section>
<section><h2>Addresses that always behave in one way</h2>{_magic()}</section></main></body></html>"""


def email_page(message: ShownMessage | None) -> Response:
    """One email as it was sent, in a sandbox: nothing in it runs."""
    if message is None or message.medium != "email":
        return Response("This email is no longer kept.", status_code=404, media_type="text/plain")
    return Response(message.html, media_type="text/html", headers=_EMAIL_HEADERS)


def answer_page(message: ShownMessage) -> str:
    """A form to answer one message of the phone. It does not refresh itself: somebody writes in it."""
    ways = ""
    if message.medium == "whatsapp":
        ways = (
            '<p><label><input type="radio" name="through" value="twilio" checked> through Twilio</label> '
            '<label><input type="radio" name="through" value="gateway"> through the gateway</label></p>'
        )
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Answer</title><link rel="stylesheet" href="/simulator/style.css"></head>
<body><header><h1>{escape(message.to)} answers by {message.medium}</h1></header>
<main><section class="phone"><p class="text" dir="auto">{escape(message.text)}</p>
<form method="post"><p><label>Answer<br><textarea name="body" rows="3" cols="30" dir="auto" autofocus>STOP</textarea>
</label></p>{ways}<button>Send</button> <a href="/simulator">back</a></form></section></main></body></html>"""


def _numbers(counts: dict[str, Any]) -> str:
    by_medium = ", ".join(f"{count} {medium}" for medium, count in counts["by_medium"].items())
    reports = counts["reports"]
    return f"{by_medium}; {reports['posted']} reports delivered, {reports['waiting'] + reports['held']} waiting."


def _whatsapp(status: str) -> str:
    state, kind = ("connected", "good") if status == "WORKING" else ("disconnected", "bad")
    buttons = _BUTTONS.get(status, (("connect", "1", "Connect without a code"),))
    drawn = " ".join(f'<button name="{name}" value="{value}">{label}</button>' for name, value, label in buttons)
    return (
        f'<form method="post" action="/simulator/whatsapp">WhatsApp account: <b class="{kind}">{state}</b> '
        f"({escape(status)}) {drawn}</form>"
    )


def _list(judge: Judge, messages: list[ShownMessage], nothing: str) -> str:
    if not messages:
        return f"<p>{nothing}</p>"
    return f"<ul>{''.join(_item(judge, message) for message in messages)}</ul>"


def _item(judge: Judge, message: ShownMessage) -> str:
    _, status, code = judge.state(message.index) if message.index >= 0 else ("", "accepted", 0)
    kind = "bad" if status in _BAD else "good"
    state = f"{status} {code}" if code else status
    sender = message.sender.removeprefix("whatsapp:")
    subject = ""
    if message.medium == "email":
        subject = f'<b>{escape(message.subject)}</b> <a href="/simulator/emails/{message.index}">open</a>'
    answer = f'<a href="/simulator/messages/{message.index}/answer">answer</a>' if message.medium != "email" else ""
    return (
        f'<li class="{message.medium}"><div class="who"><span>{message.medium} to {escape(message.to)}'
        f' from {escape(sender)}</span><span class="state {kind}">{escape(state)}</span></div>'
        f'{subject}<p class="text" dir="auto">{escape(message.text)}</p>{_attachments(message)}{answer}</li>'
    )


def _attachments(message: ShownMessage) -> str:
    return "".join(
        f'<p class="attached">📎 <b dir="auto">{escape(one.name)}</b> '
        f"{escape(one.content_type)}, {one.size_bytes} bytes</p>"
        for one in message.attachments
    )


def _magic() -> str:
    rows = [(f"…{ending}", told) for ending, (_, told) in NUMBERS.items()]
    rows += [(f"{part}@…", told) for part, (_, told) in EMAILS.items()]
    return "<dl>" + "".join(f"<dt>{escape(what)}</dt><dd>{escape(told)}</dd>" for what, told in rows) + "</dl>"
