"""Attempts with the provider's ids for their messages, as parameters of one statement for all of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ARRAY, BigInteger, String, bindparam, func, select
from sqlmodel import Session

from backend.repositories.id_lists import dialect_of


def given_message_ids(dialect: str) -> Any:
    """The parameters of `message_ids_for` as a table of `id` and `message_id`; for statements built once a dialect."""
    if dialect == "postgresql":
        ids, message_ids = bindparam("ids", type_=ARRAY(BigInteger)), bindparam("message_ids", type_=ARRAY(String))
        return func.unnest(ids, message_ids).table_valued("id", "message_id", name="given").render_derived()
    pair = func.json_each(bindparam("pairs", type_=String)).table_valued("value").c.value
    return select(
        func.json_extract(pair, "$[0]").label("id"), func.json_extract(pair, "$[1]").label("message_id")
    ).subquery("given")


def message_ids_for(session: Session, message_ids: Mapping[int, str | None]) -> dict[str, Any]:
    """The parameters of `given_message_ids`, from ids of messages by attempt."""
    if dialect_of(session) == "postgresql":
        return {"ids": list(message_ids), "message_ids": list(message_ids.values())}
    return {"pairs": json.dumps(list(message_ids.items()))}
