"""The few paths the server itself knows; the interface has the rest."""

from __future__ import annotations

import posixpath
import re
from urllib.parse import urlencode

HOME = "/app/messages/campagnes"
LOGIN = "/login"
SIGN_IN = "/auth/sign-in"
SIGN_OUT = "/auth/sign-out"
EXPORTS = "/exports/recipients"
SOCKET = "/_event"
_APP = "/app"
_OWN_PATH = re.compile(r"/(?![/\\])[^\\\x00-\x20]*")


def normalised(path: str) -> str:
    """The path a file server would look up: `//app/x/../y` → `/app/y`."""
    return "/" + posixpath.normpath(path).lstrip("/.")


def needs_session(path: str) -> bool:
    """Whether this is a page of the signed-in part."""
    path = normalised(path)
    return path == _APP or path.startswith(_APP + "/")


def after_sign_in(wanted: str) -> str:
    """Where to go after signing in: a page of ours, never another site."""
    is_ours = _OWN_PATH.fullmatch(wanted) and needs_session(wanted.partition("?")[0])
    return wanted if is_ours else HOME


def login_url(*, error: str = "", wanted: str = "") -> str:
    """The sign-in page, with the code of what went wrong and the page to go on to."""
    query = {key: value for key, value in (("error", error), ("next", wanted)) if value}
    return f"{LOGIN}?{urlencode(query)}" if query else LOGIN
