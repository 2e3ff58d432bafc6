"""What `unisoft run` says on standard output: the address, and a password that was just generated."""

from __future__ import annotations

import json


class Announcement:
    """Standard output of one run. Everything else goes to standard error."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._administrator: dict[str, str] = {}

    def take_administrator(self, output: str) -> None:
        """Keep what `user ensure-admin` printed: nothing, or a line of JSON with `email` and `password`."""
        for line in output.splitlines():
            if line.startswith("{"):
                self._administrator = json.loads(line)

    def ready(self) -> None:
        """Say where the product is."""
        print(f"Unisoft Message Campaigns is ready: {self._origin}/", flush=True)  # noqa: T201 - this is for the person
        self.end()

    def end(self) -> None:
        """Say the generated password if nobody said it yet: only its hash was kept."""
        email, password = self._administrator.get("email"), self._administrator.get("password")
        self._administrator = {}
        if password:
            print(f"Administrator: {email}  One-time password: {password}", flush=True)  # noqa: T201 - as above
