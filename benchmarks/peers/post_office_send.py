"""`python -m benchmarks.peers.post_office_send FILE PROCESSES THREADS`: queue each `[to, subject, html]`, then send.

Prints the seconds from the first one queued until the last one is marked as sent. Runs in the peers' environment.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django  # pyright: ignore[reportMissingImports]
from django.conf import settings  # pyright: ignore[reportMissingImports]

_CHUNK = 1_000
_LOGGING = {
    "version": 1,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "loggers": {"post_office": {"handlers": ["console"], "level": "WARNING"}},
}


def main() -> None:
    file, processes, threads = sys.argv[1:]
    _configure(int(threads))
    from django.core.management import call_command  # pyright: ignore[reportMissingImports]
    from post_office import mail  # pyright: ignore[reportMissingImports]
    from post_office.models import STATUS, Email  # pyright: ignore[reportMissingImports]

    call_command("migrate", verbosity=0)
    Email.objects.all().delete()
    messages = [
        {"recipients": to, "subject": subject, "html_message": html}
        for to, subject, html in json.loads(Path(file).read_text())
    ]
    started = time.perf_counter()
    for first in range(0, len(messages), _CHUNK):
        mail.send_many(messages[first : first + _CHUNK])
    call_command("send_queued_mail", processes=int(processes), lockfile=f"{file}.lock")
    took_s = time.perf_counter() - started
    if Email.objects.filter(status=STATUS.sent).count() != len(messages):
        raise RuntimeError("not everything is marked as sent")
    print(took_s)


def _configure(threads: int) -> None:
    settings.configure(
        INSTALLED_APPS=["post_office"],
        DATABASES={"default": _database(os.environ["PEER_DATABASE_URL"])},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        DEFAULT_FROM_EMAIL=os.environ["SENDGRID_FROM_EMAIL"],
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        USE_TZ=True,
        LOGGING=_LOGGING,
        POST_OFFICE={
            "BACKENDS": {"default": "anymail.backends.sendgrid.EmailBackend"},
            "BATCH_SIZE": 1_000,  # faster than its default of 100
            "THREADS_PER_PROCESS": threads,
        },
        ANYMAIL={
            "SENDGRID_API_KEY": os.environ["SENDGRID_API_KEY"],
            "SENDGRID_API_URL": os.environ["SENDGRID_API_URL"] + "/v3/",
        },
    )
    django.setup()


def _database(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        # As the product opens it.
        pragmas = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL"
        options = {"init_command": pragmas, "transaction_mode": "IMMEDIATE", "timeout": 30}
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": url.removeprefix("sqlite:///"), "OPTIONS": options}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": parts.hostname,
        "PORT": parts.port,
        "USER": parts.username,
        "NAME": parts.path.removeprefix("/"),
    }


if __name__ == "__main__":
    main()
