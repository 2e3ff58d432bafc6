"""django-post-office: its queue in the same database, django-anymail as the way to the vendor, one request a mail."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import NamedTuple

from backend.services.demo import demo_contacts
from backend.settings import get_settings
from benchmarks.peers.email_loop import html_for, subject_for
from benchmarks.stages import Stage

_AT_MOST_S = 300


class Pool(NamedTuple):
    """Who sends: `send_queued_mail --processes`, and the threads of each."""

    processes: int
    threads: int

    def __str__(self) -> str:
        return f"{self.processes} × {self.threads} threads"


def post_office_rate(running: Stage, python: Path, recipients: int, pool: Pool) -> float:
    """Recipients a second, from the first mail queued until the last one is marked as sent.

    Raises RuntimeError when somebody was not sent to, or twice; subprocess.CalledProcessError when the program failed.
    """
    os.environ["PEER_DATABASE_URL"] = get_settings().sql_url
    messages = running.data_dir / "mails.json"
    messages.write_text(json.dumps([(p["email"], subject_for(p), html_for(p)) for p in demo_contacts(recipients)]))
    command = [str(python), "-m", "benchmarks.peers.post_office_send", str(messages), *map(str, pool)]
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}  # django-anymail says that it stopped to test this vendor
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True, timeout=_AT_MOST_S)
    counts = running.control("GET", "counts")
    if counts["total"] != recipients or counts["by_address_max"] != 1:
        raise RuntimeError("django-post-office sent more or less than it was asked to")
    running.control("DELETE", "messages")
    return recipients / float(done.stdout)
