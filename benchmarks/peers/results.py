"""Where the peers write what became of each message: one table, through the database's own driver.

Imported in the peers' environment as well, which knows nothing of the product.
"""

from __future__ import annotations

import sqlite3
from typing import Any

_TABLE = "CREATE TABLE peer_result (recipient INTEGER PRIMARY KEY, provider_message_id TEXT NOT NULL)"


class Results:
    """One connection. `url` as in `DATABASE_URL`."""

    def __init__(self, url: str) -> None:
        self._is_sqlite = url.startswith("sqlite")
        self._connection: Any = _sqlite(url) if self._is_sqlite else _postgresql(url)

    def empty(self) -> None:
        """Begin with a new table."""
        self._connection.execute("DROP TABLE IF EXISTS peer_result")
        self._connection.execute(_TABLE)

    def add(self, recipient: int, provider_message_id: str) -> None:
        """Commit one result."""
        values = "(?, ?)" if self._is_sqlite else "(%s, %s)"
        self._connection.execute(f"INSERT INTO peer_result VALUES {values}", (recipient, provider_message_id))

    def count(self) -> int:
        """How many there are."""
        return self._connection.execute("SELECT count(*) FROM peer_result").fetchone()[0]

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()


def _sqlite(url: str) -> sqlite3.Connection:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30, isolation_level=None)
    # As the product opens it.
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def _postgresql(url: str) -> Any:
    import psycopg

    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
