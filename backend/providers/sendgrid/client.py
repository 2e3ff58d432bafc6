"""SendGrid's own client, given the deadlines it lacks.

Out of the box it opens every connection with no time-out and reports a connection that was never
made and one that was cut in the middle with the same `URLError`. Its `_make_request` is the seam
for both: the opener used there knows the difference, and has a time-out.
"""

from __future__ import annotations

import http.client
import logging
import urllib.request
from typing import Any

import python_http_client
import sendgrid

from backend.settings import Settings


class NotConnectedError(OSError):
    """No connection was made, so nothing was sent."""


class _TwoDeadlines(http.client.HTTPConnection):
    """Half of the time may go into connecting; every later wait on the socket has the whole."""

    def connect(self) -> None:
        whole = self.timeout
        self.timeout = whole / 2 if whole else whole
        try:
            super().connect()
        except OSError as error:
            raise NotConnectedError(str(error)) from error
        self.sock.settimeout(whole)


class _SecureTwoDeadlines(_TwoDeadlines, http.client.HTTPSConnection):
    """The same, and a failed TLS handshake is a connection that was not made."""


class _Handler(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_TwoDeadlines, req)


class _SecureHandler(urllib.request.HTTPSHandler):
    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_SecureTwoDeadlines, req)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirected POST would become a GET that answers 200 and sends nothing."""

    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        return None


class _MailSend(python_http_client.Client):
    """`POST /v3/mail/send` of the vendor's client, through our opener."""

    def _make_request(self, opener: Any, request: urllib.request.Request, timeout: float | None = None) -> Any:
        ours = urllib.request.build_opener(_Handler, _SecureHandler, _NoRedirects)
        return super()._make_request(ours, request, timeout)  # pyright: ignore[reportAttributeAccessIssue]


def open_mail_send(settings: Settings) -> python_http_client.Client:
    """The one resource of the API that we use, with every wait on its socket bounded."""
    # At DEBUG it would write the API key, and every address in the body.
    logging.getLogger("python_http_client.client").setLevel(logging.WARNING)
    vendor = sendgrid.SendGridAPIClient(settings.sendgrid_api_key, host=settings.sendgrid_api_url)
    headers = {**vendor.client.request_headers, "Content-Type": "application/json"}
    return _MailSend(
        host=vendor.host,
        request_headers=headers,
        version=3,
        url_path=["mail", "send"],
        timeout=settings.provider_timeout_s,  # pyright: ignore[reportArgumentType]
    )
